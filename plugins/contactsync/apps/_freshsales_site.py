"""Where a Freshsales account answers, and what it is made of: views, owners, custom fields. Cached as metadata."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from contactsync.apps._freshsales_record import Owners
from contactsync.contact import Kind
from contactsync.errors import (
    AuthError,
    BadListing,
    ConfigError,
    ConnectionMissing,
    ContactsyncError,
    NotTheApi,
    RetryError,
)
from contactsync.model.app import FieldInfo, Rate
from contactsync.rest.auth import TokenAuth
from contactsync.rest.origin import PORTS, origin
from contactsync.rest.reply import Reply
from contactsync.rest.services import Services
from contactsync.rest.session import Api

SUITE, CLASSIC = "/crm/sales/api", "/api"
INCLUDE = "owner,sales_accounts"  # ids of associations come only where they are asked for
KINDS = {"number": Kind.NUMBER, "decimal": Kind.NUMBER, "checkbox": Kind.BOOLEAN, "date": Kind.DATE}
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def candidates(place: str, flavour: str) -> tuple[str, ...]:
    """Base addresses to try, in order, for what a person entered: a subdomain, a host name or a pasted address.

    Errors: ConnectionMissing where it is none of these, or where the key would travel unencrypted.
    """
    entered = place.strip().rstrip("/")
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]*", entered) and entered != "localhost":
        bases = [f"https://{entered}.myfreshworks.com{SUITE}", f"https://{entered}.freshsales.io{CLASSIC}"]
    else:
        bases = _of_address(entered)
    wanted = [b for b in bases if flavour == "auto" or (flavour == "suite") == b.endswith(SUITE)]
    return tuple(wanted or bases)


def _of_address(entered: str) -> list[str]:
    address = entered if "://" in entered else f"{_scheme(entered)}://{entered}"
    place = origin(address)
    if place is None or place[0] not in PORTS:
        raise ConnectionMissing(
            "The Freshsales connection's host is neither a subdomain, a host name nor an address.",
            next_step="enter it as acme, acme.myfreshworks.com or https://acme.freshsales.io.",
        )
    parts, host = urlsplit(address), place[1]
    if place[0] == "http" and "." in host and host not in LOOPBACK:
        raise ConnectionMissing(
            f"The Freshsales connection would send the API key to {host} unencrypted.",
            next_step="write https:// in front of the host.",
        )
    root, path = f"{place[0]}://{parts.netloc}", parts.path.rstrip("/")
    if path.endswith("/api"):
        return [f"{root}{path}"]
    if path.startswith("/crm/sales"):  # pasted from the browser
        return [f"{root}{SUITE}"]
    order = (CLASSIC, SUITE) if host.endswith(".freshsales.io") else (SUITE, CLASSIC)
    return [f"{root}{base}" for base in order]


def _scheme(entered: str) -> str:
    return "http" if entered.startswith(("127.0.0.1", "localhost")) else "https"


class Site:
    """One account: its base address and its metadata, asked once a day."""

    def __init__(
        self,
        session: Any,
        services: Services,
        *,
        connection: str,
        place: str,
        key: str,
        flavour: str,
        rates: tuple[Rate, ...],
    ) -> None:
        self._session = session
        self._services = services
        self.account = f"freshsales:{connection}:{place}"  # under which metadata is cached
        self._place = place
        self._key = key
        self._flavour = flavour
        self._rates = rates
        self._api: Api | None = None

    @property
    def is_classic(self) -> bool:
        """Which product the account is, by the address that answers. Errors: those of `api`."""
        return urlsplit(self.api.base_url).path.startswith(CLASSIC)

    @property
    def api(self) -> Api:
        """The wire to the base address that answers. Errors: AuthError, NotTheApi, ServerTrouble, RateLimited."""
        if self._api is None:
            base = self._services.metadata.get(self.account, "base")
            self._api = self._at(base) if isinstance(base, str) else self._found()
        return self._api

    def forget(self, name: str) -> None:
        """Drop what is cached (base, views, fields, owners): it proved wrong."""
        if name == "base":
            self._api = None
            self.forget("views")
        self._services.metadata.drop(self.account, name)

    def with_key(self, key: str) -> Api:
        """The same account, asked with another key."""
        return self._at(self.api.base_url, key)

    def _at(self, base: str, key: str = "") -> Api:
        return Api(
            self._session,
            self._services,
            base_url=base,
            account=f"freshsales:{urlsplit(base).netloc}",
            auth=TokenAuth(f"Token token={key or self._key}"),
            rates=self._rates,
            secrets=(self._key,),
            reset_header="x-ratelimit-reset",
        )

    def _found(self) -> Api:
        """The first candidate that lists its views. Refused credentials say more than a host that is not there."""
        faults: list[ContactsyncError] = []
        for base in candidates(self._place, self._flavour):
            api = self._at(base)
            try:
                views = _views(api.read("GET", "contacts/filters"))
            except (AuthError, NotTheApi, RetryError) as error:
                faults.append(error)
                continue
            self._services.metadata.put(self.account, "base", base)
            self._services.metadata.put(self.account, "views", views)
            return api
        raise min(faults, key=_gravity)

    def _cached(self, name: str, ask: Callable[[], Any]) -> Any:
        found = self._services.metadata.get(self.account, name)
        if found is None:
            found = ask()
            self._services.metadata.put(self.account, name, found)
        return found

    def view_id(self, view: str, option: str = "view") -> str:
        """The id of a view by its name, or the id itself. Errors: ConfigError naming the views there are."""
        if view.isdigit():
            return view
        api = self.api  # finding the base fills the cache of views
        views = self._cached("views", lambda: _views(api.read("GET", "contacts/filters")))
        for name, view_id in views.items():
            if name.casefold() == view.strip().casefold():
                return str(view_id)
        raise ConfigError(
            f"Freshsales has no contact view named {view!r}.",
            allowed=tuple(views),
            next_step=f"set options.{option} of that side to one of them.",
        )

    def owners(self) -> Owners:
        """User id -> (e-mail, name); empty where the key may not see users."""
        found = self._cached("users", lambda: _owners(self.api.read("GET", "selector/owners")))
        return {str(k): (str(v[0]), str(v[1])) for k, v in found.items()}

    def custom_fields(self) -> tuple[FieldInfo, ...]:
        """The account's own contact fields; none where the key may not see them."""
        rows = self._cached("fields", lambda: _custom(self.api.read("GET", "settings/contacts/fields")))
        return tuple(
            FieldInfo(
                name=f"custom.{r['name']}",
                kind=Kind(r["kind"]),
                title=r["title"],
                writable=r["writable"],
                custom=True,
                choices=tuple(r.get("choices", ())),
                needs_year=Kind(r["kind"]) is Kind.DATE,
                identity=str(r.get("id", "")),
            )
            for r in rows
        )

    def kinds(self) -> dict[str, Kind]:
        """Custom field, as Freshsales names it -> kind."""
        return {f.name.removeprefix("custom."): f.kind for f in self.custom_fields()}


