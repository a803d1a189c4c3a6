"""Possible duplicates of two apps with the same persons, typed differently: CPU, comparisons, how many are found."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter

from contactsync.contact import Element, Kind, Values, address_text, element_id, encode
from contactsync.model.spec import Side
from contactsync.sandbox.people_data import Person, both_sides
from contactsync.sync.duplicates import Scope, possible_duplicates


def several(kind: Kind, texts: tuple[str, ...]) -> str:
    return encode(Element(element_id(kind, text, "DE"), text) for text in texts)


def values(person: Person) -> Values:
    found = {
        "names.given": person.given,
        "names.family": person.family,
        "emails": several(Kind.EMAILS, person.emails),
        "phones": several(Kind.PHONES, person.phones),
        "company": person.company,
        "birthday": person.birthday,
    }
    if person.address:
        place = person.address
        parts = {"street": place.street, "city": place.city, "postal_code": place.postal_code}
        found["addresses"] = several(Kind.ADDRESSES, (address_text(parts),))
    return found


def main(total: int) -> None:
    each = total // 2
    shared = each * 9 // 10
    population = both_sides(5, shared, each - shared, each - shared, home="DE")
    contacts = {
        side: {str(p.number): values(p) for p in persons}
        for side, persons in zip(Side, (population.left, population.right), strict=True)
    }
    for scope in (Scope.LEFT, Scope.ALL):
        began = time.process_time()
        found = possible_duplicates(contacts, scope=scope)
        seconds = time.process_time() - began
        where = Counter(str(d.where) for d in found.found)
        print(json.dumps({"contacts": total if scope is Scope.ALL else each, "scope": scope, "cpu_s": round(seconds, 2),
                          "compared": found.compared, "found": dict(where),
                          "crowded": [f"{c.kind}: {c.blocks} ({c.largest})" for c in found.crowded]}))  # fmt: skip
    across = [d for d in found.found if d.where is Scope.ACROSS]
    right = {d.one[1] for d in across if d.one[1] == d.other[1]}
    wrong = sum(d.one[1] != d.other[1] for d in across)
    print(json.dumps({"persons on both sides": shared, "met": len(right), "pairs of two persons": wrong}))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
