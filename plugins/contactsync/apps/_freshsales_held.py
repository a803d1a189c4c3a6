"""Whether a Freshsales contact shows what was written to it. Pure."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from contactsync.contact import normal_email
from contactsync.model.exchange import OwnValue, Record


def holds(record: Record, values: Mapping[str, OwnValue]) -> bool:
    """True where all of these are there as they were sent. False says little: the vendor may store another form."""
    return all(name in record.fields and _same(record.fields[name], value) for name, value in values.items())


def _same(shown: OwnValue, sent: OwnValue) -> bool:
    if isinstance(shown, str) or isinstance(sent, str):
        return shown == sent
    if {_form(i) for i in shown} != {_form(i) for i in sent}:
        return False
    flagged = {_form(i) for i in sent if i.get("primary")}
    return not flagged or flagged == {_form(i) for i in shown if i.get("primary")}


def _form(item: Mapping[str, Any]) -> Hashable:
    value = item.get("value")
    if isinstance(value, Mapping):
        return frozenset((part, text) for part, text in value.items() if text)
    return normal_email(str(value)) if "@" in str(value) else value
