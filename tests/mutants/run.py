"""Sees every seeded fault killed, alone, by its own test, and that the test passes without it: `make mutants`.

Each test runs in a child that is forked once everything but the product is imported.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PAGE = ROOT / "docs" / "proofs.md"
BEGIN, END = "<!-- mutants: begin -->\n", "<!-- mutants: end -->\n"
PATIENCE = 240  # seconds a test may take
sys.path[:0] = [str(HERE)]

from killers import KILLERS  # noqa: E402
from mutants import MUTANTS  # noqa: E402


@dataclass(eq=False)
class Failed:
    """A pytest plugin that notes which tests failed."""

    tests: list[str] = field(default_factory=list)

    def pytest_runtest_logreport(self, report: object) -> None:
        if getattr(report, "failed", False):
            self.tests.append(str(report.nodeid))  # type: ignore[attr-defined]


def preload() -> None:
    """What every test imports and no fault changes."""
    import hypothesis.stateful  # noqa: F401
    import pandas  # noqa: F401
    import pyarrow.parquet  # noqa: F401
    import pydantic  # noqa: F401
    import pytest  # noqa: F401
    import requests  # noqa: F401
    import sqlalchemy  # noqa: F401


def tested(paths: Sequence[str], mutant: str) -> list[str]:
    """The tests of these paths that fail with a fault ('' = none), up to the first. In a child process."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=_child, args=(list(paths), mutant, theirs))
    child.start()
    theirs.close()
    found: list[str] = ["no answer"]
    if ours.poll(PATIENCE):
        with contextlib.suppress(EOFError):
            found = ours.recv()
    else:
        child.kill()
        found = ["took too long"]
    child.join()
    return found


def _child(paths: list[str], mutant: str, answer: object) -> None:
    os.chdir(ROOT)
    os.environ["CONTACTSYNC_MUTANT"] = mutant
    import pytest

    failed, said = Failed(), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = pytest.main(["-q", "-x", "-p", "plant", "--no-header", "--tb=no", *paths], plugins=[failed])
    known = code in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
    answer.send(failed.tests if known else [f"pytest ended with {code}"])  # type: ignore[attr-defined]
    os._exit(0)


def rows() -> Iterator[str]:
    """The table of faults and killers, as the page shows it."""
    yield "| Fault | Killed by |\n| --- | --- |\n"
    for mutant in MUTANTS.values():
        file, test = KILLERS[mutant.name]
        yield f"| {mutant.name} | [{test.partition('[')[0]}](../{file}) |\n"


def write_table() -> None:
    """Replace the table in the page."""
    before, rest = PAGE.read_text().split(BEGIN)
    _, after = rest.split(END)
    PAGE.write_text(before + BEGIN + "\n" + "".join(rows()) + "\n" + END + after)


def killed(name: str) -> bool:
    """One fault and its test."""
    began, killer = time.monotonic(), MUTANTS[name].killer
    failed = tested([killer], name)
    sound = any(test == killer or test.startswith(f"{killer}[") for test in failed)
    print(f"{'killed' if sound else 'ALIVE':7} {name} ({time.monotonic() - began:.0f} s) {killer if sound else failed}")
    return sound


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """What is asked for. Ends with 2 where a name is of no fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="FAULT", help="these alone, by their names in words; all without")
    parser.add_argument("--write", action="store_true", help="write the table in docs/proofs.md anew, try nothing")
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.names if name not in MUTANTS]:
        parser.error(f"no such fault: {', '.join(unknown)}; there are: {', '.join(MUTANTS)}")
    return options


def main() -> int:
    """0 = every fault is killed by its test, and all those tests pass without faults."""
    options = parsed(sys.argv[1:])
    if options.write:
        write_table()
        return 0
    names = options.names or list(MUTANTS)
    preload()
    with ThreadPoolExecutor(int(os.environ.get("WORKERS", "2"))) as pool:
        alive = [name for name, sound in zip(names, pool.map(killed, names), strict=True) if not sound]
        killers = sorted({MUTANTS[n].killer for n in names})
        halves = [killers[::2], killers[1::2]]
        broken = [test for failed in pool.map(lambda half: tested(half, "") if half else [], halves) for test in failed]
    print(f"{len(names) - len(alive)} of {len(names)} killed; without a fault these fail: {broken or 'none'}")
    return 1 if alive or broken else 0


if __name__ == "__main__":
    sys.exit(main())
