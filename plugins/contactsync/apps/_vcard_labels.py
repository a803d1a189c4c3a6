"""Labels and the preferred one of several values: TYPE and PREF parameters, and Apple's X-ABLabel groups.

A line `item1.TEL:...` takes its custom label from `item1.X-ABLabel:...`; Apple writes its own words there as
`_$!<Home>!$_`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from contactsync.apps._vcard import Line, unescape

WORDS = {
    "fax": "FAX",
    "mobile": "CELL",
    "pager": "PAGER",
    "main": "MAIN",
    "work": "WORK",
    "home": "HOME",
    "other": "OTHER",
}
"""Canonical label -> TYPE, in the order in which one of several types is the label."""

_APPLE = re.compile(r"_\$!<(.+)>!\$_")
_APPLE_WORDS = {"homefax": "fax", "workfax": "fax", "otherfax": "fax"}
_NO_LABEL = frozenset(
    [
        "pref",
        "voice",
        "internet",
        "x400",
        "text",
        "msg",
        "video",
        "textphone",
        "bbs",
        "modem",
        "car",
        "isdn",
        "pcs",
        "dom",
        "intl",
        "postal",
        "parcel",
    ]
)


def group_labels(lines: Sequence[Line | None]) -> dict[str, str]:
    """Group (case folded) -> label, of the X-ABLabel lines that say something."""
    labels: dict[str, str] = {}
    for line in lines:
        if line and line.name == "X-ABLABEL" and line.group:
            text = unescape(line.value).strip()
            apple = _APPLE.fullmatch(text)
            word = apple.group(1).casefold() if apple else text
            if word:
                labels.setdefault(line.group.casefold(), _APPLE_WORDS.get(word, word) if apple else word)
    return labels


def label_of(line: Line, groups: Mapping[str, str]) -> str:
    """Its label: a canonical word or custom text, '' where it has none."""
    custom = groups.get(line.group.casefold()) if line.group else None
    if custom:
        return custom
    types = line.types
    word = next((label for label, kind in WORDS.items() if kind.casefold() in types or label in types), None)
    if word:
        return word
    own = next((v for k, v in line.params if k == "TYPE" and v.casefold() not in _NO_LABEL), "")
    return own[2:] if own[:2].casefold() == "x-" else own


def typed(line: Line, label: str, version: str) -> Line:
    """The line with the TYPE of a canonical label, and with none for another one."""
    params = tuple((k, v) for k, v in line.params if k != "TYPE" or v.casefold() in _NO_LABEL)
    if label in WORDS:
        params += (("TYPE", WORDS[label].lower() if version == "4.0" else WORDS[label]),)
    return line.with_params(params)


def rank(line: Line) -> int | None:
    """How much a line is preferred: 1 most, None not at all."""
    given = line.param("PREF")
    if given.isdecimal():
        return int(given)
    return 1 if "pref" in line.types else None


def preferred(line: Line, version: str) -> Line:
    """The line marked as the preferred one."""
    mark = ("PREF", "1") if version == "4.0" else ("TYPE", "PREF")
    return line.with_params((*not_preferred(line).params, mark))


def not_preferred(line: Line) -> Line:
    """The line without such a mark."""
    return line.with_params(
        tuple((k, v) for k, v in line.params if k != "PREF" and (k, v.casefold()) != ("TYPE", "pref"))
    )
