"""All tests of some sync files, one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from contactsync.mapping.file_test_checks import TESTS
from contactsync.mapping.loader import SyncDocument
from contactsync.model.file_tests import FileTest
from contactsync.rehearsal.play import NobodyToEdit, memory, play
from contactsync.rehearsal.reasons import reasons_of
from contactsync.rehearsal.verdict import Difference, differences


@dataclass(frozen=True)
class Rehearsed:
    """How one test went. differences: none = passed; line: where the test stands in its file."""

    sync: str
    file: str
    line: int
    name: str
    differences: tuple[Difference, ...]

    @property
    def passed(self) -> bool:
        """True where everything is as expected."""
        return not self.differences


def run_tests(files: Sequence[SyncDocument]) -> Iterator[Rehearsed]:
    """Play every test of these files, in their order."""
    if not any(file.tests for file in files):
        return
    with memory() as ledger:
        for file in files:
            yield from found_in(file, ledger)


def found_in(file: SyncDocument, ledger: str) -> Iterator[Rehearsed]:
    """Play the tests of one file in the ledger at that address, which no other file of this id has used."""
    for number, test in enumerate(file.tests):
        found = _found(file, test, number, ledger)
        line = file.document.line((TESTS, number))
        yield Rehearsed(file.spec.id, str(file.document.path), line, test.name, tuple(found))


def _found(file: SyncDocument, test: FileTest, number: int, ledger: str) -> list[Difference]:
    try:
        played = play(file, test, number, ledger)
    except NobodyToEdit as error:
        there = f"{error.contacts} contacts there" if error.contacts else "nobody there"
        why = ", ".join(reasons_of(error.plans))
        return [Difference(f"edits.{error.side}", "one contact to edit", f"{there}{f' ({why})' if why else ''}")]
    return differences(test, played, file.apps, file.spec.match.default_region)
