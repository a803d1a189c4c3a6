"""Values of a patch as an app writes them: one text, or a list of items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from contactsync.errors import RecordRefused
from contactsync.model.exchange import OwnValue


def one_text(value: OwnValue, name: str) -> str:
    """Errors: RecordRefused for a list."""
    if not isinstance(value, str):
        raise RecordRefused(f"the field {name} holds one value, not a list.")
    return value


def items_of(value: OwnValue, name: str) -> Sequence[Mapping[str, Any]]:
    """Errors: RecordRefused for a text."""
    if isinstance(value, str):
        raise RecordRefused(f"the field {name} holds a list of values.")
    return value
