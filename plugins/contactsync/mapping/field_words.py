"""Problems with the name of an own field, or with a choice of one, in the same words wherever it stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from contactsync.contact import fold
from contactsync.mapping.leaves import is_unknown
from contactsync.mapping.problems import KeyPath, Problem, shown
from contactsync.model.app import AppInfo, FieldInfo


def unknown_field(name: str, app: AppInfo, at: KeyPath, known: Iterable[str] = ()) -> Iterator[Problem]:
    """Where the app does not have this field. known: those that may stand there, where not all may."""
    if not is_unknown(name, app):
        return
    allowed = tuple(known) or tuple(field.name for field in app.fields)
    for beginning, why in app.no_more:
        if name.startswith(beginning):
            others = tuple(one for one in allowed if one.startswith(beginning))
            step = "Use one of these, or a custom field of the contact."
            yield Problem(at, f"{app.title} has no field {shown(name)}: {why}.", step, others, name)
            return
    if not app.asked:
        step = "Use one of these, or custom.<name>."
        yield Problem(at, f"{app.title} has no field {shown(name)}.", step, allowed, name)
        return
    step = "Use one of these, or take the snapshot anew: contactsync snapshot."
    yield Problem(at, f"the snapshot of this {app.title} account has no field {shown(name)}.", step, allowed, name)


def unknown_choice(value: str, field: FieldInfo, at: KeyPath) -> Iterator[Problem]:
    """Where the field has choices, and this is none of them."""
    if field.choices and fold(value) not in {fold(choice) for choice in field.choices}:
        message = f"{field.name} has no choice {shown(value)}."
        yield Problem(at, message, "Use one of these.", field.choices, value)
