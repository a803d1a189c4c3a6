"""Freshsales contacts: a row as sent to own fields and back. Pure; nothing here talks."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from contactsync.apps._patches import items_of, one_text
from contactsync.contact import Kind, normal_email, raw_hash
from contactsync.errors import RecordRefused
from contactsync.model.exchange import OwnValue, Record

TEXTS = ("first_name", "last_name", "job_title", "work_number", "mobile_number", "department", "medium")
NUMBERS = ("lead_score", "open_deals_amount", "won_deals_amount", "open_deals_count")
DEALS = ("open_deals_amount", "won_deals_amount", "open_deals_count")
_FLAG_WORDS = {"yes": "true", "1": "true", "true": "true", "no": "false", "0": "false", "false": "false"}
FLAGS = ("has_authority", "do_not_disturb")  # Classic accounts only: elsewhere the key does not come
ADDRESS = {"street": "address", "city": "city", "region": "state", "postal_code": "zipcode", "country": "country"}
COMPANY = ("name", "website")  # what comes of a contact's company without a call for each company
CUSTOM = "custom."
WIDEST = 400  # what is wider is no amount, and its zeros could fill the memory

Row = Mapping[str, Any]
Owners = Mapping[str, tuple[str, str]]
"""User id -> (e-mail, name)."""


# ---- reading


def to_record(row: Row, owners: Owners, kinds: Mapping[str, Kind]) -> Record:
    """A contact as a listing, a point read or a write's answer shows it.

    owners: user id -> (e-mail, name); kinds: custom field -> kind. Errors: ValueError, TypeError, AttributeError,
    KeyError where the row is not what a contact looks like.
    """
    found, fields = identity(row), own_fields(row, owners, kinds)
    ref: dict[str, Any] = {}
    if "emails" in row:  # their ids: an address is changed or removed by its id
        ref["emails"] = [{k: e.get(k) for k in ("id", "value", "is_primary")} for e in row["emails"] or ()]
    # The row itself differs between listing, search and a write's answer though nothing changed.
    return Record(found, fields, raw_hash([found, fields, ref]), modified_at=moment(row.get("updated_at")), ref=ref)


def identity(row: Row) -> str:
    """The contact's id as text. Errors: ValueError where the row has none."""
    found = row.get("id")
    if not isinstance(found, (int, str)) or isinstance(found, bool) or not str(found).isdigit():
        raise ValueError("a contact without an id")
    return str(found)


def own_fields(row: Row, owners: Owners, kinds: Mapping[str, Kind]) -> dict[str, OwnValue]:
    """Own fields of a row. A key that did not come is left out: it is not known to be empty."""
    fields: dict[str, OwnValue] = {name: single(row[name]) for name in TEXTS if name in row}
    fields.update({name: single(row[name], number) for name in NUMBERS if name in row})
    fields.update({name: "0" for name in DEALS if fields.get(name) == ""})  # null: none
    fields.update({name: single(row[name], flag) for name in FLAGS if name in row})
    if "last_contacted" in row:
        fields["last_contacted"] = single(row["last_contacted"], instant)
    if "tags" in row:
        fields["tags"] = _tags(row["tags"])
    for name, value in (("emails", _emails(row)), ("phone_numbers", _phones(row)), ("address", _address(row))):
        if value is not None:
            fields[name] = value
    fields.update(_associated(row, owners))
    for name, value in (row.get("custom_field") or {}).items():
        fields[f"{CUSTOM}{name}"] = custom_value(value, kinds.get(name, Kind.TEXT))
    return fields


def _tags(value: Any) -> OwnValue:
    """Errors: TypeError for a tag that is no text. A text in place of the list stays one: it is no list of letters."""
    if isinstance(value, str):
        return value
    return [{"value": plain(tag)} for tag in value or () if tag is not None]


def _emails(row: Row) -> list[dict[str, Any]] | None:
    if row.get("emails") is None:
        if "email" not in row:
            return None
        return [{"value": row["email"], "primary": True}] if row["email"] else []
    kept = [e for e in row["emails"] if e.get("value") and not e.get("_destroy")]
    return [{"value": str(e["value"]), "primary": bool(e.get("is_primary"))} for e in kept]


