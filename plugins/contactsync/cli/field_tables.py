"""What `contactsync fields` prints: a side's own fields for people, and as JSON-able data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from contactsync.cli.talk import Text, console
from contactsync.mapping.field_list import Listed
from contactsync.model.spec import Side

_CHOICES_SHOWN = 6


def show(found: Sequence[Listed], side: Side, titles: Mapping[Side, str]) -> None:
    """A table, and how many of them flow."""
    table = Table("field", "title", "kind", "writable", "mapped to", f"in {titles[side.other]}", "why not")
    for one in found:
        own = one.field
        flow = f"{one.flow} {one.partner}" if side is Side.LEFT else f"{one.partner} {one.flow}"
        cells = (own.name, own.title, _kind(one), "yes" if own.writable else "no", one.mapped, flow.strip(), one.why)
        table.add_row(*(Text(cell) for cell in cells))
    out = console()
    out.print(table)
    out.print(Text(f"{sum(bool(one.flow) for one in found)} of {len(found)} fields of {titles[side]} flow."))


def _kind(one: Listed) -> str:
    choices = one.field.choices
    if not choices:
        return str(one.field.kind)
    more = f" and {len(choices) - _CHOICES_SHOWN} more" if len(choices) > _CHOICES_SHOWN else ""
    return f"{one.field.kind}: {', '.join(choices[:_CHOICES_SHOWN])}{more}"


def as_data(one: Listed) -> dict[str, Any]:
    """All that is known of it."""
    own = one.field
    return {
        "name": own.name,
        "title": own.title,
        "kind": str(own.kind),
        "choices": list(own.choices),
        "custom": own.custom,
        "writable": own.writable,
        "max_length": own.max_length,
        "max_items": own.max_items,
        "mapped_to": one.mapped,
        "partner": one.partner,
        "flow": one.flow,
        "why_not": one.why,
    }
