"""Metrics by Airflow's own way, heard by a UDP listener: what is counted, when, and that no run fails for them.

That task processes of a real scheduler send them, too, is seen in tests/airflow_cases.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import canaries
import pytest
from airflow.sdk.observability import stats
from airflow.sdk.observability.metrics.stats_utils import get_stats_factory
from contactsync.ledger.instants import to_text
from contactsync.model.ledger import FoldBatch
from contactsync.model.plan import Hold, HoldReason
from contactsync.model.spec import Side
from contactsync.model.stages import Summary
from contactsync.orchestration import metrics
from contactsync.orchestration.home import contactsync_home
from contactsync.rest.metering import Meter
from contactsync.sandbox.freshsales import FreshsalesSandbox
from contactsync.sandbox.server import PERMITTED
from statsd_listener import StatsdListener, listening
from world import World

pytestmark = pytest.mark.airflow
OUTCOMES = "contactsync.records"


def begin() -> None:
    """As Airflow's task runner does first thing in each task process."""
    stats.initialize(factory=get_stats_factory(), export_legacy_names=False)


@pytest.fixture
def statsd(monkeypatch: pytest.MonkeyPatch) -> Iterator[StatsdListener]:
    with listening() as listener:
        for name, value in listener.settings.items():
            monkeypatch.setenv(f"AIRFLOW__{name}", value)
        begin()
        yield listener
    monkeypatch.undo()
    begin()


@pytest.fixture
def crm(sync: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[FreshsalesSandbox]:
    """The right side of the sync."""
    with FreshsalesSandbox() as running:
        connection = {"conn_type": "freshsales", "host": running.url, "password": running.api_key, "extra": PERMITTED}
        monkeypatch.setenv("AIRFLOW_CONN_METRICS_CRM", json.dumps(connection))
        right = {"app": "freshsales", "connection": "metrics_crm", "options": {"lag_seconds": 0}}
        sync.project.sync(sync.sync_id, dag={"schedule": None}, right=right)
        yield running


def person(name: str) -> dict[str, Any]:
    mail = {"value": f"{name}.planted@example.org", "label": "work", "primary": True}
    return {"names.given": name.title(), "names.family": "Planted", "emails": [mail]}


def test_a_run_tells_its_outcomes_requests_waits_and_holds_and_no_contact(sync, crm, statsd):
    sync.left.put("ada", person("ada"))
    sync.left.put("uma", {"names.given": "Uma"})
    assert sync.run(dry_run=True).state == "success"
    assert {one.name for one in statsd.heard()} == {"contactsync.api_calls", "contactsync.limit_wait"}

    assert sync.run().state == "success"
    heard = statsd.heard()
    of_sync = {"sync": sync.sync_id}
    told = {(one.tags["side"], one.tags["outcome"]): one.value for one in heard if one.name == OUTCOMES}
    assert told == {("left", "created"): 1, ("left", "held"): 1}
    assert [(one.tags, one.value, one.kind) for one in heard if one.name == "contactsync.holds"] == [
        ({**of_sync, "side": "left"}, 1, "g"),
        ({**of_sync, "side": "right"}, 0, "g"),
    ]
    calls = [one for one in heard if one.name == "contactsync.api_calls"]
    assert {(one.tags["side"], one.kind) for one in calls} == {("right", "c")}
    assert sum(one.value for one in calls) == crm.counters.total
    assert {one.kind for one in heard if one.name == "contactsync.limit_wait"} == {"ms"}
    assert {one.tags["sync"] for one in heard} == {sync.sync_id}
    assert canaries.found(["planted", "Uma", crm.api_key], {"metrics": statsd.sent()}) == []


def test_a_run_whose_plan_waits_for_a_person_tells_of_no_record(sync, statsd):
    sync.project.sync(sync.sync_id, dag={"schedule": None}, first_run="review")
    sync.left.put("ada", person("ada"))
    assert sync.run().state == "success"
    assert sync.right.contacts() == {}
    heard = statsd.heard()
    assert {one.name for one in heard if one.tags["sync"] == sync.sync_id} == {"contactsync.holds"}
    assert [one for one in heard if one.name == OUTCOMES] == []


def test_a_contact_that_is_held_for_two_reasons_is_counted_once(statsd, tmp_path):
    world = World(tmp_path)
    world.left.put("l1", {"names.given": "Uma"})
    assert world.run().ok
    fence = world.known.take_lock(world.spec.id, "owner", ended=lambda _: True).fence
    second = Hold(Side.LEFT, "l1", HoldReason.CONFLICT, "two values", field="nickname")
    first = [hold for hold, _ in world.known.holds(world.spec.id)]
    batch = FoldBatch(hold_scope=[(Side.LEFT, "l1")], holds=[*first, second])
    world.known.fold(world.spec.id, world.last().run_id, batch, fence=fence)
    assert len(world.known.holds(world.spec.id)) == 2

    metrics.of_run(world.place(), Summary(ok=True, line=""))
    held = [(one.tags["side"], one.value) for one in statsd.heard() if one.name == "contactsync.holds"]
    assert held == [("left", 1), ("right", 0)]


def test_a_wait_that_ended_without_an_answer_is_told_too(statsd):
    metrics.of_task("waits", {Side.LEFT: Meter(waited=2.5), Side.RIGHT: Meter()})
    assert [(one.name, one.tags["side"], one.value) for one in statsd.heard()] == [
        ("contactsync.limit_wait", "left", 2500)
    ]


def test_the_age_of_the_last_complete_run_comes_from_the_freshness_dag(sync, statsd):
    assert sync.run().state == "success"
    past = to_text(datetime.now(UTC) - timedelta(hours=3))
    with sqlite3.connect(contactsync_home() / "ledger.db") as ledger:
        ledger.execute("UPDATE run SET ended_at = ? WHERE sync_id = ? AND state = 'done'", (past, sync.sync_id))
    ledger.close()
    assert str(sync.project.bag().dags["contactsync__freshness"].test().state) == "success"
    [age] = [one for one in statsd.heard("airflow.contactsync.complete_run_age") if one.tags["sync"] == sync.sync_id]
    assert (age.kind, 3 * 3600 <= age.value < 3 * 3600 + 120) == ("g", True)


def test_no_run_fails_for_a_backend_that_does(sync, crm, said):
    class Broken:
        """Whatever we tell it fails; of Airflow's own metrics it hears nothing."""

        def __getattr__(self, kind: str) -> Any:
            return self._tell

        def _tell(self, stat: str, *_values: Any, **_more: Any) -> None:
            if stat.startswith("contactsync."):
                raise ConnectionError("at ada.planted@example.org")

    stats.initialize(factory=Broken, export_legacy_names=False)
    try:
        sync.left.put("ada", person("ada"))
        ran = sync.run()
    finally:
        begin()
    assert (ran.state, len(crm.contacts())) == ("success", 1)
    words = said()
    assert "Metrics could not be sent (ConnectionError)." in words
    assert "planted" not in words
