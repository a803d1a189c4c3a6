"""A Freshsales account as its probe sees it: what is asked for once, and the forms of answers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from contactsync.apps._freshsales_listing import PER_PAGE
from contactsync.apps._freshsales_record import moment, stamp
from contactsync.apps._freshsales_site import INCLUDE, SUITE, Site, flat
from contactsync.apps._probing import CannotTell, dicts, status
from contactsync.errors import ContactsyncError
from contactsync.rest.reply import Reply
from contactsync.rest.services import Services

BIN = "Recycle Bin"
REPORT = "harmless to you; please report it"
BY_VIEW = "name a view instead of All Contacts in the option `view`: then changes are read from it, and report it"
SITE, LISTING = "apps/_freshsales_site.py", "apps/_freshsales_listing.py"
READING, RECORD = "apps/_freshsales_reading.py", "apps/_freshsales_record.py"
FACTS, PATIENCE = "apps/_freshsales_facts.py", "rest/patience.py"
JOBS = "apps/_freshsales_bulk.py"


Row = Mapping[str, Any]


@dataclass
class Account:
    """The account as the checks see it; each listing is asked for once."""

    site: Site
    services: Services
    view: str
    lag: timedelta
    hourly_limit: int
    minute_limit: int

    def get(self, path: str, **params: Any) -> Reply:
        """One read."""
        return self.site.api.read("GET", path, params=params)

    def page(self, view_id: str = "", /, **params: Any) -> Mapping[str, Any]:
        """A page of a view (the chosen one), as sent. Errors: CannotTell."""
        return listing(self.get(f"contacts/view/{view_id or self.site.view_id(self.view)}", **params))

    def search(self, *rules: Mapping[str, object], **params: Any) -> Reply:
        """A filtered search, asked for as the connector asks."""
        paging = {"sort": "updated_at", "sort_type": "asc", "per_page": PER_PAGE, "page": 1, **params}
        body = {"filter_rule": list(rules), **paging}
        query = {"include": INCLUDE, **paging}
        return self.site.api.read("POST", "filtered_search/contact", params=query, json=body)

    @cached_property
    def newest(self) -> Mapping[str, Any]:
        """The first page, the newest first, as the connector asks for it."""
        return self.page(sort="updated_at", sort_type="desc", per_page=PER_PAGE, page=1, include=INCLUDE)

    @cached_property
    def oldest(self) -> Mapping[str, Any]:
        """The first page, the oldest first."""
        return self.page(sort="updated_at", sort_type="asc", per_page=PER_PAGE, page=1, include=INCLUDE)

    @cached_property
    def fields(self) -> Reply:
        """The settings of contact fields."""
        return self.get("settings/contacts/fields")

    @cached_property
    def custom(self) -> tuple[Row, ...]:
        """The rows of custom fields. Errors: CannotTell."""
        body = self.fields.json() if self.fields.status == 200 else None
        rows = body.get("fields") if isinstance(body, dict) else None
        if not isinstance(rows, list):
            raise CannotTell(f"the account's fields cannot be read ({status(self.fields)})")
        return tuple(r for r in flat(rows) if str(r.get("name", "")).startswith("cf_"))

    def rows(self) -> Sequence[dict[str, Any]]:
        """Contacts of the oldest page: what was changed long ago is in every index. Errors: CannotTell."""
        found = dicts(self.oldest.get("contacts"))
        if not found:
            raise CannotTell("the view shows no contact")
        return found


def listing(reply: Reply) -> Mapping[str, Any]:
    """Errors: CannotTell for anything but a page of contacts."""
    body = reply.json() if reply.status == 200 else None
    if not isinstance(body, dict) or not isinstance(body.get("contacts"), list):
        raise CannotTell(f"the listing was refused or is none ({status(reply)})")
    return body


def total_of(page: Mapping[str, Any]) -> int:
    """How many contacts a listing counts, 0 where it does not say."""
    found = (page.get("meta") or {}).get("total")
    return found if isinstance(found, int) else 0


def changed(row: Row) -> datetime:
    """When a contact was changed. Errors: CannotTell."""
    found = moment(row.get("updated_at"))
    if found is None:
        raise CannotTell("contacts come without a readable updated_at")
    return found


def rule(operator: str, when: datetime) -> dict[str, str]:
    """A condition on the time of the last change."""
    return {"attribute": "updated_at", "operator": operator, "value": stamp(when)}


def bin_rows(account: Account) -> Sequence[dict[str, Any]]:
    """The newest contacts in the Recycle Bin. Errors: CannotTell."""
    rows = dicts(account.get("contacts/filters").json().get("filters"))
    found = next((str(row.get("id")) for row in rows if row.get("name") == BIN), "")
    if not found:
        raise CannotTell(f"there is no view {BIN}")
    return dicts(account.page(found, sort="updated_at", sort_type="desc", per_page=PER_PAGE, page=1)["contacts"])


def form_of(reply: Reply) -> str:
    """The form of a refusal's body: names of keys and kinds, never what they hold."""
    try:
        body = reply.json()
    except ContactsyncError:
        return "no JSON"
    if not isinstance(body, dict):
        return f"JSON: {type(body).__name__}"
    inner = {key: value for key, value in body.items() if isinstance(value, dict)}
    kinds = [f"{name}: {type(value).__name__}" for name, value in body.items() if name not in inner]
    kinds += [f"{outer}.{name}: {type(value).__name__}" for outer, one in inner.items() for name, value in one.items()]
    return ", ".join(kind for kind in kinds if re.fullmatch(r"[a-z_.]{1,60}: [A-Za-z]+", kind)) or "{}"


def is_classic(account: Account) -> bool:
    """Which product the address belongs to."""
    return not account.site.api.base_url.endswith(SUITE)


def looked_up(account: Account, email: str) -> list[str]:
    """Ids that the look-up finds for an address. Errors: CannotTell."""
    reply = account.get("lookup", q=email, f="email", entities="contact")
    body = reply.json() if reply.status == 200 else None
    outer = body.get("contacts") if isinstance(body, dict) else None
    if not isinstance(outer, dict) or not isinstance(outer.get("contacts"), list):
        raise CannotTell(f"the look-up's answer has another form ({status(reply)})")
    return [str(row.get("id")) for row in dicts(outer["contacts"])]
