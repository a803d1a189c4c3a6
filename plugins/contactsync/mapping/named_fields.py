"""Own fields that a sync file names, beside those of the default mapping."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from contactsync.mapping.leaves import leaves
from contactsync.model.file_tests import FileTest
from contactsync.model.spec import Side, SyncSpec


def named_fields(spec: SyncSpec, tests: Iterable[FileTest], side: Side) -> Iterator[str]:
    """Own fields of a side that rules, pairs and tests name."""
    for rule in spec.rules.get(side, ()):
        yield from (node.field for node in leaves(rule.conditions) if node.field)
    for rule in spec.rules.get(side.other, ()):
        yield from (action.field for action in (*rule.actions, *rule.on_leave) if action.field)
    yield from (name for pair in spec.fields.pairs for name in pair.names(side))
    for test in tests:
        edited = test.edits.get(side)
        contacts = (*test.given.get(side, ()), *test.expect.contacts.get(side, ()), *([edited] if edited else ()))
        yield from (name for contact in contacts for name in contact.own)
