"""Everything that a sync's ledger stores of some contacts, and the same as data: what a person may ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from contactsync.ledger.erasing import unnamed
from contactsync.ledger.store import LedgerReader
from contactsync.model.decisions import Decided, Verdict, hold_id
from contactsync.model.forgotten import Traces
from contactsync.model.link import Known, Link
from contactsync.model.plan import Conflict, Hold, JournalRow
from contactsync.model.spec import SIDES, Side

Place = tuple[Side, str]


@dataclass(frozen=True)
class Stored:
    """Every row that tells of them."""

    known: tuple[tuple[Side, Known], ...]
    links: tuple[Link, ...]
    actions: tuple[JournalRow, ...]
    holds: tuple[tuple[Hold, datetime], ...]
    conflicts: tuple[tuple[str, datetime, Conflict], ...]
    verdicts: tuple[Verdict, ...]
    decisions: tuple[tuple[datetime, str, Decided], ...]


def stored(reader: LedgerReader, sync_id: str, traces: Traces) -> Stored:
    """What the traces cover; also somebody else's hold that has one of the contacts beside it."""
    links = {k.id: k for k in reader.links_under(sync_id, traces)}
    known = [(side, row) for side in SIDES for row in _known(reader, sync_id, side, traces)]

    def names(words: str) -> bool:
        return unnamed(words, traces.contacts) != words

    def held(hold: Hold) -> bool:
        mine = (hold.side, hold.contact_id) in traces.contacts or hold.link_id in links
        return mine or names(hold.detail) or any(names(c) for c in hold.candidates)

    def told(verdict: Verdict) -> bool:
        return not traces.contacts.isdisjoint({(Side.LEFT, verdict.left_id), (Side.RIGHT, verdict.right_id)})

    return Stored(
        tuple(known),
        tuple(links.values()),
        tuple(reader.actions_under(sync_id, traces)),
        tuple(one for one in reader.holds(sync_id) if held(one[0])),
        tuple(one for one in reader.conflicts(sync_id) if one[2].link_id in links),
        tuple(one for one in reader.verdicts(sync_id) if told(one)),
        tuple(one for one in reader.decisions(sync_id) if one[2].link_id in links or names(one[2].what)),
    )


def _known(reader: LedgerReader, sync_id: str, side: Side, traces: Traces) -> list[Known]:
    rows = reader.known(sync_id, side, [i for s, i in traces.contacts if s is side])
    return [rows[i] for i in sorted(rows)]


# ---- as data


def as_data(found: Stored) -> dict[str, Any]:
    """JSON-able: values as they are stored."""
    return {
        "index": [{"side": side.value, **plain(row)} for side, row in found.known],
        "links": [plain(link) for link in found.links],
        "actions": [plain(row) for row in found.actions],
        "holds": [{"hold": hold_id(hold), "since": since.isoformat(), **plain(hold)} for hold, since in found.holds],
        "conflicts": [{"run": run, "when": at.isoformat(), **plain(c)} for run, at, c in found.conflicts],
        "verdicts": [plain(verdict) for verdict in found.verdicts],
        "decisions": [{"when": at.isoformat(), "run": run, **plain(d)} for at, run, d in found.decisions],
    }


def plain(value: Any) -> Any:
    """A value of the model as JSON-able data."""
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(held) for key, held in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(held) for held in value]
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, datetime) else value
