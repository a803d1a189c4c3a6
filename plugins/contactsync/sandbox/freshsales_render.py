"""How the Freshsales API shows contacts: keys by product, times with the account's offset, associations on request."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from contactsync.sandbox import freshsales_fields as fields
from contactsync.sandbox.freshsales_fields import Flavour, Record, Settings
from contactsync.sandbox.freshsales_knobs import FreshsalesKnobs

PREFIXES = {Flavour.CLASSIC: "/api", Flavour.SUITE: "/crm/sales/api"}
_LINKS = ("conversations", "timeline_feeds", "document_associations", "notes", "tasks", "appointments")
_COMMON = ("first_name", "last_name", *fields.TEXT[2:], *fields.DERIVED, "tags", "is_deleted", "team_user_ids")


@dataclass(frozen=True)
class Renderer:
    """Shows records of one account in one product's form. `search` marks answers of filtered_search."""

    settings: Settings
    knobs: FreshsalesKnobs
    flavour: Flavour
    record_type: int
    include: frozenset[str] = frozenset()
    search: bool = False

    def one(self, record: Record) -> Record:
        """A single contact with its wrapper; sideloads come first."""
        return {**self._sideloads([record]), "contact": self.contact(record)}

    def many(self, records: Sequence[Record], meta: Record | None = None) -> Record:
        """A page of contacts with its wrapper."""
        out = {**self._sideloads(records), "contacts": [self.contact(record) for record in records]}
        return out if meta is None else {**out, "meta": meta}

    def contact(self, record: Record) -> Record:
        """One contact without wrapper."""
        shown = {"id": record["id"], "display_name": display_name(record), "email": _primary(record)}
        shown |= {key: record[key] for key in (*_COMMON, *self._own_keys())}
        shown["emails"] = [dict(mail) for mail in record["emails"]]
        if self.flavour is Flavour.SUITE:
            shown["phone_numbers"] = [dict(phone) for phone in record["phone_numbers"]]
            shown |= {"record_type_id": str(self.record_type), "mcr_id": self.record_type + record["id"]}
            shown["system_tags"] = []
        if not (self.search and self.knobs.search_omits_custom):
            shown["custom_field"] = dict(record["custom_field"])
        shown["links"] = self._links(record)
        shown |= self._associations(record)
        for key in fields.TIMES:
            shown[key] = self.time(record[key])
        shown |= record.get("as_is", {})
        return {key: value for key, value in shown.items() if key not in self.knobs.hidden}

    def time(self, seconds: float | None) -> str | None:
        """A time in the account's offset, to the second."""
        if seconds is None:
            return None
        zone = datetime.timezone(datetime.timedelta(minutes=self.knobs.offset_minutes))
        when = datetime.datetime.fromtimestamp(int(seconds), zone)
        text = (when.replace(tzinfo=None) if self.knobs.bare_times else when).isoformat()
        return text.replace("+00:00", "Z")

    def _own_keys(self) -> tuple[str, ...]:
        if self.flavour is Flavour.CLASSIC:
            return fields.CLASSIC_TEXT + fields.CLASSIC_BOOLEAN + fields.CLASSIC_DERIVED
        return fields.SUITE_TEXT + fields.SUITE_NUMBER + fields.SUITE_DERIVED

    def _links(self, record: Record) -> Record:
        prefix = PREFIXES[self.flavour].removesuffix("/api")
        names = _LINKS if self.flavour is Flavour.CLASSIC else (*_LINKS, "reminders")
        return {name: f"{prefix}/contacts/{record['id']}/{name}" for name in names}

    def _associations(self, record: Record) -> Record:
        out = {key: record[key] for key, include in fields.ASSOCIATIONS.items() if include in self.include}
        if self.flavour is Flavour.CLASSIC:
            out.pop("lifecycle_stage_id", None)
        if "sales_accounts" in self.include:
            known = self.settings.accounts
            out["sales_accounts"] = [
                {"partial": True, **known[a["id"]], "is_primary": a["is_primary"]} for a in record["sales_accounts"]
            ]
        return out

    def _sideloads(self, records: Sequence[Record]) -> Record:
        out: dict[str, list[Any]] = {}
        for key, include in fields.ASSOCIATIONS.items():
            if include in self.include:
                wanted = {record[key] for record in records}
                rows = out.setdefault(fields.SIDELOADS[include], [])
                rows += [r for r in self.settings.rows(include) if r["id"] in wanted and r not in rows]
        return out


def display_name(record: Record) -> str | None:
    """The name the app shows: the name, else the e-mail address."""
    name = " ".join(part for part in (record["first_name"], record["last_name"]) if part)
    return name or _primary(record)


def _primary(record: Record) -> str | None:
    return next((str(mail["value"]) for mail in record["emails"] if mail["is_primary"]), None)
