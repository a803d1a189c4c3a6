"""What is wrong with the actions of a rule, once the receiving app and the mapping are known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC

from contactsync.contact import FIELDS, Kind, kind_of
from contactsync.mapping.field_words import unknown_choice, unknown_field
from contactsync.mapping.leaves import actions_of, field_named
from contactsync.mapping.moments import number_of, when_of
from contactsync.mapping.problems import KeyPath, Problem, shown
from contactsync.model.app import ActionInfo, AppInfo, FieldInfo
from contactsync.model.rules import Action, How, Rule
from contactsync.model.spec import FieldPair, Side, SyncSpec
from contactsync.model.templates import placeholders


def action_problems(
    spec: SyncSpec, rule: Rule, source: Side, apps: Mapping[Side, AppInfo], pairs: Sequence[FieldPair], at: KeyPath
) -> Iterator[Problem]:
    """Of the actions of one rule, entering and leaving."""
    known = actions_of(apps[source.other])
    for place, actions in ((("then", "actions"), rule.actions), (("on_leave",), rule.on_leave)):
        for n, action in enumerate(actions):
            key = (*at, *place, n)
            info = known.get(action.name)
            if info is None:
                message = f"{apps[source.other].title} has no action {shown(action.name)}."
                yield Problem(key, message, "Use one of these.", tuple(known), action.name)
                continue
            key = (*key, action.name)
            yield from _word_problems(info, action, key, leaving=place == ("on_leave",))
            if info.field or action.field:
                field = field_named(info.field or action.field, apps[source.other])
                yield from _field_problems(spec, info, action, field, source, apps, pairs, key)


def _word_problems(info: ActionInfo, action: Action, at: KeyPath, *, leaving: bool) -> Iterator[Problem]:
    if info.missing:
        yield Problem(at, f"{info.name} cannot be done: {info.missing}", "Do that, or remove it.")
    if info.value is not None and action.value:
        yield Problem(at, f"{info.name} takes no value.", f"Write - {info.name}")
    if info.value is None and not action.value:
        yield Problem(at, f"{info.name} needs a value.", f"Write {info.name}: {{value: ...}}.")
    if info.field and action.field:
        yield Problem((*at, "field"), f"{info.name} takes no field.", "Remove `field`.")
    if not info.field and not action.field:
        yield Problem(at, f"{info.name} needs the name of a field.", f"Write {info.name}: {{field: ..., value: ...}}.")
    if info.allow and leaving:
        yield Problem(at, "leaving a rule never loosens consent.", "Remove it.")
    elif info.allow and not action.allow:
        yield Problem(at, f"{info.name} loosens consent.", f"Add {info.allow}: true if that is really meant.")
    if action.allow and not info.allow:
        yield Problem((*at, "allow_unmark"), f"{info.name} needs no such permission.", "Remove it.")


def _field_problems(
    spec: SyncSpec,
    info: ActionInfo,
    action: Action,
    field: FieldInfo,
    source: Side,
    apps: Mapping[Side, AppInfo],
    pairs: Sequence[FieldPair],
    at: KeyPath,
) -> Iterator[Problem]:
    sender, receiver = apps[source], apps[source.other]
    names = tuple(f.name for f in receiver.fields if f.writable and not f.kind.several)
    unknown = tuple(unknown_field(field.name, receiver, (*at, "field"), names))
    yield from unknown
    if unknown:
        return
    if not field.writable:
        yield Problem((*at, "field"), f"{field.name} cannot be written.", "Name another field.")
    elif info.how is How.SET and field.kind.several:
        names = tuple(a.name for a in receiver.actions if a.field == field.name)
        yield Problem((*at, "field"), f"{field.name} holds several values.", "Name a field of one value.", names)
    yield from _value_problems(info, action, field, sender, at)
    if reason := mapped_anyway(spec, info.how, field, source, pairs):
        yield Problem(at, reason, f"Leave {field.contact or field.name} out under fields, or remove the action.")


def _value_problems(
    info: ActionInfo, action: Action, field: FieldInfo, sender: AppInfo, at: KeyPath
) -> Iterator[Problem]:
    if info.value is not None or not action.value:
        return
    try:
        names = placeholders(action.value)
    except ValueError as error:
        yield Problem((*at, "value"), f"cannot be read: {error}.", "Write {{ or }} for a brace that is meant as text.")
        return
    usable = tuple(f for f in FIELDS if not unknown_in_template(f, sender))
    for name in names:
        if reason := unknown_in_template(name, sender):
            step = "Name one of these in braces, or write {{ and }} for braces that are meant as text."
            yield Problem((*at, "value"), reason, step, usable, name)
    if not names:
        reason = cannot_hold(field.kind, action.value, needs_year=field.needs_year)
        if field.max_length is not None and len(action.value) > field.max_length:
            reason = f"it holds at most {field.max_length} characters."
        if reason:
            yield Problem((*at, "value"), f"{field.name} cannot hold this value: {reason}", "Correct the value.")
        if info.how is How.SET:
            yield from unknown_choice(action.value, field, (*at, "value"))


def cannot_hold(kind: Kind, value: str, *, needs_year: bool = False) -> str:
    """Why a field of that kind never holds this text; '' where it may."""
    if kind is Kind.NUMBER and number_of(value) is None:
        return "it holds numbers."
    if kind is Kind.BOOLEAN and value not in ("true", "false"):
        return "it holds true or false."
    yearless = kind is Kind.DATE and value.startswith("--") and when_of(f"2000{value[1:]}", UTC) is not None
    if kind in (Kind.DATE, Kind.DATETIME) and when_of(value, UTC) is None and (needs_year or not yearless):
        return "it holds dates, such as 2026-01-31."
    return ""


def unknown_in_template(name: str, sender: AppInfo) -> str:
    """Why a template cannot name this; '' where it can."""
    if name not in FIELDS:
        return f"{shown(name)} is no contact field."
    if kind_of(name).several:
        return f"{name} holds several values."
    if not any(field.contact == name for field in sender.fields):
        return f"{sender.title} has no {name}."
    return ""


def mapped_anyway(spec: SyncSpec, how: How, field: FieldInfo, source: Side, pairs: Sequence[FieldPair]) -> str:
    """Why an action must not write this field of the receiver: the mapping reads or writes it too. '' where it may.

    A tag may be added beside tags that only flow towards the receiver: elements are kept apart one by one.
    """
    receiver = source.other
    if any(field.name in pair.names(receiver) for pair in spec.fields.pairs):
        return f"fields.pairs maps {field.name} already."
    flowing = [p for p in pairs if field.contact and p.field == field.contact]
    if any(p.open_from(receiver) for p in flowing):
        return f"{field.contact} is also mapped from this side, so the value would flow back."
    if how is How.SET and any(p.open_from(source) for p in flowing):
        return f"{field.contact} is also mapped towards this side, so two would write {field.name}."
    return ""
