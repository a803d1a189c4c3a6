"""Whether the very accounts know what rules and pairs ask for; a file alone cannot tell which product an account is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from contactsync.errors import ConfigError, Place
from contactsync.mapping.pair_checks import pair_problems
from contactsync.mapping.problems import Problem, dotted
from contactsync.mapping.rule_checks import rule_problems
from contactsync.model.spec import SIDES
from contactsync.stages.account_fields import check_custom
from contactsync.stages.workplace import Workplace


def check_rules(place: Workplace) -> None:
    """Stop before reading where a rule asks for what an account lacks: it would match nobody, silently.

    Errors: ConfigError, and those of App.actual.
    """
    if place.spec.rules:
        apps = {side: place.app(side).actual() for side in SIDES}
        _stop(place, rule_problems(place.spec, apps, place.pairs))
        for side in SIDES:
            check_custom(place.spec, side, place.app(side))


def check_pairs(place: Workplace) -> None:
    """Stop before reading where a pair names what an account lacks, or fields that it cannot be made of there.

    Errors: ConfigError, and those of App.describe.
    """
    if place.spec.fields.pairs:
        apps = {side: replace(place.app(side).info, fields=place.own_fields[side]) for side in SIDES}
        _stop(place, pair_problems(place.spec, apps, asked=True))


def _stop(place: Workplace, problems: Iterable[Problem]) -> None:
    found = list(problems)
    if found:
        first = found[0]
        raise ConfigError(
            f"{first.message}{f' And {len(found) - 1} more.' if len(found) > 1 else ''}",
            place=Place(Path(place.spec.file), key=dotted(first.key)),
            next_step=first.next_step,
        )
