"""Google's Person to own fields. Pure; nothing here talks."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from contactsync.apps._people_facts import MARKER
from contactsync.contact import raw_hash
from contactsync.model.exchange import OwnValue, Record

Person = Mapping[str, Any]
Item = Mapping[str, Any]
Names = Callable[[str], str]
"""Contact group -> the label's name, '' for system groups."""

NAME_PARTS = ("honorificPrefix", "givenName", "middleName", "familyName", "honorificSuffix")
WORK_PARTS = ("name", "department", "title")
LISTS = ("emailAddresses", "phoneNumbers", "urls")
ADDRESS = {
    "street": "streetAddress",
    "extended": "extendedAddress",
    "po_box": "poBox",
    "city": "city",
    "region": "region",
    "postal_code": "postalCode",
    "country": "country",
}
CUSTOM = "custom."
# What a write has to send whole, so that what is not mapped survives it.
KEPT = ("names", "nicknames", *LISTS, "addresses", "organizations", "memberships", "userDefined")
HASHED = (*KEPT, "birthdays", "biographies", "clientData")
CHANGING = ("metadata", "formattedType")  # volatile, or translated for whoever asks


def to_record(person: Person, label: Names, keys: Iterable[str] = (), *, whole_ref: bool = False) -> Record:
    """A person as a listing, a point read or a write's answer shows them.

    keys: custom fields the account is known to have; a person without one is known to have it empty.
    whole_ref: with everything a write needs. Errors: ValueError, TypeError, AttributeError, KeyError where the answer
    is not what a person looks like.
    """
    source = contact_source(person)
    if source is None:
        raise ValueError("a person without a contact source")
    ref = {"etag": person.get("etag", ""), "source": {k: source[k] for k in ("type", "id", "etag") if k in source}}
    fields = own_fields(person, label, keys)
    return Record(
        id=identity(person),
        fields=fields,
        raw=raw_of(person, fields["memberships"]),
        version=str(source.get("etag") or "") or None,
        modified_at=moment(source.get("updateTime")),
        ref={**ref, "items": {f: [with_primary(i) for i in own_items(person, f)] for f in KEPT}} if whole_ref else ref,
        marker=tuple(
            sorted(str(i.get("value", "")) for i in own_items(person, "clientData") if i.get("key") == MARKER)
        ),
    )


def identity(person: Person) -> str:
    """The resource name. Errors: ValueError where there is none."""
    name = person.get("resourceName")
    if not isinstance(name, str) or not name.startswith("people/"):
        raise ValueError("a person without a resource name")
    return name


def contact_source(person: Person) -> Item | None:
    """The CONTACT source: its etag is the same whatever was asked for, unlike the person's."""
    sources = (person.get("metadata") or {}).get("sources") or ()
    return next((s for s in sources if s.get("type") == "CONTACT"), None)


def own_items(person: Person, field: str) -> list[Item]:
    """The items of a field that belong to the contact (not to a profile), in an order that does not vary."""
    items = [i for i in person.get(field) or () if _source_of(i) in ("CONTACT", "")]
    return sorted(items, key=ordered)


def _source_of(item: Item) -> str:
    return str(((item.get("metadata") or {}).get("source") or {}).get("type") or "")


def ordered(item: Item) -> str:
    """A sort key: Google guarantees no order of items."""
    return json.dumps(stripped(item), sort_keys=True, ensure_ascii=False)


def stripped(item: Item) -> dict[str, Any]:
    """An item without what Google alone writes."""
    return {k: v for k, v in item.items() if k not in CHANGING}


def with_primary(item: Item) -> dict[str, Any]:
    """An item without what Google alone writes, but with the mark of the primary one, which a write has to repeat."""
    marked = bool((item.get("metadata") or {}).get("sourcePrimary"))
    return {"metadata": {"sourcePrimary": True}, **stripped(item)} if marked else stripped(item)


