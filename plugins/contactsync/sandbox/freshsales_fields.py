"""The keys of a Freshsales contact: who may write them, in which product they exist, and the account's settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Record = dict[str, Any]


class Flavour(StrEnum):
    """The two products that share the name."""

    CLASSIC = "classic"
    SUITE = "suite"


TEXT = (
    *("first_name", "last_name", "job_title", "address", "city", "state", "zipcode", "country"),
    *("work_number", "mobile_number", "time_zone", "medium", "keyword", "facebook", "twitter", "linkedin", "avatar"),
)
CLASSIC_TEXT = ("department", "lead_quality")
CLASSIC_BOOLEAN = ("has_authority", "do_not_disturb")
SUITE_TEXT = ("external_id", "locale", "unsubscription_reason", "other_unsubscription_reason", "subscription_types")
SUITE_NUMBER = ("subscription_status", "whatsapp_subscription_status", "sms_subscription_status")
DERIVED = (
    *("lead_score", "open_deals_amount", "won_deals_amount", "open_deals_count", "won_deals_count", "last_contacted"),
    *("last_contacted_mode", "last_contacted_sales_activity_mode", "last_contacted_via_sales_activity", "recent_note"),
)
CLASSIC_DERIVED = ("email_status", "last_contacted_via_chat")
SUITE_DERIVED = (
    *("customer_fit", "work_email", "total_sessions", "first_seen_chat", "last_seen_chat"),
    *(f"{when}_{what}" for when in ("first", "last", "latest") for what in ("campaign", "medium", "source")),
)
TIMES = ("created_at", "updated_at", "last_assigned_at", "last_contacted")
ASSOCIATIONS = {  # key of a contact -> the include that shows it
    "owner_id": "owner",
    "contact_status_id": "contact_status",
    "lead_source_id": "source",
    "campaign_id": "campaign",
    "territory_id": "territory",
    "lifecycle_stage_id": "lifecycle_stage",
    "creater_id": "creater",
    "updater_id": "updater",
}
SIDELOADS = {  # include -> key of the array beside the contact
    "owner": "users",
    "creater": "users",
    "updater": "users",
    "contact_status": "contact_status",
    "source": "lead_source",
    "campaign": "campaign",
    "territory": "territory",
    "lifecycle_stage": "lifecycle_stages",
}
WRITABLE_ASSOCIATIONS = tuple(key for key in ASSOCIATIONS if key not in ("creater_id", "updater_id"))


def text_keys(flavour: Flavour) -> tuple[str, ...]:
    """The writable keys that hold text."""
    return TEXT + (CLASSIC_TEXT if flavour is Flavour.CLASSIC else SUITE_TEXT)


@dataclass
class Settings:
    """An account's lists and custom fields; ids are the account's own."""

    users: list[Record]
    lists: dict[str, list[Record]]  # contact_status, lead_source, campaign, territory, lifecycle_stages
    accounts: dict[int, Record]
    custom: dict[str, Record] = field(default_factory=dict)
    last_field: int = 0  # the highest id that a custom field has had

    def rows(self, include: str) -> list[Record]:
        """What an include refers to."""
        side = SIDELOADS[include]
        return self.users if side == "users" else self.lists[side]

    def knows(self, key: str, value: object) -> bool:
        """True when an association's value exists in this account."""
        return any(row["id"] == value for row in self.rows(ASSOCIATIONS[key]))


_CUSTOM: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("cf_customer_number", "Customer number", "text", ()),
    ("cf_off-loading_point", "Off-loading point", "textarea", ()),
    ("cf_unit_", "Unit", "number", ()),
    ("cf_segment", "Segment", "dropdown", ("Small", "Middle & Large", "Größte")),
    ("cf_has_authority", "Has authority", "checkbox", ()),
    ("cf_do_not_disturb", "Do not disturb", "checkbox", ()),
    ("cf_birthday", "Birthday", "date", ()),
)


def new_settings(base: int) -> Settings:
    """The settings of a fresh account; `base` is where its ids begin."""
    users = [_user(base + 1, "Olive Owner"), _user(base + 2, "Sam Seller"), _user(base + 3, "Pat Former", active=False)]
    lists = {
        "contact_status": _named(base + 100, "New", "Contacted", "Interested"),
        "lead_source": _named(base + 200, "Web", "Referral", "Trade fair"),
        "campaign": _named(base + 300, "Spring mailing"),
        "territory": _named(base + 400, "North", "South"),
        "lifecycle_stages": _named(base + 500, "Lead", "Sales Qualified Lead", "Customer"),
    }
    settings = Settings(users, lists, {}, last_field=base + 600)
    for name, label, type_, choices in _CUSTOM:
        add_custom_field(settings, name, label, type_, choices)
    return settings


def add_custom_field(settings: Settings, name: str, label: str, type_: str, choices: tuple[str, ...] = ()) -> None:
    """Adds a custom field to the account, with an id that none had before."""
    rows = [{"id": position, "value": value} for position, value in enumerate(choices, start=1)]
    settings.last_field += 1
    settings.custom[name] = {
        "id": settings.last_field,
        "name": name,
        "label": label,
        "type": type_,
        "default": False,
        "choices": rows,
    }


def field_rows(settings: Settings, flavour: Flavour, required: list[str]) -> list[Record]:
    """The rows of /settings/contacts/fields: no id, no email, and groups among the fields."""
    rows: list[Record] = [{"name": "basic_information", "label": "Basic information", "type": "group_field"}]
    rows += [_standard(key, "text") for key in text_keys(flavour)]
    if flavour is Flavour.CLASSIC:
        rows += [_standard(key, "checkbox") for key in CLASSIC_BOOLEAN]
    rows += [_standard("owner_id", "dropdown"), _standard("lead_score", "number"), _standard("tags", "text")]
    rows += [dict(row) for row in settings.custom.values()]
    return [
        {"id": number, "required": row["name"] in required, "visible": True, "choices": [], "position": number, **row}
        for number, row in enumerate(rows, start=1)
    ]


def _standard(name: str, type_: str) -> Record:
    return {"name": name, "label": name.replace("_", " ").capitalize(), "type": type_, "default": True}


def _named(first: int, *names: str) -> list[Record]:
    return [{"partial": True, "id": first + n, "name": name, "position": n + 1} for n, name in enumerate(names)]


def _user(id_: int, name: str, *, active: bool = True) -> Record:
    mail = f"{name.lower().replace(' ', '.')}@example.org"
    numbers = {"work_number": None, "mobile_number": None}
    return {"id": id_, "display_name": name, "email": mail, "is_active": active, **numbers}
