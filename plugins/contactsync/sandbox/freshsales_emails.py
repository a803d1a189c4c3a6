"""How the nested lists of a Freshsales contact (emails, phone_numbers) take a write.

Entries not mentioned stay. An entry with an id changes that entry, one without an id whose value is there already
changes that one, any other is added. Only id with `_destroy: true` removes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contactsync.sandbox.freshsales_checks import rewritten
from contactsync.sandbox.freshsales_errors import refuse
from contactsync.sandbox.freshsales_fields import Record

if TYPE_CHECKING:
    from contactsync.sandbox.freshsales_writes import Writer


def merge_emails(draft: Record, data: Record, writer: Writer) -> None:
    """Takes `emails` (text or list) and `email` (the primary address)."""
    if "emails" in data:
        given = data["emails"]
        entries = [given] if isinstance(given, str) else given
        if writer.person:
            draft["emails"] = _keep_only(draft["emails"], entries)
        draft["emails"] = _merged("emails", draft["emails"], entries, writer)
    if data.get("email") is not None:
        _merge_primary(draft, str(data["email"]), writer)
    _one_primary(draft["emails"])


def merge_phones(draft: Record, data: Record, writer: Writer) -> None:
    """Takes `phone_numbers`."""
    if "phone_numbers" in data:
        draft["phone_numbers"] = _merged("phone_numbers", draft["phone_numbers"], data["phone_numbers"], writer)


def _merge_primary(draft: Record, value: str, writer: Writer) -> None:
    """`email` names the primary: one that is there is promoted, else the present primary is changed."""
    if not value.strip():
        refuse(400, "Email is invalid")
    present = {mail["value"].casefold(): mail for mail in draft["emails"]}
    primary = next((mail for mail in draft["emails"] if mail["is_primary"]), None)
    entry: Record = {"value": value, "is_primary": True}
    if value.casefold() not in present and primary is not None:
        entry["id"] = primary["id"]
    draft["emails"] = _merged("emails", draft["emails"], [entry], writer)


def _merged(key: str, present: list[Record], given: Any, writer: Writer) -> list[Record]:
    if not isinstance(given, list):
        refuse(400, f"The type for {key} is invalid.")
    rows = [dict(row) for row in present]
    for item in given:
        _merge_one(key, rows, {"value": item} if isinstance(item, str) else item, writer)
    return rows


def _merge_one(key: str, rows: list[Record], item: Any, writer: Writer) -> None:
    if not isinstance(item, dict):
        refuse(400, f"The type for {key} is invalid.")
    row = _addressed(key, rows, item)
    if item.get("_destroy") in (True, "true", 1):
        if item.get("id") is not None and row is not None:
            rows.remove(row)
        return
    value = str(item.get("value") or "").strip()
    if row is None:
        if not value:
            refuse(400, f"{key.removesuffix('s').capitalize()} is invalid")
        row = {"id": writer.store.new_id(), "value": "", "is_primary": False, "label": None, "_destroy": False}
        rows.append(row)
    if value:
        row["value"] = rewritten(key, value, row["value"], writer.knobs)
    row["label"] = item.get("label", row["label"])
    if item.get("is_primary"):
        for other in rows:
            other["is_primary"] = other is row


def _addressed(key: str, rows: list[Record], item: Record) -> Record | None:
    if item.get("id") is not None:
        found = next((row for row in rows if row["id"] == item["id"]), None)
        if found is None:
            refuse(400, f"The id for {key} is invalid.")
        return found
    value = str(item.get("value") or "").strip().casefold()
    return next((row for row in rows if row["value"].casefold() == value), None)


def _keep_only(present: list[Record], entries: list[Any]) -> list[Record]:
    """A person sees the whole list and leaves only what they typed."""
    typed = {(entry if isinstance(entry, str) else entry["value"]).casefold() for entry in entries}
    return [row for row in present if row["value"].casefold() in typed]


def _one_primary(rows: list[Record]) -> None:
    if rows and not any(row["is_primary"] for row in rows):
        rows[0]["is_primary"] = True
