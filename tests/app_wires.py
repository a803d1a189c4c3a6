"""Each shipped app's own values through its wire form and back, as after a create: codecs of the apps, no server."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from contactsync.apps import _vcard, _vcard_read, _vcard_write
from contactsync.apps._freshsales_facts import fields_of
from contactsync.apps._freshsales_record import ADDRESS, TEXTS, to_body
from contactsync.apps._freshsales_record import to_record as contact_of
from contactsync.apps._people_body import to_fields
from contactsync.apps._people_record import to_record as person_of
from contactsync.apps.base import Access
from contactsync.apps.google_contacts import GoogleContacts
from contactsync.apps.memory import BOOKS, Memory
from contactsync.model.app import FieldInfo
from contactsync.model.exchange import Op, OwnValue, Verb

Own = Mapping[str, OwnValue]
GROUP = "contactGroups/"
EMPTY_ROW: Mapping[str, Any] = {**dict.fromkeys((*TEXTS, *ADDRESS.values())), "emails": [], "tags": []}


def _wired(body: Any) -> Any:
    return json.loads(json.dumps(body))


def freshsales(own: Own) -> Own:
    """The body of a write, and the row that the account shows of it; the company is a record of its own there."""
    company = own.get("company.name", "")
    written = {name: value for name, value in own.items() if name != "company.name"}
    row = {**EMPTY_ROW, **_wired(to_body(written, {}, ()))}
    row["emails"] = [{"id": n, **item} for n, item in enumerate(row.get("emails", []))]
    row["sales_accounts"] = [{"id": 1, "name": company, "is_primary": True}] if company else []
    return contact_of({"id": 1, **row}, {}, {}).fields


def google_contacts(own: Own) -> Own:
    """The Person of a write, with the groups that its labels are."""
    fields = _wired(to_fields(own, {}, lambda text: GROUP + text.encode().hex(), _label))
    source = {"type": "CONTACT", "id": "1", "etag": "e"}
    person = {"resourceName": "people/c1", "etag": "e", "metadata": {"sources": [source]}, **fields}
    return person_of(person, _label).fields


def _label(group: str) -> str:
    name = group.removeprefix(GROUP)
    return "" if name == "myContacts" else bytes.fromhex(name).decode()


def carddav(own: Own) -> Own:
    """The text of a new vCard, read again."""
    card = _vcard_write.new_card("uid", own, datetime(2026, 1, 1, tzinfo=UTC))
    return _vcard_read.own_values(_vcard.parse(str(card)))


def memory(own: Own) -> Own:
    """A contact of the reference app."""
    app = Memory(Access("wire", {}), Memory.Options())
    try:
        (result,) = app.push([Op("key", Verb.CREATE, patch=own)])
        assert result.record
        return result.record.fields
    finally:
        BOOKS.pop("wire")


WIRES: Mapping[str, Callable[[Own], Own]] = {
    "freshsales": freshsales,
    "google_contacts": google_contacts,
    "carddav": carddav,
    "memory": memory,
}
FIELDS: Mapping[str, Sequence[FieldInfo]] = {
    "freshsales": fields_of("classic"),
    "google_contacts": GoogleContacts.info.fields,
    "carddav": _vcard_read.FIELDS,
    "memory": Memory.info.fields,
}
