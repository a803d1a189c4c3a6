"""The memory app as far as no other app shares it."""

from __future__ import annotations

from contactsync.apps.base import Access
from contactsync.apps.memory import BOOKS, Book, Memory


def test_contacts_are_found_beside_some_that_no_one_can_read() -> None:
    book = BOOKS["memory_test_find"] = Book()
    book.put("good", {"emails": [{"value": "Ada@example.org"}], "names.given": "Ada"})
    with book.opened() as state:
        for name, fields in {
            "text": {"emails": "ada@example.org"},
            "null": {"emails": [{"value": None}], "hat_size": "7"},
            "list": {"names.given": [{"value": "Ada"}]},
        }.items():
            book.write(state, name, {})
            state["contacts"][name]["fields"] = fields
    app = Memory(Access("memory_test_find", {}), Memory.Options())
    wanted = {"email": ["ada@example.org", "none"], "full_name": ["ada"]}
    assert [record.id for record in app.find(wanted)] == ["good"]
