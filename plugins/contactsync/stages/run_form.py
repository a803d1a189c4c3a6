"""The form of a sync's own DAG -> what its run is asked for, or why that is not known.

Whatever leaves a doubt is refused: a run that was meant to be dry, or to be of a few contacts, must never be another.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from contactsync.errors import ConfigError
from contactsync.model.stages import RunRequest
from contactsync.stages.form_values import FormValue, listed

NAMES = ("dry_run", "full_read", "apply_plan", "limit", "contacts")
PLAN_HASH = re.compile("[0-9a-zA-Z:_-]{1,128}")
_AGAIN = "trigger the DAG again"


def request_of(whose: RunRequest, form: Mapping[str, Any]) -> RunRequest:
    """The run with what its form asks for; whatever the form lacks is as in one that nobody filled in.

    Errors: ConfigError, for a name that the form does not have and for a value that is not of its kind.
    """
    if unknown := [name for name in form if name not in NAMES]:
        raise ConfigError(
            f"The form has no {listed(unknown)}, so what this run was asked for is not known.",
            allowed=NAMES,
            next_step=f"{_AGAIN} with one of these, or without it",
        )

    def box(name: str, empty: Any = None) -> FormValue:
        return FormValue(name, form.get(name, empty), f"{_AGAIN} with such a value, or without `{name}`")

    return replace(
        whose,
        dry_run=box("dry_run", False).yes_or_no(),
        full_read=box("full_read", False).yes_or_no(),
        apply_plan=box("apply_plan").matching(PLAN_HASH, "the hash of a plan, as the run that made it names it"),
        limit=box("limit").number(),
        contacts=box("contacts").contacts(),
    )
