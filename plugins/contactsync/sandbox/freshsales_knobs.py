"""What the Freshsales sandbox can be told to do otherwise; the defaults are the documented behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from contactsync.sandbox.knobs import Knobs

_WORDS = {
    "flavour": ("", "classic", "suite"),
    "too_long": ("refuse", "truncate"),
    "deleted_get": (404, 200),
    "delete_body": ("true", ""),
    "bad_choice": ("refuse", "ignore"),
}


@dataclass
class FreshsalesKnobs(Knobs):
    """Settings of the Freshsales sandbox.

    `flavour` '' goes by the path: /api/ is classic, /crm/sales/api/ is suite. `hosts` are the only Host headers that
    are known, if any are given. `rewrite` maps a text field to lower, upper, digits, ascii or flip (flip changes the
    value at every write). `bad_choice: ignore` answers a text that is no choice of a dropdown with 200 and keeps what
    was there, as live clients have seen it. `defaults` fill fields left blank at a create. `hidden` are keys left out
    of answers.
    """

    flavour: str = ""
    offset_minutes: int = -360
    hosts: list[str] = field(default_factory=list)
    deleted_get: int = 404
    flat_listing: int = 404
    search_omits_custom: bool = False
    create_status: int = 201
    delete_body: str = "true"
    bulk_status: int = 200
    bulk_exclusive: bool = False
    job_seconds: float = 1.0
    job_reports: bool = True  # whether a job names the records that failed
    reset_epoch: bool = False
    lengths: dict[str, int] = field(default_factory=dict)
    too_long: str = "refuse"
    rewrite: dict[str, str] = field(default_factory=dict)
    bad_choice: str = "refuse"
    defaults: dict[str, str] = field(default_factory=dict)
    hidden: list[str] = field(default_factory=list)
    required: list[str] = field(default_factory=list)
    needs_reach: bool = True  # a create needs a mobile number or an e-mail
    mobile_unique: bool = False
    poison: str = ""  # writes through the API are refused for a last name that contains it
    derived_bumps: bool = False  # whether lead_score and the like move updated_at
    # What the documents leave open, the other way round.
    any_key: bool = False  # no key is refused
    max_per_page: int = 100
    sortable: bool = True
    search_by_day: bool = False  # is_after and is_before compare dates
    any_operator: bool = False  # a condition that is not known lets everybody through
    search_include: bool = True
    always_included: bool = False
    bare_times: bool = False  # without the account's offset
    custom_replaced: bool = False
    tags_move: bool = True
    unique_emails: bool = True
    error_list: bool = True  # False: a text stands where the messages are listed

    def update(self, changes: Mapping[str, Any]) -> None:
        """Sets knobs; refuses words that no knob knows."""
        for name, allowed in _WORDS.items():
            if changes.get(name, allowed[0]) not in allowed:
                raise ValueError(f"knob {name}: {changes[name]!r} is unknown; allowed: {allowed}")
        super().update(changes)
