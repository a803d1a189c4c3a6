"""A column by its distinct values: what is worked out once a value is worked out for all contacts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Objects = np.ndarray[Any, np.dtype[np.object_]]
    Codes = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True)
class Coded:
    """codes: the place in `values` of what each contact has; -1 = MISSING."""

    codes: Codes
    values: Sequence[str]

    def each(self, of: Callable[[str], str]) -> Coded:
        """Another value for each distinct one."""
        return Coded(self.codes, [of(value) for value in self.values])

    def read(self, of: Callable[[str], str | None]) -> Coded:
        """Another value for each distinct one; MISSING for one of which nothing can be made."""
        import numpy as np

        found = [of(value) for value in self.values]
        lost = np.array([text is None for text in found] + [False])
        return Coded(np.where(lost[self.codes], -1, self.codes), [text or "" for text in found])

    def texts(self, missing: str | None = None) -> Objects:
        """The text of each contact."""
        import numpy as np

        held = np.empty(len(self.values) + 1, dtype=object)
        held[:-1] = self.values
        held[-1] = missing  # where -1 points to
        texts: Objects = held[self.codes]
        return texts

    def over(self, lower: Coded) -> Coded:
        """These values, and those of the other column where they are MISSING."""
        import numpy as np

        if not len(self.values) or not len(lower.values):
            return self if len(self.values) else lower
        shifted = np.where(lower.codes < 0, -1, lower.codes + len(self.values))
        return Coded(np.where(self.codes < 0, shifted, self.codes), [*self.values, *lower.values])


def coded(column: pd.Series[Any]) -> Coded:
    """A column of texts, null = MISSING."""
    import pandas as pd

    codes, values = pd.factorize(column)
    return Coded(codes, values.tolist())


def coded_texts(texts: Sequence[str | None]) -> Coded:
    """A column of these texts, None = MISSING."""
    import pandas as pd

    return coded(pd.Series(texts, dtype=object))


def nothing(size: int) -> Coded:
    """A column in which everything is MISSING."""
    import numpy as np

    return Coded(np.full(size, -1, dtype=np.int64), [])
