"""Consent only tightens: an opt-out reaches the other side whatever the policy, an opt-in stays (core 18)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from contactsync.contact import OPTED_IN, OPTED_OUT
from contactsync.model.spec import SIDES, Side


@dataclass(frozen=True)
class Tightened:
    """What becomes of consent. to: the side that has to learn of an opt-out; None = nothing is carried."""

    to: Side | None
    loser: Side | None = None  # it had opted in meanwhile
    rule: str = ""


def tightened(base: Mapping[Side, str | None], now: Mapping[Side, str | None]) -> Tightened:
    """Both sides show consent, and differ. A side without a base meets the other for the first time."""
    first = base[Side.LEFT] is None or base[Side.RIGHT] is None
    news = [s for s in SIDES if now[s] == OPTED_OUT and (first or base[s] != OPTED_OUT)]
    if not news:
        return Tightened(None)
    other = news[0].other
    changed = bool(now[other]) and (first or base[other] != now[other])
    return Tightened(other, other if changed else None, "an opt-out wins, whatever `conflicts` says" if changed else "")


_LOOSER = {OPTED_IN: 0, "": 1, OPTED_OUT: 2}


def loosens(now: str, text: str) -> bool:
    """True where a contact that shows `now` would be easier to write to with `text`."""
    return _LOOSER.get(text, 0) < _LOOSER.get(now, 0)


def strictest(values: tuple[str, ...]) -> str:
    """The consent of somebody who is created anew: an opt-out anywhere holds; an opt-in is not given by us."""
    return OPTED_OUT if OPTED_OUT in values else ""
