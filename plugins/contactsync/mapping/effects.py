"""THEN in contact columns: what deciding needs of a rule, beside whether it matches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from contactsync.contact import Kind, column_name
from contactsync.mapping.leaves import actions_of, field_named, written_field
from contactsync.model.app import ActionInfo, AppInfo, FieldInfo
from contactsync.model.rules import Action, Effect, How, Rule, RuleEffects
from contactsync.model.spec import FieldPair
from contactsync.model.templates import constant, placeholders

OWN = "own."


def effects_of(rules: Sequence[Rule], receiver: AppInfo, pairs: Sequence[FieldPair]) -> tuple[RuleEffects, ...]:
    """The rules of one direction, in the order of the file. `pairs`: what is mapped (mapping.defaults.pair_fields).

    Errors: KeyError for an action that the receiving app does not have (validation refuses it).
    """
    return tuple(
        RuleEffects(
            rule.name,
            rule.contacts,
            tuple(_effect(action, receiver, pairs) for action in rule.actions),
            tuple(_effect(action, receiver, pairs) for action in rule.on_leave),
        )
        for rule in rules
    )


def _effect(action: Action, receiver: AppInfo, pairs: Sequence[FieldPair]) -> Effect:
    info = actions_of(receiver)[action.name]
    return effect(info, written_field(action, receiver), pairs, action)


def effect(info: ActionInfo, field: FieldInfo, pairs: Sequence[FieldPair], given: Action) -> Effect:
    """One action on one own field of the receiving app."""
    value = given.value if info.value is None else constant(info.value)
    column = column_of(field, pairs)
    return Effect(column, info.how, value, given.apply, info.name, loosens=bool(info.allow))


def column_of(field: FieldInfo, pairs: Sequence[FieldPair]) -> str:
    """The column of an own field that actions write: its own, unless the default mapping has one for its tags."""
    if field.kind is Kind.TAGS and any(pair.field == field.contact for pair in pairs):
        return field.contact
    return column_name(f"{OWN}{field.name}", field.kind)


def tag_effect(receiver: AppInfo, tag: str, pairs: Sequence[FieldPair]) -> Effect:
    """The mark that `deletions: tag` sets on a contact of the receiving app, which has a `tag_field`."""
    column = column_of(field_named(receiver.tag_field, receiver), pairs)
    return Effect(column, How.ADD, constant(tag), action="deletions: tag")


def own_columns(rules: Iterable[Rule], receiver: AppInfo, pairs: Sequence[FieldPair]) -> tuple[FieldInfo, ...]:
    """Own fields that actions write beside the mapping, with their column as `contact`: read and written like others.

    One per column; those of tags that the mapping holds anyway are not among them.
    """
    found: dict[str, FieldInfo] = {}
    for rule in rules:
        for action in (*rule.actions, *rule.on_leave):
            field = written_field(action, receiver)
            column = column_of(field, pairs)
            if column != field.contact:
                found.setdefault(column, replace(field, contact=column, slot=""))
    return tuple(found.values())


def template_fields(rules: Iterable[Rule]) -> tuple[str, ...]:
    """Contact fields of the sender that templates of these rules name."""
    actions = (action for rule in rules for action in (*rule.actions, *rule.on_leave))
    return tuple(dict.fromkeys(name for action in actions for name in placeholders(action.value)))
