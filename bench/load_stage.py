"""One stage of one run in a process of its own, as a task of Airflow is: python load_stage.py JOB RESULT.

The job says which stage, of which run, and what earlier stages handed on; the result what this one hands on and what
it cost. The ledger, the artefacts, the rate budget, tokens and sessions are those of a task. Only the clock is not: who
waits (for the vendor's limit, for a job) does not sleep, its clock goes forward.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import Connection
from contactsync.ledger.connect import make_engine
from contactsync.ledger.metadata import LedgerMetadata
from contactsync.ledger.rates import LedgerBudget
from contactsync.ledger.sealing import Cipher
from contactsync.ledger.store import Ledger
from contactsync.ledger.tokens import LedgerTokens
from contactsync.mapping.loader import load_sync
from contactsync.model.spec import SIDES, Limit, Limits, ProjectSpec, Side, SyncSpec
from contactsync.model.stages import RunKind, RunRequest
from contactsync.orchestration import handover
from contactsync.orchestration.artefacts import StoredArtefacts, artefact_root
from contactsync.orchestration.shipped_apps import ShippedApps
from contactsync.orchestration.workplace import app_opener
from contactsync.pipeline import Workplace, extract_side, load_side, open_run, reconcile, record, transform
from contactsync.rest.services import Services
from contactsync.sandbox.server import PERMITTED
from sqlalchemy import event

MAPPINGS = Path(__file__).parents[1] / "include" / "mappings"
KEY = "c2l4dGVlbi1ieXRlcy1zaXh0ZWVuLWJ5dGVzLXRlc3Q="  # opens ledgers of this bench only
WIDE = Limits(*[Limit(10**9)] * 4)
ROOMY = {"minute_limit": 10**9, "hourly_limit": 10**9}  # as if the account's plan had no limit


@dataclass
class Ahead:
    """A clock that goes forward instead of letting anybody sleep."""

    seconds: float

    def __call__(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.seconds)

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


def shipped() -> SyncSpec:
    """The shipped sync, without limits of changes."""
    spec = load_sync(MAPPINGS / "freshsales-google.yaml", MAPPINGS, ShippedApps())
    return replace(spec, left=replace(spec.left, options={**spec.left.options, **ROOMY}), limits=WIDE)


def workplace(job: dict[str, Any], clock: Ahead, engine: Any) -> Workplace:
    spec = shipped()
    services = Services(
        budget=LedgerBudget(engine, clock), tokens=LedgerTokens(engine, KEY), metadata=LedgerMetadata(engine, clock),
        clock=clock, sleep=clock.sleep,
    )  # fmt: skip

    def find(connection: str) -> Connection:
        app = next(spec.side(s).app for s in SIDES if spec.side(s).connection == connection)
        told = job["access"][app]
        extra = json.dumps({**PERMITTED, **told.get("extra", {})})
        return Connection(
            conn_id=connection, conn_type=app, host=told["host"], login=told.get("login"),
            password=told["password"], extra=extra,
        )  # fmt: skip

    ledger = Ledger(engine, clock)
    artefacts = StoredArtefacts(artefact_root(job["artefacts"]), spec.id, job["run"], ledger.became)
    opener = app_opener(spec, services, find)
    return Workplace(spec, ProjectSpec(), opener, ledger, artefacts, clock, lambda _owner: True)


def perform(place: Workplace, job: dict[str, Any]) -> dict[str, Any]:
    """Call the stage, as its operator does."""
    stage, given = job["stage"], job["handed"]
    request = RunRequest(job["run"], f"bench {job['run']}", RunKind.MANUAL, full_read=job["whole"])
    if stage == "open":
        return handover.to_json(open_run(place, request))
    opened = handover.opened_from(given["open"])
    reads = {s: handover.read_from(given[f"extract_{s}"]) for s in SIDES if f"extract_{s}" in given}
    planned = handover.planned_from(given["reconcile"]) if "reconcile" in given else None
    if stage.startswith("extract_"):
        return handover.to_json(extract_side(place, request, opened, Side(stage.removeprefix("extract_"))))
    if stage == "transform":
        return handover.to_json(transform(place, request, opened, *(reads[s].ref for s in SIDES)))
    if stage == "reconcile":
        return handover.to_json(reconcile(place, request, opened, handover.ref_from(given["transform"])))
    if stage.startswith("load_") and planned is not None:
        return handover.to_json(load_side(place, request, opened, planned, Side(stage.removeprefix("load_"))))
    loaded = {s: handover.loaded_from(given[f"load_{s}"]) if f"load_{s}" in given else None for s in SIDES}
    return asdict(record(place, request, opened, reads, planned, loaded, []))


def main(job_file: str, result_file: str) -> None:
    job = json.loads(Path(job_file).read_text())
    clock = Ahead(job["ahead"])
    engine = make_engine(job["ledger"], Cipher(KEY, seals=job["sealed"]))
    statements = [0]
    event.listen(engine, "before_cursor_execute", lambda *_: statements.__setitem__(0, statements[0] + 1))
    place = workplace(job, clock, engine)
    start_up, began = time.process_time(), time.monotonic()
    handed = perform(place, job)
    engine.dispose()
    result = {
        "handed": handed,
        "wall": time.monotonic() - began,
        "cpu": time.process_time() - start_up,
        "start_up": start_up,
        "rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "statements": statements[0],
        "ahead": clock.seconds,
    }
    Path(result_file).write_text(json.dumps(result))


if __name__ == "__main__":
    if len(sys.argv) > 3:  # a file to profile into
        import cProfile

        cProfile.run("main(*sys.argv[1:3])", sys.argv[3])
    else:
        main(*sys.argv[1:3])
