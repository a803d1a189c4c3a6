"""What a manager reads of a red run: words, and no name of a class."""

from __future__ import annotations

import pytest
from contactsync import errors
from contactsync.model.plan import HoldReason
from contactsync.stages.run_words import failed_words, held_words

KINDS = sorted(
    name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, errors.ContactsyncError)
)


@pytest.mark.parametrize("kind", [*KINDS, "ZeroDivisionError"])
def test_no_kind_of_error_is_told_by_the_name_of_its_class(kind: str) -> None:
    told = failed_words("reconcile", kind)
    assert told.startswith("task reconcile failed (")
    assert kind not in told


def test_of_an_error_that_nobody_named_only_the_task_is_told() -> None:
    assert failed_words("reconcile", "") == "task reconcile failed"


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        *((one.value, None) for one in HoldReason),
        ("no_key", "no match key"),
        ("of_a_later_version", "of a later version"),
    ],
)
def test_every_reason_of_a_hold_has_words_and_one_of_another_version_too(reason: str, words: str | None) -> None:
    assert "_" not in held_words(reason)
    assert words in (None, held_words(reason))
