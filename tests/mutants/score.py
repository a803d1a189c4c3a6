"""The mutation score: how many of all small changes of a package do tests and types notice?  `make mutation-score`

    score.py sync ledger --sample 200 --seed 7    a random sample, with the interval in which the score of all lies
    score.py sync --all                           every mutant (hours)
    score.py sync.fold._settle:52                 these mutants alone

Ends with 1 where a package's score is below --floor, a test fails without any mutant, or a named mutant survives.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import math
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE)]

import pytest  # noqa: E402
from equivalents import reason_of  # noqa: E402
from mutations import Mutation, source_files  # noqa: E402
from scoring import SEED, Judged, Scorer, Verdict  # noqa: E402
from type_check import TypeCheck  # noqa: E402

TESTS = {
    "sync": (
        "tests/unit/sync",
        "tests/property/test_sync_converges.py",
        "tests/property/test_sync_fields.py",
        "tests/property/test_sync_rules.py",
        "tests/property/test_sync_undo.py",
    ),
    "ledger": ("tests/contract/ledger", "tests/unit/ledger"),
}
DEAD = (Verdict.KILLED, Verdict.TIMED_OUT)
NONE = (Verdict.UNFIT, Verdict.MISTYPED)  # mutants that could never be shipped say nothing of the tests


def wilson(killed: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share seen in a random sample (Wilson's)."""
    z, share = 1.96, killed / of
    middle = share + z * z / (2 * of)
    half = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return (middle - half) / (1 + z * z / of), (middle + half) / (1 + z * z / of)


def score(mutations: Sequence[Mutation], wanted: int, tests: Sequence[str], *, types: bool) -> Scorer:
    """Runs pytest in this process."""
    scorer = Scorer(mutations, wanted, int(os.environ.get("WORKERS", "2")), TypeCheck() if types else None)
    options = ["-q", "-s", "--no-header", "-p", "no:xdist", f"--hypothesis-seed={SEED}"]
    keep_nothing = ["-o", "tmp_path_retention_policy=none"]
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.ExitStack() as last:
        if scorer.types:
            last.callback(scorer.types.close)
        code = pytest.main([*options, *keep_nothing, *tests], plugins=[scorer])
    if code != pytest.ExitCode.OK:
        print(said.getvalue())
    return scorer


def summary(package: str, judged: Sequence[Judged], of: int) -> tuple[str, float]:
    """A line for people, and the share that was killed of those that tests alone can notice."""
    counted = [one for one in judged if one.verdict not in NONE]
    killed = sum(one.verdict in DEAD for one in counted)
    share = killed / len(counted)
    low, high = wilson(killed, len(counted))
    how = Counter(one.verdict for one in judged)
    text = (
        f"{package}: {killed} of {len(counted)} mutants killed "
        f"({how[Verdict.KILLED]} by failing, {how[Verdict.TIMED_OUT]} by time), of {of} in all: {share:.1%}; "
        f"95 % interval {low:.1%} to {high:.1%}; {how[Verdict.MISTYPED]} more are no program: mypy refuses them"
    )
    return text, share


def chosen(package: str, options: argparse.Namespace) -> list[Mutation]:
    """The mutants in the order in which they are tried."""
    names = [name for name in options.what if name != package and name.startswith(f"{package}.")]
    if names:
        modules = {".".join(name.split(".")[:2]) for name in names}
        files = [f for f in source_files(package) if f.module in modules]
        found = [m for f in files for m in f.mutations() if m.name in names]
        if unknown := set(names) - {m.name for m in found}:
            sys.exit(f"no such mutant: {', '.join(sorted(unknown))}; a function that was changed has others")
        return found
    found = [m for f in source_files(package) for m in f.mutations() if reason_of(m) is None]
    if not options.all:
        random.Random(options.seed).shuffle(found)
    return found


def judge(package: str, options: argparse.Namespace) -> bool:
    """One package, printed. True = good enough."""
    began = time.monotonic()
    mutations, named = chosen(package, options), any(name.startswith(f"{package}.") for name in options.what)
    wanted = len(mutations) if named or options.all else options.sample
    scorer = score(mutations, wanted, options.tests or TESTS[package], types=not options.no_types)
    if scorer.broken or not scorer.judged:
        print(f"{package}: without any mutant these tests fail: {scorer.broken or 'none was run'}")
        return False
    text, share = summary(package, scorer.judged, len(mutations))
    times = os.times()
    cpu = times.user + times.system + times.children_user + times.children_system
    print(f"{text}; seed {options.seed}, {cpu:.0f} CPU seconds, {time.monotonic() - began:.0f} s")
    return share >= (1 if named else options.floor / 100)


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="+", help="packages (sync, ledger), or names of mutants")
    parser.add_argument("--sample", type=int, default=200, help="how many mutants of each package (200)")
    parser.add_argument("--seed", type=int, default=1, help="draws the sample (1)")
    parser.add_argument("--all", action="store_true", help="every mutant")
    parser.add_argument("--floor", type=float, default=90, help="the score to reach, in %% (90)")
    parser.add_argument("--no-types", action="store_true", help="do not ask mypy about those that no test notices")
    parser.add_argument("--tests", nargs="*", default=(), help="with these tests instead of the package's")
    return parser.parse_args(arguments)


def main() -> int:
    """0 = every package reaches the floor."""
    options = parsed(sys.argv[1:])
    os.chdir(ROOT)
    packages = dict.fromkeys(name.partition(".")[0] for name in options.what)
    if unknown := packages.keys() - TESTS.keys():
        sys.exit(f"no such package: {', '.join(sorted(unknown))}; there are: {', '.join(TESTS)}")
    good = [judge(package, options) for package in packages]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
