"""Syncs as the ledger knows them: locks, runs, cursors, actions without an answer, and what waits for a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

from contactsync.doctor.findings import Found, broken, note, soon
from contactsync.doctor.installation import Installation, days, number, when
from contactsync.ledger import health
from contactsync.ledger.store import LEASE, LedgerReader
from contactsync.model.exchange import State
from contactsync.model.ledger import Lease, RunState
from contactsync.model.spec import SIDES, SyncSpec
from contactsync.stages.run_count import ledger_lost, run_count

LONG_RUN = timedelta(hours=6)
LONG_HELD = timedelta(days=14)
LONG_UNKNOWN = timedelta(days=1)
LATE = timedelta(days=1)  # how much a complete read may be overdue
_UNSETTLED = (State.SENT, State.ACCEPTED, State.UNKNOWN)


def locks(at: Installation) -> Iterator[Found]:
    """Who holds a sync or an account, and whether he still lives."""
    if at.engine is None:
        return
    now = health.clock(at.engine)
    held = [("sync", *one) for one in health.held_locks(at.engine)]
    held += [("account", *one) for one in health.held_accounts(at.engine)]
    for what, name, lease in held:
        since = f"last renewed {when(lease.expires_at - LEASE)}"
        if lease.expires_at <= now:
            yield note(
                f"{what} {name}",
                f"Its lock was left behind by {lease.owner} ({since}) and ran out {when(lease.expires_at)}.",
                "nothing; the next run takes it and settles what was left",
            )
        elif at.ended(lease.owner):
            yield note(
                f"{what} {name}",
                f"Its lock is held by {lease.owner} ({since}), which is no longer there.",
                f"nothing; the next command here takes it at once, a run in Airflow after {when(lease.expires_at)}",
            )


def runs(at: Installation) -> Iterator[Found]:
    """The newest run of each sync: cut off, endless or red."""
    for spec, reader in _known(at):
        newest = next(iter(reader.runs(spec.id, 1)), None)
        if newest is None:
            continue
        alive = _alive(at, reader.lock(spec.id))
        age = at.age(newest.started_at)
        if newest.state is RunState.RUNNING and not alive:
            yield soon(
                spec.id,
                f"Run {newest.run_id}, begun {when(newest.started_at)}, never came to its end.",
                f"let the next run settle what it left, or at once: contactsync run {spec.id}",
            )
        elif newest.state is RunState.RUNNING and age > LONG_RUN:
            yield soon(
                spec.id,
                f"Run {newest.run_id} has been on for {days(age)}.",
                "look at the log of its newest task; if it hangs, end it in Airflow",
            )
        elif newest.state is RunState.FAILED:
            yield soon(
                spec.id,
                f"The newest run, {newest.run_id}, ended red: {newest.message or 'it says nothing'}",
                f"mend what its text names (docs/runbook.md, A run is red); then: contactsync run {spec.id}",
            )


def lost_ledgers(at: Installation) -> Iterator[Found]:
    """A ledger behind its syncs, and syncs whose links are still being found again."""
    for spec, reader in _known(at):
        row = reader.sync(spec.id)
        if at.artefacts is None:
            continue
        if ledger_lost(reader, at.artefacts, spec.id):
            yield broken(
                spec.id,
                "The ledger is older than this sync, or knows nothing of it: it was lost or restored from a backup.",
                f"look what the next run will do: contactsync plan {spec.id}",
            )
        elif row is not None and row.union:
            yield note(
                spec.id,
                f"Links are being found again; {row.union} more complete readings of both apps will end that.",
                f"let it run, then see who waits: contactsync holds {spec.id}",
            )
        elif row is not None and run_count(at.artefacts, spec.id) is None:
            yield soon(
                spec.id,
                "The state file beside its artefacts is missing: a lost ledger would not be noticed.",
                f"the next run writes it: contactsync run {spec.id}; find out who removed it",
            )


def cursors(at: Installation) -> Iterator[Found]:
    """When each side was last read, and read completely. A sync that runs by hand alone may rest."""
    for spec, reader in _known(at):
        for side in SIDES:
            where, stored = f"{spec.id}, {side} side", reader.cursor(spec.id, side)
            if stored is None:
                continue
            every, tell = spec.full_every, note if spec.dag.schedule is None else soon
            if at.age(stored.read_at) > every + LATE:
                yield tell(
                    where,
                    f"It was last read {days(at.age(stored.read_at))} ago; its cursor has expired or soon will.",
                    f"see whether the DAG is paused or fails; then: contactsync run {spec.id}",
                )
            elif stored.complete_at is None or at.age(stored.complete_at) > every + LATE:
                last = f"{days(at.age(stored.complete_at))} ago" if stored.complete_at else "never"
                yield tell(
                    where,
                    f"It is to be read completely every {days(every)} (full_every), and last was {last}.",
                    f"contactsync run {spec.id} --full-read",
                )
            elif stored.cursor is None:
                yield note(where, "It has no cursor.", "nothing; the next run reads it completely")


def unanswered(at: Installation) -> Iterator[Found]:
    """Actions that were sent, and of which nobody knows yet what became of them."""
    for spec, reader in _known(at):
        if _alive(at, reader.lock(spec.id)):
            continue
        rows = [r for r in reader.unfolded(spec.id) if r.outcome.state in _UNSETTLED]
        if not rows:
            continue
        verbs = ", ".join(number(n, verb) for verb, n in sorted(Counter(r.intent.verb.value for r in rows).items()))
        oldest = min((r.sent_at for r in rows if r.sent_at), default=at.now)
        what = f"{verbs} got no answer, the oldest {days(at.age(oldest))} ago."
        list_them = f"contactsync holds {spec.id} --reason unknown"
        if at.age(oldest) > LONG_UNKNOWN:
            yield soon(spec.id, what, f"look at them in the app: {list_them}")
        else:
            yield note(spec.id, what, f"nothing; the next run finds out. List them: {list_them}")


def long_holds(at: Installation) -> Iterator[Found]:
    """What has waited for a person for more than two weeks."""
    for spec, reader in _known(at):
        old = [(hold, since) for hold, since in reader.holds(spec.id) if at.age(since) > LONG_HELD]
        counts = Counter(hold.reason for hold, _ in old)
        for reason, count in sorted(counts.items()):
            oldest = min(since for hold, since in old if hold.reason is reason)
            yield soon(
                spec.id,
                f"{count} held as {reason} for more than {LONG_HELD.days} days, the oldest for {days(at.age(oldest))}.",
                f"contactsync holds {spec.id} --reason {reason}",
            )


def orphans(at: Installation) -> Iterator[Found]:
    """Syncs in the ledger that no file names any more."""
    for sync_id in at.ledger.sync_ids() if at.ledger is not None and at.all_ids else ():
        if sync_id not in at.all_ids:
            yield note(
                sync_id,
                "The ledger remembers this sync, and no file has that id any more.",
                "nothing, if it was given up; if its file was renamed, write the old id into it: `id: " + sync_id + "`",
            )


def _known(at: Installation) -> Iterator[tuple[SyncSpec, LedgerReader]]:
    if at.ledger is not None:
        yield from ((spec, at.ledger) for spec in at.specs)


def _alive(at: Installation, lease: Lease | None) -> bool:
    """True where a run holds the sync now."""
    if lease is None or at.engine is None:
        return False
    return lease.expires_at > health.clock(at.engine) and not at.ended(lease.owner)
