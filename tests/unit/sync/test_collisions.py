"""Who carries which key, however often a contact is read."""

from __future__ import annotations

from contactsync.sync.collisions import Held, carry
from factories import LEFT, RIGHT


def test_every_carrier_of_a_key_is_known_once_and_the_last_read_comes_last() -> None:
    held: Held = {}
    for contact_id in ("l1", "l2", "l1"):
        carry(held, LEFT, {"email": (7, 8), "phone": (7,)}, contact_id)
    carry(held, RIGHT, {"email": (7,)}, "r1")
    assert held == {
        (LEFT, "email"): {7: ("l2", "l1"), 8: ("l2", "l1")},
        (LEFT, "phone"): {7: ("l2", "l1")},
        (RIGHT, "email"): {7: ("r1",)},
    }
