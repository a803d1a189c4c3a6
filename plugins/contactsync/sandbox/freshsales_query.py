"""Filter rules, sorting and pages of Freshsales listings."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from contactsync.sandbox import listing
from contactsync.sandbox.freshsales_errors import refuse
from contactsync.sandbox.freshsales_fields import Record
from contactsync.sandbox.freshsales_knobs import FreshsalesKnobs
from contactsync.sandbox.knobs import Fault

_DAY = 86_400
_TIMES = ("updated_at", "created_at", "last_contacted")
_PLAIN = (
    *("mobile_number", "contact_status_id", "first_source", "medium", "owner_id", "lead_score", "lead_source_id"),
    *("open_deals_amount", "won_deals_amount", "open_deals_count", "lifecycle_stage_id", "external_id", *_TIMES),
)
_OPERATORS = ("is_in", "is_not_in", "contains", "is_not_null", "is_after", "is_before")
_SORTS = (*_TIMES, "id", "lead_score", "open_deals_amount", "first_name", "last_name")


@dataclass(frozen=True)
class Asked:
    """What a listing request asks for; values from the query win over those in the body."""

    page: int
    per_page: int
    sort: str
    descending: bool

    @classmethod
    def read(cls, values: dict[str, Any], knobs: FreshsalesKnobs) -> Asked:
        """Reads page, per_page, sort and sort_type; per_page is capped in silence, nonsense is the default."""
        per_page = _positive(values.get("per_page"), 25)
        descending = str(values.get("sort_type", "asc")).lower() == "desc"
        return cls(
            _positive(values.get("page"), 1),
            min(per_page, knobs.max_per_page),
            str(values.get("sort", "")) if knobs.sortable else "",
            descending and knobs.sortable,
        )


@dataclass(frozen=True)
class Page:
    """The records of one page, and the meta object beside them."""

    records: Sequence[Record]
    meta: Record


def sort(records: list[Record], asked: Asked) -> list[Record]:
    """The records in the order asked for; by id where the key is unknown or equal."""
    key = asked.sort if asked.sort in _SORTS else "id"
    return sorted(records, key=lambda r: (r[key] is not None, _orderable(r[key]), r["id"]), reverse=asked.descending)


def cut_page(records: Sequence[Record], asked: Asked, fault: Fault | None) -> Page:
    """One page of a listing, as faulty as the fault wants it."""
    rows = listing.cut(records, fault)
    start = (listing.shown_page(asked.page, fault) - 1) * asked.per_page
    honest = len(records) if fault is not None and fault.true_total else len(rows)
    pages = asked.page + 1 if listing.loops(fault) else -(-len(rows) // asked.per_page)
    return Page(rows[start : start + asked.per_page], {"total_pages": pages, "total": honest})


def matcher(
    rules: Any, custom: Collection[str], *, by_day: bool = False, any_operator: bool = False
) -> Callable[[Record], bool]:
    """A predicate for `filter_rule`: all rules must hold. Unknown attributes or operators are refused.

    `custom` are the account's custom fields, which may be asked for too. `by_day` compares dates, not times;
    `any_operator` lets everybody through where an operator is not known.
    """
    if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
        refuse(400, "The type for filter_rule is invalid.")
    known = {*_PLAIN, *custom, "contact_email.email", "sales_account_id"}
    for rule in rules:
        if rule.get("attribute") not in known:
            refuse(400, f"Attribute {rule.get('attribute')} is invalid")
    judged = [rule for rule in rules if rule.get("operator") in _OPERATORS or not any_operator]
    tests = [_test(rule, _DAY if by_day else 1) for rule in judged]
    return lambda record: all(test(record) for test in tests)


def _test(rule: Record, unit: int) -> Callable[[Record], bool]:
    attribute, operator, value = str(rule.get("attribute")), rule.get("operator"), rule.get("value")
    texts = {str(item).casefold() for item in (value if isinstance(value, list) else [value])}
    match operator:
        case "is_in":
            return lambda r: bool(_values(r, attribute) & texts)
        case "is_not_in":
            return lambda r: not _values(r, attribute) & texts
        case "contains":
            return lambda r: any(text in one for one in _values(r, attribute) for text in texts)
        case "is_not_null":
            return lambda r: bool(_values(r, attribute))
        case "is_after" if attribute in _TIMES:
            limit = _seconds(value) // unit
            return lambda r: r[attribute] is not None and r[attribute] // unit > limit
        case "is_before" if attribute in _TIMES:
            limit = _seconds(value) // unit
            return lambda r: r[attribute] is not None and r[attribute] // unit < limit
    return refuse(400, f"Operator {operator} is invalid for {attribute}")


def _values(record: Record, attribute: str) -> set[str]:
    if attribute == "contact_email.email":
        return {mail["value"].casefold() for mail in record["emails"]}
    if attribute == "sales_account_id":
        return {str(account["id"]) for account in record["sales_accounts"]}
    found = record[attribute] if attribute in _PLAIN else record["custom_field"].get(attribute)
    return set() if found in (None, "") else {str(found).casefold()}


def _seconds(value: Any) -> float:
    try:
        when = datetime.datetime.fromisoformat(str(value))
    except ValueError:
        return refuse(400, "The date is invalid")
    return (when if when.tzinfo else when.replace(tzinfo=datetime.UTC)).timestamp()


def _orderable(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return (0, float(value), "")
        except ValueError:
            return (1, 0.0, value.casefold())
    return (0, float(value or 0), "")


def _positive(value: Any, otherwise: int) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError):
        return otherwise
    return number if number > 0 else otherwise
