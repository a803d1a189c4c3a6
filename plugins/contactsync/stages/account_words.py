"""Whether the very accounts know what the rules ask for; a file alone cannot tell which product an account is."""

from __future__ import annotations

from pathlib import Path

from contactsync.errors import ConfigError, Place
from contactsync.mapping.problems import dotted
from contactsync.mapping.rule_checks import rule_problems
from contactsync.model.spec import SIDES
from contactsync.stages.workplace import Workplace


def check_rules(place: Workplace) -> None:
    """Stop before reading where a rule asks for what an account lacks: it would match nobody, silently.

    Errors: ConfigError, and those of App.actual.
    """
    if not place.spec.rules:
        return
    apps = {side: place.app(side).actual() for side in SIDES}
    found = list(rule_problems(place.spec, apps, place.pairs))
    if found:
        first = found[0]
        raise ConfigError(
            f"{first.message}{f' And {len(found) - 1} more.' if len(found) > 1 else ''}",
            place=Place(Path(place.spec.file), key=dotted(first.key)),
            next_step=first.next_step,
        )