def _gravity(fault: ContactsyncError) -> int:
    return 0 if isinstance(fault, AuthError) else 1 if isinstance(fault, RetryError) else 2


def not_understood(reply: Reply, what: str) -> ContactsyncError:
    """The error for a read that was refused or whose answer is no `what`."""
    if reply.status == 403:
        return AuthError(
            f"{reply.host} does not let this API key read the {what} (HTTP 403).",
            next_step="use the key of a user who may see contacts.",
        )
    if reply.status == 404:
        return NotTheApi(f"{reply.host} knows no {what} here (HTTP 404).", next_step="check the connection's host.")
    return BadListing(
        f"{reply.host}: the answer to a request for {what} (HTTP {reply.status}) is not one.",
        next_step="try again; if it stays, check the connection's host and the options of that side.",
    )


def _views(reply: Reply) -> dict[str, str]:
    if reply.status in (403, 404):
        raise not_understood(reply, "contact views")
    body = reply.json()
    rows = body.get("filters") if isinstance(body, dict) else None
    if reply.status != 200 or not isinstance(rows, list):
        raise NotTheApi(f"{reply.host} does not answer as Freshsales does.", next_step="check the connection's host.")
    return {str(r["name"]): str(r["id"]) for r in rows if isinstance(r, dict) and r.get("name") and r.get("id")}


def _owners(reply: Reply) -> dict[str, tuple[str, str]]:
    if reply.status in (403, 404):
        return {}
    body = reply.json()
    users = body.get("users") if isinstance(body, dict) else None
    if not isinstance(users, list):
        raise not_understood(reply, "owners")
    return users_of(users)


def users_of(users: Any) -> dict[str, tuple[str, str]]:
    """User id -> (e-mail, name) of `users`, as sideloaded or listed."""
    rows = [u for u in users if isinstance(u, dict) and u.get("id")] if isinstance(users, list) else []
    return {str(u["id"]): (str(u.get("email") or ""), str(u.get("display_name") or "")) for u in rows}


def _custom(reply: Reply) -> list[dict[str, Any]]:
    if reply.status in (403, 404):
        return []
    body = reply.json()
    rows = body.get("fields") if isinstance(body, dict) else None
    if reply.status != 200 or not isinstance(rows, list):
        raise not_understood(reply, "contact fields")
    return [_field(r) for r in flat(rows) if str(r.get("name", "")).startswith("cf_")]


def flat(rows: list[Any], depth: int = 0) -> Iterator[Mapping[str, Any]]:
    """The rows of fields, also those inside groups (`group_field`)."""
    for row in rows:
        if isinstance(row, dict):
            yield row
            if depth < 3 and isinstance(row.get("fields"), list):
                yield from flat(row["fields"], depth + 1)


def _field(row: Mapping[str, Any]) -> dict[str, Any]:
    kind, choices = str(row.get("type") or ""), row.get("choices")
    return {
        "name": str(row["name"]),
        "id": str(row.get("id") or ""),
        "kind": str(KINDS.get(kind, Kind.TEXT)),
        "title": str(row.get("label") or row["name"]),
        "writable": kind not in ("formula", "auto_number"),
        "choices": [str(_choice(c)) for c in choices if _choice(c) not in (None, "")]
        if isinstance(choices, list)
        else [],
    }


def _choice(found: Any) -> Any:
    """A choice comes as a text, or as {id, value}."""
    return found.get("value") if isinstance(found, dict) else found
