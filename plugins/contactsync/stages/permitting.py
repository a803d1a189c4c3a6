"""What this installation may do to accounts: the environment of the project file, before anything is read."""

from __future__ import annotations

from dataclasses import replace

from contactsync.errors import ForeignAccount
from contactsync.model.app import Account
from contactsync.model.spec import SIDES, Side
from contactsync.model.stages import RunRequest
from contactsync.stages.workplace import Workplace


def permitted(place: Workplace, request: RunRequest) -> RunRequest:
    """The run as it may be made: where nothing may be written, whatever was asked for is a dry run."""
    return request if place.project.writes else replace(request, dry_run=True)


def check_accounts(place: Workplace) -> None:
    """Each connection leads where this environment says. Errors: ForeignAccount."""
    if not place.project.environment:
        return  # without environments nothing is checked
    for side in SIDES:
        wanted = place.project.accounts.get(place.spec.side(side).connection)
        if wanted is not None:
            _check(place, side, wanted)


def _check(place: Workplace, side: Side, wanted: str) -> None:
    connection, environment = place.spec.side(side).connection, place.project.environment
    if not wanted:
        raise ForeignAccount(
            f"Connection {connection!r} ({side} side) has no account in environment {environment!r}; it is of others.",
            next_step=f"add {environment} under accounts: {connection} in contactsync.yaml, or use another connection",
        )
    found = place.account(side)
    if not is_meant(wanted, found):
        raise ForeignAccount(
            f"Connection {connection!r} ({side} side) leads to {in_words(found)}; "
            f"in environment {environment!r} it must lead to {wanted}.",
            next_step="correct the connection, CONTACTSYNC_ENV, or accounts in contactsync.yaml",
        )


def is_meant(wanted: str, found: Account) -> bool:
    """True where a person means this account by that text: its id, its host, or whose it is."""
    return wanted.casefold() in {name.casefold() for name in (found.id, found.host, found.owner) if name}


def in_words(found: Account) -> str:
    """An account as a person may write it."""
    return " = ".join(dict.fromkeys(name for name in (found.owner, found.id, found.host) if name))
