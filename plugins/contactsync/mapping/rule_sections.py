"""`rules:` of a sync file, as it is written. Whether the apps know its words is judged in mapping.rule_checks."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, model_validator

from contactsync.mapping.condition_words import condition, plain_text
from contactsync.mapping.problems import KeyPath, shown, wrong
from contactsync.mapping.sections import Section
from contactsync.mapping.told import ToldPlain, later
from contactsync.mapping.words import Short, line_of_text, one_of
from contactsync.model.rules import Action, Apply, Contacts, Rule
from contactsync.model.spec import SIDES, Side

_ACTION_KEYS = ("value", "field", "apply", "allow_unmark")
_ACTION_STEP = "Write the action's name, `name: value`, or name: {value: ..., apply: on_enter}."
_LONGEST_VALUE = 2000


def action(data: Any) -> Action:
    """One action of THEN. Errors: PydanticCustomError at the key that is wrong."""
    if isinstance(data, str) and data.strip():
        return Action(data.strip())
    if not isinstance(data, dict) or len(data) != 1:
        raise wrong(f"{shown(data)} is not one action.", _ACTION_STEP)
    ((name, given),) = data.items()
    if not isinstance(given, dict):
        return Action(name, _value(given, (name,)))
    for key in given:
        if key not in _ACTION_KEYS:
            raise wrong("unknown key.", "Correct or remove it.", allowed=_ACTION_KEYS, word=key, at=(name, key))
    return Action(
        name,
        _value(given["value"], (name, "value")) if "value" in given else "",
        plain_text(given["field"], (name, "field")) if "field" in given else "",
        _apply(given["apply"], (name, "apply")) if "apply" in given else Apply.ON_ENTER,
        _allowed(given.get("allow_unmark", False), (name, "allow_unmark")),
    )


def _value(value: Any, at: KeyPath) -> str:
    """A value that is to be written: numbers and booleans as text."""
    if isinstance(value, bool | int | float):
        return plain_text(value, at)
    text = value.strip() if isinstance(value, str) else ""
    if not text or len(text) > _LONGEST_VALUE:
        step = "Write it in quotes."
        raise wrong(f"must be 1 to {_LONGEST_VALUE} characters of text. This is {shown(value)}.", step, at=at)
    return text


def _apply(value: Any, at: KeyPath) -> Apply:
    if not isinstance(value, str) or value not in tuple(Apply):
        word = value if isinstance(value, str) else ""
        raise wrong(
            f"{shown(value)} is not allowed here.", "Use one of these words.", allowed=tuple(Apply), word=word, at=at
        )
    return Apply(value)


def _allowed(value: Any, at: KeyPath) -> bool:
    if not isinstance(value, bool):
        raise wrong(f"must be true or false. This is {shown(value)}.", "Write true, without quotes.", at=at)
    return value


def _leaving(data: Any) -> Action:
    """An action of on_leave, which happens once and by itself."""
    made = action(data)
    given = data[made.name] if isinstance(data, dict) else None
    for key in ("apply", "allow_unmark"):
        if isinstance(given, dict) and key in given:
            message = f"has no place under on_leave: {_LEAVING[key]}"
            raise wrong(message, "Remove it.", at=(made.name, key))
    return made


_LEAVING = {
    "apply": "its actions happen once, when a contact stops matching.",
    "allow_unmark": "leaving a rule never loosens consent.",
}

ConditionWord = Annotated[Any, ToldPlain(condition, later("condition"))]
ActionWord = Annotated[Any, ToldPlain(action, later("action"))]
LeavingWord = Annotated[Any, ToldPlain(_leaving, later("leaving"))]


class ThenSection(Section):
    """`then:` what happens with the contacts that match."""

    contacts: Annotated[Contacts, one_of(Contacts)] = Contacts.CREATE_AND_UPDATE
    actions: Annotated[list[ActionWord], Short] = []


class RuleSection(Section):
    """One rule; without `if` it matches every contact."""

    name: Annotated[str, line_of_text(100)]
    conditions: Annotated[list[ConditionWord], Field(alias="if", min_length=1), Short] = []
    then: ThenSection = ThenSection()
    on_leave: Annotated[list[LeavingWord], Short] = []

    def spec(self) -> Rule:
        """As the rest of contactsync knows it."""
        then = self.then
        return Rule(self.name, tuple(self.conditions), then.contacts, tuple(then.actions), tuple(self.on_leave))


class RulesSection(Section):
    """`rules:` per direction, OR-ed; no rules for a direction = every contact."""

    left_to_right: Annotated[list[RuleSection], Short] = []
    right_to_left: Annotated[list[RuleSection], Short] = []

    @model_validator(mode="after")
    def _names_differ(self) -> RulesSection:
        for direction, rules in (("left_to_right", self.left_to_right), ("right_to_left", self.right_to_left)):
            seen: set[str] = set()
            for n, rule in enumerate(rules):
                if rule.name in seen:
                    message = f"{shown(rule.name)} is already the name of another rule of this direction."
                    raise wrong(message, "Give each rule its own name.", at=(direction, n, "name"))
                seen.add(rule.name)
        return self

    def spec(self) -> dict[Side, tuple[Rule, ...]]:
        """By the side read from; a direction without rules is absent."""
        both = zip(SIDES, (self.left_to_right, self.right_to_left), strict=True)
        return {side: tuple(rule.spec() for rule in rules) for side, rules in both if rules}
