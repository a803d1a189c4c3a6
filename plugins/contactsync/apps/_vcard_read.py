"""A vCard's own fields: what a card says, as OwnValues. The names are vCard's; parts of N and ORG follow a dot."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import unquote

from contactsync.apps._vcard import Card, Line, split, unescape
from contactsync.apps._vcard_labels import group_labels, label_of, rank
from contactsync.contact import Kind, address_text, element_id
from contactsync.model.app import FieldInfo
from contactsync.model.exchange import OwnValue

NAME_PARTS = ("N.family", "N.given", "N.additional", "N.prefix", "N.suffix")  # in the order of the N line
ORG_PARTS = ("ORG.name", "ORG.unit")
ADDRESS_ORDER = ("po_box", "extended", "street", "city", "region", "postal_code", "country")
SEVERAL = {"EMAIL": Kind.EMAILS, "TEL": Kind.PHONES, "ADR": Kind.ADDRESSES, "URL": Kind.URLS}

_DATE = re.compile(r"(\d{4}|--)-?(\d\d)-?(\d\d)(?:[T ].*)?")
_REV = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)[T ](\d\d):?(\d\d):?(\d\d)(?:[.,]\d+)?(Z|[+-]\d\d:?\d\d)?")


def _several(name: str, contact: str, title: str) -> FieldInfo:
    return FieldInfo(name, SEVERAL[name], title, contact, holds_label=True, holds_primary=True)


FIELDS = (
    FieldInfo("N.prefix", title="Name prefix", contact="names.prefix"),
    FieldInfo("N.given", title="Given name", contact="names.given"),
    FieldInfo("N.additional", title="Additional names", contact="names.middle"),
    FieldInfo("N.family", title="Family name", contact="names.family"),
    FieldInfo("N.suffix", title="Name suffix", contact="names.suffix"),
    FieldInfo("FN", title="Full name as shown"),  # kept in step with N, so it is mapped only where a pair says so
    FieldInfo("NICKNAME", title="Nickname", contact="nickname"),
    _several("EMAIL", "emails", "E-mail addresses"),
    _several("TEL", "phones", "Phone numbers"),
    _several("ADR", "addresses", "Addresses"),
    FieldInfo("ORG.name", title="Company", contact="company"),
    FieldInfo("ORG.unit", title="Department", contact="department"),
    FieldInfo("TITLE", title="Job title", contact="job_title"),
    FieldInfo("BDAY", Kind.DATE, "Birthday", "birthday"),
    FieldInfo("NOTE", title="Note", contact="notes"),
    _several("URL", "urls", "Web addresses"),
    FieldInfo("CATEGORIES", Kind.TAGS, "Categories", "tags"),
)


def own_values(card: Card) -> dict[str, OwnValue]:
    """Every own field of a card; '' or [] where it has none. A birthday that is no date is left out: MISSING."""
    values: dict[str, OwnValue] = {
        **names(card),
        **dict(zip(ORG_PARTS, (unescape(part).strip() for part in components(card, "ORG", 2)), strict=False)),
        "FN": card.text_of("FN"),
        "NICKNAME": _joined(_wire(card, "NICKNAME"), ", "),
        "TITLE": card.text_of("TITLE"),
        "NOTE": "\n".join(unescape(line.value) for line in card.all("NOTE")),
        "CATEGORIES": [{"value": tag} for line in card.all("CATEGORIES") for tag in tags(line)],
        **{name: [dict(e.item) for e in elements(card.lines, name)] for name in SEVERAL},
    }
    born = birthday(card)
    return values if born is None else {**values, "BDAY": born}


# ---- single values


def _wire(card: Card, name: str) -> str:
    line = next(card.all(name), None)
    return line.value if line else ""


def _joined(wire: str, by: str) -> str:
    return by.join(text for part in split(wire, ",") if (text := unescape(part).strip()))


def components(card: Card, name: str, count: int) -> list[str]:
    """The wire pieces of a structured property, at least `count`."""
    parts = split(_wire(card, name), ";")
    return parts + [""] * (count - len(parts))


def names(card: Card) -> dict[str, str]:
    """The parts of N; without N those of FN, its last word being the family name."""
    if any(card.all("N")):
        parts = components(card, "N", len(NAME_PARTS))
        # Unescaped commas part several names of one kind.
        return {name: _joined(part, " ") for name, part in zip(NAME_PARTS, parts, strict=False)}
    empty = dict.fromkeys(NAME_PARTS, "")
    words = card.text_of("FN").split()
    company = unescape(components(card, "ORG", 1)[0]).split()
    if not words or words == company or card.text_of("KIND").casefold() == "org":
        return empty
    given, family = (words[:-1], words[-1]) if len(words) > 1 else (words, "")
    return {**empty, "N.given": " ".join(given), "N.family": family}


def birthday(card: Card) -> str | None:
    """YYYY-MM-DD, --MM-DD without a year, '' without a birthday, None where it is no such date."""
    line = next(card.all("BDAY"), None)
    text = unescape(line.value).strip() if line else ""
    if not line or not text:
        return ""
    # A time of day is cut off, never converted: a birthday has no time zone.
    found = _DATE.fullmatch(text)
    if not found:
        return None
    year, month, day = found.groups()
    if year == line.param("X-APPLE-OMIT-YEAR"):
        year = "--"
    try:
        date(2000 if year == "--" else int(year), int(month), int(day))
    except ValueError:
        return None
    return f"--{month}-{day}" if year == "--" else f"{year}-{month}-{day}"


def revised(card: Card, now: datetime) -> datetime | None:
    """When the card says it was last changed, None where it does not or cannot be right."""
    found = _REV.fullmatch(card.text_of("REV"))
    if not found:
        return None
    *numbers, zone = found.groups()
    stamp = "{}-{}-{}T{}:{}:{}".format(*numbers)
    try:
        moment = datetime.fromisoformat(stamp + ("+00:00" if zone in (None, "Z") else zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if datetime(1990, 1, 1, tzinfo=UTC) < moment <= now else None


def tags(line: Line) -> list[str]:
    """The categories of one line."""
    return [text for part in split(line.value, ",") if (text := unescape(part).strip())]


# ---- several values


@dataclass(frozen=True)
class Found:
    """One of several values: the normal form that tells it apart, the item of its OwnValue, and its line's index."""

    id: str
    item: Mapping[str, Any]
    index: int


