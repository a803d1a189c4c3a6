"""What a run holds of each contact while it decides: a hundred thousand a side have to fit into one task."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

from contactsync.contact import fingerprint
from contactsync.model.spec import SIDES, MatchSpec, Side
from contactsync.packed import PackedMap
from contactsync.sync.link_case import Rules
from contactsync.sync.readings import Reading, Shown
from contactsync.sync.reconcile import Given, reconcile
from factories import WHEN, a_pair, listed

EACH = 2500  # bytes; a gigabyte leaves 4,000 for each of 200,000 beside what the process itself takes
FIELDS = ("names.given", "names.family", "emails", "phones", "company", "notes", "job_title")


def shown(side: Side, contacts: int) -> Iterator[tuple[str, Shown]]:
    """The same persons on both sides, every tenth typed in another way."""
    for n in range(contacts):
        values = {
            "names.given": f"Given{n}", "names.family": f"Beispiel{n}", "emails": listed(f"person{n}@example.org"),
            "phones": listed(f"+4930{n:07d}"), "company": f"Muster {n} AG", "notes": f"Met at the fair, hall {n}.",
            "job_title": "Buyer" if n % 10 else f"Buyer of the {side}",
        }  # fmt: skip
        yield f"{side}-{n}", Shown(f"{side}-{n}", values, fingerprint(values), n, WHEN, f"etag-{n}", WHEN)


def peak(contacts: int) -> int:
    tracemalloc.start()
    readings = {s: Reading(s, WHEN, PackedMap(shown(s, contacts)), complete=True, rows=contacts) for s in SIDES}
    rules = Rules("pair", tuple(a_pair(name) for name in FIELDS))
    plan = reconcile(Given(rules, MatchSpec(), "salt", readings, (), {s: {} for s in SIDES}))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (plan.matched, len(plan.links)) == (contacts, contacts)
    return most


def test_a_first_meeting_holds_little_of_each_contact() -> None:
    few, many = 100, 500
    peak(few)  # imports and caches
    each = (peak(many) - peak(few)) / (2 * (many - few))
    assert each < EACH
