"""What a test expects against what became of it: each difference on a line of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from contactsync.contact import (
    FIELDS,
    Element,
    Kind,
    Values,
    decode,
    fold,
    full_name,
    normal_text,
)
from contactsync.mapping.fields import to_contact
from contactsync.mapping.leaves import field_named
from contactsync.mapping.moments import number_of
from contactsync.model.app import AppInfo
from contactsync.model.exchange import OwnValue
from contactsync.model.file_tests import FileTest, GivenContact
from contactsync.model.readable import readable
from contactsync.model.spec import SIDES, Side
from contactsync.rehearsal.play import Played
from contactsync.rehearsal.reasons import actions_done, holds_for, reasons_of
from contactsync.rehearsal.standin import as_own

NOBODY = "nobody"


@dataclass(frozen=True)
class Difference:
    """One thing that is not as it should be. `at`: its key below `expect`."""

    at: str
    expected: str
    found: str


def differences(test: FileTest, played: Played, apps: Mapping[Side, AppInfo], region: str | None) -> list[Difference]:
    """Everything that the test expects otherwise; [] = it passes."""
    return [*_sides(test, played, apps, region), *_why(test, played), *_rest(test, played)]


def _why(test: FileTest, played: Played) -> Iterator[Difference]:
    asked, found = test.expect.why, reasons_of(played.plans)
    if asked and not holds_for(asked, found):
        yield Difference("why", asked, ", ".join(found) or "nothing was left out")


def _rest(test: FileTest, played: Played) -> Iterator[Difference]:
    expect = test.expect
    if not played.at_rest:
        yield Difference("", "the sync comes to rest", "it goes on writing, run after run")
    if expect.linked is not None and expect.linked != played.linked:
        yield Difference("linked", _yes(expect.linked), _yes(played.linked))
    done = actions_done(played)
    if expect.actions is not None and sorted(set(expect.actions)) != sorted(done):
        yield Difference("actions", ", ".join(sorted(set(expect.actions))) or "none", ", ".join(sorted(done)) or "none")
    winners = {conflict.field: conflict.winner for conflict in played.conflicts}
    for name, winner in expect.conflicts.items():
        found = _winner(winners[name]) if name in winners else "no conflict"
        if found != _winner(winner):
            yield Difference(f"conflicts.{name}", _winner(winner), found)


def _winner(side: Side | None) -> str:
    return side.value if side else NOBODY


def _yes(value: bool) -> str:
    return "true" if value else "false"


# ---- contacts


def _sides(test: FileTest, played: Played, apps: Mapping[Side, AppInfo], region: str | None) -> Iterator[Difference]:
    for side in SIDES:
        wanted = test.expect.contacts.get(side)
        if wanted is None:
            continue
        found = played.contacts[side]
        if len(found) != len(wanted):
            yield Difference(side.value, _count(len(wanted)), f"{_count(len(found))}{_named(found)}")
            continue
        for n, (contact, (own, values)) in enumerate(zip(wanted, found, strict=True)):
            at = side.value if len(wanted) == 1 else f"{side}[{n}]"
            yield from _contact(at, contact, own, values, apps[side], region)


def _count(contacts: int) -> str:
    return {0: NOBODY, 1: "one contact"}.get(contacts, f"{contacts} contacts")


def _named(found: Sequence[tuple[Mapping[str, OwnValue], Values]]) -> str:
    names = [full_name(values) or "one without a name" for _, values in found]
    return f" ({'; '.join(names)})" if names else ""


def _contact(
    at: str, wanted: GivenContact, own: Mapping[str, OwnValue], values: Values, app: AppInfo, region: str | None
) -> Iterator[Difference]:
    asked = as_own(GivenContact(wanted.fields), app.fields)
    normal = to_contact(asked, app.fields, tuple(wanted.fields), region)
    for name, text in normal.items():
        plain = wanted.fields[name]
        same = _same_list(text, values.get(name, ""), plain) if FIELDS[name].several else text == values.get(name)
        if not same:
            yield Difference(f"{at}.{name}", readable(name, text), readable(name, values.get(name, "")))
    for name, value in wanted.own.items():
        found = own.get(name, "")
        if _own_key(value, field_named(name, app).kind) != _own_key(found, field_named(name, app).kind):
            yield Difference(f"{at}.{name}", _own_text(value), _own_text(found))


def _same_list(wanted: str, found: str, plain: OwnValue) -> bool:
    """The same elements; their label or mark counts where the test names it."""
    asked, there = ({e.id: e for e in decode(text)} for text in (wanted, found))
    attributes = {key for item in plain if not isinstance(plain, str) for key in ("label", "primary") if key in item}
    return asked.keys() == there.keys() and all(
        _attributes(asked[i], attributes) == _attributes(there[i], attributes) for i in asked
    )


def _attributes(element: Element, asked: set[str]) -> tuple[object, ...]:
    label = fold(element.label or "") if "label" in asked else None
    return label, bool(element.primary) if "primary" in asked else None


def _own_key(value: OwnValue, kind: Kind) -> object:
    """What two values of one own field are compared by."""
    if not isinstance(value, str):
        return sorted(fold(str(item["value"])) for item in value)
    if kind is Kind.BOOLEAN:
        return fold(value) or "false"  # a box that was never ticked
    number = number_of(value) if kind is Kind.NUMBER else None
    return normal_text(value) if number is None else number


def _own_text(value: OwnValue) -> str:
    if isinstance(value, str):
        return value or "(empty)"
    return "; ".join(str(item["value"]) for item in value) or "(empty)"
