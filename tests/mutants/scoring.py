"""A pytest plugin that takes a mutation score with the tests of a session.

First every test runs once without a fault, and coverage.py notes which lines it runs through. Then each mutant gets a
forked child: there the function is swapped, and the tests that run through the changed lines follow, quickest first,
until one fails. Nothing is imported or collected anew, so that a mutant costs little more than its tests.
"""

from __future__ import annotations

import contextlib
import fcntl
import multiprocessing
import os
import random
import resource
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import FunctionType

import coverage
import hypothesis
import pytest
from mutations import PACKAGE, Mutation
from swapping import Place, Unfit, functions, swap
from type_check import TypeCheck

SEED = 1  # of the properties
BUDGET = 60.0  # CPU seconds of tests for one mutant, as they took without a fault
_CONTEXT = multiprocessing.get_context("fork")


class Verdict(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    TIMED_OUT = "timed out"  # counts as killed
    MISTYPED = "mistyped"  # no test failed, but mypy does: not counted
    SURVIVED = "survived"
    UNTESTED = "untested"  # no test runs through its lines; counts as survived
    UNFIT = "unfit"  # no program, the same program, or run at import only: not counted


@dataclass(frozen=True)
class Judged:
    """A mutant with its verdict; `by` is the test that killed it."""

    mutation: Mutation
    verdict: Verdict
    by: str = ""


class Nowhere(pytest.Item):
    """The neighbour of every test: what only the session needs stays, all else is torn down."""

    def runtest(self) -> None:
        """Never run."""


@dataclass(eq=False)
class _Child:
    """A mutant under test."""

    mutation: Mutation
    process: BaseProcess
    answer: Connection
    until: float


@dataclass(eq=False)
class Scorer:
    """Takes the score of `mutations` until `wanted` of them fitted."""

    mutations: Sequence[Mutation]
    wanted: int
    workers: int
    types: TypeCheck | None
    judged: list[Judged] = field(default_factory=list)
    seconds: float = 0.0  # CPU, of the run without faults
    broken: list[str] = field(default_factory=list)
    _costs: dict[str, float] = field(default_factory=dict)
    _failed: list[str] = field(default_factory=list)

    def pytest_configure(self, config: pytest.Config) -> None:
        """A failing property is not made small: that it fails is all that is asked."""
        phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
        hypothesis.settings.register_profile("score", database=None, phases=phases, derandomize=False)
        hypothesis.settings.load_profile("score")
        self._lock = Path(config.rootpath, ".mutants.lock")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._failed.append(report.nodeid)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self._nowhere = Nowhere.from_parent(session, name="nowhere")
        self._items = {item.nodeid: item for item in session.items}
        lines = self._without_fault()
        self.broken = list(dict.fromkeys(self._failed))
        if not self.broken:
            self._judge_all(lines)
        return True

    def _without_fault(self) -> coverage.CoverageData:
        began = time.process_time()
        watch = coverage.Coverage(data_file=None, source=[str(PACKAGE)], messages=False)
        watch.start()
        for nodeid, item in self._items.items():
            watch.switch_context(nodeid)
            before = _cpu()
            self._run(item)
            self._costs[nodeid] = _cpu() - before
            watch.switch_context("")
        watch.stop()
        self.seconds = time.process_time() - began
        return watch.get_data()

    def _run(self, item: pytest.Item) -> None:
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=self._nowhere)

    def _tests_of(self, mutation: Mutation, lines: coverage.CoverageData) -> list[str]:
        """The tests that run through the mutant's lines, quickest first, as many as the budget allows."""
        runs_through = lines.contexts_by_lineno(str(mutation.file.path))
        here = {t for line in range(mutation.first, mutation.last + 1) for t in runs_through.get(line, ())} - {""}
        chosen, left = [], BUDGET
        for test in sorted(here, key=lambda t: (self._costs[t], t)):
            left -= self._costs[test]
            if left >= 0 or not chosen:
                chosen.append(test)
        return chosen

    def _judge_all(self, lines: coverage.CoverageData) -> None:
        living, running = functions(), list[_Child]()
        waiting = iter(self.mutations)
        while True:
            while len(running) < self.workers and self._counted() + len(running) < self.wanted:
                mutation = next(waiting, None)
                if mutation is None:
                    break
                tests = self._tests_of(mutation, lines)
                if tests:
                    running.append(self._start(mutation, tests, living))
                else:
                    self._say(Judged(mutation, Verdict.UNTESTED))
            if not running:
                return
            running = self._collected(running)

    def _counted(self) -> int:
        return sum(one.verdict is not Verdict.UNFIT for one in self.judged)

    def _start(self, mutation: Mutation, tests: list[str], living: dict[Place, list[FunctionType]]) -> _Child:
        ours, theirs = _CONTEXT.Pipe(duplex=False)
        patience = 20 + 10 * sum(self._costs[t] for t in tests)
        process = _CONTEXT.Process(target=self._child, args=(mutation, tests, living, theirs, patience))
        process.start()
        theirs.close()
        return _Child(mutation, process, ours, time.monotonic() + 20 * patience)

    def _collected(self, running: list[_Child]) -> list[_Child]:
        wait([c.process.sentinel for c in running], timeout=1)
        still = []
        for child in running:
            if child.process.exitcode is None and time.monotonic() < child.until:
                still.append(child)
                continue
            if child.process.exitcode is None:
                os.killpg(child.process.pid or 0, signal.SIGKILL)
            child.process.join()
            self._say(_heard(child))
        return still

    def _say(self, judged: Judged) -> None:
        alive = judged.verdict in (Verdict.SURVIVED, Verdict.UNTESTED)
        if alive and self.types and self.types.refuses(judged.mutation):
            judged, alive = Judged(judged.mutation, Verdict.MISTYPED), False
        self.judged.append(judged)
        print(f"{judged.verdict:9} {judged.mutation.name} {judged.by}", file=sys.__stdout__, flush=True)
        if alive:
            print("    " + judged.mutation.diff.replace("\n", "\n    "), file=sys.__stdout__, flush=True)

    def _child(
        self,
        mutation: Mutation,
        tests: list[str],
        living: dict[Place, list[FunctionType]],
        answer: Connection,
        patience: float,
    ) -> None:
        os.setsid()
        for stream in (1, 2):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
        resource.setrlimit(resource.RLIMIT_CPU, (int(patience), int(patience) + 5))
        random.seed(SEED)
        self._failed.clear()
        try:
            swap(mutation, living)
        except Unfit:
            answer.send((Verdict.UNFIT, ""))
            return
        for test in tests:
            with self._alone(self._items[test]):
                self._run(self._items[test])
            if self._failed:
                answer.send((Verdict.KILLED, self._failed[0]))
                return
        answer.send((Verdict.SURVIVED, ""))

    @contextlib.contextmanager
    def _alone(self, item: pytest.Item) -> Iterator[None]:
        """Tests on PostgreSQL share one database."""
        if item.get_closest_marker("postgres") is None:
            yield
            return
        with self._lock.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _heard(child: _Child) -> Judged:
    """What a child that ended said; one that died in the midst of a test was killed by it."""
    try:
        verdict, by = child.answer.recv()
    except EOFError:
        slow = child.process.exitcode in (-signal.SIGXCPU, -signal.SIGKILL)
        verdict, by = (Verdict.TIMED_OUT, "") if slow else (Verdict.KILLED, f"ended with {child.process.exitcode}")
    child.answer.close()
    return Judged(child.mutation, verdict, by)


def _cpu() -> float:
    """CPU seconds of this process and of those that it started."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
