"""What two apps can do with a deletion or an unsubscribe of each other."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest
from contactsync.apps import app_names, load_app
from contactsync.apps.memory import Memory
from contactsync.mapping.between_apps import passage, policies_in_words
from contactsync.model.app import Deletes
from contactsync.model.spec import DeletionPolicy

MEMORY = Memory.info
SILENT = replace(MEMORY, title="Silent", caps=replace(MEMORY.caps, deletes=Deletes.NONE, consent=False))
BARE = replace(MEMORY, title="Bare", tag_field="", archive=None)


def test_a_policy_needs_a_deletion_that_is_told_and_a_place_for_its_mark() -> None:
    assert passage(MEMORY, MEMORY).policies == tuple(DeletionPolicy)
    assert passage(MEMORY, BARE).policies == (DeletionPolicy.IGNORE, DeletionPolicy.DELETE)
    assert passage(SILENT, MEMORY).policies == (DeletionPolicy.IGNORE,)
    assert "parted" in passage(SILENT, MEMORY).noticed
    binned = replace(SILENT, deletes_option="bin")
    assert "with the option `bin`" in passage(binned, MEMORY).noticed
    assert policies_in_words(passage(binned, BARE), binned) == "`ignore`; with the option `bin` also `delete`"
    assert policies_in_words(passage(MEMORY, BARE), MEMORY) == "`ignore`, `delete`"


def test_an_unsubscribe_needs_consent_on_both_sides() -> None:
    assert "unsubscribes: carry" in passage(MEMORY, MEMORY).unsubscribes
    why = replace(SILENT, no_consent="silence is none")
    for pair in ((MEMORY, why), (why, MEMORY)):
        assert passage(*pair).unsubscribes == "not carried: Silent holds no consent to e-mail (silence is none)"


@pytest.mark.parametrize(("sender", "receiver"), list(permutations(app_names(), 2)))
def test_of_any_two_shipped_apps_it_is_said_why_nothing_is_passage(sender: str, receiver: str) -> None:
    found = passage(load_app(sender).info, load_app(receiver).info)
    assert found.noticed
    assert found.policies[0] is DeletionPolicy.IGNORE
    lacking = [load_app(name).info for name in (sender, receiver) if not load_app(name).info.caps.consent]
    assert found.unsubscribes.count("holds no consent") == len(lacking)
    assert all(info.no_consent in found.unsubscribes for info in lacking)
