"""The two accounts of bench_load.py, full of invented persons, in a process of their own: python load_servers.py N.

Commands come on stdin, one JSON object a line, and each is answered by one: counters (and starts counting anew),
advance (seconds), edit (so many contacts on each side). The process ends with its stdin.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from contactsync.sandbox.freshsales import FreshsalesKnobs, FreshsalesSandbox
from contactsync.sandbox.freshsales_seed import seed_freshsales
from contactsync.sandbox.people import PeopleSandbox
from contactsync.sandbox.people_data import Person, person, retyped
from contactsync.sandbox.people_knobs import PeopleKnobs
from contactsync.sandbox.people_seed import seed_people

SEED = 7
POISON, HARMLESS = "Poison", "Potion"  # family names that hold the first are refused by both sandboxes
ONE_IN = 10  # persons on one side only, and persons on both sides who are typed in two ways


@dataclass(frozen=True)
class Accounts:
    """Both servers, and which contact each person is there, by the person's number."""

    freshsales: FreshsalesSandbox
    google: PeopleSandbox
    left: dict[int, str]
    right: dict[int, str]
    shared: int

    @property
    def servers(self) -> tuple[FreshsalesSandbox, PeopleSandbox]:
        return self.freshsales, self.google

    def facts(self) -> dict[str, Any]:
        """What the stages need to connect."""
        google = self.google.credentials()
        return {
            "freshsales": {"host": f"{self.freshsales.url}/crm/sales", "password": self.freshsales.api_key},
            "google_contacts": {
                "host": self.google.url,
                "login": google["client_id"],
                "password": google["client_secret"],
                "extra": {"refresh_token": google["refresh_token"], "token_url": google["token_uri"]},
            },
            "contacts": [len(self.left), len(self.right)],
        }


def main(contacts: int, poisoned: bool, named: bool) -> None:
    freshsales = FreshsalesSandbox(knobs=FreshsalesKnobs(job_seconds=0.0, job_reports=named, poison=POISON))
    google = PeopleSandbox(knobs=PeopleKnobs(capacity=10 * contacts, name_failed=named))
    shared = contacts - contacts // ONE_IN
    left, right = persons(contacts, shared, POISON if poisoned else HARMLESS)
    numbers = seed_freshsales(freshsales, left), seed_people(google, right)
    accounts = Accounts(freshsales, google, *numbers, shared)
    with freshsales, google:
        answer(accounts.facts())
        for line in sys.stdin:
            command = json.loads(line)
            answer(COMMANDS[command.pop("do")](accounts, **command))


def persons(contacts: int, shared: int, poison: str) -> tuple[list[Person], list[Person]]:
    """Left and right: the first `shared` of each side are the same persons, the others are on one side only."""
    apart = contacts - shared
    left = [odd(person(SEED, n), poison) for n in range(shared + apart)]
    others = (odd(person(SEED, n), poison) for n in range(contacts, contacts + apart))
    return left, [*(elsewhere(p) for p in left[:shared]), *others]


def odd(one: Person, poison: str) -> Person:
    """One in a hundred has a name that apps refuse to write, or one that only looks like it."""
    return replace(one, family=f"{one.family} {poison}") if one.number % 100 == 50 else one


def elsewhere(one: Person) -> Person:
    """One in ten of those on both sides was typed in another way there."""
    return retyped(SEED, one) if one.number % ONE_IN == 3 else one


# ---- commands


def counters(accounts: Accounts) -> dict[str, Any]:
    """Requests since the last time, by app and by method and path."""
    found = {server.name: dict(server.counters.paths) for server in accounts.servers}
    for server in accounts.servers:
        server.reset_counters()
    return found


def advance(accounts: Accounts, seconds: float) -> dict[str, Any]:
    for server in accounts.servers:
        server.advance(seconds)
    return {}


def edit(accounts: Accounts, each: int, first: int) -> dict[str, Any]:
    """Persons change jobs, every other one gets another office number; nobody is edited on both sides."""
    numbers = editable(accounts, first)
    for n in range(each):
        one, other = next(numbers), next(numbers)
        change = {"work_number": new_phone(one)} if n % 2 else {"job_title": f"Lead {one}"}
        accounts.freshsales.edit_contact(accounts.left[one], change)
        name, phone = accounts.right[other], new_phone(other) if n % 2 else ""
        accounts.google.edit_contact(name, edited(accounts.google.contact(name), f"Lead {other}", phone))
    return {}


def new_phone(number: int) -> str:
    """Nobody else's."""
    return f"+49 30 {70_000_000 + number}"


def edited(contact: dict[str, Any], title: str, phone: str) -> dict[str, Any]:
    if not phone:
        (work,) = contact.get("organizations") or ({},)
        return {"organizations": [{"name": work.get("name", ""), "title": title, "type": "work"}]}
    kept = [n for n in contact.get("phoneNumbers", ()) if n.get("type") != "work"]
    return {
        "phoneNumbers": [*({"value": n["value"], "type": n["type"]} for n in kept), {"value": phone, "type": "work"}]
    }


def editable(accounts: Accounts, first: int) -> Iterator[int]:
    """Numbers of persons on both sides with an address of their own, from `first` on."""
    held_apart = (7, 8)  # of 40: two of one household, who share an address
    for number in range(first, accounts.shared):
        if number % 40 not in held_apart and number % 100 != 50 and person(SEED, number).emails:
            yield number


COMMANDS: dict[str, Callable[..., dict[str, Any]]] = {"counters": counters, "advance": advance, "edit": edit}


def answer(data: dict[str, Any]) -> None:
    print(json.dumps(data), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), "poisoned" in sys.argv, "unnamed" not in sys.argv)
