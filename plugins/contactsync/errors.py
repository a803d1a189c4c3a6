"""Every error of contactsync, grouped by what the run does next.

    ContactsyncError
    |- StopError                    the run ends red; nothing more is written; a retry would not help
    |  |- ConfigError               a YAML file, option or CLI argument is wrong (carries file, line, key)
    |  |- ConnectionMissing         the Airflow connection is absent or of another type
    |  |- HostRefused               the connection leads to a host or address that it does not permit
    |  |- AuthError                 the vendor refused the credentials (401, 403, invalid_grant)
    |  |- WrongAccount              another account is behind the connection than the one this sync knows
    |  |- ForeignAccount            the connection leads elsewhere than the project file says for this environment
    |  |- WritesForbidden           in this environment nothing is written to any account
    |  |- NotTheApi                 the answer is not the vendor's API (HTML page, wrong host)
    |  |- BadListing                a listing is incomplete, loops or lacks its end marker
    |  |- LimitExceeded             a guard stopped the plan before the first write (carries the plan's hash)
    |  |- LedgerSchema              the ledger's schema is newer or older than this package
    |  |- ArtefactError             the artefact root is not writable, or an artefact is missing or changed
    |  |- FileChanged               the sync's file was changed while a run was under way
    |  |- FenceLost                 another run took the lock or lease: this one sends nothing more
    |  `- PlanMismatch              apply_plan names another plan than the one worked out now
    |- RetryError                   the same call may succeed later; the task is retried
    |  |- RateLimited               429 after all tries
    |  |- ServerTrouble             5xx, time-out or lost connection after all tries
    |  |- LedgerBusy                the ledger could not be reached or stayed locked
    |  |- StoreTrouble              the store of artefacts did not answer
    |  |- LockBusy                  another run holds this sync (carries the holder)
    |  |- AccountBusy               another load task writes to this account
    |  `- Unforeseen                an error that is none of ours; its own text is not shown, for it may quote a contact
    |- PlanWaits                    a plan of this sync waits for a person: this run leaves it at that
    |- CoveredBy                    a backfill's interval was read by another one a short while ago: nothing is done
    |- CursorExpired                the delta cursor is no longer accepted: the side is read completely
    |- NothingSent                  raised by push: no op of the batch reached the vendor (refused connection, 401, 429)
    |- OutcomeUnknown               a mutating request got no answer that says whether it took effect: never repeated
    `- RecordRefused                one record cannot be written or read; it is held, the others go on

Each message says where, what, what is allowed, and what to do next. No message holds contact data or a secret.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


class ContactsyncError(Exception):
    """Base of all; `next_step` tells a person what to do, and is part of the text."""

    exit_code = 1

    def __init__(self, message: str, *, next_step: str = "") -> None:
        self.message = message
        self.next_step = next_step
        super().__init__(f"{message} Next: {next_step}" if next_step else message)


class StopError(ContactsyncError):
    """The run ends red and nothing more is written."""

    exit_code = 2


class RetryError(ContactsyncError):
    """The same call may succeed later. `retry_after` is in seconds, None where nobody said."""

    exit_code = 3

    def __init__(self, message: str, *, next_step: str = "", retry_after: float | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(message, next_step=next_step)


@dataclass(frozen=True)
class Place:
    """Where in a file something stands; line and column count from 1, 0 = the whole file."""

    file: Path
    line: int = 0
    key: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else str(self.file)
        return f"{place}: {self.key}" if self.key else place


class ConfigError(StopError):
    """Something a person wrote is wrong; says file, line, key, value and what is allowed."""

    exit_code = 4

    def __init__(
        self, message: str, *, place: Place | None = None, allowed: tuple[str, ...] = (), next_step: str = ""
    ) -> None:
        self.place = place
        self.allowed = allowed
        text = f"{place}: {message}" if place else message
        if allowed:
            text = f"{text} Allowed: {', '.join(allowed)}."
        super().__init__(text, next_step=next_step)


class ConnectionMissing(StopError):
    """The Airflow connection is absent, of another type, or lacks a required field."""

    exit_code = 4


class HostRefused(StopError):
    """The connection leads where it may not: unencrypted, to a foreign host, or into a private network."""

    exit_code = 4


class AuthError(StopError):
    """The vendor refused the credentials."""


class WrongAccount(StopError):
    """Another account is behind the connection than the one this sync knows."""


class ForeignAccount(StopError):
    """The connection leads to another account than the project file says for this environment."""

    exit_code = 4


class WritesForbidden(StopError):
    """In this environment nothing is written to any account."""

    exit_code = 4


class NotTheApi(StopError):
    """The answer does not come from the vendor's API (an HTML page, a wrong host)."""


class BadListing(StopError):
    """A listing is incomplete, loops or lacks its end marker: an error is never an empty page."""


class LimitExceeded(StopError):
    """A guard stopped the plan before the first write."""

    def __init__(self, message: str, *, plan_hash: str, next_step: str = "") -> None:
        self.plan_hash = plan_hash
        super().__init__(message, next_step=next_step)


class LedgerSchema(StopError):
    """The ledger's schema is not the one this package writes."""


class LedgerDamaged(StopError):
    """The ledger's file is no database, or what stands in it is not what was written.

    what: is wrong with a row, for whoever can name its table
    """

    def __init__(self, message: str, *, next_step: str = "", what: str = "") -> None:
        self.what = what
        super().__init__(message, next_step=next_step)


DAMAGED_STATE = (
    "restore it from a backup; without one delete it, and, if the ledger was lost or is new as well, say `contactsync "
    "relink SYNC --lost` before the next run, or everybody would be taken for new."
)
"""What to do about the state file beside the artefacts (stages.run_count) that cannot be read."""


class ArtefactError(StopError):
    """The artefact root is not writable, or an artefact is missing or not what was written."""


class FileChanged(StopError):
    """The sync's file was changed since an earlier task of this run."""


class FenceLost(StopError):
    """Another run took the lock or the lease; this one sends nothing more."""


class PlanMismatch(StopError):
    """apply_plan names another plan than the one worked out now."""


class RateLimited(RetryError):
    """The vendor still answered 429 after all tries."""


class ServerTrouble(RetryError):
    """The vendor answered 5xx, timed out or dropped the connection after all tries."""


class LedgerBusy(RetryError):
    """The ledger could not be reached, or stayed locked."""


class StoreTrouble(RetryError):
    """The store of artefacts did not answer, or not as a store does."""


class LockBusy(RetryError):
    """Another run holds this sync."""

    exit_code = 5

    def __init__(self, message: str, *, holder: str, next_step: str = "") -> None:
        self.holder = holder
        super().__init__(message, next_step=next_step)


class AccountBusy(RetryError):
    """Another load task writes to this account."""


class Unforeseen(RetryError):
    """Something failed in a way that nobody foresaw; says what kind of error and where, never in its own words."""


class PlanWaits(ContactsyncError):
    """A plan of this sync waits for a person; until he answered, this run has nothing to do."""


class CoveredBy(ContactsyncError):
    """A backfill has nothing to read that another backfill run has not just read."""


class CursorExpired(ContactsyncError):
    """The vendor no longer accepts the delta cursor: the side is read completely."""


class NothingSent(ContactsyncError):
    """Raised by `push`: no op that has not been yielded reached the vendor."""


class OutcomeUnknown(ContactsyncError):
    """A mutating request may or may not have taken effect (time-out, lost connection, 5xx); it is never repeated."""


class RecordRefused(ContactsyncError):
    """One record cannot be written or read; `reason` is the vendor's wording with contact data left out."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)
