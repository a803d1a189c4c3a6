"""Runs, one by one and until nothing is left to do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bounds import Happened, runs_until_rest
from contactsync.errors import LimitExceeded
from contactsync.model.exchange import Verb
from contactsync.model.plan import JournalRow
from contactsync.model.spec import SIDES, Side
from contactsync.model.stages import Summary
from contactsync.model.undo import UndoOrder
from oracle import Broken
from quiet import Quiet
from rig import Process
from scene import Step


class Runs(Quiet):
    """Runs of the sync, whole or cut short."""

    def during(self, wait: float, number: int, step: Step) -> None:
        """A run; somebody does something just before its n-th request. Not where the app cannot notice that at all."""
        if self.vendors[Side(step[1])].traits.check in ("version", "fetched_version"):
            name, *rest = step
            self._run(wait, Process(meanwhile={number: lambda: getattr(self, name)(*rest)}))

    def stall(self, wait: float, number: int, pause: float) -> None:
        """A run stands still before its n-th request, another one takes over; then the first goes on."""
        self.touched = True
        process = Process()

        def meanwhile() -> None:
            process.overtaken = True
            self._run(pause, None)

        process.meanwhile[number] = meanwhile
        start = self.clock.seconds() + wait
        self._run(wait, process)
        self.happened.failed += process.overtaken
        if process.overtaken:
            self._cut_off(start)

    def undo(self, wait: float, back: int) -> None:
        """Somebody takes back a run, counted from the newest."""
        runs = self.rig.ledger.runs(self.rig.spec.id)
        if back >= len(runs):
            return
        self.touched = self.parting = self.oracle.undoing = True
        self.excused |= {("*", why) for why in ("undone", "unproven")}
        self.clock.forward(seconds=wait)
        self.rig.undo(UndoOrder(run_id=runs[back].run_id))
        self.oracle.undoing = False

    def run(self, wait: float, full: bool = False) -> Summary | str:
        """A run, so many seconds later."""
        return self._run(wait, None, full_read=full)

    def crash(self, wait: float, place: str, number: int) -> None:
        """A run that dies at its n-th request or commit."""
        self.touched = True
        process = Process(dies=(place, number))
        self._run(wait, process)
        self.happened.failed += process.dead

    def _run(self, wait: float, process: Process | None, **asked: Any) -> Summary | str:
        self.clock.forward(seconds=wait)
        self.oracle.run += 1
        start, fooled = self.clock.seconds(), any(f.pulls for f in self.faults.values())
        failed = self._failed()
        ended = self.rig.run(process, **asked)
        whole = not isinstance(ended, str) and ended.ok
        if whole and self._failed() == failed:
            self.oracle.unread.clear()
        if whole and not fooled:
            self.oracle.note_read(start)
        unsure = self._failed() > failed or ended == "Killed" or (self.oracle.unsure and not whole)
        self.oracle.unsure = unsure
        if unsure:
            self._cut_off(start)
        return ended

    def _failed(self) -> int:
        return sum(f.failed for f in self.faults.values())

    # ---- at rest

    def settle(self) -> None:
        """Runs until nothing is left to do; then everything must be as promised, and one more run writes nothing."""
        if not self.touched:
            return
        for faults in self.faults.values():
            faults.pulls[:], faults.pushes[:] = [], []
        allowed, most = "", runs_until_rest(self._happened())
        for done in range(most):
            before = self.rig.counts()
            ended = self._run(self._pause(), None, full_read=self._scans(done, allowed), apply_plan=allowed)
            stale = bool(allowed) and ended == "PlanMismatch"  # read otherwise than the plan that was let pass
            allowed = self._allowed(ended)
            if not allowed and not stale and (isinstance(ended, str) or not ended.ok):
                raise Broken(f"a run on quiet accounts ends well: {ended}")
            if self.rig.quiet_since(*before) and not allowed and not stale and not self._waiting():
                break
        else:
            raise Broken(f"it comes to rest: after {most} runs it still writes, or waits for {self._waiting()}")
        self.settled_after.append(done)
        before = self.rig.counts()
        self._run(self._pause(), None)
        if not self.rig.quiet_since(*before):
            raise Broken("it stays at rest: one more run writes again")
        self.touched = False
        self.check()

    def _happened(self) -> Happened:
        """All that settling has to get over."""
        failed = self.happened.failed + self._failed()
        scanned = any(v.traits.deletes != "feed" for v in self.vendors.values())
        return replace(self.happened, failed=failed, emptied=self._emptied(), scanned=scanned)

    def _emptied(self) -> bool:
        """People took away more of a side than they left, by hand or by undo."""
        oracle = self.oracle
        taken = {s: oracle.gone_from(s.value) + oracle.taken_back.count(s.value) for s in SIDES}
        return any(taken[s] > len(self.vendors[s].rows) for s in SIDES)

    def _pause(self) -> float:
        return 300.0 + max(2 * max(v.traits.lag, v.traits.find_lag) for v in self.vendors.values())

    def _allowed(self, ended: Summary | str) -> str:
        """A plan that a limit stopped: people emptied a side, and one of them lets that very plan pass."""
        stopped = self.rig.stopped
        over = ended == "LimitExceeded" and self._emptied()
        return stopped.plan_hash if over and isinstance(stopped, LimitExceeded) else ""

    def _scans(self, done: int, allowed: str) -> bool:
        """Some vendors tell of deletions in complete listings only, and with one whoever was refused is tried again.

        A plan that was let pass is made as before.
        """
        if allowed:
            return self.listed_whole
        self.listed_whole = done == 0 and (
            self.refits or any(v.traits.deletes != "feed" for v in self.vendors.values())
        )
        return self.listed_whole

    def _waiting(self) -> list[str]:
        rig = self.rig
        seq, sync = rig.last().seq + 1, rig.spec.id
        waits = [f"{r.intent.verb} {r.outcome.state}" for r in rig.ledger.unfolded(sync) if not self._for_a_person(r)]
        later = seq + 100
        waits += [f"{s} {k.contact_id}" for s in SIDES for k in rig.ledger.due_contacts(sync, s, later, self.clock())]
        waits += [f"missing {k.id}" for s in SIDES for k in rig.ledger.missing_links(sync, s)]
        return waits + [f"link {k.id}" for k in rig.ledger.due_links(sync, later, self.clock())]

    def _for_a_person(self, row: JournalRow) -> bool:
        """An unknown create that the vendor has no way to find again: nothing but a person settles it."""
        return row.intent.verb is Verb.CREATE and self.vendors[row.intent.side].traits.adopt == "none"
