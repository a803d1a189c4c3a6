"""What all routes of the Freshsales sandbox share: credentials, limits, and the reading of a request."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Any

from contactsync.sandbox.freshsales_errors import error, login_page, refuse
from contactsync.sandbox.freshsales_fields import SIDELOADS, Flavour, Record
from contactsync.sandbox.freshsales_knobs import FreshsalesKnobs
from contactsync.sandbox.freshsales_render import PREFIXES, Renderer
from contactsync.sandbox.freshsales_store import Store
from contactsync.sandbox.freshsales_writes import Writer
from contactsync.sandbox.limits import Allowance
from contactsync.sandbox.server import Reply, Request, Sandbox

INCLUDES = frozenset({*SIDELOADS, "sales_accounts", "appointments", "tasks", "notes", "deals"})


class FreshsalesBase(Sandbox):
    """A Freshsales account on both documented base paths, /api/ (Classic) and /crm/sales/api/ (Suite)."""

    name = "freshsales"
    knobs: FreshsalesKnobs

    def __init__(
        self,
        *,
        port: int = 0,
        knobs: FreshsalesKnobs | None = None,
        clock: Callable[[], float] = time.time,
        api_key: str = "local-sandbox-key",
        account: int = 1,
    ) -> None:
        super().__init__(port=port, knobs=knobs or FreshsalesKnobs(), clock=clock)
        self.api_key = api_key
        self.store = Store(account, self._wrote)

    # ---- the request

    def local_path(self, request: Request) -> str | None:
        """The path below the product's base path; a sub-domain or base path nobody has is no API at all."""
        known = self.knobs.hosts
        if known and request.headers.get("Host", "") not in known:
            return None
        for prefix in PREFIXES.values():
            if request.path.startswith(f"{prefix}/"):
                return request.path.removeprefix(prefix)
        return None

    def unrouted(self, request: Request) -> Reply:
        """The login page for a wrong address; an error of the API below its base path."""
        if self.local_path(request) is None:
            return login_page()
        return self.admit(request) or error(404, "Not found")

    def admit(self, request: Request) -> Reply | None:
        """401 for any other header than the documented one."""
        given = (request.headers.get("Authorization") or "").encode()
        if not self.knobs.any_key and not secrets.compare_digest(given, f"Token token={self.api_key}".encode()):
            return Reply(401, {"login": "failed", "message": "Authentication failure"})
        self.store.settle(self.now())
        self.store.purge_old(self.now())
        return None

    def decorate(self, reply: Reply, allowances: list[Allowance]) -> Reply:
        """Adds the x-ratelimit headers of the tightest limit."""
        if not allowances:
            return reply
        tight = min(allowances, key=lambda a: a.remaining)
        reset = (self.now() if self.knobs.reset_epoch else 0) + tight.reset
        headers = {
            "x-ratelimit-limit": str(tight.limit.maximum),
            "x-ratelimit-remaining": str(max(0, tight.remaining)),
            "x-ratelimit-reset": str(int(reset) + 1),
        }
        return Reply(reply.status, reply.body, {**reply.headers, **headers}, reply.raw, reply.content_type)

    def too_many(self, allowance: Allowance) -> Reply:  # noqa: ARG002 - the body does not tell
        """The vendor's 429 is plain text."""
        return Reply(429, raw=b"Too many requests", content_type="text/plain; charset=utf-8")

    # ---- for routes

    def flavour(self, request: Request) -> Flavour:
        """The product this request speaks to."""
        if self.knobs.flavour:
            return Flavour(self.knobs.flavour)
        return Flavour.SUITE if request.path.startswith(PREFIXES[Flavour.SUITE]) else Flavour.CLASSIC

    def render(self, request: Request, *, search: bool = False) -> Renderer:
        """Shows records as this request asked for."""
        wanted = request.args("include") if self.knobs.search_include or not search else ()
        include = INCLUDES if self.knobs.always_included else INCLUDES & set(wanted)
        store = self.store
        return Renderer(store.settings, self.knobs, self.flavour(request), store.record_type, include, search)

    def writer(self, request: Request) -> Writer:
        """Writes as this request's key."""
        return Writer(self.store, self.knobs, self.flavour(request), self.now())

    def found(self, id_: str | int) -> Record:
        """A live contact, or 404; 403 for one the key's user may not see."""
        try:
            return self.store.live(int(id_))
        except (KeyError, ValueError):
            if str(id_).isdigit() and int(id_) in self.store.invisible:
                refuse(403, "Access denied")
            return refuse(404, "Not found")

    def body(self, request: Request) -> Record:
        """The JSON object of a request."""
        try:
            data = request.json()
        except ValueError:
            refuse(400, "The request body is no valid JSON")
        if not isinstance(data, dict):
            refuse(400, "The request body must be an object")
        return dict(data)

    def asked(self, request: Request, body: Record | None = None) -> dict[str, Any]:
        """Listing parameters: from the body, then from the query, which wins."""
        return {**(body or {}), **{key: values[0] for key, values in request.query.items()}}

    def _wrote(self, key: str, before: Record | None) -> None:
        self.lag.wrote(key, before, self.now(), self.knobs.lag_seconds, self.knobs.lag_listings)


def contact_of(data: Record) -> Record:
    """The contact in a body; the wrapper may be left out."""
    inner = data.get("contact", data)
    if not isinstance(inner, dict):
        refuse(400, "The type for contact is invalid.")
    return dict(inner)
