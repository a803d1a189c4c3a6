"""The decision table of core 13: every reachable pair of states of a left and a right contact, and what follows.

Symmetric by construction: each row below is written once, for one order of the sides, and mirrored.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from contactsync.model.spec import Side


class SideState(StrEnum):
    """Where a contact stands on one side, in this run."""

    SAME = "same"
    CHANGED = "changed"
    MISSING = "missing"  # linked, not in a complete read: only a point read follows
    GONE = "gone"  # linked, reported deleted or a point read said so
    NEW = "new"  # unlinked, shown
    NONE = "none"  # unlinked, no contact there


class Decision(StrEnum):
    """What follows from a pair of states."""

    NOTHING = "nothing"
    FIELDS = "fields"  # three-way, field by field
    WAIT = "wait"  # a point read in the next run tells more
    DELETION = "deletion"  # by policy: part the link, or delete the partner
    SURVIVES = "survives"  # deleted here, edited there: the edit survives, the deleted one does not return
    CLOSE = "close"
    FIRST_MATCH = "first_match"
    CREATE = "create"


@dataclass(frozen=True)
class Cell:
    """A decision and the side that caused it (None = neither or both)."""

    decision: Decision
    cause: Side | None
    words: str


_ROWS: tuple[tuple[SideState, SideState, Decision, str], ...] = (
    # the side that causes it stands first where there is one
    (SideState.SAME, SideState.SAME, Decision.NOTHING, "nothing happened"),
    (SideState.CHANGED, SideState.SAME, Decision.FIELDS, "the change is carried over"),
    (SideState.CHANGED, SideState.CHANGED, Decision.FIELDS, "both changed: settled field by field"),
    (SideState.MISSING, SideState.SAME, Decision.WAIT, "not listed: asked for by id in the next run"),
    (SideState.MISSING, SideState.CHANGED, Decision.WAIT, "not listed: asked for by id before the change is carried"),
    (SideState.MISSING, SideState.MISSING, Decision.WAIT, "not listed on either side: asked for by id"),
    (SideState.GONE, SideState.SAME, Decision.DELETION, "deleted there: the partner follows the deletion policy"),
    (SideState.GONE, SideState.CHANGED, Decision.SURVIVES, "deleted there, edited here: the edited contact survives"),
    (SideState.GONE, SideState.MISSING, Decision.WAIT, "deleted there, not listed here: asked for by id first"),
    (SideState.GONE, SideState.GONE, Decision.CLOSE, "deleted on both sides"),
    (SideState.NEW, SideState.NEW, Decision.FIRST_MATCH, "the same person, met for the first time"),
    (SideState.NEW, SideState.NONE, Decision.CREATE, "only here: created there"),
)
_CAUSED = frozenset(_ROWS[i][:2] for i in (1, 3, 4, 6, 7, 8, 11))


def _build() -> dict[tuple[SideState, SideState], Cell]:
    table = {}
    for here, there, decision, words in _ROWS:
        caused = (here, there) in _CAUSED
        table[here, there] = Cell(decision, Side.LEFT if caused else None, words)
        table[there, here] = Cell(decision, Side.RIGHT if caused else None, words)
    return table


TABLE = _build()
"""(left state, right state) -> Cell, for every reachable pair."""

LINKED = (SideState.SAME, SideState.CHANGED, SideState.MISSING, SideState.GONE)
UNLINKED = (SideState.NEW, SideState.NONE)
