"""Who is meant by a key, in all syncs of the ledger: found by id, e-mail address or number, followed from app to app.

Neither the files of the syncs nor their apps are needed: what a sync left behind is found when its file is gone too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from contactsync.contact import Values, decode, normal_email, normal_phone
from contactsync.errors import ConfigError
from contactsync.ledger.store import LedgerReader
from contactsync.model.exchange import Verb
from contactsync.model.link import Link, LinkStatus
from contactsync.model.spec import SIDES, Side
from contactsync.model.stages import Shelf
from contactsync.stages.desk import Desk
from contactsync.stages.sweeping import forgotten_by
from contactsync.sync.forgotten import EMAIL, Trace, id_trace, mail_traces, phone_trace
from contactsync.sync.readings import now_values

Place = tuple[Side, str]
Account = tuple[str, str]
"""Account id and contact id: the same contact in every sync of that account."""


@dataclass(frozen=True)
class Archive(Desk):
    """A sync with everything that is kept of it."""

    shelf: Shelf


@dataclass(frozen=True)
class Key:
    """What a person is named by. sides: where the id may stand."""

    contact_id: str
    sides: tuple[Side, ...] = SIDES
    mail: str = ""
    number: str = ""

    def traces(self, salt: str) -> frozenset[Trace]:
        """The traces of tombstones that it names."""
        ids = {id_trace(salt, side, self.contact_id) for side in self.sides}
        mails = mail_traces(salt, self.mail) if self.mail else ()
        return frozenset({*ids, *mails, *((phone_trace(salt, self.number),) if self.number else ())})


@dataclass
class Found:
    """What one sync knows of the person. forgotten: persons of its tombstones that the key names already."""

    archive: Archive
    contacts: set[Place] = field(default_factory=set)
    forgotten: frozenset[str] = frozenset()

    @cached_property
    def known(self) -> set[Place]:
        """Every contact of the sync."""
        return self.archive.ledger.every_id(self.archive.sync_id)

    @cached_property
    def accounts(self) -> dict[Side, str]:
        """Whose contacts each side has."""
        row = self.archive.ledger.sync(self.archive.sync_id)
        given = row.accounts if row else {}
        return {side: given.get(side) or f"{side} of {self.archive.sync_id}" for side in SIDES}


def key_of(text: str) -> Key:
    """`left:ID`, `right:ID`, an id, an e-mail address, or a phone number with its country code."""
    side, colon, rest = text.partition(":")
    if colon and side in SIDES:
        return Key(rest, (Side(side),))
    if "@" in text:
        return Key(text, mail=normal_email(text))
    number = normal_phone(text)
    return Key(text, number=number if number.startswith("+") else "")


def find(archives: Mapping[str, Archive], key: Key, *, everybody: bool = False) -> list[Found]:
    """The person, per sync; those that were reached last come first, so that a part that is done is found again.

    everybody: all persons who have that address or number, not only one.
    Errors: ConfigError (nobody, several persons, an id that several accounts have).
    """
    found = {name: Found(archive) for name, archive in archives.items()}
    start = _by_id(found.values(), key) or _by_value(found.values(), key, everybody=everybody)
    order = _follow(found, start)
    for one in found.values():
        forgotten = forgotten_by(one.archive.ledger, one.archive.sync_id)
        named = key.traces(forgotten.salt)
        one.forgotten = frozenset(t.person for t in forgotten.tombstones if (t.kind, t.hash) in named)
    if not (key.mail or key.number or any(one.contacts or one.forgotten for one in found.values())):
        raise ConfigError(
            "No sync of this ledger has anything of a contact with that id.",
            next_step="name one as left:ID or right:ID, or, in a command, by e-mail address, or phone number with its "
            "country code",
        )
    return [found[name] for name in order]


# ---- by what is named


def _by_id(found: Iterable[Found], key: Key) -> set[Account]:
    hits: dict[Account, list[str]] = {}
    for one in found:
        for side in key.sides:
            if (side, key.contact_id) in one.known:
                hits.setdefault((one.accounts[side], key.contact_id), []).append(f"{one.archive.sync_id} ({side})")
    if len(hits) > 1:
        places = ", ".join(place for places in hits.values() for place in places)
        raise ConfigError(
            f"Several accounts have a contact of that id: {places}.",
            next_step="name the side (left:ID or right:ID), and the sync with --sync",
        )
    return set(hits)


def _by_value(found: Iterable[Found], key: Key, *, everybody: bool) -> set[Account]:
    out: set[Account] = set()
    if not (key.mail or key.number):
        return out
    for one in found:
        places = _carriers(one.archive.ledger, one.archive.sync_id, key)
        live = _live(one.archive.ledger, one.archive.sync_id, places)
        if len(live) > 1 and not everybody:
            several = "; ".join(f"left:{k.left.contact_id} with right:{k.right.contact_id}" for k in live)
            raise ConfigError(
                f"Several persons of sync {one.archive.sync_id!r} have it: {several}.",
                next_step="name one by an id, with --sync, or mean all of them with --all",
            )
        out |= {(one.accounts[side], contact_id) for side, contact_id in places}
    return out


def _carriers(reader: LedgerReader, sync_id: str, key: Key) -> set[Place]:
    """Contacts that have or had the address or number."""
    row = reader.sync(sync_id)
    hashes = {EMAIL: {trace[1] for trace in mail_traces(row.salt, key.mail)}} if row and key.mail else {}
    out = {(m.side, m.contact_id) for m in reader.key_members(sync_id, hashes)}
    for link in reader.links_naming(sync_id, key.mail or key.number):
        if any(_has(values, key) for s in SIDES for values in (link.side(s).base, now_values(link.side(s)))):
            out |= {(s, link.side(s).contact_id) for s in SIDES if _belongs(reader, sync_id, link, s)}
    for action in reader.intents_naming(sync_id, key.mail or key.number):
        intent, made = action.intent, action.outcome.target_id
        if intent.verb is Verb.CREATE and _has({**intent.source, **intent.patch}, key):
            out |= {at for at in ((intent.side.other, intent.source_id), (intent.side, made)) if at[1]}
    return out


def _has(values: Values, key: Key) -> bool:
    mails, numbers = (decode(values.get(name, "")) for name in ("emails", "phones"))
    return any(e.id == key.mail for e in mails) if key.mail else any(e.id == key.number for e in numbers)


def _live(reader: LedgerReader, sync_id: str, places: Iterable[Place]) -> list[Link]:
    links = {k.id: k for side, i in places for k in reader.links_of(sync_id, side, [i])}
    return sorted((k for k in links.values() if k.status is LinkStatus.LIVE), key=lambda k: k.left.contact_id)


# ---- from app to app


def _follow(found: Mapping[str, Found], start: set[Account]) -> list[str]:
    """Fill in everybody's contacts; the names of the syncs, those reached last first."""
    seen: set[Account] = set()
    reached: list[str] = []
    while start:
        seen |= start
        fresh: set[Account] = set()
        for name, one in found.items():
            sides = {account: side for side, account in one.accounts.items()}
            here = {(sides[account], i) for account, i in start if account in sides} & one.known
            if here - one.contacts:
                reached.append(name)
            one.contacts |= here
            fresh |= {(one.accounts[side], i) for side, i in _partners(one, here)}
        start = fresh - seen
    last = {name: n for n, name in enumerate(reached)}
    return sorted(found, key=lambda name: -last.get(name, -1))


def _partners(one: Found, places: Iterable[Place]) -> set[Place]:
    """Who is the same person on the other side, now or before."""
    reader, sync_id = one.archive.ledger, one.archive.sync_id
    out: set[Place] = set()
    for side, contact_id in places:
        for link in reader.links_of(sync_id, side, [contact_id]):
            if _belongs(reader, sync_id, link, side.other):
                out.add((side.other, link.side(side.other).contact_id))
    return out


def _belongs(reader: LedgerReader, sync_id: str, link: Link, side: Side) -> bool:
    """True where the contact on that side is the person of the link still: not parted by hand, nor another's since."""
    if link.status is LinkStatus.LIVE:
        return True
    apart = {(v.left_id, v.right_id) for v in reader.verdicts(sync_id) if not v.same}
    if (link.left.contact_id, link.right.contact_id) in apart:
        return False
    others: Sequence[Link] = reader.links_of(sync_id, side, [link.side(side).contact_id])
    return not any(k.status is LinkStatus.LIVE for k in others)
