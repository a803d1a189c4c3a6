"""What can go wrong on a run, and the tests that hold what is promised then.

`python tests/faults/register.py` writes docs/faults.md anew from FAULTS; test_register.py keeps both true.
"""

from __future__ import annotations

from listed import PAGE, page
from own_faults import OWN
from vendor_faults import OF_VENDORS

FAULTS = tuple(sorted(OF_VENDORS + OWN, key=lambda fault: fault.number))

if __name__ == "__main__":
    PAGE.write_text(page(FAULTS), encoding="utf-8")
