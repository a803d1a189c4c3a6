"""Listings that lie: what a fault makes of the rows of a listing and of its pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from contactsync.sandbox.knobs import Fault, Trouble

Row = TypeVar("Row")


def cut(rows: Sequence[Row], fault: Fault | None) -> Sequence[Row]:
    """The rows a listing pretends to have: none, the first `keep`, or all of them."""
    if fault is not None and fault.trouble is Trouble.EMPTY_LISTING:
        return rows[:0]
    if fault is not None and fault.trouble is Trouble.TRUNCATED_LISTING:
        return rows[: fault.keep]
    return rows


def shown_page(page: int, fault: Fault | None) -> int:
    """The page (from 1) whose rows are sent when `page` is asked for."""
    if fault is None:
        return page
    if fault.trouble is Trouble.LOOPING_LISTING:
        return 1
    return max(1, page - 1) if fault.trouble is Trouble.REPEATED_PAGE else page


def loops(fault: Fault | None) -> bool:
    """True when the listing must claim that there is always one more page."""
    return fault is not None and fault.trouble is Trouble.LOOPING_LISTING
