"""Whom the rules let through: one bit per direction of a link, and who may be created (core 12)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from contactsync.model.link import Link
from contactsync.model.rules import Contacts, Matching, RuleEffects
from contactsync.model.spec import SIDES, Direction, Side
from contactsync.sync.readings import Shown

Effects = Mapping[Side, Mapping[str, RuleEffects]]
"""The rules of each direction by the side read from, by name, in the order of the file."""

OUT_OF_SCOPE = "out of scope"
UPDATE_ONLY = "update only"
NO_RULE = "no rule matches"
DIRECTION_CLOSED = "direction closed"
NOTHING_TO_WRITE = "nothing of it can be written there"
LEFT_ALONE = "deleted there; the partner is left alone"


def judged(link: Link, shown: Mapping[Side, Shown], effects: Effects) -> Link:
    """The link with its scope bits and matching rules as its contacts show them; a side not shown stays as it was."""
    scope, matching, entered = dict(link.scope), dict(link.matching), dict(link.entered)
    for side, contact in shown.items():
        if contact.matching is None:
            scope[side] = True
            matching.pop(side, None)
            entered.pop(side, None)
        else:
            scope[side] = _lets_through(contact.matching.rules, effects.get(side, {}))
            matching[side] = contact.matching.rules
    return replace(link, scope=scope, matching=matching, entered=entered)


def in_scope(link: Link, direction: Direction = Direction.BOTH) -> bool:
    """True while the bit of an open direction is set: then fields flow in every direction that is open."""
    return any(link.scope.get(side, True) for side in SIDES if direction.open_from(side))


def first_scope(source: Side, matching: Iterable[str], effects: Effects) -> dict[Side, bool]:
    """The bits of a link that a create makes. What it made is judged when it is first shown."""
    names = tuple(matching)
    return {
        source: not effects.get(source) or _lets_through(names, effects[source]),
        source.other: not effects.get(source.other),
    }


def why_not_created(matching: Matching | None, rules: Mapping[str, RuleEffects]) -> str:
    """Why no rule lets a contact without a partner be created on the other side; '' = one does."""
    if matching is None or any(_contacts(n, rules) is Contacts.CREATE_AND_UPDATE for n in matching.alone):
        return ""
    return UPDATE_ONLY if _lets_through((*matching.alone, *matching.rules), rules) else NO_RULE


def _lets_through(names: Iterable[str], rules: Mapping[str, RuleEffects]) -> bool:
    return any(_contacts(name, rules) is not Contacts.NONE for name in names)


def _contacts(name: str, rules: Mapping[str, RuleEffects]) -> Contacts:
    return rules[name].contacts if name in rules else Contacts.NONE
