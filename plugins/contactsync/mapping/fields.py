"""App frame <-> canonical frame: own fields of records to contact fields, and patches back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from contactsync.contact import (
    EMPTY_LIST,
    Element,
    Kind,
    Values,
    address_text,
    decode,
    element_id,
    encode,
    kind_of,
    normal_text,
)
from contactsync.mapping.normal_values import known_day
from contactsync.model.app import FieldInfo
from contactsync.model.exchange import OwnValue


def to_contact(
    own: Mapping[str, OwnValue], fields: Sequence[FieldInfo], mapped: Iterable[str], region: str | None
) -> dict[str, str]:
    """Contact values of one record for the mapped contact fields; one none of whose own fields came stays MISSING."""
    wanted = set(mapped)
    values: dict[str, str] = {}
    slots: dict[str, list[Element]] = {}
    for info in fields:
        if info.contact not in wanted or info.name not in own:
            continue
        kind, value = kind_of(info.contact), own[info.name]
        if info.slot:
            slots.setdefault(info.contact, []).extend(_slot(kind, value, info.slot, region))
        elif kind.several:
            values[info.contact] = encode(_elements(kind, value, info, region))
        elif (text := _single(kind, str(value))) is not None:
            values[info.contact] = text
    values.update({name: encode(elements) for name, elements in slots.items()})
    return values


def _single(kind: Kind, value: str) -> str | None:
    return known_day(value) if kind is Kind.DATE else normal_text(value)


def _slot(kind: Kind, value: OwnValue, label: str, region: str | None) -> list[Element]:
    text = normal_text(str(value))
    identity = element_id(kind, text, region) if text else ""
    return [Element(identity, text, label)] if identity else []


def _elements(kind: Kind, value: OwnValue, info: FieldInfo, region: str | None) -> list[Element]:
    out: list[Element] = []
    for item in value if not isinstance(value, str) else []:
        raw = item.get("value") or ""
        text = address_text(raw) if isinstance(raw, Mapping) else normal_text(str(raw))
        identity = element_id(kind, text, region)
        if identity:
            label = normal_text(str(item.get("label") or "")) if info.holds_label else None
            primary = bool(item.get("primary")) if info.holds_primary else None
            out.append(Element(identity, text, label, primary))
    return out


def to_own(patch: Values, fields: Sequence[FieldInfo]) -> dict[str, OwnValue]:
    """Own fields for a patch of contact values; a contact field of slots fills all of its slots."""
    own: dict[str, OwnValue] = {}
    for info in fields:
        if info.contact not in patch or not info.writable:
            continue
        text = patch[info.contact]
        if info.slot:
            own[info.name] = next((e.value for e in decode(text) if e.label == info.slot), "")
        elif kind_of(info.contact).several:
            own[info.name] = [_item(e, kind_of(info.contact)) for e in decode(text)]
        else:
            own[info.name] = text
    return own


def _item(element: Element, kind: Kind) -> dict[str, Any]:
    value: Any = json.loads(element.value) if kind is Kind.ADDRESSES else element.value
    item: dict[str, Any] = {"value": value}
    if element.label is not None:
        item["label"] = element.label
    if element.primary is not None:
        item["primary"] = element.primary
    return item


def empty_value(field: str) -> str:
    """What an empty value of that field looks like."""
    return EMPTY_LIST if kind_of(field).several else ""
