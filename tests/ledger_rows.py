"""Rows for ledger tests, and functions that run in several processes at once."""

from __future__ import annotations

import multiprocessing
import traceback
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from contactsync.ledger.store import Ledger
from contactsync.model.exchange import Verb
from contactsync.model.link import Known, Link, LinkSide
from contactsync.model.plan import Intent
from contactsync.model.spec import Side

SYNC = "people"
ACCOUNT = "crm.example/ada"
RUN = "run-1"
OWNER = "dag/run-1"
WHEN = datetime(2026, 2, 1, 12, 30, 15, 654321, tzinfo=UTC)


def nobody_ended(_owner: str) -> bool:
    return False


def a_lock(ledger: Ledger, owner: str = OWNER) -> int:
    return ledger.take_lock(SYNC, owner, ended=nobody_ended).fence


def a_link(number: int = 1, version: int = 1, **changes: Any) -> Link:
    given = {
        "id": f"link-{number}",
        "left": LinkSide(f"l{number}", {"nickname": "Ada"}),
        "right": LinkSide(f"r{number}", {"nickname": "Ada"}),
        "version": version,
    }
    return Link(**{**given, **changes})


def a_known(contact_id: str = "l1", **changes: Any) -> Known:
    return Known(**{"contact_id": contact_id, "raw": 1, "fingerprint": 2, **changes})


def an_intent(key: str = "k1", **changes: Any) -> Intent:
    given = {"key": key, "side": Side.RIGHT, "verb": Verb.CREATE, "link_id": None, "source_id": "l1"}
    return Intent(**{**given, **changes})


def planned(ledger: Ledger, *keys: str, run_id: str = RUN, **changes: Any) -> None:
    ledger.plan_intents(SYNC, run_id, ACCOUNT, [an_intent(key, **changes) for key in keys], {})


def sent(ledger: Ledger, *keys: str, run_id: str = RUN) -> None:
    planned(ledger, *keys, run_id=run_id)
    fence = a_lock(ledger)
    claim = ledger.claim(SYNC, run_id, Side.RIGHT, fence)
    assert ledger.send(SYNC, run_id, Side.RIGHT, keys, fence=fence, claim=claim) == set(keys)


def in_processes(work: Callable[..., Any], arguments: Sequence[tuple[Any, ...]]) -> list[Any]:
    """What `work` returns in one process per tuple, all started at once; an exception comes back as its class name."""
    context = multiprocessing.get_context("fork")
    gate, queue = context.Barrier(len(arguments)), context.Queue()
    processes = [context.Process(target=_report, args=(gate, queue, work, one)) for one in arguments]
    for process in processes:
        process.start()
    found = [queue.get(timeout=60) for _ in processes]
    for process in processes:
        process.join(timeout=60)
    return found


def _report(gate: Any, queue: Any, work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    gate.wait(timeout=60)
    try:
        queue.put(work(*arguments))
    except Exception as error:
        traceback.print_exc()
        queue.put(type(error).__name__)
