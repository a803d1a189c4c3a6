"""One own field of all contacts of a side, as conditions judge it: each distinct value once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from contactsync.contact import fold
from contactsync.mapping.app_frame import list_column, lists_of, only_item, single_column
from contactsync.mapping.coded import nothing
from contactsync.mapping.leaves import Leaf
from contactsync.mapping.value_tests import FALSE, FOLDED, TRUE, UNKNOWN, Moment, test_of
from contactsync.model.app import FieldInfo
from contactsync.model.rules import Compare

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Verdicts = np.ndarray[Any, np.dtype[np.int8]]


@dataclass(frozen=True)
class JudgedColumn:
    """The distinct values of a field, each as its texts; codes: which of them each contact has, -1 = MISSING."""

    values: Sequence[Sequence[str]]
    codes: Any

    def verdicts(self, field: FieldInfo, leaf: Leaf, moment: Moment) -> Verdicts:
        """One verdict a contact."""
        import numpy as np

        judged = self._emptiness(leaf) if leaf.compare is Compare.EMPTY else self._tested(field, leaf, moment)
        chosen: Verdicts = np.append(judged, np.int8(UNKNOWN))[self.codes]
        return chosen

    def _emptiness(self, leaf: Leaf) -> Verdicts:
        import numpy as np

        wanted = leaf.values == ("true",)
        return np.array([TRUE if (not any(v)) == wanted else FALSE for v in self.values], dtype=np.int8)

    def _tested(self, field: FieldInfo, leaf: Leaf, moment: Moment) -> Verdicts:
        """The best verdict of each value's texts; FALSE where there are none."""
        import numpy as np

        test = test_of(field, leaf, moment)
        texts = self._folded if leaf.compare in FOLDED else self._texts
        judged = np.full(len(self.values), FALSE, dtype=np.int8)
        np.maximum.at(judged, self._owners, np.array([test(text) for text in texts], dtype=np.int8))
        return judged

    @cached_property
    def _texts(self) -> list[str]:
        return [text for value in self.values for text in value]

    @cached_property
    def _folded(self) -> list[str]:
        return [fold(text) for text in self._texts]

    @cached_property
    def _owners(self) -> Any:
        """Of each text the value that it belongs to."""
        import numpy as np

        return np.repeat(np.arange(len(self.values)), [len(value) for value in self.values])


def column_of(frame: pd.DataFrame, name: str) -> JudgedColumn:
    """An own field of an app frame."""
    singles, lists = single_column(frame, name), list_column(frame, name)
    if lists is None:
        return JudgedColumn([(text,) for text in singles.values], singles.codes) if singles else _missing(frame)
    both = lists.over(singles) if singles else lists
    texts = [_items(text) for text in lists.values]
    return JudgedColumn([*texts, *((text,) for text in both.values[len(texts) :])], both.codes)


def _missing(frame: pd.DataFrame) -> JudgedColumn:
    return JudgedColumn([], nothing(len(frame)).codes)


def _items(text: str) -> tuple[str, ...]:
    """The texts of a list's items; an address is its parts in a row."""
    plain = only_item(text)
    return (plain[0],) if plain else tuple([_text(item.get("value")) for item in lists_of([text])[0]])


def _text(value: Any) -> str:
    return " ".join(str(part) for part in value.values()) if isinstance(value, Mapping) else str(value or "")
