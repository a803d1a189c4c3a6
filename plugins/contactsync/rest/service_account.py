"""A Google service account that acts for a person: the JWT bearer grant."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import requests

from contactsync.errors import AuthError
from contactsync.rest.auth import BearerAuth
from contactsync.rest.services import Services
from contactsync.rest.wire import Timeouts

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LIFE = 3600
REQUIRED = ("client_email", "private_key", "token_uri")


class ServiceAccount(BearerAuth):
    """Signs an assertion with the account's key; `subject` is the person whose data is asked for."""

    def __init__(
        self,
        session: requests.Session,
        services: Services,
        *,
        connection: str,
        key: str,
        scope: str,
        subject: str = "",
        token_url: str = "",
        timeouts: Timeouts | None = None,
    ) -> None:
        """`key`: the JSON text of the key file. `token_url` replaces the one in it. Errors: AuthError for a bad key."""
        self._key = _parsed(key)
        self._claims = {"scope": scope, **({"sub": subject} if subject else {})}
        identity = (self._key["client_email"], self._key["private_key"], scope, subject)
        super().__init__(
            session,
            services,
            connection=connection,
            token_url=token_url or self._key["token_uri"],
            identity=identity,
            timeouts=timeouts,
        )

    def _form(self, stored: Mapping[str, Any]) -> dict[str, str]:
        del stored  # nothing rotates here
        from google.auth import crypt, jwt

        from_key: Any = crypt.RSASigner.from_service_account_info
        encode: Any = jwt.encode
        issued = int(self._now().timestamp())
        claims = {"iss": self._key["client_email"], "aud": self._token_url, "iat": issued, "exp": issued + LIFE}
        try:
            signer = from_key(self._key)
            return {"grant_type": GRANT, "assertion": encode(signer, {**claims, **self._claims}).decode()}
        except ValueError:
            fault = _bad_key("its private key cannot be read")
        raise fault


def _parsed(key: str) -> dict[str, str]:
    try:
        found: Any = json.loads(key)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise _bad_key("it is no JSON object")
    missing = [name for name in REQUIRED if not isinstance(found.get(name), str) or not found[name]]
    if missing:
        raise _bad_key(f"it lacks {', '.join(missing)}")
    return found


def _bad_key(why: str) -> AuthError:
    return AuthError(
        f"The service account's key is not usable: {why}.",
        next_step="download a new JSON key and paste it whole into the connection",
    )
