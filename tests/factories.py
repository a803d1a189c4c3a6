"""Builders of what the deciding functions take: short to write, with a plain default for everything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from contactsync.contact import EMPTY_LIST, Element, decode, encode, fingerprint, kind_of
from contactsync.model.exchange import State, Verb
from contactsync.model.link import Link, LinkSide
from contactsync.model.plan import Intent, JournalRow, Outcome
from contactsync.model.spec import SIDES, ConflictPolicy, Direction, FieldPair, Holding, Side
from contactsync.sync.conflicts import FieldState
from contactsync.sync.link_case import Rules
from contactsync.sync.readings import Reading, Shown

SYNC = "people"
WHEN = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)
LEFT, RIGHT = SIDES


def minutes(count: float) -> datetime:
    """So many minutes after WHEN."""
    return WHEN + timedelta(minutes=count)


FREE = Holding()
LABELS = Holding(label=True)
FULL = Holding(label=True, primary=True)
SLOTS = Holding(max_items=2, label=True, slots=("mobile", "work"))


def listed(*elements: str | Element) -> str:
    """Canonical text of elements; 'x' has no attributes, 'x/home' has a label, 'x/home*' is also primary."""
    return encode(e if isinstance(e, Element) else _element(e) for e in elements) if elements else EMPTY_LIST


def _element(text: str) -> Element:
    value, slash, rest = text.partition("/")
    if not slash:
        return Element(value, value)
    return Element(value, value, rest.rstrip("*"), rest.endswith("*") if "*" in text else None)


def ids(text: str | None) -> list[str]:
    """The identities in a field's text."""
    return [e.id for e in decode(text or "")]


def labels(text: str) -> dict[str, str | None]:
    """identity -> label."""
    return {e.id: e.label for e in decode(text)}


def primaries(text: str) -> list[str]:
    """The identities that are primary."""
    return [e.id for e in decode(text) if e.primary]


def a_pair(
    field: str = "company", left: Holding | None = None, right: Holding | None = None, **changes: Any
) -> FieldPair:
    plain = LABELS if kind_of(field).several else FREE
    given = {"field": field, "kind": kind_of(field), "left": left or plain, "right": right or plain}
    return FieldPair(**{**given, **changes})


def both(left: Any, right: Any) -> dict[Side, Any]:
    return {LEFT: left, RIGHT: right}


def a_state(
    base: tuple[str | None, str | None],
    now: tuple[str | None, str | None],
    pair: FieldPair | None = None,
    **changes: Any,
) -> FieldState:
    """A field whose sides had `base` and show `now` (left, right)."""
    return FieldState(pair or a_pair(), both(*base), both(*now), **changes)


def a_shown(contact_id: str = "l1", values: Mapping[str, str] | None = None, **changes: Any) -> Shown:
    values = dict(values or {})
    mark = fingerprint(values)
    return Shown(
        **{"id": contact_id, "values": values, "fingerprint": mark, "raw": mark, "observed_at": WHEN, **changes}
    )


def a_reading(side: Side = LEFT, shown: Iterable[Shown] = (), **changes: Any) -> Reading:
    by_id = {s.id: s for s in shown}
    return Reading(**{"side": side, "began_at": WHEN, "shown": by_id, "rows": len(by_id), **changes})


def a_side(contact_id: str = "l1", base: Mapping[str, str] | None = None, **changes: Any) -> LinkSide:
    return LinkSide(**{"contact_id": contact_id, "base": dict(base or {}), **changes})


Half = LinkSide | Mapping[str, str] | None


def a_link(left: Half = None, right: Half = None, **changes: Any) -> Link:
    """A live link of l1 and r1 whose sides are these, or have these bases."""
    halves = [half if isinstance(half, LinkSide) else a_side(i, half) for i, half in (("l1", left), ("r1", right))]
    return Link(**{"id": "link-1", "left": halves[0], "right": halves[1], **changes})


def some_rules(*pairs: FieldPair, **changes: Any) -> Rules:
    return Rules(**{"sync_id": SYNC, "pairs": pairs or (a_pair(),), **changes})


def an_intent(side: Side = RIGHT, verb: Verb = Verb.UPDATE, **changes: Any) -> Intent:
    source, target = ("l1", "r1") if side is RIGHT else ("r1", "l1")
    given: dict[str, Any] = {"key": "k1", "side": side, "verb": verb, "link_id": "link-1", "source_id": source}
    given |= {"target_id": "" if verb is Verb.CREATE else target, "link_version": 1}
    return Intent(**{**given, **changes})


def an_outcome(state: State = State.DONE, **changes: Any) -> Outcome:
    return Outcome(**{"key": "k1", "state": state, "target_id": "r1", "at": minutes(1), **changes})


def a_row(intent: Intent | None = None, **changes: Any) -> JournalRow:
    """A create whose outcome is unknown."""
    intent = intent or an_intent(verb=Verb.CREATE, link_id=None)
    given = {"intent": intent, "outcome": Outcome(intent.key, State.UNKNOWN), "run_id": "run-1", "sent_at": WHEN}
    return JournalRow(**{**given, **changes})


ONE_WAY = Direction.LEFT_TO_RIGHT
POLICIES = tuple(ConflictPolicy)
