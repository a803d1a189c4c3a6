"""Which actions an undo is asked to take back: those of a run, or all since a time; of one contact, of some fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from contactsync.contact import GROUPS
from contactsync.errors import ConfigError
from contactsync.model.exchange import Verb
from contactsync.model.ledger import RunRow
from contactsync.model.link import Link
from contactsync.model.plan import JournalRow
from contactsync.model.spec import SIDES, Side
from contactsync.model.stages import RunKind
from contactsync.model.undo import Stay, Stays, UndoOrder
from contactsync.stages.explaining import concerns, link_of, who_is
from contactsync.stages.workplace import Workplace
from contactsync.sync.past import OPEN, TOOK_PLACE

EVERY_RUN = 1_000_000
NAMED = 5  # runs named where one is not known


@dataclass(frozen=True)
class Chosen:
    """rows: oldest first. met: links made by matching; parted: links that an undo parted; fields: () = all."""

    rows: Sequence[JournalRow]
    met: Sequence[Link]
    parted: Sequence[Link]
    fields: tuple[str, ...]
    decisions: Sequence[Stays]


def choose(place: Workplace, order: UndoOrder) -> Chosen:
    """What is meant. Errors: ConfigError (no such run, contact or field)."""
    reader, sync_id = place.reader, place.spec.id
    runs = _runs(place, order)
    if order.run_id:
        rows = reader.journal(sync_id, order.run_id)
    else:
        rows = reader.sent_since(sync_id, order.since) if order.since else []
    rows = [r for r in rows if r.outcome.state in (*TOOK_PLACE, *OPEN)]
    met, parted = _met(place, runs), _parted(place, runs)
    decisions = _decisions(place, runs)
    if order.contact:
        side, contact_id = who_is(place, order.contact)
        rows, met, parted = _of_contact(place, side, contact_id, rows, met, parted)
        decisions = [d for d in decisions if (d.side, d.contact_id) == (side, contact_id)]
    fields = tuple(name for word in order.fields for name in GROUPS.get(word, (word,)))
    if fields:
        _check_fields(place, order.fields, rows)
        rows = [
            r for r in rows
            if r.intent.verb is Verb.UPDATE and {*r.intent.patch, *r.intent.trimmed} & set(fields)
        ]  # fmt: skip
        met, parted, decisions = [], [], []
    left = [_not_kept(r) for r in rows if r.intent.trimmed]
    return Chosen([r for r in rows if not r.intent.trimmed], met, parted, fields, [*decisions, *left])


def _check_fields(place: Workplace, fields: Sequence[str], rows: Sequence[JournalRow]) -> None:
    """A field is the file's, or was when a run wrote it. Errors: ConfigError."""
    written = {name for r in rows for name in (*r.intent.patch, *r.intent.trimmed)}
    allowed = {p.field for p in place.pairs} | written
    groups = {word for word, names in GROUPS.items() if {*names} & allowed}
    if unknown := sorted({*fields} - allowed - groups):
        raise ConfigError(
            f"Sync {place.spec.id!r} has no field {', '.join(map(repr, unknown))}.",
            allowed=tuple(sorted(allowed | groups)),
            next_step="name one of these, or leave the field away to take back whole actions",
        )


def _runs(place: Workplace, order: UndoOrder) -> list[RunRow]:
    """The runs meant. Errors: ConfigError."""
    every = place.reader.runs(place.spec.id, EVERY_RUN)
    if order.since is not None:
        return [r for r in every if r.ended_at is None or r.ended_at >= order.since]
    found = [r for r in every if r.run_id == order.run_id]
    if not found:
        raise ConfigError(
            f"Sync {place.spec.id!r} has had no run {order.run_id!r}{_older(every)}.",
            allowed=tuple(r.run_id for r in every[:NAMED]),
            next_step=f"list its runs with: contactsync runs {place.spec.id}",
        )
    return found


def _met(place: Workplace, runs: Sequence[RunRow]) -> list[Link]:
    """Links that these runs made by matching two contacts, none of which we had made."""
    reader, sync_id = place.reader, place.spec.id
    links = reader.links_made(sync_id, [r.run_id for r in runs])
    made = {
        (s, r.outcome.target_id)
        for s in SIDES
        for r in reader.creates_of(sync_id, s, [k.side(s).contact_id for k in links])
    }
    return [k for k in links if not {(s, k.side(s).contact_id) for s in SIDES} & made]


def _parted(place: Workplace, runs: Sequence[RunRow]) -> list[Link]:
    undos = {r.run_id for r in runs if r.kind == RunKind.UNDO.value}
    said = [d for _, run_id, d in place.reader.decisions(place.spec.id) if run_id in undos and d.answer == "apart"]
    return place.reader.links(place.spec.id, sorted({d.link_id for d in said if d.link_id}))


def _decisions(place: Workplace, runs: Sequence[RunRow]) -> list[Stays]:
    """What persons decided of contacts in these runs: it stands until they decide anew.

    That a plan was let pass, or cursors dropped, is of no contact, and nothing that could stay.
    """
    of = {r.run_id for r in runs if r.kind != RunKind.UNDO.value}
    out = []
    for _, run_id, decided in place.reader.decisions(place.spec.id) if of else ():
        side, _, contact_id = decided.what.split()[-1].partition(":")
        if run_id in of and side in SIDES:
            detail = f"{decided.what} -> {decided.answer}"
            out.append(Stays(Side(side), contact_id, Stay.DECIDED, decided.field, detail, run_id))
    return out


def _of_contact(
    place: Workplace, side: Side, contact_id: str, rows: list[JournalRow], met: list[Link], parted: list[Link]
) -> tuple[list[JournalRow], list[Link], list[Link]]:
    """The part of it that concerns one contact, or its partner."""
    link = link_of(place, side, contact_id)
    of = {(s, link.side(s).contact_id) for s in SIDES} if link else {(side, contact_id)}
    mine = [r for r in rows if (link and r.intent.link_id == link.id) or concerns(r, of)]
    met, parted = ([k for k in links if (side, k.side(side).contact_id) in of] for links in (met, parted))
    return mine, met, parted


def _older(every: Sequence[RunRow]) -> str:
    """Said where housekeeping has taken runs from the ledger."""
    cut = bool(every) and every[-1].seq > 1
    return f", or it is older than {every[-1].run_id}, the oldest that is still kept" if cut else ""


def _not_kept(row: JournalRow) -> Stays:
    """An action of which housekeeping has removed the values."""
    side, contact_id = row.intent.side, row.outcome.target_id or row.intent.target_id or row.intent.source_id
    return Stays(side, contact_id, Stay.NOT_KEPT, detail=", ".join(row.intent.trimmed), run_id=row.run_id)