def _phones(row: Row) -> list[dict[str, Any]] | None:
    if "phone_numbers" not in row:
        return None
    # Mostly [] in Suite accounts; what it holds is not documented: texts or {label, value}.
    items = [{"value": p} if isinstance(p, str) else p for p in row["phone_numbers"] or ()]
    return [{"value": str(i["value"]), "label": text(i.get("label"))} for i in items if i.get("value")]


def _address(row: Row) -> list[dict[str, Any]] | None:
    if not any(key in row for key in ADDRESS.values()):
        return None
    parts = {part: text(row.get(key)) for part, key in ADDRESS.items()}
    filled = {part: value for part, value in parts.items() if value}
    return [{"value": filled}] if filled else []


def _associated(row: Row, owners: Owners) -> dict[str, OwnValue]:
    """Owner and company; both come only where they were included."""
    fields: dict[str, OwnValue] = {}
    owner = row.get("owner_id")
    if "owner_id" in row and (owner is None or str(owner) in owners):
        email, name = owners[str(owner)] if owner is not None else ("", "")
        fields.update({"owner": email or name, "owner.name": name, "owner.id": text(owner)})
    companies = row.get("sales_accounts")
    if isinstance(companies, Sequence):
        first = next((c for c in companies if c.get("is_primary")), companies[0] if companies else None)
        shown = COMPANY if first is None else [key for key in COMPANY if key in first]
        fields.update({f"company.{key}": text((first or {}).get(key)) for key in shown})
    return fields


def single(value: Any, read: Callable[[Any], str] | None = None) -> OwnValue:
    """A JSON value as an own single value. One of another form becomes a list, which no single field takes.

    So a contact is held where that field is mapped, and the field is no matter where it is not.
    """
    odd = isinstance(value, (list, dict)) or (isinstance(value, float) and not math.isfinite(value))
    return [{"value": json.dumps(value)}] if odd else (read or text)(value)


def plain(value: Any) -> str:
    """A JSON value that is one text. Errors: TypeError."""
    if isinstance(value, (list, dict)):
        raise TypeError("a list or an object in place of a text")
    return text(value)


def flag(value: Any) -> str:
    """true or false, however a client of the vendor wrote it."""
    return _FLAG_WORDS.get(text(value).strip().casefold(), text(value))


def text(value: Any) -> str:
    """A JSON value as own text: null is known to be empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return number(value) if isinstance(value, (int, float)) else str(value)


def number(value: Any) -> str:
    """A number as text; deal amounts come as text with decimals ("22780.0")."""
    if value is None or value == "":
        return ""
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return str(value)
    if not found.is_finite() or abs(found.adjusted()) > WIDEST:
        return str(value)
    digits = f"{found:f}" if found else "0"
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def custom_value(value: Any, kind: Kind) -> OwnValue:
    """A custom field's value; several choices are joined as Freshsales writes them."""
    if isinstance(value, list) and not any(isinstance(v, (list, dict)) for v in value):
        return ";".join(text(v) for v in value)
    return single(value, _CUSTOM.get(kind))


def day(value: Any) -> str:
    """A date, of which a time of day and a zone say nothing."""
    return re.sub(r"^(\d{4}-\d{2}-\d{2})[T ].*$", r"\1", text(value))


_CUSTOM: Mapping[Kind, Callable[[Any], str]] = {Kind.DATE: day, Kind.NUMBER: number, Kind.BOOLEAN: flag}


def moment(value: Any) -> datetime | None:
    """A timestamp (with the account's own offset, or Z) as UTC; None where it cannot be read."""
    if not isinstance(value, str):
        return None
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        return None
    return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def instant(value: Any) -> str:
    """A timestamp as own text in UTC, so that daylight saving does not look like a change."""
    read = moment(value)
    return stamp(read) if read else text(value)


