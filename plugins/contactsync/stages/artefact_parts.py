"""The parts of an artefact that belong to some contacts, and the artefact without them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from contactsync.ledger.erasing import unnamed
from contactsync.model.spec import SIDES, Side
from contactsync.sync.forgotten import cursor_without

if TYPE_CHECKING:
    import pandas as pd

EXTRACTS = {f"extract_{side.value}": side for side in SIDES}
CANONICAL, PLAN = "canonical", "plan"
WORDS_OF_AN_ID = 12  # at most, where a text names it
_MARK = re.compile(r"[\s,()\"']")
_PLACED = re.compile(f"({'|'.join(SIDES)}):")
_LISTS = ("gone", "forbidden", "ghosts", "unlisted_linked", "unlisted")
_MAPPINGS = ("moved", "unreadable")

Header = Mapping[str, Any]
Item = tuple[str, Any]
"""Part of a plan, and the item as JSON data."""


@dataclass(frozen=True)
class Whose:
    """Whose parts: contacts are told by id, links and actions by theirs."""

    has: Callable[[Side, str], bool]
    links: Collection[str] = ()
    actions: Collection[str] = ()


@dataclass(frozen=True)
class Parted:
    """rows: which belong to them; texts: other rows that name them, as they are without; header: the same."""

    rows: list[bool]
    header: Header
    texts: Mapping[int, str] = field(default_factory=dict)


def part(name: str, frame: pd.DataFrame, header: Header, whose: Whose) -> Parted:
    """Tell the rows of these contacts from the others, by the kind of the artefact."""
    if name in EXTRACTS:
        side = EXTRACTS[name]
        return Parted([whose.has(side, i) for i in frame["id"].tolist()], _reading_header(header, side, whose))
    if name == CANONICAL:
        rows = [whose.has(Side(s), i) for s, i in zip(frame["side"].tolist(), frame["id"].tolist(), strict=True)]
        sides = {s.value: _reading_header(header[s], s, whose) for s in SIDES}
        return Parted(rows, {**header, **sides})
    if name == PLAN:
        items = list(zip(frame["part"].tolist(), map(json.loads, frame["value"].tolist()), strict=True))
        return _part_plan(items, header, whose)
    return Parted([False] * len(frame), header)


def without(frame: pd.DataFrame, parted: Parted) -> pd.DataFrame:
    """The frame of an artefact without them."""
    if parted.texts:
        values = [parted.texts.get(n, text) for n, text in enumerate(frame["value"].tolist())]
        frame = frame.assign(value=values).astype({"value": frame["value"].dtype})
    return frame[[not row for row in parted.rows]].reset_index(drop=True)


def _reading_header(header: Header, side: Side, whose: Whose) -> Header:
    """Ids that a reading names beside its rows."""
    kept = dict(header)
    for name in _LISTS:
        kept[name] = [i for i in header[name] if not whose.has(side, i)]
    for name in _MAPPINGS:
        kept[name] = {
            i: held for i, held in header[name].items() if not (whose.has(side, i) or whose.has(side, str(held)))
        }
    kept["cursor"] = _cursor(header["cursor"], side, whose)
    return kept


def _plan_header(header: Header, whose: Whose) -> Header:
    cursors = {side: _cursor(held, Side(side), whose) for side, held in header["cursors"].items()}
    return {**header, "cursors": cursors}


def _cursor(cursor: Any, side: Side, whose: Whose) -> Any:
    return cursor_without(cursor, lambda text: "x" if whose.has(side, text) else "")[0]


# ---- the plan


def _part_plan(items: Sequence[Item], header: Header, whose: Whose) -> Parted:
    """A plan tells of a contact by its own id, by its link and by its action; the latter two stand in it too."""
    links = {*whose.links, *(held["id"] for part, held in items if part == "links" and _of_link(held, whose))}
    told = replace(whose, links=links)
    actions = {*whose.actions, *(held["key"] for part, held in items if part == "intents" and _of_intent(held, told))}
    told = replace(told, actions=actions)
    rows = [part in _OF and _OF[part](held, told) for part, held in items]
    named = {n: _unnamed(held, whose) for n, (part, held) in enumerate(items) if part == "holds" and not rows[n]}
    texts = {n: json.dumps(held, ensure_ascii=False) for n, held in named.items() if held != items[n][1]}
    return Parted(rows, _plan_header(header, whose), texts)


def _unnamed(hold: Header, whose: Whose) -> Header:
    """Somebody else's hold without these contacts beside it."""
    beside = [c for c in hold["candidates"] if not whose.has(*_place(c))]
    return {**hold, "candidates": beside, "detail": unnamed(hold["detail"], set(_named(hold["detail"], whose)))}


def _named(words: str, whose: Whose) -> Iterator[tuple[Side, str]]:
    """Contacts that a text names: by one word, or by some of them behind their side, as an id may hold blanks."""
    starts = [n for n, _ in enumerate(words) if n == 0 or _MARK.fullmatch(words[n - 1])]
    ends = [n for n in range(1, len(words) + 1) if n == len(words) or _MARK.fullmatch(words[n])]
    for start in starts:
        placed = _PLACED.match(words, start)
        begin = placed.end() if placed else start
        for end in [n for n in ends if n > begin][: WORDS_OF_AN_ID if placed else 1]:
            for text in {words[begin:end], words[begin:end].rstrip(":;.")}:
                yield from ((s, text) for s in ([Side(placed[1])] if placed else SIDES) if whose.has(s, text))


def _place(candidate: str) -> tuple[Side, str]:
    side, _, contact_id = candidate.partition(":")
    return Side(side), contact_id


def _of_link(held: Header, whose: Whose) -> bool:
    return held["id"] in whose.links or any(whose.has(side, held[side.value]["contact_id"]) for side in SIDES)


def _of_intent(held: Header, whose: Whose) -> bool:
    side = Side(held["side"])
    ours = whose.has(side, held["target_id"]) or whose.has(side.other, held["source_id"])
    return ours or held["link_id"] in whose.links or held["key"] in whose.actions


def _of_outcome(held: Header, whose: Whose) -> bool:
    return held["key"] in whose.actions or any(whose.has(side, held["target_id"]) for side in SIDES)


def _of_hold(held: Header, whose: Whose) -> bool:
    return held["link_id"] in whose.links or whose.has(Side(held["side"]), held["contact_id"])


def _of_pair(held: Collection[Any], whose: Whose) -> bool:
    side, *ids = held
    return any(whose.has(Side(side), i["contact_id"] if isinstance(i, Mapping) else i) for i in ids)


_OF: dict[str, Callable[[Any, Whose], bool]] = {
    "intents": _of_intent,
    "links": _of_link,
    "holds": _of_hold,
    "conflicts": lambda held, whose: held["link_id"] in whose.links,
    "counted": lambda held, whose: whose.has(Side(held["source"]), held["contact_id"]),
    "stays": lambda held, whose: whose.has(Side(held["side"]), held["contact_id"]),
    "known": _of_pair,
    "forgotten": _of_pair,
    "rekeyed": _of_pair,
    "put_off": _of_pair,
    "settled": _of_outcome,
    "listed": lambda held, whose: held in whose.actions,
}
