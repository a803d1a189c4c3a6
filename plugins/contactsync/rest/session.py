"""One account's wire: reads that are retried, writes that never are once their outcome is unknown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import requests
from requests.auth import AuthBase

from contactsync.model.app import Rate
from contactsync.rest.services import Services


@dataclass(frozen=True)
class Reply:
    """An HTTP answer, read whole (at most 64 MiB)."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str  # without query

    def json(self) -> Any:
        """The body as JSON. Errors: NotTheApi where it is HTML or no JSON at all."""
        raise NotImplementedError

    @property
    def text(self) -> str:
        """The body as text."""
        raise NotImplementedError


class Api:
    """Requests to one account."""

    def __init__(
        self,
        session: requests.Session,
        services: Services,
        *,
        base_url: str,
        account: str,
        auth: AuthBase | None = None,
        rates: Sequence[Rate] = (),
        secrets: Sequence[str] = (),
        reset_header: str = "",
    ) -> None: ...

    def read(
        self,
        method: str,
        path: str,
        *,
        params: Any = None,
        json: Any = None,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """A request that may be repeated. Answers of 4xx other than 401 and 429 are returned, for the app to read."""
        raise NotImplementedError

    def write(
        self,
        method: str,
        path: str,
        *,
        params: Any = None,
        json: Any = None,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """A mutating request. Returns answers below 500 other than 401 and 429.

        Errors: NothingSent (connection refused, 401, 429 after all tries); OutcomeUnknown (time-out, lost connection, 5xx).
        """
        raise NotImplementedError