def stamp(when: datetime) -> str:
    """A time as Freshsales writes it for accounts in UTC; whole seconds are all it keeps."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# ---- writing


def to_body(
    patch: Mapping[str, OwnValue], kinds: Mapping[str, Kind], current: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """The `contact` object that makes a contact hold `patch`. `current`: its e-mails as last read, with their ids.

    Errors: RecordRefused for what Freshsales cannot hold.
    """
    body: dict[str, Any] = {}
    custom: dict[str, Any] = {}
    for name, value in patch.items():
        if name == "emails":
            body["emails"] = email_items(items_of(value, name), current)
        elif name == "address":
            body.update(_address_body(items_of(value, name)))
        elif name == "tags":
            body["tags"] = [str(item["value"]) for item in items_of(value, name)]
        elif name.startswith(CUSTOM):
            key = name.removeprefix(CUSTOM)
            custom[key] = typed(one_text(value, name), kinds.get(key, Kind.TEXT), name)
        elif name in TEXTS:
            body[name] = one_text(value, name) or None
        elif name in FLAGS:
            body[name] = typed(one_text(value, name), Kind.BOOLEAN, name)
        else:
            raise RecordRefused(f"Freshsales does not let anybody write the field {name}.")
    if body.get("emails") == []:  # an empty list says nothing; what is to go is named with _destroy
        del body["emails"]
    return {**body, "custom_field": custom} if custom else body


def email_items(wanted: Iterable[Mapping[str, Any]], current: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Freshsales keeps every address that is not named: those to go are sent with their id and `_destroy`."""
    asked = {normal_email(str(w["value"])): w for w in wanted if normal_email(str(w.get("value") or ""))}
    known = {normal_email(str(c["value"])): c for c in current if c.get("value")}
    primary = _primary(asked, known)
    items: list[dict[str, Any]] = []
    for key, item in asked.items():
        entry: dict[str, Any] = {"value": str(item["value"]), "is_primary": key == primary}
        items.append({"id": known[key]["id"], **entry} if key in known else entry)
    gone = [c for c in current if c.get("value") and normal_email(str(c["value"])) not in asked]
    return items + [{"id": c["id"], "value": c["value"], "_destroy": True} for c in gone]


def _primary(asked: Mapping[str, Mapping[str, Any]], known: Mapping[str, Mapping[str, Any]]) -> str:
    """The one flagged, else the one that is primary now and stays, else the first: exactly one has to be."""
    flagged = [key for key, item in asked.items() if item.get("primary")]
    staying = [key for key, item in known.items() if item.get("is_primary") and key in asked]
    return next(iter([*flagged, *staying, *asked]), "")


def _address_body(items: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    if len(items) > 1:
        raise RecordRefused("Freshsales holds one address a contact.")
    parts = dict(items[0]["value"]) if items else {}
    # No place of their own there; kept readable in the street rather than dropped.
    street = ", ".join(str(parts[p]) for p in ("street", "extended", "po_box") if parts.get(p))
    return {key: ({**parts, "street": street}.get(part) or None) for part, key in ADDRESS.items()}


def typed(value: str, kind: Kind, name: str) -> Any:
    """Own text as the JSON type that Freshsales keeps. Errors: RecordRefused."""
    if value == "":
        return None
    if kind is Kind.BOOLEAN:
        if value not in ("true", "false"):
            raise RecordRefused(f"the field {name} holds only true or false.")
        return value == "true"
    if kind is not Kind.NUMBER:
        return value
    try:
        return int(value) if re.fullmatch(r"-?[0-9]{1,30}", value) else _float(value, name)
    except (InvalidOperation, OverflowError):
        raise RecordRefused(f"the field {name} holds only numbers.") from None


def _float(value: str, name: str) -> float:
    """A JSON number that says what the text says. Errors: RecordRefused, InvalidOperation."""
    asked = Decimal(value)
    number = float(asked) if asked.is_finite() else math.inf
    if not math.isfinite(number):  # which JSON cannot say
        raise RecordRefused(f"the field {name} holds only numbers.")
    if Decimal(repr(number)) != asked:
        raise RecordRefused(f"the field {name} holds numbers of up to 15 digits.")
    return number
