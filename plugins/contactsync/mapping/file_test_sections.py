"""`tests:` of a sync file, as it is written. Whether the apps have its fields is judged in mapping.file_test_checks."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import Field, model_validator

from contactsync.mapping.given_contacts import MOST, given_contact, given_contacts
from contactsync.mapping.problems import shown, wrong
from contactsync.mapping.sections import Section
from contactsync.mapping.told import ToldPlain, later
from contactsync.mapping.words import Short, choice, line_of_text
from contactsync.model.file_tests import TODAY, WHY, Expected, FileTest, GivenContact
from contactsync.model.spec import SIDES, Side

NOBODY = "nobody"


def _day(value: Any) -> date:
    try:
        if not isinstance(value, str) or len(value) != len("2026-01-31"):
            raise ValueError
        return date.fromisoformat(value)
    except ValueError:
        raise wrong(f"{shown(value)} is not a day.", "Write for example 2026-01-31.") from None


def _expected(data: Any) -> tuple[GivenContact, ...]:
    """null: nobody."""
    return () if data is None else given_contacts(data)


def _edited(data: Any) -> GivenContact | None:
    """null: deleted."""
    return None if data is None else given_contact(data)


_DAY = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
CONTACT = later("contact")
_CONTACTS = {"type": "array", "items": CONTACT, "minItems": 1, "maxItems": MOST}

GivenWord = Annotated[Any, ToldPlain(given_contacts, {"anyOf": [CONTACT, _CONTACTS]})]
ExpectedWord = Annotated[Any, ToldPlain(_expected, {"anyOf": [{"type": "null"}, CONTACT, _CONTACTS]})]
EditedWord = Annotated[Any, ToldPlain(_edited, {"anyOf": [{"type": "null"}, CONTACT]})]
WinnerWord = Annotated[str, choice(*SIDES, NOBODY)]
ActionName = Annotated[str, line_of_text(100)]


class GivenSection(Section):
    """`given:` the contacts that the apps hold before the first run."""

    left: GivenWord = ()
    right: GivenWord = ()

    @model_validator(mode="after")
    def _somebody(self) -> GivenSection:
        if not self.left and not self.right:
            raise wrong("gives no contact.", "Write {left: {names: {given: Uma}}}, or right, or both.")
        return self


class EditsSection(Section):
    """`edits:` what persons change afterwards; null = the contact is deleted."""

    left: EditedWord = None
    right: EditedWord = None

    @model_validator(mode="after")
    def _something(self) -> EditsSection:
        if not self.model_fields_set:
            raise wrong("edits nothing.", "Write what a person changes: {left: {job_title: Buyer}}, or remove it.")
        return self

    def spec(self) -> dict[Side, GivenContact | None]:
        """As the rest of contactsync knows it."""
        return {side: getattr(self, side.value) for side in SIDES if side.value in self.model_fields_set}


class ExpectSection(Section):
    """`expect:` what must be true once the sync has come to rest."""

    left: ExpectedWord = ()
    right: ExpectedWord = ()
    why: Annotated[str, choice(*WHY)] = ""
    linked: bool | None = None
    actions: Annotated[list[ActionName], Short] | None = None
    conflicts: dict[str, WinnerWord] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _something(self) -> ExpectSection:
        if not self.model_fields_set:
            raise wrong("expects nothing.", "Say what the other side holds: {right: null}, or its fields.")
        return self

    def spec(self) -> Expected:
        """As the rest of contactsync knows it."""
        sides = {side: getattr(self, side.value) for side in SIDES if side.value in self.model_fields_set}
        winners = {name: None if side == NOBODY else Side(side) for name, side in self.conflicts.items()}
        actions = None if self.actions is None else tuple(self.actions)
        return Expected(sides, self.why, self.linked, actions, winners)


class TestSection(Section):
    """One test: given these contacts, the sync does this."""

    __test__ = False  # no test of pytest's

    name: Annotated[str, line_of_text(200)]
    given: GivenSection
    expect: ExpectSection
    linked: bool = False
    edits: EditsSection = Field(default_factory=EditsSection.model_construct)
    today: Annotated[date, ToldPlain(_day, _DAY)] = TODAY

    def spec(self) -> FileTest:
        """As the rest of contactsync knows it."""
        given = {side: contacts for side in SIDES if (contacts := getattr(self.given, side.value))}
        return FileTest(self.name, given, self.expect.spec(), self.linked, self.edits.spec(), self.today)


def check_names(tests: list[TestSection]) -> list[TestSection]:
    """Errors: PydanticCustomError where two tests have one name."""
    seen: set[str] = set()
    for n, test in enumerate(tests):
        if test.name in seen:
            raise wrong(f"{shown(test.name)} is already the name of another test.", "Name each once.", at=(n, "name"))
        seen.add(test.name)
    return tests
