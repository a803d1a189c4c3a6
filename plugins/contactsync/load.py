"""Writing one side of a plan: check, journal, send, settle; batch by batch (core 19, 20, 22-26)."""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime

from contactsync.apps.base import App
from contactsync.checks import (
    Checked,
    Target,
    account_keys,
    check_absent,
    check_creates,
    check_sources,
    check_targets,
    observed,
)
from contactsync.contact import Values
from contactsync.errors import ContactsyncError, FenceLost, NothingSent, RateLimited, RetryError, StopError
from contactsync.jobs import Jobs
from contactsync.ledger.store import Ledger
from contactsync.model.app import Check
from contactsync.model.exchange import Op, OwnValue, Presence, Record, Ref, Result, State, Verb
from contactsync.model.plan import Intent, Outcome
from contactsync.model.spec import Side
from contactsync.model.stages import Loaded
from contactsync.rest.deadline import leaving_within
from contactsync.sync.unknowns import JOB_GIVEN_UP

log = logging.getLogger(__name__)

AT_ONCE = 4  # requests inside one load, 1 where the app wants its writes one after the other
PLANNED = 1000  # actions that one transaction journals
CHECKED = 50  # how many actions one pre-write check covers where it costs a whole pull
FRESH = 10.0  # seconds that a pre-write check is good for
LEAVE_WITHIN = 10.0  # seconds from the journal's `sent` to the request
LIMIT_PATIENCE = 900.0  # seconds a load waits for the account's rate limit, all in all


@dataclass(frozen=True)
class LoadOrder:
    """Which plan to write where, and under which lock."""

    sync_id: str
    run_id: str
    side: Side
    owner: str
    fence: int
    clock: Callable[[], datetime]
    ended: Callable[[str], bool]
    sleep: Callable[[float], None] = time.sleep


Held = Mapping[str, Mapping[str, OwnValue]]
"""Key of an intent -> own fields that its target holds."""

Write = Callable[[Sequence[Op]], Iterator[Result]]


