"""Own fields to Google's Person. A write replaces whole fields, so what is not mapped is sent along. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from contactsync.apps._patches import items_of, one_text
from contactsync.apps._people_record import (
    ADDRESS,
    CUSTOM,
    LISTS,
    NAME_PARTS,
    WORK_PARTS,
    Item,
    address_parts,
    chosen_nickname,
    chosen_work,
    group_of,
    stripped,
    with_primary,
)
from contactsync.contact import Kind, address_text, element_id, fold
from contactsync.errors import RecordRefused
from contactsync.model.exchange import OwnValue

MY_CONTACTS = "contactGroups/myContacts"
KINDS = {"emailAddresses": Kind.EMAILS, "phoneNumbers": Kind.PHONES, "urls": Kind.URLS}
SHOWN = ("formattedValue", "formattedType", "canonicalForm", "displayName", "displayNameLastFirst", "unstructuredName")
READ_ONLY = ("formattedType", "canonicalForm", "displayNameLastFirst")

Held = Mapping[str, Sequence[Item]]
Groups = Callable[[str], str]
"""A label's name -> its contact group."""
Labels = Callable[[str], str]
"""A contact group -> its label's name, '' for system groups."""


def mask_of(patch: Mapping[str, OwnValue]) -> tuple[str, ...]:
    """The fields of a Person that a patch replaces. Errors: RecordRefused for names that are none of ours."""
    return tuple(sorted({_field(name) for name in patch}))


def _field(name: str) -> str:
    field, _, part = name.partition(".")
    if name.startswith(CUSTOM) and part:
        return "userDefined"
    if (field, part) in {("names", p) for p in NAME_PARTS} | {("organizations", p) for p in WORK_PARTS}:
        return field
    if name in (*LISTS, "nicknames", "biographies", "birthdays", "addresses", "memberships"):
        return name
    raise RecordRefused(f"Google Contacts does not let anybody write the field {name}.")


def labels_in(patch: Mapping[str, OwnValue]) -> list[str]:
    """The labels that a patch names."""
    wanted = patch.get("memberships", ())
    return [] if isinstance(wanted, str) else [str(item["value"]) for item in wanted]


def to_fields(
    patch: Mapping[str, OwnValue],
    held: Held,
    group: Groups,
    label: Labels,
    before: Mapping[str, OwnValue] | None = None,
) -> dict[str, list[Any]]:
    """The fields of a Person that make a contact hold `patch`. `held`: its items as last read.

    before  the patched fields as the plan was made from. Errors: RecordRefused for what Google cannot hold.
    """
    return {field: _items(field, patch, held, group, label, before or {}) for field in mask_of(patch)}


def _items(
    field: str,
    patch: Mapping[str, OwnValue],
    held: Held,
    group: Groups,
    label: Labels,
    before: Mapping[str, OwnValue],
) -> list[Any]:
    items = list(held.get(field, ()))
    match field:
        case "names":
            return _names(_parts(patch, "names."), items)
        case "organizations":
            return _organizations(_parts(patch, "organizations."), items)
        case "userDefined":
            return _user_defined(_parts(patch, CUSTOM), items)
        case "nicknames":
            return _nicknames(one_text(patch[field], field), items)
        case "biographies":
            text = one_text(patch[field], field)
            return [{"value": text, "contentType": "TEXT_PLAIN"}] if text else []
        case "birthdays":
            return _birthdays(one_text(patch[field], field))
        case "addresses":
            return _addresses(items_of(patch[field], field), items)
        case "memberships":
            return _memberships(items_of(patch[field], field), items, group, label)
        case _:
            return _values(items_of(patch[field], field), items, KINDS[field], items_of(before.get(field, ()), field))


def _parts(patch: Mapping[str, OwnValue], prefix: str) -> dict[str, str]:
    return {n.removeprefix(prefix): one_text(v, n) for n, v in patch.items() if n.startswith(prefix)}


def _filled(item: Item, parts: Mapping[str, str]) -> dict[str, Any]:
    """The item with these parts; blank ones taken out. What Google derives from them must not stand in their way."""
    kept = {k: v for k, v in stripped(item).items() if k not in SHOWN}
    return {k: v for k, v in {**kept, **parts}.items() if v != ""}


def _names(parts: Mapping[str, str], items: Sequence[Item]) -> list[Any]:
    filled = _filled(items[0] if items else {}, parts)
    return [filled] if filled else []