def raw_of(person: Person, tags: object) -> int:
    """Hash of what the contact holds: without etags, which vary with the request, and times that views move.

    tags: its labels by name; a label that was renamed is a change of the contact.
    """
    held = {field: [stripped(i) for i in own_items(person, field)] for field in HASHED}
    return raw_hash([identity(person), held, tags])


def moment(value: Any) -> datetime | None:
    """A timestamp as UTC, None where it cannot be read. Google gives up to nine digits of the second."""
    if not isinstance(value, str):
        return None
    try:
        return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", value)).astimezone(UTC)
    except ValueError:
        return None


# ---- own fields


def own_fields(person: Person, label: Names, keys: Iterable[str] = ()) -> dict[str, OwnValue]:
    """Every mapped field: the mask asks for all of them, so one that is absent is known to be empty."""
    name = first(own_items(person, "names"))
    work = chosen_work(own_items(person, "organizations"))
    fields: dict[str, OwnValue] = {f"names.{p}": str(name.get(p) or "") for p in NAME_PARTS}
    fields.update({f"organizations.{p}": str(work.get(p) or "") for p in WORK_PARTS})
    fields["nicknames"] = str(chosen_nickname(own_items(person, "nicknames")).get("value") or "")
    fields["biographies"] = str(first(own_items(person, "biographies")).get("value") or "")
    fields.update({field: [_labelled(i, str(i["value"])) for i in valued(person, field)] for field in LISTS})
    addresses = ((i, address_parts(i)) for i in own_items(person, "addresses"))
    fields["addresses"] = [_labelled(item, parts) for item, parts in addresses if parts]
    fields["memberships"] = [{"value": text} for i in own_items(person, "memberships") if (text := label(group_of(i)))]
    birthday = _birthday(own_items(person, "birthdays"))
    if birthday is not None:
        fields["birthdays"] = birthday
    return {**fields, **{f"{CUSTOM}{key}": "" for key in keys}, **_custom(person)}


def first(items: Sequence[Item]) -> Item:
    """The only item of a field that has at most one."""
    return items[0] if items else {}


def valued(person: Person, field: str) -> list[Item]:
    """Items with a value."""
    return [i for i in own_items(person, field) if i.get("value")]


def chosen_nickname(items: Sequence[Item]) -> Item:
    """The plain nickname; others (initials, maiden name) are left alone."""
    return first([i for i in items if i.get("type") in (None, "", "DEFAULT")])


def chosen_work(items: Sequence[Item]) -> Item:
    """The job that the contact's company, department and title are: the current one, else the first in order."""
    return first([i for i in items if i.get("current")] or items)


def group_of(membership: Item) -> str:
    """The resource name of a membership's contact group, '' for a domain's membership."""
    return str((membership.get("contactGroupMembership") or {}).get("contactGroupResourceName") or "")


def _labelled(item: Item, value: Any) -> dict[str, Any]:
    return {"value": value, "label": str(item.get("type") or "")}


def address_parts(item: Item) -> dict[str, str]:
    """An address by its parts; one that was only ever typed as a block stands in the street."""
    parts = {part: str(item[key]) for part, key in ADDRESS.items() if item.get(key)}
    block = item.get("formattedValue")
    return parts if parts or not block else {"street": str(block)}


def _birthday(items: Sequence[Item]) -> str | None:
    """YYYY-MM-DD or --MM-DD; '' for none; None (not said) for one that is only a year or only words."""
    date = first(items).get("date") or {}
    year, month, day = (int(date.get(k) or 0) for k in ("year", "month", "day"))
    if month and day:
        return f"{year:04d}-{month:02d}-{day:02d}" if year else f"--{month:02d}-{day:02d}"
    return None if items else ""


def _custom(person: Person) -> dict[str, str]:
    """The user's own fields; several of one key are lines of one value."""
    found: dict[str, str] = {}
    for item in valued(person, "userDefined"):
        name = f"{CUSTOM}{item.get('key') or ''}"
        found[name] = f"{found[name]}\n{item['value']}" if name in found else str(item["value"])
    return found
