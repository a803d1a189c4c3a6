"""What apps share through the ledger: rate budgets, encrypted tokens, cached metadata."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from contactsync.errors import ConfigError
from contactsync.model.spec import ProjectSpec
from contactsync.rest.services import Services, utc_now

if TYPE_CHECKING:
    from sqlalchemy import Engine

KEY_VARIABLE = "CONTACTSYNC_KEY"


def services_of(engine: Engine, project: ProjectSpec) -> Services:
    """Budget, tokens and metadata cache of this ledger, shared by all processes that use it."""
    from contactsync.ledger.metadata import LedgerMetadata
    from contactsync.ledger.rates import LedgerBudget
    from contactsync.ledger.tokens import LedgerTokens

    key = encryption_key()
    return Services(
        budget=LedgerBudget(engine),
        tokens=LedgerTokens(engine, key) if key else KeylessTokens(),
        metadata=LedgerMetadata(engine, utc_now),
        rate_share=project.rate_share,
    )


def encryption_key() -> str:
    """What tokens are encrypted with: CONTACTSYNC_KEY, else Airflow's Fernet key, else ''."""
    from airflow.sdk import conf

    airflows = str(conf.get("core", "fernet_key", fallback="") or "")
    # A home whose configuration was never written shows the template's placeholder instead of a key.
    return os.environ.get(KEY_VARIABLE) or ("" if airflows.startswith("{") else airflows)


class KeylessTokens:
    """A token store without a key: syncs of apps that need no tokens run all the same."""

    def get(self, connection: str, fingerprint: str) -> dict[str, Any] | None:  # noqa: ARG002 - TokenStore's signature
        """Errors: ConfigError."""
        raise _no_key(connection)

    def refresh(
        self,
        connection: str,
        fingerprint: str,  # noqa: ARG002
        renew: Callable[[dict[str, Any] | None], dict[str, Any]],  # noqa: ARG002
    ) -> dict[str, Any]:
        """Errors: ConfigError."""
        raise _no_key(connection)


def _no_key(connection: str) -> ConfigError:
    return ConfigError(
        f"The connection {connection!r} needs tokens, and there is no key to keep them encrypted in the ledger.",
        next_step=f"set {KEY_VARIABLE}, or Airflow's own fernet_key, on every host alike.",
    )
