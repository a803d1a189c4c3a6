"""Nothing of a forgotten person stays in the ledger: what the tombstones cover is found and erased."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import partial

from contactsync.errors import LedgerBusy
from contactsync.ledger.store import LedgerReader
from contactsync.model.exchange import Verb
from contactsync.model.forgotten import Tombstone, Traces
from contactsync.model.plan import JournalRow
from contactsync.model.spec import SIDES, Side
from contactsync.stages.desk import Desk
from contactsync.sync.forgotten import Forgotten, cursor_without, name_traces
from contactsync.sync.readings import now_values

Place = tuple[Side, str]


def forgotten_by(reader: LedgerReader, sync_id: str) -> Forgotten:
    """Everybody whom the sync has forgotten."""
    row = reader.sync(sync_id)
    return Forgotten(row.salt if row else "", reader.forgotten(sync_id))


# ---- the ledger


def sweep_ledger(desk: Desk, fence: int) -> Traces:
    """Erase what belongs to forgotten persons; what was erased. Errors: FenceLost."""
    forgotten = forgotten_by(desk.ledger, desk.sync_id)
    _clean_cursors(desk, forgotten, fence)
    traces = covered(desk.ledger, desk.sync_id, forgotten)
    if traces:
        desk.ledger.erase(desk.sync_id, traces, fence=fence)
    return traces


def covered(reader: LedgerReader, sync_id: str, forgotten: Forgotten) -> Traces:
    """What the tombstones cover: by id everything, by key whoever has no partner."""
    contacts = {at for at in reader.every_id(sync_id) if forgotten.by_id(*at)}
    contacts |= {(m.side, m.contact_id) for m in reader.key_members(sync_id, forgotten.hashes()) if m.link_id is None}
    links: set[str] = set()
    for link in reader.closed_links(sync_id):
        if any(forgotten.by_values(values) for s in SIDES for values in (link.side(s).base, now_values(link.side(s)))):
            links.add(link.id)
            contacts |= _unlinked(reader, sync_id, [(s, link.side(s).contact_id) for s in SIDES], link.id)
    actions: set[str] = set()
    for row in _creates(reader, sync_id, forgotten):
        source, target = (row.intent.side.other, row.intent.source_id), (row.intent.side, row.outcome.target_id)
        free = _unlinked(reader, sync_id, [at for at in (source, target) if at[1]])
        if source in free:
            actions.add(row.intent.key)
            contacts |= free
    return Traces(frozenset(contacts), frozenset(links), frozenset(actions))


def _unlinked(reader: LedgerReader, sync_id: str, places: Iterable[Place], besides: str = "") -> set[Place]:
    """Those that no link holds but this one."""
    out = set()
    for side, contact_id in places:
        row = reader.known(sync_id, side, [contact_id]).get(contact_id)
        if row is None or row.link_id in (None, besides):
            out.add((side, contact_id))
    return out


def _creates(reader: LedgerReader, sync_id: str, forgotten: Forgotten) -> list[JournalRow]:
    """Creates of somebody with a forgotten key that led to no link."""
    rows = (r for r in reader.journal(sync_id) if r.intent.link_id is None and r.intent.verb is Verb.CREATE)
    return [r for r in rows if forgotten.by_values({**r.intent.source, **r.intent.patch})]


def _clean_cursors(desk: Desk, forgotten: Forgotten, fence: int) -> None:
    for side in SIDES:
        stored = desk.ledger.cursor(desk.sync_id, side)
        if stored is None or stored.cursor is None:
            continue
        cursor, names = cursor_without(stored.cursor, partial(forgotten.by_id, side))
        if names:
            traces, now = name_traces(forgotten.salt, side, names), desk.clock()
            desk.ledger.bury(desk.sync_id, [Tombstone(*t, person, now) for t, person in traces.items()], fence=fence)
            desk.ledger.set_cursor(desk.sync_id, replace(stored, cursor=cursor), fence=fence)


# ---- the copy beside the ledger: a ledger from an old backup does not know whom to forget


def keep_copy(desk: Desk) -> None:
    """Write the tombstones beside the artefacts."""
    forgotten = forgotten_by(desk.ledger, desk.sync_id)
    rows = [[t.kind, t.hash, t.person, t.since.isoformat()] for t in forgotten.tombstones]
    desk.artefacts.write_state(_copy_name(desk.sync_id), {"salt": forgotten.salt, "tombstones": rows})


def recall(desk: Desk, fence: int) -> None:
    """A ledger that was lost, or comes from a backup, forgets anew whom it had forgotten. Errors: FenceLost."""
    kept = _copied(desk)
    if kept is None or kept.salt != forgotten_by(desk.ledger, desk.sync_id).salt:
        return
    desk.ledger.replace_tombstones(desk.sync_id, kept.tombstones, fence=fence)
    if sweep_ledger(desk, fence):
        with contextlib.suppress(LedgerBusy):  # the next `forget` does it
            desk.ledger.compact()


def remembered_salt(desk: Desk) -> str:
    """The salt of the copy, '' where there is none: with another one its tombstones would mean nobody."""
    kept = _copied(desk)
    return kept.salt if kept else ""


def _copied(desk: Desk) -> Forgotten | None:
    state = desk.artefacts.read_state(_copy_name(desk.sync_id))
    if state is None:
        return None
    rows = (Tombstone(k, h, person, datetime.fromisoformat(since)) for k, h, person, since in state["tombstones"])
    return Forgotten(state["salt"], tuple(rows))


def _copy_name(sync_id: str) -> str:
    return f"{sync_id}.forgotten.json"
