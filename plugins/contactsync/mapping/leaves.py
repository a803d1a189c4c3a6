"""Conditions in terms of own fields: what stands behind the words of an app."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from contactsync.contact import Kind
from contactsync.model.app import ActionInfo, AppInfo, ConditionInfo, FieldInfo, Takes
from contactsync.model.rules import ALREADY_EXISTS, FIELD, Action, Compare, Condition, Join, Rule

CUSTOM = "custom."


@dataclass(frozen=True)
class Leaf:
    """A test of own fields: it holds where it holds for any of them. No fields: already_exists."""

    fields: tuple[FieldInfo, ...]
    compare: Compare
    values: tuple[str, ...]


def leaf_of(node: Condition, app: AppInfo) -> Leaf:
    """The test behind a leaf. Errors: KeyError for a word that the app does not have (validation refuses it)."""
    if node.name == ALREADY_EXISTS:
        return Leaf((), Compare.EQUALS, ())
    if node.name == FIELD:
        return Leaf((field_named(node.field, app),), node.compare, node.values)
    info = conditions_of(app)[node.name]
    fields = tuple(field_named(name, app) for name in info.fields)
    if info.takes is Takes.NOTHING:
        return Leaf(fields, info.compare, (info.value,))
    return Leaf(fields, info.compare if info.takes is Takes.TEXTS else node.compare, node.values)


def field_named(name: str, app: AppInfo) -> FieldInfo:
    """An own field; one that is not declared is a custom one, of which only the account knows the kind."""
    declared = next((field for field in app.fields if field.name == name), None)
    return declared or FieldInfo(name, Kind.TEXT, name, custom=True)


def is_unknown(name: str, app: AppInfo) -> bool:
    """True for a field that the app does not have: of a custom one only an account that was asked can tell."""
    if any(field.name == name for field in app.fields):
        return False
    return not name.startswith(CUSTOM) or (app.asked and not app.any_custom)


def is_sure(field: FieldInfo, app: AppInfo) -> bool:
    """True where it is known what the field holds."""
    return not field.custom or (app.asked and field in app.fields)


def conditions_of(app: AppInfo) -> dict[str, ConditionInfo]:
    """The app's conditions by name."""
    return {info.name: info for info in app.conditions}


def actions_of(app: AppInfo) -> dict[str, ActionInfo]:
    """The app's actions by name."""
    return {info.name: info for info in app.actions}


def written_field(action: Action, app: AppInfo) -> FieldInfo:
    """The own field that an action writes. Errors: KeyError for an action that the app does not have."""
    return field_named(actions_of(app)[action.name].field or action.field, app)


def leaves(conditions: Iterable[Condition]) -> Iterator[Condition]:
    """All tests of some conditions."""
    for node in conditions:
        if node.join is Join.LEAF:
            yield node
        else:
            yield from leaves(node.parts)


def judged_anew(rules: Iterable[Rule], app: AppInfo) -> tuple[str, ...]:
    """Names of conditions that may change while the vendor's modified time stands still, or with the calendar."""
    found: dict[str, None] = {}
    for node in leaves(c for rule in rules for c in rule.conditions):
        leaf = leaf_of(node, app)
        if leaf.compare is Compare.WITHIN_DAYS or any(field.derived for field in leaf.fields):
            found[node.field or node.name] = None
    return tuple(found)
