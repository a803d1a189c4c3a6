"""Values of which nobody can prove that they are what we wrote: kept with both, like those that lost (core 19, 21)."""

from __future__ import annotations

from contactsync.contact import is_empty
from contactsync.model.exchange import State
from contactsync.model.link import ApartReason, Link
from contactsync.model.plan import Conflict, Outcome
from contactsync.model.spec import Side
from contactsync.sync.conflicts import FieldState

RULE = "unproven: not what was sent, and perhaps somebody else's"


def doubts(before: Link | None, after: Link, outcome: Outcome) -> tuple[Conflict, ...]:
    """What this outcome set apart as unproven. before: None for a link that it made."""
    if outcome.proven and outcome.state is not State.ADOPTED:
        return ()
    known = before.apart if before else {}
    fresh = {f: a for f, a in after.apart.items() if a.reason is ApartReason.UNPROVEN and known.get(f) != a}
    left, right = (before.left.base, before.right.base) if before else ({}, {})
    return tuple(
        Conflict(after.id, f, None, a.left, a.right, left.get(f), right.get(f), RULE) for f, a in fresh.items()
    )


_DOUBTFUL = (ApartReason.UNDONE, ApartReason.UNPROVEN, ApartReason.LEDGER_LOST)


def stands_alone(state: FieldState, side: Side, settled: str | None) -> bool:
    """What this side holds of a field may be nowhere else. settled: as what it once was equal, None where it never was.

    What that means by now, after a change of the file, nobody can say; that it is another text may well be an edit.
    """
    now = state.now[side]
    if settled is None and not is_empty(now or ""):
        return True
    if settled is not None and state.base[side] is None and now not in (None, settled):
        return True
    return state.apart is not None and state.apart.reason in _DOUBTFUL