class Loader:
    """One try of one load task. It stops at once where the lock, the lease or its claim is no longer its own."""

    def __init__(self, order: LoadOrder, ledger: Ledger, target: Target, source: App) -> None:
        self.order, self.ledger, self.target, self.source = order, ledger, target, source
        self.held: Held = {}  # what the targets of this chunk were found to hold
        self.settled = 0
        self.failed_batches = 0
        self.trouble: ContactsyncError | None = None
        self.claim = 0
        self.lease = 0
        self.intents: Mapping[str, Intent] = {}  # of this chunk
        self.limited: list[Intent] = []  # not sent for want of rate budget: tried again in this load
        self.pause = 0.0
        self.waited = 0.0

    def run(self, intents: Sequence[Intent]) -> Loaded:
        """Write the plan's actions of this side. Errors: AccountBusy, FenceLost, and what stops the whole load."""
        order = self.order
        lease = self.ledger.take_account(self.target.account, order.owner, ended=order.ended)
        self.lease = lease.fence
        try:
            self._write_all(intents)
        finally:
            self.ledger.release_account(self.target.account, order.owner, self.lease)
        if self.trouble is not None:
            raise self.trouble
        return Loaded(order.side.value, self.settled, self.failed_batches)

    def _write_all(self, intents: Sequence[Intent]) -> None:
        order = self.order
        # While a job of an earlier run, or of another sync of this account, hangs, no second one is begun (core 22).
        hanging = bool(self.ledger.jobs(self.target.account, order.clock() - JOB_GIVEN_UP))
        self.jobs = Jobs(self.target.app, order.clock, order.sleep, self._renew, hanging=hanging)
        slices = (intents[n : n + PLANNED] for n in range(0, len(intents), PLANNED))
        waiting = {key for part in slices for key in self._plan(part)}
        self.claim = self.ledger.claim(order.sync_id, order.run_id, order.side, order.fence)
        for verb in (Verb.UPDATE, Verb.CREATE, Verb.DELETE):
            self._write(verb, (i for i in intents if i.verb is verb and i.key in waiting))

    def _write(self, verb: Verb, waiting: Iterator[Intent]) -> None:
        """Chunk by chunk; only as many are held as a job or a chunk may take. The rate limit's come last."""
        bulk = self.target.app.info.caps.bulk
        ahead = max(self._chunk(verb), bulk.size if bulk else 0)
        queue: list[Intent] = []
        late: list[Intent] = []
        while self.trouble is None:
            queue += itertools.islice(waiting, max(0, ahead - len(queue)))
            if not queue:
                queue, late = late, []
            if not queue:
                return
            size = self.jobs.size(queue) or self._chunk(verb)
            queue = self._checked_chunk(queue[:size]) + queue[size:]
            late += self._after_limit()

    def _plan(self, intents: Sequence[Intent]) -> set[str]:
        """Journal the intents; the keys of those that may be sent."""
        order = self.order
        hashes = {i.key: account_keys(self.target.account, i) for i in intents if i.verb is Verb.CREATE}
        rows = self.ledger.plan_intents(
            order.sync_id, order.run_id, self.target.account, intents, hashes, fence=order.fence
        )
        return {r.intent.key for r in rows if r.outcome.state is State.PLANNED}

    def _after_limit(self) -> list[Intent]:
        """What the rate limit kept from leaving, planned anew after a pause; [] once patience is over."""
        limited, self.limited = self.limited, []
        if not limited or self.waited >= LIMIT_PATIENCE:
            return []
        pause = min(self.pause, 60.0)
        self.waited += pause
        self.target.app.access.services.waited(pause)
        self.order.sleep(pause)
        again = self._plan(limited)
        return [i for i in limited if i.key in again]

    # ---- one chunk: check, then send while the check is fresh

    def _batch(self, verb: Verb) -> int:
        return max(1, int(getattr(self.target.app.info.caps.batch, verb.value)))

    def _chunk(self, verb: Verb) -> int:
        caps = self.target.app.info.caps
        if verb is Verb.CREATE or caps.check is Check.DELTA:
            return max(CHECKED, self._batch(verb))
        if caps.check is Check.VERSION:
            return AT_ONCE * self._batch(verb)
        return max(1, min(caps.batch.fetch, self._batch(verb) * AT_ONCE))

    def _checked_chunk(self, chunk: Sequence[Intent]) -> list[Intent]:
        """Check and write a chunk; returns what was not reached while the check was fresh, to be checked anew."""
        self.intents = {i.key: i for i in chunk}
        checked = self._check(chunk)
        self.held = checked.held
        self._settle(checked.stopped)
        started, (job, ready) = time.monotonic(), self.jobs.choose(checked.ready)
        if job:
            self._send_group(job, job=True)
        while ready and self.trouble is None and time.monotonic() - started < FRESH:
            group, ready = self._take_group(ready)
            self._send_group(group)
        return ready

    def _check(self, chunk: Sequence[Intent]) -> Checked:
        now = self.order.clock()
        if chunk[0].verb is Verb.CREATE:
            checked = check_creates(self.target, self.ledger, chunk, now)
            upserts, others = self.jobs.upserts(checked.ready)
            absent = check_absent(self.target, upserts, now)
            return Checked((*absent.ready, *others), (*checked.stopped, *absent.stopped))
        checked = check_targets(self.target, chunk, now)
        if chunk[0].verb is not Verb.DELETE or not checked.ready:
            return checked
        sources = check_sources(self.source, checked.ready, now)
        return Checked(sources.ready, (*checked.stopped, *sources.stopped), checked.held)

    def _take_group(self, ready: list[Intent]) -> tuple[list[Intent], list[Intent]]:
        width = 1 if self.target.app.info.caps.sequential_writes else AT_ONCE
        size = self._batch(ready[0].verb) * width
        return ready[:size], ready[size:]

    def _send_group(self, group: list[Intent], *, job: bool = False) -> None:
        """Journal first: committed as sent before the request leaves, settled after."""
        order = self.order
        self._renew()
        sent = self.ledger.send(
            order.sync_id, order.run_id, order.side, [i.key for i in group], fence=order.fence, claim=self.claim
        )
        if not sent:
            raise FenceLost("Another try of this task took over its actions; nothing more is sent from here.")
        going = [i for i in group if i.key in sent]
        size = len(going) if job else self._batch(going[0].verb)
        batches = [going[n : n + size] for n in range(0, len(going), size)]
        if job:
            outcomes = self._submit(going)
        elif len(batches) == 1:
            outcomes = self._push(batches[0])
        else:
            with ThreadPoolExecutor(len(batches)) as pool:
                outcomes = [o for part in pool.map(self._push, batches) for o in part]
        self._settle(self._read_back(outcomes, {i.key: i for i in going}))

    def _renew(self) -> None:
        self.ledger.renew_lock(self.order.sync_id, self.order.owner, self.order.fence)
        self.ledger.renew_account(self.target.account, self.order.owner, self.lease)

    # ---- one batch

    def _submit(self, batch: Sequence[Intent]) -> list[Outcome]:
        """One job. Where the vendor takes none, its actions go the ordinary way after all, and so do later ones."""
        turned_away: set[str] = set()

        def write(ops: Sequence[Op]) -> Iterator[Result]:
            for result in self.target.app.submit(ops):
                if result.state is State.NOT_SENT:
                    turned_away.add(result.key)
                yield result

        outcomes = self._push(batch, write)
        self.limited.extend(i for i in batch if i.key in turned_away)
        if turned_away or any(o.state is State.UNKNOWN for o in outcomes):
            self.jobs.stop()
        return outcomes

    def _push(self, batch: Sequence[Intent], write: Write | None = None) -> list[Outcome]:
        """One request, or what the app makes of a batch. Ops without a result are unknown, unless nothing was sent."""
        write = write or self.target.app.push
        missing = {i.key: i for i in batch}
        outcomes: list[Outcome] = []
        state, reason = State.UNKNOWN, "no answer"
        try:
            with leaving_within(LEAVE_WITHIN):
                for result in write([self._op(i) for i in batch]):
                    if missing.pop(result.key, None) is not None:
                        outcomes.append(self._outcome(result))
        except NothingSent as error:
            state, reason = State.NOT_SENT, str(error)
            self._not_sent(error.__cause__, list(missing.values()))
        except (RetryError, StopError) as error:
            reason = str(error)
            self._note(error if isinstance(error, StopError) else None)
        if len(missing) == len(batch) and not any(i.key in missing for i in self.limited):
            self.failed_batches += 1
        now = self.order.clock()
        return outcomes + [Outcome(k, state, i.target_id, reason=reason, at=now) for k, i in missing.items()]

    def _not_sent(self, cause: BaseException | None, intents: Sequence[Intent]) -> None:
        """A rate limit is waited for; refused credentials end the load."""
        if isinstance(cause, RateLimited) and self.waited < LIMIT_PATIENCE:
            self.limited.extend(intents)
            self.pause = cause.retry_after or 1.0
        self._note(cause if isinstance(cause, StopError) else None)

    def _note(self, error: ContactsyncError | None) -> None:
        """Remember what stops the load; what was sent is settled first."""
        if error is not None and self.trouble is None:
            self.trouble = error

    def _op(self, intent: Intent) -> Op:
        patch, before = self.target.translator.encode(intent, self.held.get(intent.key, {}))
        return Op(
            key=intent.key,
            verb=intent.verb,
            id=intent.target_id,
            patch=patch,
            before=before,
            version=intent.version,
            ref=intent.ref,
            keys=intent.keys,
        )

    def _outcome(self, result: Result) -> Outcome:
        now = self.order.clock()
        if result.record is not None:
            values = self._written(result.key, result.record)
            outcome = observed(
                result.key, result.state, result.record, values, now, reason=result.reason, created=result.created
            )
            return replace(outcome, ref=result.ref or outcome.ref)
        return Outcome(
            result.key, result.state, result.id, result.created, result.version, ref=result.ref,
            reason=result.reason, job=result.job, at=now,
        )  # fmt: skip

    def _written(self, key: str, record: Record) -> Values:
        """What a record shows after the write of an intent."""
        intent = self.intents.get(key)
        return self.target.translator.decode(record, intent.patch if intent else None)

    def _read_back(self, outcomes: Sequence[Outcome], intents: Mapping[str, Intent]) -> list[Outcome]:
        """A write that returned no record is read back; one that cannot be read is unacknowledged."""
        blind = [
            o
            for o in outcomes
            if o.state in (State.DONE, State.ADOPTED) and o.values is None and intents[o.key].verb is not Verb.DELETE
        ]
        if not blind:
            return list(outcomes)
        refs = [Ref(o.target_id, o.ref or intents[o.key].ref) for o in blind]
        try:
            records = {f.id: f.record for f in self.target.app.fetch(refs) if f.presence is Presence.PRESENT}
        except RetryError as error:
            level = self.target.app.access.services.few.level("not read back", logging.WARNING)
            log.log(level, "%s: writes could not be read back: %s", self.order.side, type(error).__name__)
            records = {}
        out = [o for o in outcomes if o not in blind]
        for o in blind:
            record = records.get(o.target_id)
            if record is None:
                out.append(replace(o, state=State.UNKNOWN, reason="could not be read back"))
            else:
                seen = observed(o.key, o.state, record, self._written(o.key, record), self.order.clock())
                proven = o.version is not None and o.version == record.version
                out.append(replace(seen, created=o.created, reason=o.reason, proven=proven))
        return out

    def _settle(self, outcomes: Sequence[Outcome]) -> None:
        if not outcomes:
            return
        self.ledger.settle(self.order.sync_id, outcomes)
        accepted = [o for o in outcomes if o.state is State.ACCEPTED]
        self.settled += len(outcomes) - len(accepted)
        if accepted:
            self._await_jobs(accepted)

    # ---- asynchronous jobs

    def _await_jobs(self, accepted: Sequence[Outcome]) -> None:
        """What the job did is settled once it ended; later runs ask for one that does not."""
        ops = [self._op(self.intents[o.key]) for o in accepted]
        for results in self.jobs.ended(accepted, ops):
            outcomes = [self._of_job(r) for r in results if r.key in self.intents]
            done = self._read_back(outcomes, self.intents)
            self.ledger.settle(self.order.sync_id, done)
            self.settled += len(done)

    def _of_job(self, result: Result) -> Outcome:
        """Between the job's write and the reading of it somebody else may have written, unless a version proves not."""
        return replace(self._outcome(result), proven=result.version is not None)
