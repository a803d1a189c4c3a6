"""Shows a contact as the People API does: for one mask, one choice of sources and one kind of read."""

from __future__ import annotations

import base64
import binascii
import json
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import phonenumbers

from contactsync.sandbox.people_schema import CONTACT, FORMATTED_TYPES, ITEMS, PROFILE, READABLE
from contactsync.sandbox.people_state import Person

Json = dict[str, Any]
LISTED = "list"
GOT = "get"
_LISTED_AT_MOST = 100
_NAME_PARTS = ("honorificPrefix", "givenName", "middleName", "familyName", "honorificSuffix")


@dataclass(frozen=True, slots=True)
class View:
    """How to show a contact. `region` is where phone numbers without + are dialled from; no `dice`, no shuffling.

    `varied`: the source's etag too depends on the mask.
    """

    mask: tuple[str, ...]
    sources: tuple[str, ...]
    kind: str = GOT
    region: str | None = None
    dice: random.Random | None = None
    varied: bool = False

    def show(self, person: Person, *, former: bool = False) -> Json:
        """The Person; `former` adds earlier resource names, as deltas do."""
        shown: Json = {"resourceName": person.resource_name, "etag": self.etag(person)}
        parts: dict[str, Any] = {name: self._items(person, name) for name in self.mask if name in ITEMS}
        if "metadata" in self.mask:
            parts["metadata"] = self._metadata(person, former=former)
        if "photos" in self.mask:
            parts["photos"] = [self._photo(person)]
        return shown | {name: value for name, value in self._shuffled(parts.items()) if value}

    def stub(self, person: Person) -> Json:
        """A deleted contact in a delta; without `metadata` in the mask nothing marks the deletion."""
        shown: Json = {"resourceName": person.resource_name, "etag": self.etag(person)}
        if "metadata" in self.mask:
            source = {"type": "CONTACT", "id": person.source_id}
            shown["metadata"] = {"sources": [source], "deleted": True, "objectType": "PERSON"}
        return shown

    def etag(self, person: Person) -> str:
        """The etag of the whole person: another string for each mask and kind of read."""
        masked = [READABLE.index(name) for name in self.mask]
        profile = person.profile.id if person.profile and PROFILE in self.sources else ""
        text = json.dumps([self.kind, masked, profile, person.source_etag], separators=(",", ":"))
        return "%" + base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    def _metadata(self, person: Person, *, former: bool) -> Json:
        sources: list[Json] = []
        if CONTACT in self.sources:
            at = datetime.fromtimestamp(person.updated, UTC).isoformat(timespec="microseconds")
            etag = f"{person.source_etag}{len(self.mask)}" if self.varied else person.source_etag
            found = {"type": "CONTACT", "id": person.source_id, "etag": etag}
            sources.append(found | {"updateTime": at.replace("+00:00", "Z")})
        if person.profile and PROFILE in self.sources:
            about = {"objectType": "PERSON", "userTypes": ["GOOGLE_USER"]}
            sources.append({"type": "PROFILE", "id": person.profile.id, "etag": "#profile", "profileMetadata": about})
        shown: Json = {"sources": sources, "objectType": "PERSON"}
        if former and person.former_names:
            shown["previousResourceNames"] = list(person.former_names)
        return shown

    def _items(self, person: Person, field: str) -> list[Json]:
        found: list[Json] = []
        if person.profile and PROFILE in self.sources:
            source = {"type": "PROFILE", "id": person.profile.id}
            found += [
                self._item(field, item, source, i == 0) for i, item in enumerate(person.profile.fields.get(field, ()))
            ]
        if CONTACT in self.sources:
            source = {"type": "CONTACT", "id": person.source_id}
            stored = _memberships(person.groups) if field == "memberships" else person.fields.get(field, ())
            found += [self._item(field, item, source, i == 0) for i, item in enumerate(stored)]
        if found:
            found[0]["metadata"]["primary"] = True
        if self.kind == LISTED and field in ("emailAddresses", "phoneNumbers"):
            found = found[:_LISTED_AT_MOST]
        return self._shuffled(found)

    def _item(self, field: str, item: Mapping[str, Any], source: Json, first: bool) -> Json:
        meta: Json = {"source": source} | ({"sourcePrimary": True} if first else {})
        if source["type"] == "PROFILE":
            meta["verified"] = True
        derive = _DERIVED.get(field)
        shown = {"metadata": meta, **item, **(derive(item, self.region) if derive else {})}
        if kind := item.get("type"):
            shown |= {"formattedType": FORMATTED_TYPES.get(kind, kind)} if "formattedType" in ITEMS[field] else {}
        return shown

    def _photo(self, person: Person) -> Json:
        source = {"type": "CONTACT", "id": person.source_id}
        return {
            "metadata": {"primary": True, "source": source},
            "url": "https://photos.example/none.png",
            "default": True,
        }

    def _shuffled(self, items: Iterable[Any]) -> list[Any]:
        listed = list(items)
        if self.dice is not None and len(listed) > 1:
            self.dice.shuffle(listed)
        return listed


