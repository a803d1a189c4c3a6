"""Several values in a vCard being changed: lines come and go, with their labels and the preferred mark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from contactsync.apps._vcard import Line, escape
from contactsync.apps._vcard_draft import Draft
from contactsync.apps._vcard_labels import WORDS, group_labels, label_of, not_preferred, preferred, typed
from contactsync.apps._vcard_read import ADDRESS_ORDER, elements, item_id, line_id, preferred_id, tags, value_of
from contactsync.contact import fold, normal_text
from contactsync.model.exchange import OwnValue


def items_of(value: OwnValue) -> Sequence[Mapping[str, Any]]:
    """The items of a value; text has none."""
    return [] if isinstance(value, str) else value


def set_several(draft: Draft, name: str, wanted: OwnValue, before: OwnValue | None) -> None:
    """Make the values of EMAIL, TEL, ADR or URL the wanted ones; those kept by normal form keep their line.

    Only values that `before` holds are removed (None: any), so what the plan never saw survives.
    """
    items: dict[str, Mapping[str, Any]] = {}
    for item in items_of(wanted):
        identity = item_id(name, item["value"])
        if identity:
            items.setdefault(identity, item)
    known = None if before is None else {item_id(name, item["value"]) for item in items_of(before)}
    for index in draft.indices(name):
        line = draft.lines[index]
        identity = line_id(line, name) if line else ""
        if identity and identity not in items and (known is None or identity in known):
            draft.remove(index)
    places = {found.id: found.index for found in elements(draft.lines, name)}
    for identity, item in items.items():
        if identity in places:
            index = places[identity]
            _set_value(draft, index, item["value"])
        else:
            index = draft.add(Line(name, _wire(name, item["value"])))
        if "label" in item:
            _set_label(draft, index, normal_text(str(item["label"] or "")))
    if any("primary" in item for item in items.values()):
        _set_preferred(draft, name, next((i for i, item in items.items() if item.get("primary")), ""))


def _set_value(draft: Draft, index: int, value: Any) -> None:
    line = draft.lines[index]
    if line is None or _same(value_of(line), value):
        return
    draft.change(index, _wire(line.name, value))
    # The delivery label of 4.0 shows the old address; a number typed with spaces is no URI.
    changed = draft.lines[index] or line
    draft.lines[index] = changed.with_params(tuple((k, v) for k, v in changed.params if k not in ("LABEL", "VALUE")))


def _same(shown: Any, wanted: Any) -> bool:
    if isinstance(shown, Mapping) and isinstance(wanted, Mapping):
        return all(normal_text(shown.get(p, "")) == normal_text(str(wanted.get(p) or "")) for p in ADDRESS_ORDER)
    return normal_text(str(shown)) == normal_text(str(wanted))


def _wire(name: str, value: Any) -> str:
    if isinstance(value, Mapping):
        return ";".join(escape(normal_text(str(value.get(part) or ""))) for part in ADDRESS_ORDER)
    text = normal_text(str(value))
    if name == "URL":
        # By the RFC a URI is not escaped, but Radicale drops what follows a bare comma; phones escape it, too.
        return escape(text).replace("\\;", ";")
    return escape(text)


def _set_label(draft: Draft, index: int, label: str) -> None:
    line = draft.lines[index]
    if line is None or normal_text(label_of(line, group_labels(draft.lines))) == label:
        return
    for i in draft.indices("X-ABLABEL"):
        mate = draft.lines[i]
        if line.group and mate and mate.group.casefold() == line.group.casefold():
            draft.lines[i] = None
    line = typed(line, label, draft.version)
    if label and label not in WORDS:
        group = line.group or draft.free_group()
        line = Line(line.name, line.value, line.params, group)
        draft.add(Line("X-ABLABEL", escape(label), group=group))
    draft.lines[index] = line


def _set_preferred(draft: Draft, name: str, wanted: str) -> None:
    if preferred_id(draft.lines, name) == wanted:
        return
    marked = False
    for index in draft.indices(name):
        line = draft.lines[index]
        if line is None:
            continue
        first = not marked and bool(wanted) and line_id(line, name) == wanted
        draft.lines[index] = preferred(line, draft.version) if first else not_preferred(line)
        marked = marked or first


def set_tags(draft: Draft, wanted: Sequence[str]) -> None:
    """Make the categories the wanted ones."""
    left = {fold(tag): normal_text(tag) for tag in reversed(wanted) if fold(tag)}
    for index in draft.indices("CATEGORIES"):
        line = draft.lines[index]
        shown = tags(line) if line else []
        kept = [left.pop(fold(tag)) for tag in shown if fold(tag) in left]
        if not kept and shown:
            draft.remove(index)
        elif kept != shown:
            draft.change(index, ",".join(escape(tag) for tag in kept))
    if not left:
        return
    added = ",".join(escape(tag) for tag in reversed(left.values()))
    found = draft.indices("CATEGORIES")
    line = draft.lines[found[0]] if found else None
    draft.set_wire("CATEGORIES", f"{line.value},{added}" if line and line.value else added)
