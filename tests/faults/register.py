"""What can go wrong on a run, what is promised of any run, and the tests that hold both.

`python tests/faults/register.py` writes docs/faults.md and docs/promises.md anew; test_register.py keeps all true.
"""

from __future__ import annotations

from listed import ROOT, Register
from own_faults import OWN
from promises import PROMISED
from vendor_faults import OF_VENDORS

FAULTS = Register(
    letter="F",
    last=38,
    page=ROOT / "docs" / "faults.md",
    intro="""\
# What can go wrong

Each line is something that happens to a run, what is promised then, and the tests that hold it (`make test`), written
by [register.py](../tests/faults/register.py). What the proofs are beyond these is in [proofs](proofs.md).

""",
    entries=sorted(OF_VENDORS + OWN, key=lambda fault: fault.number),
)
PROMISES = Register(
    letter="I",
    last=22,
    page=ROOT / "docs" / "promises.md",
    intro="""\
# What is promised

Each line is true of every sync, whatever people and vendors do, with the tests that hold it, written by
[register.py](../tests/faults/register.py). Most are part of `make test`; those in tests/airflow_cases run by
`make airflow-cases`. What happens when something breaks is in [faults](faults.md), how the tests work in
[proofs](proofs.md).

""",
    entries=PROMISED,
)
REGISTERS = (FAULTS, PROMISES)

if __name__ == "__main__":
    for register in REGISTERS:
        register.page.write_text(register.text(), encoding="utf-8")
