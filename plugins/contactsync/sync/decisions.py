"""What a person's answer to a hold changes in what is remembered; the next run then does what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from contactsync.contact import Values
from contactsync.model.decisions import Answer, Wish
from contactsync.model.link import Apart, ApartReason, Known, Link, LinkSide, LinkStatus, Standing
from contactsync.model.plan import Hold, HoldReason
from contactsync.model.spec import SIDES, Side
from contactsync.sync.readings import now_values

_APART = {
    HoldReason.REFUSED: ApartReason.REFUSED,
    HoldReason.NOT_STORED: ApartReason.REFUSED,
    HoldReason.UNKNOWN_OUTCOME: ApartReason.UNPROVEN,
}
_STAY = (HoldReason.DELETED_AND_EDITED, HoldReason.REAPPEARED, HoldReason.MERGED)
AT_ONCE = 0  # due in the next run


@dataclass(frozen=True)
class Change:
    """The link and the index row as they are after the answer; None = as they were."""

    link: Link | None = None
    known: Known | None = None


def answered(hold: Hold, answer: Answer, link: Link | None, known: Known) -> Change:
    """What follows from an answer that `decisions.ANSWERS` allows for this hold (adopt is a verdict on two contacts).

    known  index row of the held contact
    """
    if link is None or hold.reason is HoldReason.UNREADABLE:
        wish = Wish.SKIP if answer is Answer.SKIP else Wish.CREATE
        return Change(known=replace(known, wish=wish, due_run=None if wish is Wish.SKIP else AT_ONCE, due_at=None))
    match answer:
        case Answer.LEFT | Answer.RIGHT:
            return Change(_won(hold, link, Side(answer.value)))
        case Answer.DELETE:  # whoever reappeared was shown since its link was closed
            half = replace(link.side(hold.side), standing=Standing.PRESENT)
            return Change(_due(_with(link, hold.side, half), wish=Wish.DELETE))
        case Answer.RECREATE if hold.reason is HoldReason.REAPPEARED:
            fresh = replace(known, link_id=None, tombstone=False, generation=known.generation + 1, due_run=AT_ONCE)
            return Change(known=fresh)
        case Answer.RECREATE:
            return Change(_due(link, wish=Wish.CREATE))
        case _ if hold.reason in _STAY:
            return Change(replace(link, wish=Wish.SKIP, version=link.version + 1))
        case _:
            return Change(_kept(hold, link))


_One = TypeVar("_One", Known, Link)


def unasked(one: _One) -> _One:
    """Without what a person asked of the next run: where the ledger comes from a backup, it was done since."""
    return replace(one, wish=Wish.NONE) if one.wish in (Wish.DELETE, Wish.CREATE, Wish.RETRY) else one


def unlinked(link: Link) -> Link:
    """Two persons after all: nothing flows between them any more, and neither is matched or created anew."""
    return replace(link, status=LinkStatus.PARTED, due_run=None, due_at=None, version=link.version + 1)


def relinked(link: Link) -> Link:
    """One person again, with the old bases."""
    return _due(replace(link, status=LinkStatus.LIVE), wish=Wish.NONE)


def _with(link: Link, side: Side, half: LinkSide) -> Link:
    return replace(link, left=half) if side is Side.LEFT else replace(link, right=half)


def _due(link: Link, *, wish: Wish) -> Link:
    return replace(link, wish=wish, due_run=AT_ONCE, attempts=0, version=link.version + 1)


def _fields(hold: Hold, link: Link) -> tuple[str, ...]:
    if hold.field:
        return (hold.field,)
    reason = _APART.get(hold.reason, ApartReason.HELD)
    return tuple(name for name, apart in link.apart.items() if apart.reason is reason)


def _kept(hold: Hold, link: Link) -> Link:
    now = {s: now_values(link.side(s)) for s in SIDES}
    kept = {f: Apart(ApartReason.KEPT, now[Side.LEFT].get(f), now[Side.RIGHT].get(f)) for f in _fields(hold, link)}
    left, right = (_rebased(link.side(s), {f: now[s][f] for f in kept if f in now[s]}, now[s]) for s in SIDES)
    return replace(link, left=left, right=right, apart={**link.apart, **kept}, version=link.version + 1)


def _won(hold: Hold, link: Link, winner: Side) -> Link:
    """As if both had agreed on the loser's value and only the winner had been edited since."""
    now = {s: now_values(link.side(s)) for s in SIDES}
    names = [f for f in _fields(hold, link) if f in now[Side.LEFT] and f in now[Side.RIGHT]]
    agreed = {f: now[winner.other][f] for f in names}
    left, right = (_rebased(link.side(s), agreed, now[s]) for s in SIDES)
    apart = {f: a for f, a in link.apart.items() if f not in names}
    return _due(replace(link, left=left, right=right, apart=apart), wish=Wish.NONE)


def _rebased(half: LinkSide, agreed: Mapping[str, str], now: Values) -> LinkSide:
    base = {**half.base, **agreed}
    return replace(half, base=base, seen={f: v for f, v in now.items() if base.get(f) != v})
