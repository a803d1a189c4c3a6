"""LedgerReader and Ledger: all that the stages ask of the ledger. (Signatures; the SQL follows.)"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import Engine

from contactsync.model.exchange import State
from contactsync.model.ledger import FoldBatch, KeyMember, Lease, RunRow, StoredCursor, SyncRow
from contactsync.model.link import Known, Link
from contactsync.model.plan import Conflict, Hold, Intent, JournalRow, Outcome
from contactsync.model.spec import Side

LEASE = timedelta(minutes=15)


class LedgerReader:
    """Reads only; what dry runs, transform, reconcile and pages get."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None: ...

    def check(self) -> None:
        """Errors: LedgerSchema where the schema is absent, older or newer than this package (says which command helps)."""

    def sync(self, sync_id: str) -> SyncRow | None:
        """The sync's row, None before its first run."""

    def sync_ids(self) -> list[str]:
        """All syncs the ledger knows."""

    def cursor(self, sync_id: str, side: Side) -> StoredCursor | None:
        """The side's cursor."""

    def known_count(self, sync_id: str, side: Side) -> int:
        """Contacts of the key index that are no tombstones."""

    def known(self, sync_id: str, side: Side, ids: Collection[str]) -> dict[str, Known]:
        """Index rows by contact id, key hashes included; absent ids are absent."""

    def known_frame(self, sync_id: str, side: Side) -> pd.DataFrame:
        """The whole narrow index: contact_id (str), raw (Int64), fingerprint (Int64), link_id (str|null), tombstone (bool)."""

    def key_members(self, sync_id: str, hashes: Mapping[str, Collection[int]]) -> list[KeyMember]:
        """Contacts of either side (no tombstones) that carry one of these key hashes (match key -> hashes)."""

    def links(self, sync_id: str, ids: Collection[str]) -> list[Link]:
        """Links by link id, with values."""

    def links_of(self, sync_id: str, side: Side, contact_ids: Collection[str]) -> list[Link]:
        """The links of any status that hold these contacts on that side."""

    def due_links(self, sync_id: str, run_seq: int, now: datetime) -> list[Link]:
        """Live or parted links whose due_run <= run_seq or due_at <= now."""

    def due_contacts(self, sync_id: str, side: Side, run_seq: int, now: datetime) -> list[Known]:
        """Unlinked contacts that are due."""

    def missing_links(self, sync_id: str, side: Side) -> list[Link]:
        """Live and parted links whose contact on that side stands `missing`: to be point-read."""

    def all_links(self, sync_id: str) -> list[Link]:
        """Every link, values included (reports, plan --against, tests)."""

    def link_ids(self, sync_id: str, side: Side) -> pd.DataFrame:
        """Narrow: link_id, contact_id, status, standing of every link, by that side."""

    def unfolded(self, sync_id: str) -> list[JournalRow]:
        """Journal rows not folded yet, oldest first."""

    def journal(self, sync_id: str, run_id: str | None = None) -> list[JournalRow]:
        """Journal rows of a run, or all."""

    def creates(self, account: str, hashes: Mapping[str, Collection[str]], since: datetime) -> list[JournalRow]:
        """Creates that any sync sent to this account since then with one of these key values (core 26).

        `hashes`: match key -> contact.account_key_hash texts, as plan_intents stored them.
        """

    def holds(self, sync_id: str) -> list[tuple[Hold, datetime]]:
        """Open holds and since when."""

    def conflicts(self, sync_id: str, run_id: str | None = None) -> list[tuple[str, datetime, Conflict]]:
        """(run_id, when, conflict), newest first."""

    def runs(self, sync_id: str, limit: int = 50) -> list[RunRow]:
        """Runs, newest first."""

    def lock(self, sync_id: str) -> Lease | None:
        """Who holds the sync's lock, None = nobody (released; an expired lease is still shown)."""

    def dump(self) -> dict[str, list[dict[str, Any]]]:
        """All tables but rate, token and metadata, rows sorted: to prove that nothing changed."""


class Ledger(LedgerReader):
    """Also writes. Every commit goes through one function (`_commit`), the second choke point of the crash tests."""

    def reader(self) -> LedgerReader:
        """The same ledger, for those who may only read."""

    # ---- locks and leases (core 25, 26)
    def take_lock(self, sync_id: str, owner: str, *, ended: Callable[[str], bool]) -> Lease:
        """Take or renew the sync's lock. `ended(owner)`: Airflow says that owner's run has ended. Errors: LockBusy."""

    def renew_lock(self, sync_id: str, owner: str, fence: int) -> None:
        """Renew. An owner whose lease expired untaken renews. Errors: FenceLost."""

    def release_lock(self, sync_id: str, owner: str, fence: int) -> None:
        """Release; nothing happens where it is no longer ours."""

    def take_account(self, account: str, owner: str, *, ended: Callable[[str], bool]) -> Lease:
        """Lease the account for writing. Errors: AccountBusy."""

    def renew_account(self, account: str, owner: str, fence: int) -> None:
        """Renew. Errors: FenceLost."""

    def release_account(self, account: str, owner: str, fence: int) -> None:
        """Release; nothing happens where it is no longer ours."""

    # ---- runs
    def save_sync(self, row: SyncRow) -> None:
        """Insert or replace the sync's row."""

    def start_run(self, sync_id: str, run_id: str, kind: str) -> RunRow:
        """Insert the run's row with the next seq; the row as it is where it exists (a cleared run)."""

    def end_run(self, row: RunRow) -> None:
        """Write state, counts, message and end."""

    # ---- journal (core 20, 23)
    def plan_intents(
        self, sync_id: str, run_id: str, account: str, intents: Sequence[Intent], key_hashes: Mapping[str, Mapping[str, Sequence[str]]]
    ) -> list[JournalRow]:
        """Insert rows `planned`, absent keys only; all rows of these keys as they now stand. key_hashes: intent key -> match key -> hashes."""

    def claim(self, sync_id: str, run_id: str, side: Side, fence: int) -> int:
        """A new claim of this try of the load task on its side of the plan. Errors: FenceLost."""

    def send(self, sync_id: str, run_id: str, side: Side, keys: Sequence[str], *, fence: int, claim: int) -> set[str]:
        """One statement: planned -> sent where fence and claim are still ours. The keys that moved; none = stop."""

    def settle(self, sync_id: str, outcomes: Sequence[Outcome]) -> None:
        """Write outcomes of sent, accepted or unknown rows; rows already settled stay as they are."""

    def count_listing(self, sync_id: str, keys: Sequence[str]) -> None:
        """One more complete listing did not show the result of these unknown creates."""

    # ---- record
    def fold(self, sync_id: str, run_id: str, batch: FoldBatch, *, fence: int) -> None:
        """One transaction, idempotent. Errors: FenceLost."""

    def set_cursor(self, sync_id: str, cursor: StoredCursor, *, fence: int) -> None:
        """Move a side's cursor. Errors: FenceLost."""
