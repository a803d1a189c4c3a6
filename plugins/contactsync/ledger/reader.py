"""LedgerReader: all that the stages ask of the ledger."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import Engine, select

from contactsync.contact import Values
from contactsync.ledger import (
    approvals,
    decisions,
    finding,
    holds,
    index,
    journal,
    links,
    locks,
    migrate,
    notices,
    runs,
    tombstones,
    trimming,
    turns,
)
from contactsync.ledger.tables import SHARED, schema, sync_lock
from contactsync.ledger.transactions import reading
from contactsync.model.alerts import Notice, Seen, Watched
from contactsync.model.approval import Asked
from contactsync.model.decisions import Decided, Verdict
from contactsync.model.exchange import State, Verb
from contactsync.model.forgotten import Tombstone, Traces
from contactsync.model.ledger import KeyMember, Lease, RunRow, StoredCursor, SyncRow
from contactsync.model.link import Known, Link
from contactsync.model.plan import Conflict, Hold, JournalRow
from contactsync.model.retention import Trimmed
from contactsync.model.spec import Side


class LedgerReader:
    """Reads only; what dry runs, transform, reconcile and pages get."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock

    def check(self) -> None:
        """Errors: LedgerSchema (absent, older or newer than this package; says which command helps)."""
        migrate.check(self._engine)

    # ---- the sync as a whole
    def sync(self, sync_id: str) -> SyncRow | None:
        """The sync's row, None before its first run."""
        with reading(self._engine) as connection:
            return runs.sync_row(connection, sync_id)

    def sync_ids(self) -> list[str]:
        """All syncs the ledger knows."""
        with reading(self._engine) as connection:
            return runs.sync_ids(connection)

    def cursor(self, sync_id: str, side: Side) -> StoredCursor | None:
        """The side's cursor."""
        with reading(self._engine) as connection:
            return runs.cursor(connection, sync_id, side)

    def runs(self, sync_id: str, limit: int = 50) -> list[RunRow]:
        """Runs, newest first."""
        with reading(self._engine) as connection:
            return runs.newest(connection, sync_id, limit)

    def run(self, sync_id: str, run_id: str) -> RunRow | None:
        """One run, None where the ledger does not know it."""
        with reading(self._engine) as connection:
            return runs.one(connection, sync_id, run_id)

    def run_with_plan(self, sync_id: str, plan_hash: str) -> RunRow | None:
        """The newest run that made the plan of that hash, None where none is known."""
        with reading(self._engine) as connection:
            return runs.with_plan(connection, sync_id, plan_hash)

    def applied(self, sync_id: str, since: datetime) -> dict[str, datetime]:
        """Hashes of the plans that runs let pass which ended since then, and when the last of each ended."""
        with reading(self._engine) as connection:
            return runs.applied(connection, sync_id, since)

    def backfills(self, sync_id: str, since: datetime) -> list[RunRow]:
        """Backfill runs that ended since then, newest first."""
        with reading(self._engine) as connection:
            return runs.backfills(connection, sync_id, since)

    def approval(self, sync_id: str, run_id: str) -> Asked | None:
        """What a run asked a person, None where it asked nothing."""
        with reading(self._engine) as connection:
            return approvals.of_run(connection, sync_id, run_id)

    def approvals(self, sync_id: str, limit: int = 50) -> list[Asked]:
        """Plans that persons were asked about, newest first."""
        with reading(self._engine) as connection:
            return approvals.newest(connection, sync_id, limit)

    def lock(self, sync_id: str) -> Lease | None:
        """Who holds the sync's lock, None = nobody (released; an expired lease is still shown)."""
        with reading(self._engine) as connection:
            return locks.holder(connection, sync_lock, sync_id)

    def turn_before(self, sync_id: str, turn: str) -> str | None:
        """The owner that waits for the sync and goes before one with this turn; None = nobody."""
        with reading(self._engine) as connection:
            return turns.first_before(connection, sync_id, turn)

    # ---- key index
    def known_count(self, sync_id: str, side: Side) -> int:
        """Contacts of the key index that are no tombstones."""
        with reading(self._engine) as connection:
            return index.count(connection, sync_id, side)

    def known(self, sync_id: str, side: Side, ids: Collection[str]) -> dict[str, Known]:
        """Index rows by contact id, key hashes included; absent ids are absent."""
        with reading(self._engine) as connection:
            return index.by_id(connection, sync_id, side, ids)

    def known_frame(self, sync_id: str, side: Side) -> pd.DataFrame:
        """The whole narrow index: contact_id (str), raw, fingerprint (Int64), link_id (str|null), tombstone (bool)."""
        with reading(self._engine) as connection:
            return index.frame(connection, sync_id, side)

    def key_members(self, sync_id: str, hashes: Mapping[str, Collection[int]]) -> list[KeyMember]:
        """Contacts of either side (no tombstones) that carry one of these key hashes (match key -> hashes)."""
        with reading(self._engine) as connection:
            return index.members(connection, sync_id, hashes)

    def due_contacts(self, sync_id: str, side: Side, run_seq: int, now: datetime) -> list[Known]:
        """Contacts that are due to be asked for by id: unlinked ones, and those that could not be read."""
        with reading(self._engine) as connection:
            return index.due(connection, sync_id, side, run_seq, now)

    # ---- links
    def links(self, sync_id: str, ids: Collection[str]) -> list[Link]:
        """Links by link id, with values."""
        with reading(self._engine) as connection:
            return links.by_id(connection, sync_id, ids)

    def links_of(self, sync_id: str, side: Side, contact_ids: Collection[str]) -> list[Link]:
        """The links of any status that hold these contacts on that side."""
        with reading(self._engine) as connection:
            return links.by_contact(connection, sync_id, side, contact_ids)

    def bases(self, sync_id: str, side: Side, contact_ids: Collection[str]) -> dict[str, Values]:
        """What that side of linked contacts held when each field was last settled, by contact id."""
        with reading(self._engine) as connection:
            return links.bases(connection, sync_id, side, contact_ids)

    def due_links(self, sync_id: str, run_seq: int, now: datetime) -> list[Link]:
        """Live or parted links whose due_run <= run_seq or due_at <= now."""
        with reading(self._engine) as connection:
            return links.due(connection, sync_id, run_seq, now)

    def missing_links(self, sync_id: str, side: Side) -> list[Link]:
        """Live and parted links whose contact on that side stands `missing`: to be point-read."""
        with reading(self._engine) as connection:
            return links.missing(connection, sync_id, side)

    def links_made(self, sync_id: str, run_ids: Collection[str]) -> list[Link]:
        """Links that these runs made, by matching or by a create."""
        with reading(self._engine) as connection:
            return links.made_in(connection, sync_id, run_ids)

    def all_links(self, sync_id: str) -> list[Link]:
        """Every link, values included (reports, plan --against, tests)."""
        with reading(self._engine) as connection:
            return links.every(connection, sync_id)

    def has_links(self, sync_id: str) -> bool:
        """True once two contacts were linked, whatever became of them."""
        with reading(self._engine) as connection:
            return links.any_of(connection, sync_id)

    def link_ids(self, sync_id: str, side: Side) -> pd.DataFrame:
        """Narrow: link_id, contact_id, status, standing of every link, by that side."""
        with reading(self._engine) as connection:
            return links.ids_frame(connection, sync_id, side)

    # ---- journal, holds, conflicts
    def unfolded(self, sync_id: str) -> Sequence[JournalRow]:
        """Journal rows not folded yet, oldest first."""
        with reading(self._engine) as connection:
            return journal.unfolded(connection, sync_id)

    def keys_of_run(self, sync_id: str, run_id: str) -> set[str]:
        """Operation keys of a run's journal rows."""
        with reading(self._engine) as connection:
            return journal.keys_of_run(connection, sync_id, run_id)

    def ends_of_run(
        self, sync_id: str, run_id: str, side: Side, keys: Collection[str]
    ) -> Mapping[tuple[Verb, State], int]:
        """How many of these actions of a run on a side stand how."""
        with reading(self._engine) as connection:
            return journal.ends_of_run(connection, sync_id, run_id, side, keys)

    def journal(self, sync_id: str, run_id: str | None = None) -> list[JournalRow]:
        """Journal rows of a run, or all, oldest first."""
        with reading(self._engine) as connection:
            return journal.of_run(connection, sync_id, run_id)

    def sent_since(self, sync_id: str, since: datetime) -> list[JournalRow]:
        """Journal rows that were sent since then, oldest first."""
        with reading(self._engine) as connection:
            return journal.sent_since(connection, sync_id, since)

    def writes_of(self, sync_id: str, link_ids: Collection[str], since: datetime) -> list[JournalRow]:
        """Journal rows of these links that were sent since then, oldest first."""
        with reading(self._engine) as connection:
            return journal.writes_of(connection, sync_id, link_ids, since)

    def creates(self, account: str, hashes: Mapping[str, Collection[str]], since: datetime) -> list[JournalRow]:
        """Creates that any sync sent to this account since then with one of these key values (core 26).

        `hashes`: match key -> contact.account_key_hash texts, as plan_intents stored them.
        Creates that made nothing (refused, overtaken, not sent) are left out.
        """
        with reading(self._engine) as connection:
            return journal.creates(connection, account, hashes, since)

    def not_sent(self, sync_id: str) -> list[JournalRow]:
        """Journal rows of actions that were not sent, oldest first; some may have been made by a later one since."""
        with reading(self._engine) as connection:
            return journal.not_sent(connection, sync_id)

    def creates_of(self, sync_id: str, side: Side, contact_ids: Collection[str]) -> list[JournalRow]:
        """The creates of this sync that made, or found, these contacts on that side."""
        with reading(self._engine) as connection:
            return journal.creates_of(connection, sync_id, side, contact_ids)

    def jobs(self, account: str, since: datetime) -> list[JournalRow]:
        """Rows that asynchronous jobs on this account, begun since then by any sync, have not answered (core 22)."""
        with reading(self._engine) as connection:
            return journal.jobs(connection, account, since)

    def holds(self, sync_id: str) -> list[tuple[Hold, datetime]]:
        """Open holds and since when."""
        with reading(self._engine) as connection:
            return holds.open_holds(connection, sync_id)

    def conflicts(self, sync_id: str, run_id: str | None = None) -> list[tuple[str, datetime, Conflict]]:
        """(run_id, when, conflict), newest first."""
        with reading(self._engine) as connection:
            return holds.conflicts(connection, sync_id, run_id)

    def verdicts(self, sync_id: str) -> list[Verdict]:
        """What persons said of two contacts."""
        with reading(self._engine) as connection:
            return decisions.verdicts(connection, sync_id)

    def decisions(self, sync_id: str, since: datetime | None = None) -> list[tuple[datetime, str, Decided]]:
        """(when, run_id, decision), newest first."""
        with reading(self._engine) as connection:
            return decisions.made(connection, sync_id, since)

    # ---- housekeeping
    def would_trim(self, sync_id: str, values: datetime, whole: datetime) -> Trimmed:
        """What `trim` would take."""
        return trimming.would_trim(self._engine, sync_id, values, whole)

    def needed_runs(self, sync_id: str, since: datetime) -> list[str]:
        """Runs whose artefacts are still wanted; of those that never ended only the ones begun since then."""
        with reading(self._engine) as connection:
            return trimming.needed_runs(connection, sync_id, since)

    # ---- alerts
    def seen(self, sync_id: str) -> Seen:
        """What alerts are judged by."""
        with reading(self._engine) as connection:
            return notices.seen(connection, sync_id)

    def notices(self, sync_id: str) -> list[Notice]:
        """Alerts that were told and are not over, or are still to be sent; oldest first."""
        with reading(self._engine) as connection:
            return notices.of_sync(connection, sync_id)

    def held_since(self, sync_id: str, since: datetime) -> Mapping[tuple[str, str], int]:
        """(side, reason) -> how many contacts are held so since then."""
        with reading(self._engine) as connection:
            return notices.held_since(connection, sync_id, since)

    def all_watched(self) -> list[Watched]:
        """Syncs that are watched for being stale, or ever were."""
        with reading(self._engine) as connection:
            return notices.all_watched(connection)

    # ---- persons
    def forgotten(self, sync_id: str) -> tuple[Tombstone, ...]:
        """Traces of everybody whom the sync has forgotten."""
        with reading(self._engine) as connection:
            return tombstones.of_sync(connection, sync_id)

    def every_id(self, sync_id: str) -> set[tuple[Side, str]]:
        """Every contact id that any row of the sync stands for."""
        with reading(self._engine) as connection:
            return finding.every_id(connection, sync_id)

    def links_naming(self, sync_id: str, value: str) -> list[Link]:
        """Links whose values may hold the text: to be looked at."""
        with reading(self._engine) as connection:
            return finding.links_naming(connection, sync_id, value)

    def intents_naming(self, sync_id: str, value: str) -> list[JournalRow]:
        """Journal rows whose values may hold the text: to be looked at."""
        with reading(self._engine) as connection:
            keys = finding.intents_naming(connection, sync_id, value)
            return list(journal.by_key(connection, sync_id, keys).values())

    def links_under(self, sync_id: str, traces: Traces) -> list[Link]:
        """The links of these contacts, of any status, and those that are named."""
        with reading(self._engine) as connection:
            return links.by_id(connection, sync_id, finding.link_ids(connection, sync_id, traces))

    def actions_under(self, sync_id: str, traces: Traces) -> list[JournalRow]:
        """Journal rows of these contacts and links, oldest first."""
        with reading(self._engine) as connection:
            ids = finding.link_ids(connection, sync_id, traces)
            rows = journal.by_key(connection, sync_id, finding.actions(connection, sync_id, traces, ids))
            return sorted(rows.values(), key=lambda row: (row.sent_at is None, row.sent_at, row.intent.key))

    def closed_links(self, sync_id: str) -> list[Link]:
        """Links whose two contacts are gone."""
        with reading(self._engine) as connection:
            return finding.closed_links(connection, sync_id)

    def became(self, sha256: str) -> str | None:
        """What took the place of an artefact from which a forgotten person was taken; None = nothing did."""
        with reading(self._engine) as connection:
            return tombstones.became(connection, sha256)

    def dump(self) -> dict[str, list[dict[str, Any]]]:
        """All tables but rate, token and metadata, rows sorted: to prove that nothing changed."""
        with reading(self._engine) as connection:
            return {
                table.name: sorted((dict(row) for row in connection.execute(select(table)).mappings()), key=repr)
                for table in schema.sorted_tables
                if table.name not in SHARED
            }
