"""How everything that an undo is about stands now: our later actions on it, its links, and the contacts themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from contactsync.contact import fingerprint
from contactsync.ledger.store import LedgerReader
from contactsync.model.exchange import Fetched, Presence, Ref, Verb
from contactsync.model.ledger import SyncRow
from contactsync.model.link import Link
from contactsync.model.plan import JournalRow
from contactsync.model.spec import SIDES, Side
from contactsync.model.undo import Stay
from contactsync.stages.undo_choice import Chosen
from contactsync.stages.workplace import Workplace
from contactsync.sync.past import OPEN, TOOK_PLACE, Deed, Past, Place
from contactsync.sync.readings import Shown


def past_of(place: Workplace, row: SyncRow, chosen: Chosen) -> Past:
    """Ask the ledger and both apps. Errors: those of App.fetch."""
    reader, sync_id = place.reader, place.spec.id
    links = _links(reader, sync_id, chosen.rows)
    later = _later(reader, sync_id, chosen.rows, links)
    keys = {r.intent.key for r in chosen.rows}
    rows = sorted(
        {r.intent.key: r for r in (*chosen.rows, *later)}.values(), key=lambda r: (r.sent_at is None, r.sent_at)
    )
    deeds = [
        Deed(r, links.get(r.intent.key), r.intent.key in keys, r.account != row.accounts.get(r.intent.side, r.account))
        for r in sorted(rows, key=lambda r: (r.sent_at is None, r.sent_at))
    ]
    now, away, joined = _read(place, _refs(deeds))
    known = {
        (s, i): k
        for s in SIDES
        for i, k in reader.known(sync_id, s, sorted({i for d in deeds for t, i in _contacts(d) if t is s})).items()
    }
    return Past(
        deeds, now, away, known, chosen.met, chosen.parted,
        {(v.left_id, v.right_id) for v in reader.verdicts(sync_id) if v.same},
        {r.intent.link_id for r in reader.unfolded(sync_id) if r.outcome.state in OPEN and r.intent.link_id},
        joined,
    )  # fmt: skip


def _links(reader: LedgerReader, sync_id: str, rows: Sequence[JournalRow]) -> dict[str, Link]:
    """Action -> link of the two contacts concerned."""
    by_id = {k.id: k for k in reader.links(sync_id, sorted({r.intent.link_id for r in rows if r.intent.link_id}))}
    found = {r.intent.key: by_id[r.intent.link_id] for r in rows if r.intent.link_id in by_id}
    for side in SIDES:
        made = {r.intent.key: r.outcome.target_id for r in rows if r.intent.side is side and _links_anew(r)}
        known = reader.known(sync_id, side, sorted(set(made.values()) - {""}))
        links = {k.id: k for k in reader.links_of(sync_id, side, sorted(known))}
        for key, contact_id in made.items():
            of = [k for k in links.values() if k.side(side).contact_id == contact_id]
            row = known.get(contact_id)
            current = links.get(row.link_id or "") if row else None
            if current is not None or of:
                found[key] = current or of[-1]
    return found


def _links_anew(row: JournalRow) -> bool:
    """True for a create that makes a link, or made a new one for a contact that a person wanted anew."""
    return row.intent.verb is Verb.CREATE and not row.intent.undoes


def _later(
    reader: LedgerReader, sync_id: str, rows: Sequence[JournalRow], links: Mapping[str, Link]
) -> list[JournalRow]:
    """Every action on these contacts since."""
    sent = [r.sent_at for r in rows if r.sent_at is not None]
    if not sent:
        return []
    found = reader.writes_of(sync_id, sorted({k.id for k in links.values()}), min(sent))
    return [r for r in found if r.outcome.state in (*TOOK_PLACE, *OPEN)]


def _contacts(deed: Deed) -> Iterable[Place]:
    yield deed.place
    yield deed.source
    if deed.link is not None:
        yield from ((s, deed.link.side(s).contact_id) for s in SIDES)


def _refs(deeds: Sequence[Deed]) -> dict[Side, dict[str, Ref]]:
    """Who is asked for: every contact that was written, and from whom one was made."""
    refs: dict[Side, dict[str, Ref]] = {s: {} for s in SIDES}
    for deed in (d for d in deeds if d.chosen and not d.foreign):
        wanted = [deed.place, *([deed.source] if deed.intent.verb is Verb.CREATE else [])]
        for side, contact_id in wanted:
            half = deed.link.side(side) if deed.link else None
            ref = half.ref if half and half.contact_id == contact_id else deed.row.outcome.ref or deed.intent.ref
            if contact_id:
                refs[side][contact_id] = Ref(contact_id, ref)
    return refs


def _read(
    place: Workplace, refs: Mapping[Side, Mapping[str, Ref]]
) -> tuple[dict[Place, Shown], dict[Place, Stay], set[Place]]:
    """Ask both apps for these contacts, by their ids: how they are, why others are away, to whom other ids lead."""
    now: dict[Place, Shown] = {}
    away: dict[Place, Stay] = {}
    joined: set[Place] = set()
    for side, wanted in refs.items():
        away.update({(side, i): Stay.UNREADABLE for i in wanted})
        answers = place.app(side).fetch(list(wanted.values())) if wanted else ()
        for answer in answers:
            seen = _seen(place, side, answer)
            if isinstance(seen, Shown):
                now[side, answer.id] = seen
                del away[side, answer.id]
            else:
                away[side, answer.id] = seen
            if answer.record is not None and answer.record.id != answer.id:
                joined.add((side, answer.record.id))
    return now, away, joined


def _seen(place: Workplace, side: Side, answer: Fetched) -> Shown | Stay:
    record = answer.record
    if answer.presence is Presence.GONE:
        return Stay.GONE
    if record is None or answer.presence is Presence.FORBIDDEN:
        return Stay.UNREADABLE
    if record.id != answer.id:
        return Stay.MOVED
    try:
        values = place.translator(side).decode(record)
    except (TypeError, ValueError, AttributeError, KeyError):
        return Stay.UNREADABLE
    return Shown(
        record.id,
        values,
        fingerprint(values),
        record.raw,
        place.clock(),
        record.version,
        record.modified_at,
        record.ref,
    )
