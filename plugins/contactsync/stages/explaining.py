"""One contact, explained: both sides, the link, what was last seen, what waits, what was done and decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from contactsync.contact import Element, Kind, Values, element_id, encode, key_values
from contactsync.errors import ConfigError
from contactsync.model.decisions import hold_id
from contactsync.model.exchange import Presence, Ref
from contactsync.model.link import Known, Link
from contactsync.model.plan import Conflict, Hold, JournalRow
from contactsync.model.spec import SIDES, Side
from contactsync.stages.workplace import Workplace, sync_row
from contactsync.sync.readings import key_hashes, now_values

LAST = 10  # actions and conflicts that are shown


@dataclass(frozen=True)
class Half:
    """One side: what the app shows now (None = not asked, or not there), and what was last seen and settled."""

    side: Side
    contact_id: str
    presence: str  # present | gone | moved | forbidden | unknown
    now: Values | None = None
    seen: Values = field(default_factory=dict)
    base: Values = field(default_factory=dict)
    known: Known | None = None


@dataclass(frozen=True)
class Explanation:
    """Everything that is known of one contact of a sync."""

    halves: Sequence[Half]
    link: Link | None
    holds: Mapping[str, Hold]
    conflicts: Sequence[tuple[str, datetime, Conflict]]
    actions: Sequence[JournalRow]
    decisions: Sequence[tuple[datetime, str, str, str]]  # when, by whom, what, answer


def explain(place: Workplace, who: str, *, live: bool = True) -> Explanation:
    """`who`: an id, `left:ID`, `right:ID`, or an e-mail address. live: ask the apps too (reads only).

    Errors: ConfigError (nobody, or several), those of App.fetch.
    """
    place.reader.check()
    side, contact_id = who_is(place, who)
    link = link_of(place, side, contact_id)
    ids = {s: link.side(s).contact_id for s in SIDES} if link else {side: contact_id}
    halves = [_half(place, s, i, link, live=live) for s, i in ids.items()]
    of = set(ids.items())
    holds = {hold_id(h): h for h, _ in place.reader.holds(place.spec.id) if (h.side, h.contact_id) in of}
    conflicts = [c for c in place.reader.conflicts(place.spec.id) if link and c[2].link_id == link.id]
    return Explanation(
        halves, link, holds, conflicts[:LAST], _actions(place, link, of), _decisions(place, link, set(ids.values()))
    )


# ---- who is meant


def who_is(place: Workplace, who: str) -> tuple[Side, str]:
    """The contact meant by an id, `left:ID`, `right:ID` or an e-mail address. Errors: ConfigError."""
    sides = [s for s in SIDES if who.startswith(f"{s}:")]
    ids = [(s, who.partition(":")[2]) for s in sides] or [(s, who) for s in SIDES]
    found = [(s, i) for s, i in ids if place.reader.known(place.spec.id, s, [i])]
    if not found and not sides and "@" in who:
        found = _by_mail(place, who)
    if len(found) == 2 and _linked(place, found):
        found = found[:1]
    if len(found) == 1:
        return found[0]
    several = f" It may be {', '.join(f'{s}:{i}' for s, i in found)}." if found else ""
    raise ConfigError(
        f"{'Several contacts' if found else 'No contact'} of sync {place.spec.id!r} for that.{several}",
        next_step="name one as left:ID or right:ID, or by its e-mail address where `email` is a match key",
    )


def all_with(place: Workplace, address: str) -> frozenset[tuple[Side, str]]:
    """Everybody who has this e-mail address, on either side, with their partners."""
    found = _by_mail(place, address)
    links = [link for side, contact_id in found if (link := link_of(place, side, contact_id)) is not None]
    return frozenset({*found, *((s, k.side(s).contact_id) for k in links for s in SIDES)})


def _by_mail(place: Workplace, who: str) -> list[tuple[Side, str]]:
    row, identity = sync_row(place), element_id(Kind.EMAILS, who)
    values = {"emails": encode([Element(identity, who)])}
    if row is None or not key_values(values, "email"):
        return []
    hashes = {k: h for k, h in key_hashes(row.salt, place.spec.match, values).items() if k == "email"}
    members = place.reader.key_members(place.spec.id, hashes)
    return sorted({(m.side, m.contact_id) for m in members})


def _linked(place: Workplace, found: Sequence[tuple[Side, str]]) -> bool:
    links = [{k.id for k in place.reader.links_of(place.spec.id, s, [i])} for s, i in found]
    return found[0][0] is not found[1][0] and bool(links[0] & links[1])


def link_of(place: Workplace, side: Side, contact_id: str) -> Link | None:
    """The link that the index names, else the newest that held it."""
    row = place.reader.known(place.spec.id, side, [contact_id]).get(contact_id)
    links = {k.id: k for k in place.reader.links_of(place.spec.id, side, [contact_id])}
    if row is not None and row.link_id in links:
        return links[row.link_id]
    return next(iter(links.values()), None) if row is None or row.tombstone else None


# ---- what is known


def _half(place: Workplace, side: Side, contact_id: str, link: Link | None, *, live: bool) -> Half:
    known = place.reader.known(place.spec.id, side, [contact_id]).get(contact_id)
    half = link.side(side) if link else None
    seen, base = (now_values(half), half.base) if half else ({}, {})
    if not live:
        return Half(side, contact_id, "unknown", None, seen, base, known)
    ref = half.ref if half else known.ref if known else {}
    answer = next(iter(place.app(side).fetch([Ref(contact_id, ref)])), None)
    now = place.translator(side).decode(answer.record) if answer and answer.record else None
    presence = answer.presence if answer else Presence.FORBIDDEN
    return Half(side, contact_id, presence.value, now, seen, base, known)


def _actions(place: Workplace, link: Link | None, of: set[tuple[Side, str]]) -> list[JournalRow]:
    rows = place.reader.journal(place.spec.id)
    mine = [r for r in rows if (link and r.intent.link_id == link.id) or concerns(r, of)]
    return mine[-LAST:]


def concerns(row: JournalRow, of: set[tuple[Side, str]]) -> bool:
    """True for an action that read or wrote one of these contacts."""
    intent = row.intent
    target = row.outcome.target_id or intent.target_id
    return (intent.side.other, intent.source_id) in of or (intent.side, target) in of


def _decisions(place: Workplace, link: Link | None, ids: set[str]) -> list[tuple[datetime, str, str, str]]:
    found = []
    for at, _, d in place.reader.decisions(place.spec.id):
        named = {part.partition(":")[2] for part in d.what.split()}
        if (link and d.link_id == link.id) or named & ids:
            found.append((at, d.by, d.what, d.answer))
    return found
