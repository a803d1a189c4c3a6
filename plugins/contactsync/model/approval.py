"""Approval: when a plan is shown to a person before it is written, and what became of the question (core 27)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any


class When(StrEnum):
    """Which plans wait for a person."""

    NEVER = "never"  # a plan over a limit stops the run
    OVER_LIMITS = "over_limits"  # and a first one, under `first_run: review`
    ALWAYS = "always"  # every plan that writes


class WhileWaiting(StrEnum):
    """What later runs do while a plan waits."""

    HOLD_EXCESS = "hold_excess"  # leave out its contacts and go on
    STOP = "stop"  # end skipped


@dataclass(frozen=True)
class Approval:
    """`approval:` of a sync file. approvers: ids of Airflow's users; () = whoever may edit the DAG's runs."""

    when: When = When.NEVER
    approvers: tuple[str, ...] = ()
    timeout: timedelta = timedelta(hours=8)
    while_waiting: WhileWaiting = WhileWaiting.HOLD_EXCESS


class Reply(StrEnum):
    """What became of the question."""

    NONE = ""  # it is open
    APPROVED = "approved"
    REJECTED = "rejected"
    TIMED_OUT = "timed_out"  # nobody answered in time: as if rejected


@dataclass(frozen=True)
class Asked:
    """One question: may this plan be written? owner: of the run that asks; plan_ref: fields of an ArtefactRef."""

    sync_id: str
    run_id: str
    owner: str
    plan_hash: str
    plan_ref: Mapping[str, Any]
    actions: int
    asked_at: datetime
    ends_at: datetime
    answer: Reply = Reply.NONE
    answered_at: datetime | None = None
    by: str = ""  # who answered; '' = nobody
