"""The task of a sync that waits for a person's answer; only DAGs of syncs with `approval` have it.

Nothing is held meanwhile, neither the sync nor a worker: the task is put aside, and started again by the answer or by
the end of its time. It may also be started from its beginning again (a retry, waiting for the sync's lock): the ledger
then says whether the plan was approved already.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk.exceptions import DownstreamTasksSkipped

from contactsync.errors import LockBusy, StopError
from contactsync.model.approval import Approval, Asked, Reply
from contactsync.model.spec import SIDES
from contactsync.model.stages import Reviewed, RunRequest
from contactsync.orchestration import naming
from contactsync.orchestration.operators import StageOperator, needed
from contactsync.orchestration.run_context import RunContext
from contactsync.orchestration.waiting import review_is_busy
from contactsync.rest.services import utc_now

if TYPE_CHECKING:
    from airflow.sdk import Context

    from contactsync.pipeline import Workplace

SOON = timedelta(seconds=1)  # of no time at all Airflow makes a question without an end


class ReviewOperator(StageOperator, ApprovalOperator):  # type: ignore[misc]  # two types of template_fields
    """Airflow's ApprovalOperator over a stage: the question is made when it is asked, and time-out means Reject."""

    def execute(self, context: Context) -> Any:
        """Ask, and wait; an answer that the ledger knows already is followed at once."""
        handed = self.run_stage(context, self.stage)
        return ApprovalOperator.execute(self, context) if handed is None else handed

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:
        """Follow the answer that Airflow got."""
        return self.run_stage(context, functools.partial(self._answered, event=event))

    def stage(self, place: Workplace, run: RunContext, request: RunRequest) -> Reviewed | None:
        """Put the plan before a person; None: the answer has to be waited for."""
        from contactsync.orchestration.telling import tell_of_question
        from contactsync.pipeline import ask, has_answer

        opened, planned = needed(run.opened(), naming.OPEN), needed(run.planned(), naming.RECONCILE)
        if asked := has_answer(place, request, planned.hash):
            return self._followed(place, run, request, asked)
        question = ask(place, request, opened, planned, {side: run.read(side) for side in SIDES})
        self.subject, self.body = question.subject, question.body
        self.response_timeout = max(question.asked.ends_at - place.clock(), SOON)  # a retry prolongs nothing
        self.log.info("%s", question.line)
        tell_of_question(place, question)
        return None

    def _answered(
        self, place: Workplace, run: RunContext, request: RunRequest, *, event: Mapping[str, Any]
    ) -> Reviewed | None:
        from contactsync.pipeline import answered

        answer = _reply(event)
        asked = answered(place, request, answer, _by(event))
        if asked is None:
            raise StopError("The ledger knows nothing of the question that was answered.", next_step="trigger a run.")
        return self._followed(place, run, request, asked)

    def _followed(self, place: Workplace, run: RunContext, request: RunRequest, asked: Asked) -> Reviewed:
        from contactsync.pipeline import declined

        if asked.answer is Reply.APPROVED:
            return self._approved(place, run, request, asked)
        return self._ended(run, declined(place, request, asked))

    def _approved(self, place: Workplace, run: RunContext, request: RunRequest, asked: Asked) -> Reviewed:
        from contactsync.pipeline import approved

        try:
            reviewed = approved(place, request, asked)
        except LockBusy as busy:
            review_is_busy(busy, run, utc_now())
        self.log.info("%s", reviewed.line)
        return reviewed if reviewed.planned is not None else self._ended(run, reviewed)

    def _ended(self, run: RunContext, reviewed: Reviewed) -> Reviewed:
        self.log.info("%s", reviewed.line)
        run.push(reviewed)
        raise DownstreamTasksSkipped(tasks=[naming.load_id(side) for side in SIDES])  # type: ignore[no-untyped-call]


def review_settings(approval: Approval) -> dict[str, Any]:
    """The arguments of Airflow's own operator."""
    return {
        "subject": "May this plan be written?",
        "defaults": ApprovalOperator.REJECT,
        "response_timeout": approval.timeout,
        "assigned_users": [{"id": user, "name": user} for user in approval.approvers] or None,
    }


def _reply(event: Mapping[str, Any]) -> Reply:
    if event.get("timedout") or "error" in event:
        return Reply.TIMED_OUT
    return Reply.APPROVED if list(event["chosen_options"]) == [ApprovalOperator.APPROVE] else Reply.REJECTED


def _by(event: Mapping[str, Any]) -> str:
    user = event.get("responded_by_user") or {}
    held = user if isinstance(user, Mapping) else vars(user)
    return str(held.get("name") or held.get("id") or "")
