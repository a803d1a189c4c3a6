"""Words of a run's last line: for a manager, not for whoever wrote the code."""

from __future__ import annotations

from collections.abc import Mapping

from contactsync.model.plan import HoldReason
from contactsync.model.spec import Side

_HELD: Mapping[str, str] = {
    HoldReason.NO_KEY: "no match key",
    HoldReason.REFUSED: "refused by the app",
}
_KINDS = {
    "AccountBusy": "another sync writes to the account",
    "ArtefactError": "what an earlier task stored could not be read, or nothing could be stored",
    "AuthError": "an app refused the credentials",
    "BadListing": "an app's listing was not complete",
    "ConfigError": "something in the files or settings is wrong",
    "ConnectionMissing": "a connection is missing",
    "CoveredBy": "another backfill has just read the same days",
    "CursorExpired": "an app wants to be read completely",
    "FenceLost": "another run took over",
    "FileChanged": "the file was changed while the run was under way",
    "ForeignAccount": "a connection leads to another account",
    "HostRefused": "a connection leads to a host that it does not permit",
    "LedgerBusy": "the ledger was busy",
    "LedgerSchema": "the ledger is of another version",
    "LimitExceeded": "the plan is over a limit, so a person has to let it pass",
    "LockBusy": "another run holds the sync",
    "NotTheApi": "something else than the app answered",
    "NothingSent": "nothing reached an app",
    "OutcomeUnknown": "an app did not say what it did",
    "PlanMismatch": "the plan to apply is no longer what would be done",
    "PlanWaits": "a plan waits for a person",
    "RateLimited": "an app's limit was used up",
    "RecordRefused": "an app refused a contact",
    "ServerTrouble": "an app did not answer as it should",
    "StoreTrouble": "the store of artefacts did not answer",
    "WritesForbidden": "nothing may be written in this environment",
    "WrongAccount": "a connection leads to another account",
}
_OTHERS = "its log says why"


def held_words(reason: str) -> str:
    """Why a contact is held: `no match key`."""
    return _HELD.get(reason, reason.replace("_", " "))


def failed_words(task: str, kind: str) -> str:
    """A task that failed, and by which kind of error: `task reconcile failed (the plan is over a limit ...)`."""
    return f"task {task} failed ({_KINDS.get(kind, _OTHERS)})" if kind else f"task {task} failed"


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
