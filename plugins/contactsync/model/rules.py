"""IF and THEN as data: what a sync file says, and what becomes of it once the apps' own words are looked up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Join(StrEnum):
    """What a node of a condition is."""

    LEAF = "leaf"
    ALL = "all"
    ANY = "any"
    NOT = "not"  # none of its parts holds


class Compare(StrEnum):
    """How a leaf judges a value. Texts are compared with case and spaces folded away."""

    EQUALS = "equals"
    IN = "in"
    CONTAINS = "contains"
    STARTS_WITH = "starts_with"
    GREATER_THAN = "greater_than"
    LESS_THAN = "less_than"
    BETWEEN = "between"  # both ends included
    EMPTY = "empty"  # true: known to be empty; false: holds something
    BEFORE = "before"
    AFTER = "after"
    WITHIN_DAYS = "within_days"  # of now, past and to come: judged anew on every complete read
    HAS = "has"  # one of several values (a label, a category) is this


@dataclass(frozen=True)
class Condition:
    """One node of IF. A leaf names a condition of the app (`has_open_deals`), `field`, or `already_exists`.

    field   own field of the app judged, for the name `field`
    values  what it is compared with, as text; several are alternatives (between: both ends)
    """

    join: Join
    name: str = ""
    field: str = ""
    compare: Compare = Compare.EQUALS
    values: tuple[str, ...] = ()
    parts: tuple[Condition, ...] = ()


ALREADY_EXISTS = "already_exists"
FIELD = "field"


class Contacts(StrEnum):
    """What a rule does with the contacts that match it."""

    CREATE_AND_UPDATE = "create_and_update"
    UPDATE_ONLY = "update_only"
    NONE = "none"  # only the actions


class Apply(StrEnum):
    """When an action fires."""

    ON_ENTER = "on_enter"  # once, when the contact starts matching, or is linked or created while it does
    ON_CREATE = "on_create"  # only with the create
    ALWAYS = "always"  # with every run; overwrites later edits, and logs them as conflicts


@dataclass(frozen=True)
class Action:
    """One THEN, in the words of the receiving app. `value` may name contact fields of the source in {braces}.

    field   own field of the receiving app, for update_field
    allow   further consent that the action needs (unmark_do_not_disturb: allow_unmark)
    """

    name: str
    value: str = ""
    field: str = ""
    apply: Apply = Apply.ON_ENTER
    allow: bool = False


@dataclass(frozen=True)
class Rule:
    """IF conditions (a list is AND) THEN contacts and actions. Rules of one direction are OR-ed."""

    name: str
    conditions: tuple[Condition, ...] = ()
    contacts: Contacts = Contacts.CREATE_AND_UPDATE
    actions: tuple[Action, ...] = ()
    on_leave: tuple[Action, ...] = ()


# ---- resolved: in contact columns instead of the app's words, as the deciding functions take it


class How(StrEnum):
    """What an effect does to its column."""

    SET = "set"
    ADD = "add"  # one element of several
    REMOVE = "remove"


@dataclass(frozen=True)
class Effect:
    """An action on a column of the receiving side's canonical contact.

    value    a constant, or a template over contact fields of the source in {braces}
    loosens  consent becomes looser by it: never on_leave, never by undo
    """

    column: str
    how: How
    value: str
    apply: Apply = Apply.ON_ENTER
    action: str = ""  # the YAML's name, for people
    loosens: bool = False


@dataclass(frozen=True)
class RuleEffects:
    """A rule as deciding takes it; whether it matches a contact is judged before (Shown.rules)."""

    name: str
    contacts: Contacts = Contacts.CREATE_AND_UPDATE
    enter: tuple[Effect, ...] = ()
    leave: tuple[Effect, ...] = ()


NO_RULES: Mapping[str, RuleEffects] = {}


@dataclass(frozen=True)
class Matching:
    """Which rules of its direction a contact matches. `alone`: judged as if it had no partner (already_exists)."""

    rules: tuple[str, ...] = field(default_factory=tuple)
    alone: tuple[str, ...] = field(default_factory=tuple)
