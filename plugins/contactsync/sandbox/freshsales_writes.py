"""What a write does to a Freshsales contact: which keys it takes, how they merge, and what is refused."""

from __future__ import annotations

import copy
import datetime
from dataclasses import dataclass
from typing import Any

from contactsync.sandbox import freshsales_fields as fields
from contactsync.sandbox.freshsales_checks import check, rewritten
from contactsync.sandbox.freshsales_emails import merge_emails, merge_phones
from contactsync.sandbox.freshsales_errors import refuse
from contactsync.sandbox.freshsales_fields import Flavour, Record
from contactsync.sandbox.freshsales_knobs import FreshsalesKnobs
from contactsync.sandbox.freshsales_store import Store


@dataclass(frozen=True)
class Writer:
    """One write: who writes into which account. A person in the app is not held to the API's rules."""

    store: Store
    knobs: FreshsalesKnobs
    flavour: Flavour
    now: float
    person: bool = False

    def create(self, data: Record) -> Record:
        """Adds a contact."""
        draft = self._blank()
        given = {**{k: v for k, v in self.knobs.defaults.items() if not data.get(k)}, **data}
        self._merge(draft, given)
        check(draft, self, created=True)
        self.store.save(draft)
        return draft

    def update(self, record: Record, data: Record) -> Record:
        """Changes the given keys of a contact; a write that changes nothing leaves updated_at alone."""
        draft = copy.deepcopy(record)
        self._merge(draft, data)
        if draft == record:
            return record
        check(draft, self, created=False)
        moved = {key for key in draft if draft[key] != record[key]}
        quiet = {*(() if self.knobs.derived_bumps else fields.DERIVED), *(() if self.knobs.tags_move else ("tags",))}
        if moved - quiet:
            draft["updated_at"] = int(self.now)
            draft["updater_id"] = self.store.settings.users[0]["id"]
        if "owner_id" in moved:
            draft["last_assigned_at"] = int(self.now)
        self.store.save(draft)
        return draft

    def _blank(self) -> Record:
        settings, now = self.store.settings, int(self.now)
        keys = (*fields.TEXT, *fields.CLASSIC_TEXT, *fields.SUITE_TEXT, *fields.DERIVED, *fields.CLASSIC_DERIVED)
        me = settings.users[0]["id"]
        return {
            **dict.fromkeys((*keys, *fields.SUITE_DERIVED, *fields.ASSOCIATIONS)),
            **dict.fromkeys(fields.CLASSIC_BOOLEAN, False),
            **dict.fromkeys(fields.SUITE_NUMBER, 1),
            "id": self.store.new_id(),
            "lead_score": 0,
            "customer_fit": 0,
            "total_sessions": 0,
            "emails": [],
            "phone_numbers": [],
            "tags": [],
            "sales_accounts": [],
            "team_user_ids": None,
            "custom_field": dict.fromkeys(settings.custom),
            "is_deleted": False,
            "owner_id": me,
            "creater_id": me,
            "updater_id": me,
            "last_assigned_at": now,
            "contact_status_id": settings.lists["contact_status"][0]["id"],
            "created_at": now,
            "updated_at": now,
        }

    def _merge(self, draft: Record, data: Record) -> None:
        """Merges the keys that are known; unknown ones at the top level pass in silence, as in the vendor's API."""
        self._texts(draft, data)
        if self.person or self.flavour is Flavour.CLASSIC:
            for key in set(fields.CLASSIC_BOOLEAN) & set(data):
                draft[key] = _boolean(key, data[key])
        if self.person or self.flavour is Flavour.SUITE:
            for key in set(fields.SUITE_NUMBER) & set(data):
                draft[key] = _integer(key, data[key])
            merge_phones(draft, data, self)
        merge_emails(draft, data, self)
        self._associations(draft, data)
        self._tags(draft, data)
        self._custom(draft, data)
        if self.person:
            self._derived(draft, data)
        self._as_is(draft, data)

    def _as_is(self, draft: Record, data: Record) -> None:
        """Keys in the vendor's own odd forms stand until they are written."""
        odd = {key: value for key, value in draft.get("as_is", {}).items() if key not in data}
        odd |= data.get("as_is", {}) if self.person else {}
        if odd or "as_is" in draft:
            draft["as_is"] = odd

    def _texts(self, draft: Record, data: Record) -> None:
        keys = set().union(*map(fields.text_keys, Flavour)) if self.person else fields.text_keys(self.flavour)
        for key in keys:
            if key in data:
                if isinstance(data[key], (dict, list)):
                    refuse(400, f"The type for {key} is invalid.")
                text = None if data[key] is None else str(data[key])
                draft[key] = rewritten(key, text, draft[key], self.knobs)

    def _associations(self, draft: Record, data: Record) -> None:
        for key in fields.WRITABLE_ASSOCIATIONS:
            if key in data:
                if data[key] is not None and not self.store.settings.knows(key, data[key]):
                    refuse(400, f"{key} is invalid")
                draft[key] = data[key]
        if "sales_accounts" in data:
            draft["sales_accounts"] = self._accounts(data["sales_accounts"])

    def _accounts(self, given: Any) -> list[Record]:
        known = self.store.settings.accounts
        if not isinstance(given, list) or not all(isinstance(a, dict) and a.get("id") in known for a in given):
            refuse(400, "The type for sales_accounts is invalid.")
        return [{"id": account["id"], "is_primary": bool(account.get("is_primary"))} for account in given]

    def _tags(self, draft: Record, data: Record) -> None:
        if "tags" in data:
            if not isinstance(data["tags"], list) or not all(isinstance(tag, str) for tag in data["tags"]):
                refuse(400, "The type for tags is invalid.")
            draft["tags"] = list(dict.fromkeys(data["tags"]))

    def _custom(self, draft: Record, data: Record) -> None:
        given = data.get("custom_field") or {}
        if not isinstance(given, dict):
            refuse(400, "The type for custom_field is invalid.")
        if given and self.knobs.custom_replaced and not self.person:
            draft["custom_field"] = dict.fromkeys(self.store.settings.custom)
        for name, value in given.items():
            row = self.store.settings.custom.get(name)
            if row is None:
                refuse(400, f"Unknown attribute: {name}")
            if self.knobs.bad_choice == "ignore" and value and _is_no_choice(row, value):
                continue
            draft["custom_field"] = {**draft["custom_field"], name: _custom_value(name, row, value)}

    def _derived(self, draft: Record, data: Record) -> None:
        keys = {*fields.DERIVED, *fields.CLASSIC_DERIVED, *fields.SUITE_DERIVED}
        for key in keys & set(data):
            value = data[key]
            if key.endswith("_deals_amount") and value is not None:
                value = str(float(value))  # the vendor sends decimals as text
            if key == "last_contacted" and isinstance(value, str):
                value = int(datetime.datetime.fromisoformat(value).timestamp())
            draft[key] = value


def _boolean(key: str, value: Any) -> bool:
    words = {True: True, False: False, "true": True, "false": False, None: False}
    if isinstance(value, (dict, list)) or value not in words:
        refuse(400, f"{key} is invalid")
    return words[value]


def _integer(key: str, value: Any) -> int | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        refuse(400, f"{key} is invalid")
    return value if isinstance(value, int) else None


def _is_no_choice(row: Record, value: Any) -> bool:
    return row["type"] in ("dropdown", "radio") and value not in [choice["value"] for choice in row["choices"]]


def _custom_value(name: str, row: Record, value: Any) -> Any:
    """A custom field's value as stored; the choice of a dropdown is its text."""
    if value is None or value == "":
        return None
    choices = [choice["value"] for choice in row["choices"]]
    fits = {
        "number": isinstance(value, (int, float)) and not isinstance(value, bool),
        "checkbox": isinstance(value, bool),
        "dropdown": value in choices,
        "radio": value in choices,
        "date": isinstance(value, str) and _is_date(value),
    }
    if not fits.get(row["type"], isinstance(value, str)):
        refuse(400, f"Invalid value for {name}")
    return value


def _is_date(text: str) -> bool:
    try:
        datetime.datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
