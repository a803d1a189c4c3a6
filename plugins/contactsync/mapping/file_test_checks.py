"""What is wrong with the tests of a sync file, once its two apps are known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from contactsync.contact import FIELDS, Kind
from contactsync.mapping.action_checks import cannot_hold
from contactsync.mapping.field_words import unknown_choice, unknown_field
from contactsync.mapping.given_contacts import CUSTOM, NAMES, OWN
from contactsync.mapping.leaves import actions_of, field_named, is_sure
from contactsync.mapping.problems import KeyPath, Problem, shown
from contactsync.model.app import AppInfo, FieldInfo
from contactsync.model.exchange import OwnValue
from contactsync.model.file_tests import FileTest, GivenContact
from contactsync.model.spec import SIDES, FieldPair, Side

TESTS = "tests"


def file_test_problems(
    tests: Sequence[FileTest], apps: Mapping[Side, AppInfo], pairs: Sequence[FieldPair]
) -> Iterator[Problem]:
    """Fields that the apps do not have, values that these cannot hold, expectations that can never be met."""
    for n, test in enumerate(tests):
        at: KeyPath = (TESTS, n)
        for side in SIDES:
            for part, contacts in (("given", test.given.get(side)), ("expect", test.expect.contacts.get(side))):
                yield from _contacts_problems(contacts or (), apps[side], (*at, part, side.value))
            if (edited := test.edits.get(side)) is not None:
                yield from _contact_problems(edited, apps[side], (*at, "edits", side.value))
        yield from _sense_problems(test, apps, pairs, at)


def _sense_problems(
    test: FileTest, apps: Mapping[Side, AppInfo], pairs: Sequence[FieldPair], at: KeyPath
) -> Iterator[Problem]:
    for side in SIDES:
        if side in test.edits and len(test.given.get(side, ())) > 1:
            message = "several contacts are given on this side, so it is not clear whom this edits."
            yield Problem((*at, "edits", side.value), message, "Give one contact there.")
    if test.linked and any(len(contacts) > 1 for contacts in test.given.values()):
        yield Problem((*at, "linked"), "links two contacts, and a side has several.", "Give one on each side.")
    known = tuple(dict.fromkeys(name for side in SIDES for name in actions_of(apps[side])))
    for n, name in enumerate(test.expect.actions or ()):
        if name not in known:
            message = f"neither app has an action {shown(name)}."
            yield Problem((*at, "expect", "actions", n), message, "Use one of these.", known, name)
    flowing = tuple(pair.field for pair in pairs)
    for name in test.expect.conflicts:
        if name not in flowing:
            yield Problem(
                (*at, "expect", "conflicts", name), "no such field flows.", "Use one of these.", flowing, name
            )


def _contacts_problems(contacts: Sequence[GivenContact], app: AppInfo, at: KeyPath) -> Iterator[Problem]:
    for n, contact in enumerate(contacts):
        yield from _contact_problems(contact, app, at if len(contacts) == 1 else (*at, n))


def _contact_problems(contact: GivenContact, app: AppInfo, at: KeyPath) -> Iterator[Problem]:
    for name, value in contact.fields.items():
        own = [f for f in app.fields if f.contact == name]
        key = (*at, *_words(name))
        if not own:
            allowed = tuple(dict.fromkeys(f.contact for f in app.fields if f.contact))
            step = "Name another field, or the app's own one under `own`."
            yield Problem(key, f"{app.title} has no {name}.", step, allowed, name)
        else:
            yield from _value_problems(FIELDS[name], value, own, key)
    for name, value in contact.own.items():
        yield from _own_problems(name, value, app, (*at, *_own_words(name)))


def _value_problems(kind: Kind, value: OwnValue, own: Sequence[FieldInfo], at: KeyPath) -> Iterator[Problem]:
    if isinstance(value, str):
        if value and (reason := cannot_hold(kind, value)):
            yield Problem(at, f"never holds {shown(value)}: {reason}", "Correct the value.")
        return
    slots = tuple(f.slot for f in own if f.slot)
    most = len(slots) or own[0].max_items
    if most is not None and len(value) > most:
        yield Problem(at, f"holds at most {most} here; these are {len(value)}.", "Leave some out.")
    for n, item in enumerate(value):
        if slots and (label := item.get("label")) and label not in slots:
            yield Problem(
                (*at, n, "label"), f"there is no place for {shown(label)}.", "Use one of these.", slots, label
            )


def _own_problems(name: str, value: OwnValue, app: AppInfo, at: KeyPath) -> Iterator[Problem]:
    unknown = tuple(unknown_field(name, app, at))
    yield from unknown
    field = field_named(name, app)
    if unknown or not is_sure(field, app):
        return
    if field.kind.several == isinstance(value, str):
        what = ("several values", "[one, two]") if field.kind.several else ("one value", "one text")
        yield Problem(at, f"{name} holds {what[0]}.", f"Write {what[1]}.")
    elif isinstance(value, str) and value and (reason := cannot_hold(field.kind, value, needs_year=field.needs_year)):
        yield Problem(at, f"{name} never holds {shown(value)}: {reason}", "Correct the value.")
    elif isinstance(value, str) and value:
        yield from unknown_choice(value, field, at)


def _words(name: str) -> tuple[str, ...]:
    """The keys under which a contact field stands in YAML."""
    group, dot, part = name.partition(".")
    return (group, part) if dot and group == NAMES else (name,)


def _own_words(name: str) -> tuple[str, ...]:
    group, dot, key = name.partition(".")
    return (CUSTOM, key) if dot and group == CUSTOM else (OWN, name)
