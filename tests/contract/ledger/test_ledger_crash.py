"""Killed at a commit: everything of it is there, or nothing."""

from __future__ import annotations

import os
import signal

import pytest
from contactsync.ledger.connect import make_engine
from contactsync.ledger.store import Ledger
from contactsync.ledger.transactions import CRASH_AT
from contactsync.model.ledger import FoldBatch
from contactsync.model.plan import Conflict
from contactsync.model.spec import Side
from ledger_rows import RUN, SYNC, a_known, a_link, a_lock, planned
from ledger_servers import Clock

BATCH = FoldBatch(
    links=[a_link(number) for number in range(30)],
    known=[(Side.LEFT, a_known(f"l{number}", keys={"email": (number,)})) for number in range(30)],
    conflicts=[Conflict("link-1", "notes", None, "a", "b", None, None, "left")],
)


def _work(url: str, fence: int) -> None:
    """Two commits: intents, then a fold."""
    ledger = Ledger(make_engine(url), Clock())
    planned(ledger, "k1", "k2")
    ledger.fold(SYNC, RUN, BATCH, fence=fence)


def _run(url: str, fence: int, crash_at: str) -> int:
    """The signal that ended a process doing the work, 0 for none."""
    child = os.fork()
    if child == 0:
        os.environ[CRASH_AT] = crash_at
        try:
            _work(url, fence)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.parametrize(
    ("crash_at", "journal", "links"),
    [
        ("commit:before:1", 0, 0),
        ("commit:after:1", 2, 0),
        ("commit:before:2", 2, 0),
        ("commit:after:2", 2, 30),
    ],
)
def test_a_killed_process_leaves_nothing_half_done_and_a_rerun_finishes(
    ledger: Ledger, ledger_url: str, crash_at: str, journal: int, links: int
) -> None:
    fence = a_lock(ledger)
    assert _run(ledger_url, fence, crash_at) == -signal.SIGKILL
    dump = ledger.dump()
    assert {name: len(dump[name]) for name in ("journal", "link", "link_side", "link_value", "known", "key_hash")} == {
        "journal": journal,
        "link": links,
        "link_side": 2 * links,
        "link_value": 2 * links,
        "known": links,
        "key_hash": links,
    }
    assert _run(ledger_url, fence, "") == 0
    finished = ledger.dump()
    assert (len(finished["journal"]), len(finished["link"])) == (2, 30)
    assert _run(ledger_url, fence, "commit:before:99") == 0
    assert ledger.dump() == finished
