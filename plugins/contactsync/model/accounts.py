"""What is known of the accounts behind Airflow's connections: whose they are, how they stand, who uses them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from contactsync.model.app import Account
from contactsync.model.spec import Side


class AccountState(StrEnum):
    """How an account stands, seen from here."""

    CONNECTED = "connected"
    NOT_ASKED = "not asked"  # nothing is wrong as far as can be told without asking the vendor
    NEEDS_AUTHORISATION = "needs re-authorisation"
    WRONG_ACCOUNT = "wrong account"  # another one than a sync belongs to
    NOT_REACHABLE = "not reachable"
    NOT_SET_UP = "not set up"  # a field of the connection, an option or the encryption key is missing or wrong
    MISSING = "connection missing"
    WRONG_TYPE = "wrong type"

    @property
    def well(self) -> bool:
        """True where nothing needs a person."""
        return self in (AccountState.CONNECTED, AccountState.NOT_ASKED)


@dataclass(frozen=True)
class Use:
    """A side of a sync that uses an account. `known`: the Account.id it belongs to since its first run, '' before."""

    sync: str
    side: Side
    known: str = ""


@dataclass(frozen=True)
class ConnectedAccount:
    """One account.

    app        by its name, '' where the connection's type belongs to none
    account    None where nobody answered, or nobody was asked
    problem, next_step   '' where all is well; they hold neither contact data nor secrets
    skew       seconds that this machine's clock is before the vendor's, None where its answer named no time
    """

    connection: str
    app: str
    state: AccountState
    account: Account | None = None
    uses: tuple[Use, ...] = ()
    problem: str = ""
    next_step: str = ""
    skew: float | None = None
