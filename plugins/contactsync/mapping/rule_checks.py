"""What is wrong with the rules of a sync file, once its two apps are known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from contactsync.contact import Kind
from contactsync.mapping.action_checks import action_problems, cannot_hold
from contactsync.mapping.contradictions import never_matching
from contactsync.mapping.field_words import unknown_choice, unknown_field
from contactsync.mapping.leaves import conditions_of, field_named, is_sure, leaf_of
from contactsync.mapping.moments import number_of
from contactsync.mapping.problems import KeyPath, Problem, shown
from contactsync.mapping.rule_overlap import opposite_problems, twice_set
from contactsync.model.app import AppInfo, FieldInfo, Takes
from contactsync.model.rules import ALREADY_EXISTS, FIELD, Compare, Condition, Join, Rule
from contactsync.model.spec import SIDES, FieldPair, Side, SyncSpec

_NUMBERS = (Compare.GREATER_THAN, Compare.LESS_THAN)
_MOMENTS = (Compare.BEFORE, Compare.AFTER, Compare.WITHIN_DAYS)


def rule_problems(spec: SyncSpec, apps: Mapping[Side, AppInfo], pairs: Sequence[FieldPair]) -> Iterator[Problem]:
    """Unknown words, tests that a field cannot take, actions that contradict each other or the mapping."""
    for source in SIDES:
        rules = spec.rules.get(source, ())
        where: KeyPath = ("rules", f"{source}_to_{source.other}")
        if rules and not spec.direction.open_from(source):
            message = f"nothing flows this way, as direction is {spec.direction}."
            yield Problem(where, message, "Remove these rules, or set direction: both.")
            continue
        for n, rule in enumerate(rules):
            yield from _rule_problems(rule, apps[source], (*where, n))
            yield from action_problems(spec, rule, source, apps, pairs, (*where, n))
            yield from twice_set(rule, apps[source.other], (*where, n))
        yield from never_matching(rules, apps[source], where)
        yield from opposite_problems(rules, apps[source], apps[source.other], where)


def _rule_problems(rule: Rule, sender: AppInfo, at: KeyPath) -> Iterator[Problem]:
    for n, condition in enumerate(rule.conditions):
        yield from _condition_problems(condition, sender, (*at, "if", n))


def _condition_problems(node: Condition, app: AppInfo, at: KeyPath) -> Iterator[Problem]:
    if node.join is not Join.LEAF:
        for n, part in enumerate(node.parts):
            yield from _condition_problems(part, app, (*at, node.join.value, n))
        return
    if node.name == ALREADY_EXISTS:
        if node.values:
            yield Problem(at, f"{ALREADY_EXISTS} takes no value.", f"Write - {ALREADY_EXISTS}")
    elif node.name == FIELD:
        yield from _field_problems(node, app, (*at, FIELD))
    else:
        yield from _word_problems(node, app, at)


def _word_problems(node: Condition, app: AppInfo, at: KeyPath) -> Iterator[Problem]:
    known = conditions_of(app)
    info = known.get(node.name)
    if info is None:
        allowed = (*known, FIELD, ALREADY_EXISTS)
        message = f"{app.title} has no condition {shown(node.name)}."
        yield Problem(at, message, "Use one of these, or field: {name: ..., equals: ...}.", allowed, node.name)
    elif info.missing:
        yield Problem((*at, node.name), f"{node.name} cannot be judged: {info.missing}", "Do that, or remove it.")
    elif info.takes is Takes.NOTHING and node.values:
        yield Problem((*at, node.name), f"{node.name} takes no value.", f"Write - {node.name}, or not: {node.name}.")
    elif info.takes is Takes.TEXTS and node.compare not in (Compare.EQUALS, Compare.IN):
        step = f"Write {node.name}: value, or {node.name}: [one, two]."
        yield Problem((*at, node.name), f"{node.name} takes values, not a test.", step)
    elif info.takes is not Takes.NOTHING and not node.values:
        yield Problem(at, f"{node.name} needs a value.", f"Write {node.name}: ...")
    elif info.takes is not Takes.NOTHING:
        yield from _named_fields(node, info.takes, app, (*at, node.name))


def _named_fields(node: Condition, takes: Takes, app: AppInfo, at: KeyPath) -> Iterator[Problem]:
    """Of the fields behind a word of the app; where it judges several, one that has the value is enough."""
    fields = leaf_of(node, app).fields
    for field in fields if takes is Takes.COMPARISON else ():
        yield from test_problems(node, field, at)
    if takes is Takes.TEXTS and len(fields) == 1:
        for value in node.values:
            yield from unknown_choice(value, fields[0], at)


def _field_problems(node: Condition, app: AppInfo, at: KeyPath) -> Iterator[Problem]:
    unknown = tuple(unknown_field(node.field, app, (*at, "name")))
    yield from unknown
    field = field_named(node.field, app)
    if not unknown and is_sure(field, app):
        yield from test_problems(node, field, at)


def test_problems(node: Condition, field: FieldInfo, at: KeyPath) -> Iterator[Problem]:
    """Why a field of this kind cannot be tested so."""
    kind, test = field.kind, node.compare
    numbers = test in _NUMBERS or (test is Compare.BETWEEN and number_of(node.values[0]) is not None)
    moments = test in _MOMENTS or (test is Compare.BETWEEN and not numbers)
    if numbers and kind not in (Kind.NUMBER, Kind.TEXT):
        yield Problem(at, f"{test} needs a number, and {field.name} holds a {_noun(kind)}.", "Use another test.")
    elif moments and kind not in (Kind.DATE, Kind.DATETIME, Kind.TEXT):
        yield Problem(at, f"{test} needs a date, and {field.name} holds a {_noun(kind)}.", "Use another test.")
    elif test in (Compare.EQUALS, Compare.IN):
        for value in node.values:
            if reason := cannot_hold(kind, value):
                yield Problem(at, f"{field.name} never holds {shown(value)}: {reason}", "Correct the value.")
            yield from unknown_choice(value, field, at)


def _noun(kind: Kind) -> str:
    return "list" if kind.several else str(kind)
