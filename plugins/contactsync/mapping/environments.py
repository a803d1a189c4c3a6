"""`environments:` and `accounts:` of include/contactsync.yaml: where this very installation may write, and to whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

from contactsync.mapping.document import Document
from contactsync.mapping.problems import Problem, shown
from contactsync.mapping.sections import Section
from contactsync.mapping.words import choice, line_of_text
from contactsync.model.spec import SIDES, ProjectSpec, SyncSpec

VARIABLE = "CONTACTSYNC_ENV"
UNNAMED = "dev"  # which environment holds where nobody says

AccountOf = Annotated[str, line_of_text(300)]


class EnvironmentSection(Section):
    """One of `environments:`."""

    writes: Annotated[str, choice("allowed", "never")]


def environment_of(document: Document, known: Mapping[str, EnvironmentSection], wanted: str) -> tuple[str, bool]:
    """The environment that holds ('' where the file names none), and whether it may write.

    Where nobody says which, it is dev; a file that does not name dev lets it write nowhere. Errors: ConfigError (a name
    that the file does not know: nothing is guessed about an account that contacts would be written to).
    """
    if not known:
        return "", True
    name = wanted or UNNAMED
    if name in known:
        return name, known[name].writes == "allowed"
    if not wanted:
        return UNNAMED, False
    message = f"{VARIABLE} is {shown(wanted)}, and no environment is called so."
    step = f"Set {VARIABLE} to one of these, alike for every component, or add the environment here."
    raise document.error((Problem(("environments",), message, step, tuple(known), wanted),))


def environment_notes(spec: SyncSpec, project: ProjectSpec) -> Iterator[str]:
    """What a person should know of this sync in the environment that holds, where the project file names any."""
    connections = dict.fromkeys(spec.side(side).connection for side in SIDES)
    if not project.environment:
        if named := ", ".join(c for c in connections if c in project.accounts):
            yield f"where {named} leads is not checked: contactsync.yaml names accounts but no environments"
        return
    if not project.writes:
        yield f"in environment {project.environment} nothing is written: every run is a dry run"
    for connection in connections:
        if connection not in project.accounts:
            yield f"where {connection} leads is not checked: accounts in contactsync.yaml does not name it"
        elif not project.accounts[connection]:
            yield f"{connection} has no account in environment {project.environment}, so runs stop before they read"


def account_problems(
    accounts: Mapping[str, Mapping[str, str]], known: Mapping[str, EnvironmentSection]
) -> Iterator[Problem]:
    """Accounts of environments that there are not, where there are any."""
    if not known:
        return
    allowed = (*known, *([] if UNNAMED in known else [UNNAMED]))
    for connection, of in accounts.items():
        for name in of:
            if name not in allowed:
                yield Problem(
                    ("accounts", connection, name), "unknown environment.", "Add it to environments, or correct it.",
                    allowed, name,
                )  # fmt: skip