def elements(lines: Sequence[Line | None], name: str) -> list[Found]:
    """The values of EMAIL, TEL, ADR or URL, one per normal form: the first line counts."""
    groups, first = group_labels(lines), preferred_id(lines, name)
    out: dict[str, Found] = {}
    for index, line in enumerate(lines):
        identity = line_id(line, name) if line else ""
        if line and identity and identity not in out:
            item = {"value": value_of(line), "label": label_of(line, groups), "primary": identity == first}
            out[identity] = Found(identity, item, index)
    return list(out.values())


def preferred_id(lines: Sequence[Line | None], name: str) -> str:
    """The normal form of the most preferred value, '' where none is preferred."""
    ranked = [(r, line) for line in lines if line and line_id(line, name) and (r := rank(line)) is not None]
    return line_id(min(ranked, key=lambda pair: pair[0])[1], name) if ranked else ""


def line_id(line: Line, name: str) -> str:
    """The normal form of a line's value; '' where the line is of another name or empty."""
    return item_id(name, value_of(line)) if line.name == name else ""


def item_id(name: str, value: Any) -> str:
    """The normal form of an OwnValue item's value. Phones are told apart without a region: the card has none."""
    text = address_text(value) if isinstance(value, Mapping) else str(value)
    return element_id(SEVERAL[name], text) if text.strip() else ""


def value_of(line: Line) -> Any:
    """The value of an item: text, for ADR a mapping of its parts."""
    if line.name == "ADR":
        parts = (unescape(part).strip() for part in split(line.value, ";"))
        return {key: part for key, part in zip(ADDRESS_ORDER, parts, strict=False) if part}
    text = unescape(line.value).strip()
    if line.name == "TEL" and text[:4].casefold() == "tel:":
        return unquote(text[4:])
    return text
