"""The invented persons: the same for everybody, apart from each other, and readable by the product's normal forms."""

from __future__ import annotations

import threading

from contactsync.contact import normal_email, normal_phone
from contactsync.sandbox.freshsales import FreshsalesSandbox
from contactsync.sandbox.freshsales_seed import seed_freshsales
from contactsync.sandbox.people_data import both_sides, people, person, spelled
from contactsync.sandbox.run import run_sandboxes


def test_a_person_does_not_depend_on_how_many_there_are() -> None:
    assert people(7, 50)[31] == people(7, 5, first=30)[1] == person(7, 31)
    assert people(7, 50) != people(8, 50)


def test_names_and_phones_are_nobody_elses() -> None:
    everyone = people(7, 9_000)
    assert len({(p.given, p.family) for p in everyone}) == len(everyone)
    numbers = [normal_phone(phone) for p in everyone for phone in p.phones]
    assert len(set(numbers)) == len(numbers)
    assert all(number.startswith("+") for number in numbers)


def test_every_hard_case_is_among_the_first_two_hundred() -> None:
    first = people(7, 200)
    assert {len(p.emails) for p in first} == {0, 1, 2, 3}
    assert any(not p.emails and not p.phones for p in first)
    holders: dict[str, int] = {}
    for mail in (mail for p in first for mail in p.emails):
        holders[normal_email(mail)] = holders.get(normal_email(mail), 0) + 1
    assert set(holders.values()) == {1, 2}
    assert all(mail.lower().endswith("@example.org") for p in first for mail in p.emails)
    assert any(not p.family.isascii() for p in first)
    assert any(p.address is None for p in first)


def test_every_spelling_is_the_same_number() -> None:
    for number in ("+493023125001", "+442079460123", "+12025550123", "+12025550123 ext. 100"):
        assert len({normal_phone(spelled(number, style=style)) for style in range(5)}) == 1
    assert spelled("+493023125001", style=4, home="DE") == "030 23125001"


def test_two_sides_share_persons_typed_differently() -> None:
    both = both_sides(7, shared=60, left=10, right=5)
    left, right = ({p.number: p for p in side} for side in (both.left, both.right))
    assert set(left) & set(right) == both.shared == set(range(60))
    assert (len(left), len(right)) == (70, 65)
    differing = sum(left[n] != right[n] for n in both.shared)
    assert 30 < differing < 60


def test_an_account_is_filled_with_every_person_and_no_address_twice() -> None:
    sandbox = FreshsalesSandbox()
    ids = seed_freshsales(sandbox, people(7, 120))
    shown = sandbox.contacts()
    assert len(shown) == len(ids) == 120
    mails = [mail["value"].casefold() for contact in shown for mail in contact["emails"]]
    assert len(set(mails)) == len(mails)
    assert any(contact["sales_accounts"] for contact in shown)
    assert {contact["has_authority"] for contact in shown} == {True, False}


def test_running_in_the_foreground_names_addresses_and_key() -> None:
    said: list[str] = []
    stop = threading.Event()
    stop.set()
    sandbox = FreshsalesSandbox()
    run_sandboxes([sandbox], said.append, until=stop)
    assert sandbox.url in said[0]
    assert sandbox.api_key in said[0]
