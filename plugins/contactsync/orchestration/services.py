"""What apps share through the ledger: rate budgets, encrypted tokens, cached metadata."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contactsync.errors import ConfigError
from contactsync.model.spec import ProjectSpec
from contactsync.rest.services import Services, TokenStore, utc_now

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from contactsync.ledger.sealing import Cipher

KEY_VARIABLE = "CONTACTSYNC_KEY"
AIRFLOWS_KEY = "Airflow's fernet_key"
SET_KEY = f"set {KEY_VARIABLE}, or Airflow's own fernet_key, on every host alike."


def services_of(engine: Engine, project: ProjectSpec) -> Services:
    """Budget, tokens and metadata cache of this ledger, shared by all processes that use it."""
    from contactsync.ledger.metadata import LedgerMetadata
    from contactsync.ledger.rates import LedgerBudget

    return Services(
        budget=LedgerBudget(engine),
        tokens=_tokens(engine),
        metadata=LedgerMetadata(engine, utc_now),
        rate_share=project.rate_share,
        writes=project.writes,
    )


def _tokens(engine: Engine) -> TokenStore:
    from contactsync.ledger.tokens import LedgerTokens

    key, named = encryption_key()
    if not key:
        return NoTokens("there is no key to keep them encrypted in the ledger.", SET_KEY)
    try:
        return LedgerTokens(engine, key)
    except ConfigError:
        return NoTokens(
            f"{named} is no Fernet key (32 bytes in url-safe base64; several are parted by commas).", SET_KEY
        )


def cipher_of(project: ProjectSpec) -> Cipher | None:
    """With which values in the ledger are read, and written where the project says so; None without a key.

    Errors: ConfigError where they are to be encrypted and there is no usable key.
    """
    from contactsync.ledger.sealing import Cipher

    key, _ = encryption_key()
    if not key:
        if project.encrypt_values:
            raise ConfigError(
                "ledger.encrypt_values is true, and there is no key to encrypt values with.", next_step=SET_KEY
            )
        return None
    try:
        return Cipher(key, seals=project.encrypt_values)
    except ConfigError:
        if project.encrypt_values:
            raise
        return None


def encryption_key() -> tuple[str, str]:
    """What encrypts tokens and values, and where it stands: CONTACTSYNC_KEY, else Airflow's Fernet key, else ''."""
    from airflow.sdk import conf

    own = os.environ.get(KEY_VARIABLE, "").strip()
    airflows = str(conf.get("core", "fernet_key", fallback="") or "")
    # A home whose configuration was never written shows the template's placeholder instead of a key.
    return (own, KEY_VARIABLE) if own else ("" if airflows.startswith("{") else airflows, AIRFLOWS_KEY)


@dataclass(frozen=True)
class NoTokens:
    """A token store that has none, and why: syncs of apps that need no tokens run all the same."""

    why: str
    next_step: str

    def get(self, connection: str, fingerprint: str) -> dict[str, Any] | None:  # noqa: ARG002 - TokenStore's signature
        """Errors: ConfigError."""
        raise self._error(connection)

    def refresh(
        self,
        connection: str,
        fingerprint: str,  # noqa: ARG002
        renew: Callable[[dict[str, Any] | None], dict[str, Any]],  # noqa: ARG002
    ) -> dict[str, Any]:
        """Errors: ConfigError."""
        raise self._error(connection)

    def _error(self, connection: str) -> ConfigError:
        return ConfigError(f"The connection {connection!r} needs tokens, and {self.why}", next_step=self.next_step)