def _organizations(parts: Mapping[str, str], items: Sequence[Item]) -> list[Any]:
    chosen = chosen_work(items)
    others = [_sent(i) for i in items if i is not chosen]
    filled = _filled(chosen, parts)
    return [filled, *others] if set(filled) - {"type", "current"} else others


def _user_defined(values: Mapping[str, str], items: Sequence[Item]) -> list[Any]:
    others = [_sent(i) for i in items if i.get("key") not in values]
    return others + [{"key": key, "value": value} for key, value in values.items() if value]


def _nicknames(text: str, items: Sequence[Item]) -> list[Any]:
    chosen = chosen_nickname(items)
    others = [_sent(i) for i in items if i is not chosen]
    return [{**_sent(chosen), "value": text}, *others] if text else others


def _birthdays(text: str) -> list[Any]:
    if not text:
        return []
    read = re.fullmatch(r"(?:(\d{4})|-)-(\d{2})-(\d{2})", text)
    if not read:
        raise RecordRefused("the field birthdays holds only dates (YYYY-MM-DD or --MM-DD).")
    date = {"month": int(read[2]), "day": int(read[3])}
    return [{"date": {"year": int(read[1]), **date} if read[1] else date}]


def _sent(item: Item) -> dict[str, Any]:
    """An item that stays as it is."""
    return {k: v for k, v in stripped(item).items() if k not in READ_ONLY}


def _typed(item: dict[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """With the label wanted; one that nobody mentions stays."""
    if "label" not in wanted:
        return item
    rest = {k: v for k, v in item.items() if k != "type"}
    return {**rest, "type": wanted["label"]} if wanted["label"] else rest


def _values(
    wanted: Sequence[Mapping[str, Any]], items: Sequence[Item], kind: Kind, before: Sequence[Mapping[str, Any]]
) -> list[Any]:
    """Each element wanted, on top of an item that holds it now.

    Further items of the same value stay, unless `before` names more of them than are wanted.
    """

    def identity(element: Mapping[str, Any]) -> str:
        return element_id(kind, str(element.get("value") or ""))

    known: dict[str, list[Item]] = {}
    for item in items:
        known.setdefault(identity(item), []).append(item)
    out: list[Any] = []
    for element in wanted:
        same = known.get(identity(element), [])
        alike = [i for i in same if i.get("type", "") == element.get("label")]
        kept = next(iter((*alike, *same)), None)
        if kept is not None:
            same.remove(kept)
        out.append(_typed({**(_listed(kept) if kept else {}), "value": str(element["value"])}, element))
    asked, planned = Counter(map(identity, wanted)), Counter(map(identity, before))
    for key, count in asked.items():
        out.extend(_listed(item) for item in known.get(key, ())[max(planned[key] - count, 0) :])
    return sorted(out, key=_after_primary)


def _addresses(wanted: Sequence[Mapping[str, Any]], items: Sequence[Item]) -> list[Any]:
    """As `_values`; the block of text is sent only with an address that stays, lest it hide the new parts."""
    known: dict[str, list[Item]] = {}
    for item in items:
        known.setdefault(_place(address_parts(item)), []).append(item)
    out: list[Any] = []
    for element in wanted:
        place = _place(element["value"])
        same = known.pop(place, [])
        parts = {ADDRESS[part]: str(text) for part, text in element["value"].items() if text}
        out.append(_typed(_listed(same[0]) if same else parts, element))
        out.extend(_listed(item) for item in same[1:])
    return sorted(out, key=_after_primary)


def _listed(item: Item) -> dict[str, Any]:
    """One of several that stays: the primary one says so, or Google would choose anew."""
    return {k: v for k, v in with_primary(item).items() if k not in READ_ONLY}


def _after_primary(item: Mapping[str, Any]) -> bool:
    return not (item.get("metadata") or {}).get("sourcePrimary")


def _place(parts: Mapping[str, Any]) -> str:
    return address_text({k: str(v) for k, v in parts.items()})


def _memberships(wanted: Sequence[Mapping[str, Any]], items: Sequence[Item], group: Groups, label: Labels) -> list[Any]:
    """The labels wanted and every system group held; a contact without any group would be none."""
    labels = {fold(str(w["value"])): str(w["value"]) for w in wanted}
    held = [name for item in items if (name := group_of(item))]
    kept = [name for name in held if not label(name) or fold(label(name)) in labels]
    there = {fold(label(name)) for name in kept}
    names = [*kept, *(group(text) for key, text in labels.items() if key not in there)]
    if not held or not names:
        names.insert(0, MY_CONTACTS)
    return [{"contactGroupMembership": {"contactGroupResourceName": name}} for name in dict.fromkeys(names)]
