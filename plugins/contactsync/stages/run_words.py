"""Words of a run's last line: for a manager, not for whoever wrote the code."""

from __future__ import annotations

from collections.abc import Mapping

from contactsync.model.plan import HoldReason
from contactsync.model.spec import Side

_HELD = {
    HoldReason.NO_KEY: "no match key",
    HoldReason.REFUSED: "refused by the app",
}
_KINDS = {
    "AccountBusy": "another sync writes to the account",
    "AuthError": "an app refused the credentials",
    "BadListing": "an app's listing was not complete",
    "ConnectionMissing": "a connection is missing",
    "ForeignAccount": "a connection leads to another account",
    "LedgerBusy": "the ledger was busy",
    "LimitExceeded": "the plan is over a limit, so a person has to let it pass",
    "PlanMismatch": "the plan to apply is no longer what would be done",
    "RateLimited": "an app's limit was used up",
    "ServerTrouble": "an app did not answer as it should",
    "WrongAccount": "a connection leads to another account",
}


def held_words(reason: str) -> str:
    """Why a contact is held: `no match key`."""
    return _HELD.get(HoldReason(reason), reason.replace("_", " "))


def failed_words(task: str, kind: str) -> str:
    """A task that failed, and by which kind of error: `task reconcile failed (the plan is over a limit ...)`."""
    return f"task {task} failed ({_KINDS.get(kind, kind)})" if kind else f"task {task} failed"


def batches_words(count: int, side: str) -> str:
    """`2 batches failed as a whole on the right side`."""
    return f"{count} {'batch' if count == 1 else 'batches'} failed as a whole on the {side} side"


def new_holds_words(held: Mapping[str, int], names: Mapping[Side, str]) -> str:
    """Contacts that are held since this run, `side:reason` -> how many: `2 of Freshsales (no match key)`."""
    told = []
    for at, count in sorted(held.items()):
        side, _, reason = at.partition(":")
        told.append(f"{count} of {names[Side(side)]} ({held_words(reason)})")
    return ", ".join(told)
