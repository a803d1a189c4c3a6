"""One entry of the register, and the page made of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "faults.md"


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong: what, what is promised, and node ids of tests without parameters.

    `beside` says what of it is out of reach of tests, or does not apply and why.
    """

    number: int
    what: str
    promise: str
    tests: tuple[str, ...]
    beside: str = ""


def of(file: str, *names: str) -> tuple[str, ...]:
    """The node ids of tests of one file."""
    return tuple(f"{file}::test_{name}" for name in names)


_INTRO = """\
# What can go wrong

Each line is something that happens to a run, what is promised then, and the tests that hold it (`make test`), written
by [register.py](../tests/faults/register.py). What the proofs are beyond these is in [proofs](proofs.md).

"""


def page(faults: Sequence[Fault]) -> str:
    """The whole of docs/faults.md."""
    return _INTRO + "\n".join(_section(fault) for fault in faults)


def _section(fault: Fault) -> str:
    promise = f"{fault.promise} {fault.beside}".strip()
    tests = "\n".join(f"- {_link(test)}" for test in fault.tests)
    return f"## F{fault.number}. {fault.what}\n\n{promise}\n\n{tests}\n"


def _link(test: str) -> str:
    file, _, name = test.partition("::")
    return f"[{name.removeprefix('test_').replace('_', ' ')}](../{file})"
