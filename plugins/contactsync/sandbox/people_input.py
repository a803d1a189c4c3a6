"""Reads the Person of a request as Google does: unknown names refused, output-only ones ignored, items cleaned."""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contactsync.sandbox.people_errors import PeopleError, bad_field, invalid
from contactsync.sandbox.people_schema import IGNORED, ITEMS, OUTPUT_ONLY, SINGLETONS, attributes

Json = dict[str, Any]
POISON = "Poison"
_KINDS: Mapping[str, tuple[type, str]] = {
    "text": (str, "TYPE_STRING"),
    "bool": (bool, "TYPE_BOOL"),
    "int": (int, "TYPE_INT32"),
    "date": (dict, "type.googleapis.com/google.type.Date"),
    "object": (dict, "TYPE_MESSAGE"),
}
_NAME_PARTS = ("honorificPrefix", "givenName", "middleName", "familyName", "honorificSuffix")


@dataclass(frozen=True, slots=True)
class Draft:
    """What a request says of a contact: clean items, and the groups it names (empty: none named)."""

    fields: Mapping[str, list[Json]]
    groups: tuple[str, ...]

    def check(self, mask: tuple[str, ...]) -> None:
        """Refuses more than one item in a field that is a singleton, and records made to be refused."""
        for field in SINGLETONS.intersection(mask):
            if len(self.fields.get(field, ())) > 1:
                raise bad_field(f"person.{field}", f"Only one {field} item is allowed for a contact source.")
        for i, name in enumerate(self.fields.get("names", ())):
            if "names" in mask and POISON in name.get("familyName", ""):
                raise bad_field(f"person.names[{i}].family_name", "Invalid name: the family name is not allowed.")


def read_person(body: Any, at: str = "person") -> Draft:
    """The draft of a Person; INVALID_ARGUMENT names the first wrong place as Google's JSON reader does."""
    if not isinstance(body, dict):
        raise _wrong(at, "type.googleapis.com/google.people.v1.Person", body)
    fields: dict[str, list[Json]] = {}
    for name, items in body.items():
        if name in IGNORED:
            continue
        if name not in ITEMS:
            raise _unknown(name, at)
        place = f"{at}.{_snake(name)}"
        if not isinstance(items, list):
            raise _wrong(place, "TYPE_LIST", items)
        kept = [_item(name, item, f"{place}[{i}]") for i, item in enumerate(items) if _of_contact(item)]
        fields[name] = _primary_first(kept)
    groups = _groups(fields.pop("memberships", []))
    return Draft({name: items for name, items in fields.items() if items}, groups)


def _of_contact(item: Any) -> bool:
    """Data of other sources that a client sends back is ignored."""
    source = (item.get("metadata") or {}).get("source") or {} if isinstance(item, dict) else {}
    return bool(source.get("type", "CONTACT") == "CONTACT")


def _item(field: str, item: Any, place: str) -> Json:
    if not isinstance(item, dict):
        raise _wrong(place, "TYPE_MESSAGE", item)
    allowed = attributes(field)
    clean: Json = {}
    for name, value in item.items():
        if name == "metadata":
            clean["metadata"] = value
            continue
        if name not in allowed:
            raise _unknown(name, place)
        kind, label = _KINDS[allowed[name]]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise _wrong(f"{place}.{_snake(name)}", label, value)
        if value and not _filled_in_by_server(field, name):
            clean[name] = _date(value, f"{place}.{_snake(name)}") if allowed[name] == "date" else value
    return _parsed_name(clean) if field == "names" else clean


def _filled_in_by_server(field: str, name: str) -> bool:
    return name in OUTPUT_ONLY and (field, name) != ("emailAddresses", "displayName")


def _date(value: Any, place: str) -> Json:
    for name, number in value.items():
        if name not in ("year", "month", "day"):
            raise _unknown(name, place)
        if not isinstance(number, int) or isinstance(number, bool):
            raise _wrong(f"{place}.{name}", "TYPE_INT32", number)
    year, month, day = (value.get(part, 0) for part in ("year", "month", "day"))
    longest = calendar.monthrange(year or 2000, month)[1] if 1 <= month <= 12 and 0 <= year <= 9999 else 0
    if not 0 <= year <= 9999 or (month and not 1 <= day <= longest) or not 0 <= month <= 12 or (day and not month):
        raise bad_field(place, "Invalid date.")
    return {part: number for part, number in value.items() if number}


def _parsed_name(name: Json) -> Json:
    """A name given as one text is taken apart: the last word is the family name."""
    text = name.pop("unstructuredName", "")
    if text and not any(part in name for part in _NAME_PARTS):
        *given, family = text.split() or [""]
        name |= {"givenName": " ".join(given), "familyName": family} if given else {"givenName": family}
    return name


def _primary_first(items: list[Json]) -> list[Json]:
    """Items without their metadata, the primary one of the source first, empty ones left out."""
    items = sorted(items, key=lambda item: not (item.get("metadata") or {}).get("sourcePrimary", False))
    bare = [{name: value for name, value in item.items() if name != "metadata"} for item in items]
    return [item for item in bare if set(item) - {"type"}]


def _groups(items: list[Json]) -> tuple[str, ...]:
    """The groups named by resource name; an id alone is output only and counts for nothing."""
    named = (item.get("contactGroupMembership", {}).get("contactGroupResourceName", "") for item in items)
    return tuple(dict.fromkeys(name.removeprefix("contactGroups/") for name in named if name))


def _snake(name: str) -> str:
    return re.sub(r"([A-Z])", lambda found: "_" + found[1].lower(), name)


def _unknown(name: str, at: str) -> PeopleError:
    text = f"Invalid JSON payload received. Unknown name \"{name}\" at '{at}': Cannot find field."
    return invalid(text, (at, text))


def _wrong(at: str, kind: str, value: Any) -> PeopleError:
    shown = value if isinstance(value, (int, float, bool)) else type(value).__name__
    text = f"Invalid value at '{at}' ({kind}), {shown}"
    return invalid(text, (at, text))
