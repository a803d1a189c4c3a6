"""What a task does after an error: again, later, skipped, or red at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.sdk import RetryAction
from airflow.sdk.exceptions import AirflowRescheduleException, AirflowSkipException
from contactsync.errors import (
    AccountBusy,
    AuthError,
    LockBusy,
    OutcomeUnknown,
    RateLimited,
    ServerTrouble,
)
from contactsync.model.stages import RunKind
from contactsync.orchestration.naming import owner_of, run_of
from contactsync.orchestration.retries import ByKindOfError
from contactsync.orchestration.run_context import RunContext
from contactsync.orchestration.waiting import account_is_busy, lock_is_busy

NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
BUSY = LockBusy("Sync first is held by contactsync__first:run-1.", holder="contactsync__first:run-1")


class Task:
    """Airflow's side of a task instance, as far as waiting asks it."""

    def __init__(self, waiting_since: datetime | None, active: tuple[str, ...] = ()) -> None:
        self.waiting_since = waiting_since
        self.active = active

    def get_first_reschedule_date(self, context: Any) -> datetime | None:
        return self.waiting_since

    def get_dr_count(self, dag_id: str, run_ids: list[str], states: list[str]) -> int:
        assert states == ["queued", "running"]
        return sum(f"{dag_id}:{run_id}" in self.active for run_id in run_ids)


class DagRun:
    dag_id = "contactsync__first"
    run_id = "run-2"
    data_interval_start = NOW - timedelta(days=3)

    def __init__(self, run_type: str) -> None:
        self.run_type = run_type


def run(run_type: str, waiting_since: datetime | None = None, **params: Any) -> RunContext:
    context: Any = {"ti": Task(waiting_since), "dag_run": DagRun(run_type), "params": params}
    return RunContext(context)


@pytest.mark.parametrize("minutes", [None, 0, 9.9])
def test_a_manual_run_gives_its_slot_back_and_looks_again(minutes):
    since = None if minutes is None else NOW - timedelta(minutes=minutes)
    with pytest.raises(AirflowRescheduleException) as caught:
        lock_is_busy(BUSY, run("manual", since), NOW)
    assert caught.value.reschedule_date == NOW + timedelta(seconds=15)


def test_after_ten_minutes_a_manual_run_fails_and_names_the_holder():
    with pytest.raises(LockBusy, match="contactsync__first:run-1"):
        lock_is_busy(BUSY, run("manual", NOW - timedelta(minutes=10)), NOW)


def test_a_scheduled_run_ends_skipped():
    with pytest.raises(AirflowSkipException, match="contactsync__first:run-1"):
        lock_is_busy(BUSY, run("scheduled"), NOW)


def test_a_backfill_run_is_patient_and_looks_less_often_than_a_person():
    with pytest.raises(AirflowRescheduleException) as caught:
        lock_is_busy(BUSY, run("backfill", NOW - timedelta(hours=2)), NOW)
    assert caught.value.reschedule_date == NOW + timedelta(minutes=1)


def test_a_load_waits_a_quarter_of_an_hour_for_the_account():
    busy = AccountBusy("Another load writes to this account.")
    with pytest.raises(AirflowRescheduleException) as caught:
        account_is_busy(busy, run("scheduled", NOW - timedelta(minutes=14)), NOW)
    assert caught.value.reschedule_date == NOW + timedelta(seconds=30)
    with pytest.raises(AccountBusy):
        account_is_busy(busy, run("scheduled", NOW - timedelta(minutes=15)), NOW)


def test_the_trigger_forms_values_reach_the_request():
    asked = run("manual", dry_run=True, full_read=True, apply_plan="abc").request()
    assert (asked.dry_run, asked.full_read, asked.apply_plan) == (True, True, "abc")
    assert (asked.kind, asked.owner) == (RunKind.MANUAL, "contactsync__first:run-2")
    assert run("scheduled").request().kind is RunKind.SCHEDULED
    assert run("backfill").request().kind is RunKind.BACKFILL
    assert run("backfill").request().since == NOW - timedelta(days=3)
    assert run("scheduled").request().since is None
    assert run("asset_triggered").request().kind is RunKind.MANUAL


def test_only_a_dag_run_that_is_neither_queued_nor_running_has_ended():
    context = run("manual")
    context.context["ti"].active = ("contactsync__first:run-1",)
    assert not context.run_has_ended("contactsync__first:run-1")
    assert context.run_has_ended("contactsync__first:run-0")
    assert not context.run_has_ended("cli:host:123")


def test_owners_are_told_apart_even_with_colons_in_run_ids():
    run_id = "scheduled__2026-01-01T00:00:00+00:00"
    assert run_of(owner_of("contactsync__first", run_id)) == ("contactsync__first", run_id)
    assert run_of("cli: someone") is None


@pytest.mark.parametrize(
    ("error", "action", "delay"),
    [
        (RateLimited("slow down", retry_after=90), RetryAction.RETRY, 90),
        (RateLimited("slow down", retry_after=86_400), RetryAction.RETRY, 900),
        (ServerTrouble("503"), RetryAction.RETRY, 60),
        (AuthError("401"), RetryAction.FAIL, None),
        (BUSY, RetryAction.FAIL, None),
        (OutcomeUnknown("?"), RetryAction.FAIL, None),
        (KeyError("a bug, or Airflow's own trouble"), RetryAction.DEFAULT, None),
    ],
)
def test_retries_follow_the_kind_of_error(error, action, delay):
    decision = ByKindOfError().evaluate(error, try_number=2, max_tries=3)
    assert decision.action is action
    assert decision.retry_delay == (None if delay is None else timedelta(seconds=delay))
    assert "slow down" not in str(decision.reason)
