"""Actions that undo or overwrite each other, in one rule or in two that can both match a contact."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from contactsync.contact import fold
from contactsync.mapping.contradictions import exclusive
from contactsync.mapping.leaves import actions_of, written_field
from contactsync.mapping.problems import KeyPath, Problem, shown
from contactsync.model.app import AppInfo
from contactsync.model.rules import Action, How, Rule


def opposite_problems(rules: Sequence[Rule], sender: AppInfo, receiver: AppInfo, at: KeyPath) -> Iterator[Problem]:
    """Actions that take each other back, in one rule or in two that can both match."""
    for n, later in enumerate(rules):
        for m, earlier in enumerate(rules[: n + 1]):
            if m != n and exclusive(earlier, later, sender):
                continue
            for k, action in enumerate(later.actions):
                others = later.actions[:k] if m == n else earlier.actions
                if any(opposite(action, other, receiver) for other in others):
                    where = "of the same rule" if m == n else f"of the rule {earlier.name!r}, which can match too"
                    message = f"takes back what another action {where} does."
                    step = "Remove one of the two, or let the rules exclude each other with `not`."
                    yield Problem((*at, n, "then", "actions", k, action.name), message, step)


def opposite(one: Action, other: Action, app: AppInfo) -> bool:
    """True where one action takes back the other: grant and revoke, add and remove the same."""
    known = actions_of(app)
    if one.name not in known or other.name not in known:
        return False  # said already
    if other.name != known[one.name].reverse:
        return False
    same_field = written_field(one, app).name == written_field(other, app).name
    return same_field and fold(one.value) == fold(other.value)


def twice_set(rule: Rule, receiver: AppInfo, at: KeyPath) -> Iterator[Problem]:
    """Actions of one rule that set one field to different values at the same time: each run would do both."""
    for n, later in enumerate(rule.actions):
        for earlier in rule.actions[:n]:
            if earlier.apply is later.apply and (field := differently_set(earlier, later, receiver)):
                message = f"sets {field} to another value than an action before it in this rule."
                yield Problem((*at, "then", "actions", n, later.name), message, "Keep one of the two.")


def differently_set(one: Action, other: Action, app: AppInfo) -> str:
    """The own field that both set, each to another value; '' where there is none."""
    known = actions_of(app)
    if not all(action.name in known and known[action.name].how is How.SET for action in (one, other)):
        return ""
    field = written_field(one, app).name
    same = field == written_field(other, app).name
    return field if same and value_of(one, app) != value_of(other, app) else ""


def value_of(action: Action, app: AppInfo) -> str:
    """What an action sets: its own value, or that of its name."""
    fixed = actions_of(app)[action.name].value
    return fold(action.value if fixed is None else fixed)


def first_wins(rules: Sequence[Rule], sender: AppInfo, receiver: AppInfo, at: KeyPath) -> Iterator[Problem]:
    """What is right, and perhaps not what is meant: of two rules that can both match, the first has a field."""
    for n, later in enumerate(rules):
        for earlier in rules[:n]:
            if exclusive(earlier, later, sender):
                continue
            for k, action in enumerate(later.actions):
                field = next((f for a in earlier.actions if (f := differently_set(a, action, receiver))), "")
                if field:
                    who = f"the rule {shown(earlier.name)}, which stands first and can match too"
                    message = f"does nothing for contacts that both match: {who}, sets {field} to another value."
                    step = "Order the rules as it is meant, or let them exclude each other with `not`."
                    yield Problem((*at, n, "then", "actions", k, action.name), message, step)
