"""Rows that the ledger gives and takes, beside links and journal rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from contactsync.model.decisions import Decided, Verdict
from contactsync.model.exchange import Cursor, Json
from contactsync.model.link import Known, Link
from contactsync.model.plan import Conflict, Hold
from contactsync.model.spec import Side


class RunState(StrEnum):
    """How a run stands."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    WAITING = "waiting"  # it ended without a write: a person is to let its plan pass


@dataclass(frozen=True)
class SyncRow:
    """What the ledger knows of a sync as a whole.

    salt      for the hashes of the key index
    accounts  Account.id by side, as accepted
    mapping   hash of the field pairs; scope: of rules and match keys. Changed = complete read
    union     complete reads still wanted on both sides before union mode ends (0 = not in union mode)
    union_since  when the loss was noticed
    """

    sync_id: str
    salt: str
    accounts: Mapping[Side, str] = field(default_factory=dict)
    mapping: str = ""
    scope: str = ""
    union: int = 0
    union_since: datetime | None = None


@dataclass(frozen=True)
class StoredCursor:
    """A side's delta cursor; `complete_at` is when the last complete read began."""

    side: Side
    cursor: Cursor | None
    complete_at: datetime | None
    read_at: datetime
    run_id: str


@dataclass(frozen=True)
class RunRow:
    """One run. `seq` counts the runs of a sync from 1. `counts` is JSON for people and for the summary."""

    sync_id: str
    run_id: str
    seq: int
    kind: str  # a RunKind: scheduled | manual | backfill | cli | undo
    state: RunState
    started_at: datetime
    ended_at: datetime | None = None
    plan_hash: str = ""
    applied_hash: str = ""  # the plan that this run let pass over a limit
    counts: Json = field(default_factory=dict)
    message: str = ""
    plan_ref: Json | None = None  # where its plan lies, as the fields of an ArtefactRef; None = it made none
    reads: Json = field(default_factory=dict)  # of a backfill: side -> {"since": "" or ISO time, "at": ISO time}
    trimmed: bool = False  # its actions have lost their values to housekeeping


@dataclass(frozen=True)
class Lease:
    """A lock or lease held: its owner, fence and expiry (by the database's clock)."""

    owner: str
    fence: int
    expires_at: datetime


@dataclass(frozen=True)
class KeyMember:
    """A contact of the key index that carries a key value."""

    side: Side
    contact_id: str
    key: str
    hash: int
    link_id: str | None


@dataclass(frozen=True)
class FoldBatch:
    """One transaction of `record`: everything is an upsert or a delete by key, so folding twice changes nothing.

    links        whole new state; written only where stored version < link.version
    known        index rows to upsert (keys replaced)
    forgotten    index rows to remove (gone ids)
    rekeyed      (side, old id, new id)
    hold_scope   (side, contact id) whose open holds are replaced by `holds`
    folded       journal keys now folded
    requeued     journal keys put back to `planned` (a create that never happened): their rows are removed
    verdicts     what a person said of two contacts; a later one of the same two replaces it
    decided      entries for the record of decisions
    """

    links: Sequence[Link] = ()
    known: Sequence[tuple[Side, Known]] = ()
    forgotten: Sequence[tuple[Side, str]] = ()
    rekeyed: Sequence[tuple[Side, str, str]] = ()
    hold_scope: Sequence[tuple[Side, str]] = ()
    holds: Sequence[Hold] = ()
    conflicts: Sequence[Conflict] = ()
    folded: Sequence[str] = ()
    requeued: Sequence[str] = ()
    verdicts: Sequence[Verdict] = ()
    decided: Sequence[Decided] = ()