def read_etag(text: str) -> tuple[str, str] | None:
    """The kind of read and the source's etag inside a person's etag; None for any other text."""
    if not text.startswith("%"):
        return None
    try:
        found = json.loads(base64.urlsafe_b64decode(text[1:] + "=" * (-(len(text) - 1) % 4)))
        return str(found[0]), str(found[3])
    except (ValueError, binascii.Error, LookupError, TypeError):
        return None


def _memberships(groups: Iterable[str]) -> list[Json]:
    return [
        {"contactGroupMembership": {"contactGroupId": group, "contactGroupResourceName": f"contactGroups/{group}"}}
        for group in groups
    ]


def _name(item: Mapping[str, Any], _: str | None) -> Json:
    prefix, given, middle, family, suffix = (item.get(part, "") for part in _NAME_PARTS)
    display = " ".join(part for part in (prefix, given, middle, family) if part) + (f", {suffix}" if suffix else "")
    first = " ".join(part for part in (prefix, given, middle) if part)
    last_first = ", ".join(part for part in (family, first, suffix) if part)
    return {"displayName": display, "displayNameLastFirst": last_first, "unstructuredName": display} if display else {}


def _phone(item: Mapping[str, Any], region: str | None) -> Json:
    try:
        number = phonenumbers.parse(item.get("value", ""), region)
    except phonenumbers.NumberParseException:
        return {}
    if not phonenumbers.is_possible_number(number):
        return {}
    return {"canonicalForm": phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)}


def _address(item: Mapping[str, Any], _: str | None) -> Json:
    """formattedValue is made up only where nobody set one: a set one stays when the parts change."""
    if item.get("formattedValue"):
        return {}
    town = " ".join(item[part] for part in ("postalCode", "city") if item.get(part))
    parts = (item.get("streetAddress"), item.get("extendedAddress"), item.get("poBox"), town, item.get("region"))
    return {"formattedValue": "\n".join(part for part in (*parts, item.get("country")) if part)}


def _birthday(item: Mapping[str, Any], _: str | None) -> Json:
    date = item.get("date")
    if not date or item.get("text"):
        return {}
    return {"text": "/".join(str(date[part]) for part in ("month", "day", "year") if date.get(part))}


def _note(item: Mapping[str, Any], _: str | None) -> Json:
    return {"contentType": item.get("contentType", "TEXT_PLAIN")}


def _gender(item: Mapping[str, Any], _: str | None) -> Json:
    return {"formattedValue": str(item["value"]).title()} if item.get("value") else {}


_DERIVED: Mapping[str, Callable[[Mapping[str, Any], str | None], Json]] = {
    "names": _name,
    "phoneNumbers": _phone,
    "addresses": _address,
    "birthdays": _birthday,
    "biographies": _note,
    "genders": _gender,
}
