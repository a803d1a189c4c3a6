"""Values as people read them."""

from __future__ import annotations

from contactsync.contact import ONE, Kind, address_parts, decode, kind_of, one_value
from contactsync.model.unfit import as_typed


def readable(field: str, text: str) -> str:
    """A field's value as people read it: elements with their labels, '(empty)' for nothing."""
    kind, text = kind_of(field), as_typed(text)
    if field.startswith(ONE):
        text = one_value(text)
    if not kind.several:
        return text or "(empty)"
    parts = []
    for element in decode(text):
        value = ", ".join(address_parts(element.value).values()) if kind is Kind.ADDRESSES else element.value
        parts.append(f"{value} [{element.label}]" if element.label else value)
    return "; ".join(parts) or "(empty)"
