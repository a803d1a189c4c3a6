"""A patch of own fields into a vCard: only the lines of changed fields change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from contactsync.apps._vcard import Card, Line, escape
from contactsync.apps._vcard_draft import Draft
from contactsync.apps._vcard_read import NAME_PARTS, ORG_PARTS, SEVERAL, components, names, own_values
from contactsync.apps._vcard_several import items_of, set_several, set_tags
from contactsync.contact import normal_text
from contactsync.model.exchange import OwnValue

Patch = Mapping[str, OwnValue]

_WHOLE = ("N.prefix", "N.given", "N.additional", "N.family", "N.suffix")
_NAME_STYLES = (_WHOLE, ("N.given", "N.additional", "N.family"), ("N.given", "N.family"), ("N.family", "N.given"))
_INSTEAD_OF_NAME = ("ORG.name", "NICKNAME", "EMAIL", "TEL")
_OMITTED_YEAR = "1604"  # Apple's leap year for birthdays without a year, which vCard 3.0 cannot say


def new_card(uid: str, patch: Patch, now: datetime) -> Card:
    """A vCard 3.0 of the patch."""
    lines = (
        Line("VERSION", "3.0"),
        Line("PRODID", "-//contactsync//contactsync//EN"),
        Line("UID", escape(uid)),
        Line("N", ";;;;"),
        Line("REV", "0"),
    )
    return patched(Card(lines), patch, {}, now)


def patched(card: Card, patch: Patch, before: Patch, now: datetime) -> Card:
    """The card with the patch. Of several values, only those that `before` names (all, if it does not) are removed."""
    old = own_values(card)
    draft = Draft(card)
    _set_names(draft, patch, names(card))
    _set_texts(draft, patch, old)
    for name in SEVERAL:
        if name in patch:
            set_several(draft, name, patch[name], before.get(name))
    if "CATEGORIES" in patch:
        set_tags(draft, [str(item["value"]) for item in items_of(patch["CATEGORIES"])])
    _set_full_name(draft, patch, old)
    if draft.card().lines != card.lines and any(card.all("REV")):
        draft.set_text("REV", f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}")  # others decide by it who is newer
    return draft.card()


def _set_names(draft: Draft, patch: Patch, old: Mapping[str, str]) -> None:
    asked = {name: _text(patch[name]) for name in NAME_PARTS if name in patch}
    changed = {name: text for name, text in asked.items() if text != _text(old[name])}
    if not changed:
        return
    card = draft.card()
    wires = components(card, "N", len(NAME_PARTS)) if draft.indices("N") else [escape(old[n]) for n in NAME_PARTS]
    for position, name in enumerate(NAME_PARTS):
        if name in changed:
            wires[position] = escape(changed[name])
    draft.set_wire("N", ";".join(wires))


def _set_texts(draft: Draft, patch: Patch, old: Patch) -> None:
    texts = {name: normal_text(value) for name, value in patch.items() if isinstance(value, str)}
    changed = {name: text for name, text in texts.items() if name not in old or text != _text(old[name])}
    for name in ("NICKNAME", "TITLE"):
        if name in changed:
            draft.set_text(name, changed[name])
    if "NOTE" in changed:
        for index in draft.indices("NOTE")[1:]:  # they are read as one
            draft.remove(index)
        draft.set_text("NOTE", changed["NOTE"])
    if any(name in changed for name in ORG_PARTS):
        wires = components(draft.card(), "ORG", 2)
        wires[:2] = [escape(changed[n]) if n in changed else wires[i] for i, n in enumerate(ORG_PARTS)]
        while wires and not wires[-1]:
            wires.pop()
        draft.set_wire("ORG", ";".join(wires))
    if "BDAY" in changed:
        _set_birthday(draft, changed["BDAY"])


def _set_birthday(draft: Draft, text: str) -> None:
    found = draft.indices("BDAY")
    old = draft.lines[found[0]] if found else None
    basic = draft.version == "4.0" or (old is not None and old.value.isdecimal())
    yearless = text.startswith("--")
    if yearless and draft.version != "4.0":
        text = f"{_OMITTED_YEAR}-{text[2:]}"
    draft.set_wire("BDAY", _basic_date(text) if basic else text)
    for index in draft.indices("BDAY")[:1]:
        line = draft.lines[index]
        if line:
            params = tuple((k, v) for k, v in line.params if k not in ("X-APPLE-OMIT-YEAR", "VALUE"))
            omit = (("X-APPLE-OMIT-YEAR", _OMITTED_YEAR),) if yearless and draft.version != "4.0" else ()
            draft.lines[index] = line.with_params(params + omit)


def _basic_date(text: str) -> str:
    return "--" + text[2:].replace("-", "") if text.startswith("--") else text.replace("-", "")


def _set_full_name(draft: Draft, patch: Patch, old: Patch) -> None:
    shown, now = _text(old["FN"]), own_values(draft.card())
    if shown and "FN" not in patch and all(old[name] == now[name] for name in (*_WHOLE, *_INSTEAD_OF_NAME)):
        return
    asked = _text(patch["FN"]) if "FN" in patch else shown
    new = asked if asked != shown and asked else _recomposed(shown, old, now)
    if new != shown or not draft.indices("FN"):
        draft.set_text("FN", new)


def _recomposed(shown: str, old: Patch, new: Patch) -> str:
    """FN must not be empty. It follows what it was made from; one that somebody worded otherwise stays."""
    name, had_name = _composed(new, _WHOLE), _composed(old, _WHOLE)
    instead = [_first(new[field]) for field in _INSTEAD_OF_NAME]
    fallback = name or next(filter(None, instead), "-")
    if not shown:
        return fallback
    if had_name:
        style = next((style for style in _NAME_STYLES if _composed(old, style) == " ".join(shown.split())), None)
        return (_composed(new, style) or fallback) if style else shown
    made_from = next((i for i, field in enumerate(_INSTEAD_OF_NAME) if _first(old[field]) == shown), None)
    if made_from is None and shown != "-":
        return shown
    return name or (instead[made_from] if made_from is not None else "") or fallback


def _composed(values: Patch, style: Sequence[str]) -> str:
    return " ".join(" ".join(_text(values[part]) for part in style).split())


def _first(value: OwnValue) -> str:
    return value if isinstance(value, str) else next((str(item["value"]) for item in value), "")


def _text(value: OwnValue) -> str:
    return normal_text(value) if isinstance(value, str) else ""
