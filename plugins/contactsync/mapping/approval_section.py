"""`approval:` which plans wait for a person in Airflow, and for how long."""

from __future__ import annotations

from typing import Annotated

from contactsync.mapping.sections import Section
from contactsync.mapping.words import Duration, Short, line_of_text, one_of
from contactsync.model.approval import Approval, When, WhileWaiting

Approvers = Annotated[list[Annotated[str, line_of_text(200)]], Short]


class ApprovalSection(Section):
    """A file without it asks nobody; one with it asks about plans over a limit, unless it says otherwise."""

    when: Annotated[When, one_of(When)] = When.OVER_LIMITS
    approvers: Approvers = []
    timeout: Duration = Approval.timeout
    while_waiting: Annotated[WhileWaiting, one_of(WhileWaiting)] = WhileWaiting.HOLD_EXCESS

    def spec(self) -> Approval:
        """As the rest of contactsync knows it."""
        return Approval(self.when, tuple(dict.fromkeys(self.approvers)), self.timeout, self.while_waiting)
