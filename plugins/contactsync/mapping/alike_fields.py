"""How alike two own fields are, by name, title, type and choices: the likelihood that they mean the same."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from rapidfuzz import fuzz

from contactsync.contact import CONSENT, fold
from contactsync.model.app import FieldInfo
from contactsync.model.spec import Direction

SURE = 0.8  # from here a pair is proposed as it stands
LIKELY = 0.7  # from here as a comment
_ALIKE_KIND, _OTHER_KIND = 1.0, 0.5


@dataclass(frozen=True)
class Proposed:
    """One pair of own fields.

    why        for people
    options    choices of both that are the same word
    namesakes  the names say the same: such a pair comes before one that is merely alike, whatever the kinds
    """

    left: FieldInfo
    right: FieldInfo
    confidence: float
    why: str
    direction: Direction = Direction.BOTH
    options: Mapping[str, str] = field(default_factory=dict)
    namesakes: bool = False

    @property
    def sure(self) -> bool:
        """True where it is proposed as it stands."""
        return self.confidence >= SURE


def compared(left: FieldInfo, right: FieldInfo) -> Proposed | None:
    """The pair of two own fields; None where they are not alike, or where nothing could flow."""
    if left.kind.several is not right.kind.several or not (left.writable or right.writable):
        return None
    if CONSENT in (left.contact, right.contact):
        return None
    names = max(_likeness(_words(left.name), _words(right.name)), _likeness(_words(left.title), _words(right.title)))
    crossed = max(_likeness(_words(left.name), _words(right.title)), _likeness(_words(left.title), _words(right.name)))
    same_kind = left.kind is right.kind
    confidence = round(0.85 * max(names, crossed) + 0.15 * (_ALIKE_KIND if same_kind else _OTHER_KIND), 2)
    if confidence < LIKELY or max(names, crossed) < LIKELY:
        return None
    options = _options(left, right)
    unpaired = bool(left.choices and right.choices) and len(options) < max(len(left.choices), len(right.choices))
    if unpaired or not same_kind:
        confidence = min(confidence, SURE - 0.01)  # a person has to look at what would be lost
    kinds = f"both {left.kind}" if same_kind else f"{left.kind} and {right.kind}"
    told = f"names {names:.0%} alike" if names >= crossed else f"name and title {crossed:.0%} alike"
    more = f", {len(options)} choices in common" if options else ""
    why, namesakes = f"{told}, {kinds}{more}", max(names, crossed) == 1
    return Proposed(left, right, confidence, why, direction_between(left, right), options, namesakes)


def direction_between(left: FieldInfo, right: FieldInfo) -> Direction:
    """The ways in which a value can flow."""
    if left.writable and right.writable:
        return Direction.BOTH
    return Direction.LEFT_TO_RIGHT if right.writable else Direction.RIGHT_TO_LEFT


def _options(left: FieldInfo, right: FieldInfo) -> dict[str, str]:
    """Choices that are the same word but for case, left to right; none where they are equal to the letter."""
    if not left.choices or not right.choices or left.choices == right.choices:
        return {}
    there = {fold(choice): choice for choice in right.choices}
    return {choice: there[fold(choice)] for choice in left.choices if fold(choice) in there}


_PREFIX = re.compile(r"^(custom\.)?(cf_)?")
_BRACKETS = re.compile(r"\([^()]*\)")


def without_brackets(text: str) -> str:
    """A title without what stands in brackets."""
    return _BRACKETS.sub(" ", text)


def _words(text: str) -> str:
    """A name without prefix, brackets and separators: custom.cf_vat-id -> vat id."""
    text = without_brackets(_PREFIX.sub("", text))
    return fold(re.sub(r"(?<=[a-z])(?=[A-Z])|[^\w]|_", " ", text))


def _likeness(one: str, other: str) -> float:
    """Line 1 and line 2 are two fields, however alike."""
    if not one or not other or _numbers(one) != _numbers(other):
        return 0.0
    return fuzz.token_sort_ratio(one, other) / 100


def _numbers(words: str) -> list[str]:
    return re.findall("[0-9]+", words)
