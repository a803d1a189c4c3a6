"""Conditions of rules, judged for all contacts of a side at once.

Three-valued: what a contact does not show is neither true nor false, so a missing field matches no test and no `not`
of a test. A rule matches where all its conditions are certainly true. Texts are compared with case and spaces folded
away; of several values one that passes is enough.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from contactsync.mapping.app_frame import records_frame
from contactsync.mapping.judged_column import JudgedColumn, column_of
from contactsync.mapping.leaves import Leaf, leaf_of, leaves
from contactsync.mapping.rule_words import in_words
from contactsync.mapping.value_tests import FALSE, TRUE, UNKNOWN, Moment
from contactsync.model.app import AppInfo, FieldInfo
from contactsync.model.exchange import OwnValue, Record
from contactsync.model.rules import ALREADY_EXISTS, Condition, Join, Matching, Rule

if TYPE_CHECKING:
    import pandas as pd

    from contactsync.mapping.judged_column import Verdicts


def matching(frame: pd.DataFrame, rules: Sequence[Rule], app: AppInfo, moment: Moment) -> list[Matching]:
    """For each contact of an app frame the rules that it matches, in the order of the file; also as if it were alone.

    Errors: KeyError for a condition that the app does not have (validation refuses it).
    """
    judge = _Judge(frame, app, moment)
    found = _codes(judge.masks(rules, exists=TRUE), len(frame))
    asks = any(node.name == ALREADY_EXISTS for rule in rules for node in leaves(rule.conditions))
    alone = _codes(judge.masks(rules, exists=FALSE), len(frame)) if asks else found
    both = list(zip(found, alone, strict=True))
    made = {pair: Matching(_names(pair[0], rules), _names(pair[1], rules)) for pair in set(both)}
    return [made[pair] for pair in both]


def _codes(masks: Sequence[Verdicts], size: int) -> list[int]:
    """One bit a rule."""
    import numpy as np

    codes = np.zeros(size, dtype=object if len(masks) > 60 else np.int64)
    for bit, mask in enumerate(masks):
        codes |= (mask == TRUE).astype(codes.dtype) << bit
    found: list[int] = codes.tolist()
    return found


def _names(code: int, rules: Sequence[Rule]) -> tuple[str, ...]:
    return tuple(rule.name for bit, rule in enumerate(rules) if code >> bit & 1)


def explained(row: Mapping[str, OwnValue], rule: Rule, app: AppInfo, moment: Moment) -> list[tuple[str, str]]:
    """(condition in words, true | false | unknown) for each condition of a rule, for one contact with a partner."""
    judge = _Judge(records_frame([Record("", row, 0)]), app, moment)
    words = {FALSE: "false", UNKNOWN: "unknown", TRUE: "true"}
    return [(in_words(c), words[int(judge.node(c, exists=TRUE)[0])]) for c in rule.conditions]


class _Judge:
    def __init__(self, frame: pd.DataFrame, app: AppInfo, moment: Moment) -> None:
        self._frame = frame
        self._size = len(frame)
        self._app = app
        self._moment = moment
        self._columns: dict[str, JudgedColumn] = {}

    def masks(self, rules: Sequence[Rule], *, exists: int) -> list[Verdicts]:
        """One verdict a rule and contact; a rule without conditions matches everybody."""
        return [self._all([self.node(c, exists=exists) for c in rule.conditions]) for rule in rules]

    def node(self, node: Condition, *, exists: int) -> Verdicts:
        """One verdict a contact."""
        import numpy as np

        if node.join is Join.LEAF:
            leaf = leaf_of(node, self._app)
            if not leaf.fields:
                return np.full(self._size, exists, dtype=np.int8)
            return self._any([self._leaf(field, leaf) for field in leaf.fields])
        parts = [self.node(part, exists=exists) for part in node.parts]
        match node.join:
            case Join.ALL:
                return self._all(parts)
            case Join.ANY:
                return self._any(parts)
            case _:
                return (TRUE - self._any(parts)).astype(np.int8)

    def _all(self, parts: Sequence[Verdicts]) -> Verdicts:
        import numpy as np

        return np.minimum.reduce(parts) if parts else np.full(self._size, TRUE, dtype=np.int8)

    def _any(self, parts: Sequence[Verdicts]) -> Verdicts:
        import numpy as np

        return parts[0] if len(parts) == 1 else np.maximum.reduce(parts)

    def _leaf(self, field: FieldInfo, leaf: Leaf) -> Verdicts:
        if field.name not in self._columns:
            self._columns[field.name] = column_of(self._frame, field.name)
        return self._columns[field.name].verdicts(field, leaf, self._moment)
