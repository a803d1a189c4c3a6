"""The runbook has a heading for each error and each reason for a hold, and for nothing that does not exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from contactsync import errors
from contactsync.model.decisions import Answer
from contactsync.model.plan import HoldReason

CLASSES = {
    name: kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.ContactsyncError)
}
SECTIONS = ("Errors that stop a run", "Errors that are tried again", "Errors that a run deals with by itself")


@pytest.fixture(scope="module")
def sections(root: Path) -> dict[str, dict[str, str]]:
    """Section -> heading -> text."""
    found: dict[str, dict[str, str]] = {}
    for part in re.split(r"^## ", (root / "docs" / "runbook.md").read_text("utf-8"), flags=re.MULTILINE)[1:]:
        title, _, rest = part.partition("\n")
        headed = [entry.partition("\n") for entry in re.split(r"^### ", rest, flags=re.MULTILINE)[1:]]
        found[title] = {heading: text.strip() for heading, _, text in headed}
    return found


def test_every_error_has_a_heading_with_its_exit_code(sections):
    headed = {heading: text for section in SECTIONS for heading, text in sections[section].items()}
    assert set(headed) == set(CLASSES)
    for name, text in headed.items():
        assert " ".join(text.split()).endswith(f"Exit code {CLASSES[name].exit_code}."), name


def test_errors_stand_under_what_the_run_does_next(sections):
    stops = {name for name, kind in CLASSES.items() if issubclass(kind, errors.StopError)}
    retries = {name for name, kind in CLASSES.items() if issubclass(kind, errors.RetryError)}
    assert set(sections[SECTIONS[0]]) == {*stops, "ContactsyncError"}
    assert set(sections[SECTIONS[1]]) == retries


def test_every_reason_for_a_hold_has_a_heading_that_says_what_to_do(sections):
    assert set(sections["Holds"]) == {reason.value for reason in HoldReason}
    assert all(len(text.split()) > 15 for text in sections["Holds"].values())


def test_every_answer_to_a_hold_is_explained(root):
    text = (root / "docs" / "runbook.md").read_text("utf-8")
    assert [answer for answer in Answer if f"`{answer}" not in text] == []
