"""Possible duplicates: a table of people who are one and of people who are not, and what must hold of any contacts."""

from __future__ import annotations

import random
from typing import Any

import pytest
from contactsync.contact import Element, Kind, address_text, element_id, encode
from contactsync.model.spec import Side
from contactsync.sync.blocks import CROWD, WINDOW
from contactsync.sync.duplicates import LIKELY, Duplicate, Scope, Settled, possible_duplicates
from contactsync.sync.likeness import RELATIVES, likeness
from contactsync.sync.profiles import profile, same_number, words
from factories import listed
from hypothesis import given, settings
from hypothesis import strategies as st

LEFT, RIGHT = Side.LEFT, Side.RIGHT
PARTS = {"given", "middle", "family", "full"}


def person(*mails: str, phone: str = "", street: str = "", **fields: str) -> dict[str, str]:
    """Values as transform makes them; numbers are read with the region DE."""
    values = {f"names.{k}" if k in PARTS else k: v for k, v in fields.items()}
    if mails:
        values["emails"] = encode(Element(element_id(Kind.EMAILS, m), m) for m in mails)
    if phone:
        values["phones"] = encode([Element(element_id(Kind.PHONES, phone, "DE"), phone)])
    if street:
        address = address_text({"street": street, "postal_code": "10115", "city": "Berlin"})
        values["addresses"] = encode([Element(element_id(Kind.ADDRESSES, address), address)])
    return values


def compare(one: dict[str, str], other: dict[str, str]) -> Duplicate | None:
    """What is found of two contacts of one app, if they meet at all."""
    found = possible_duplicates({LEFT: {"1": one, "2": other}}, least=0).found
    return found[0] if found else None


def score(one: dict[str, str], other: dict[str, str]) -> int:
    found = compare(one, other)
    return found.score if found else 0


ADA = person("ada@example.org", phone="+49 171 1234567", given="Ada", family="Beispiel", company="Muster GmbH")
MALE = person("familie@example.org", given="Bert", family="Beispiel", phone="030 1234567", street="Musterweg 1")

ONE_PERSON: dict[str, tuple[dict[str, str], dict[str, str], str]] = {
    "equal names": (person(given="Ada", family="Beispiel"), person(given="ada", family="BEISPIEL"), "names"),
    "accents": (person(given="Zoë", family="Núñez"), person(given="Zoe", family="Nunez"), "names"),
    "umlauts": (person(given="Jürgen", family="Müller"), person(given="Juergen", family="Mueller"), "names"),
    "umlauts left out": (person(given="Jürgen", family="Müller"), person(given="Jurgen", family="Muller"), "names"),
    "ß": (person(given="Uma", family="Groß"), person(given="Uma", family="Gross"), "names"),
    "dotless i": (person(given="Işıl", family="Yıldız"), person(given="Isil", family="Yildiz"), "names"),
    "swapped": (person(given="Beispiel", family="Ada"), person(given="Ada", family="Beispiel"), "names swapped"),
    "full name": (person(full="Dr. Ada Beispiel"), person(given="Ada", family="Beispiel"), "names"),
    "filed by family": (person(full="Beispiel, Ada"), person(given="Ada", family="Beispiel"), "names"),
    "all in given": (person(given="Ada Beispiel"), person(given="Ada", family="Beispiel"), "names"),
    "initial and phone": (person(given="A.", family="Beispiel", phone="0171 1234567"), ADA, "phone"),
    "initial and e-mail": (person("ada@example.org", given="A", family="Beispiel"), ADA, "names alike"),
    "short form": (
        person(given="Max", family="Muster", company="Muster AG", phone="0171 7654321"),
        person(given="Maximilian", family="Muster", phone="+49 171 7654321"),
        "names alike",
    ),
    "middle name": (
        person(given="Ada", middle="Maria", family="Beispiel", company="Muster AG"),
        person(given="Ada", family="Beispiel", company="Muster"),
        "company",
    ),
    "double name": (
        person(given="Ada", family="Muster-Beispiel", company="Muster AG"),
        person(given="Ada", family="Beispiel", company="Muster AG"),
        "names alike",
    ),
    "hyphen": (person(given="Anne-Marie", family="Muster"), person(given="Annemarie", family="Muster"), "names"),
    "typing error": (
        person("j.muster@example.org", given="Johanna", family="Mustermann", company="Muster AG"),
        person("j.muster@beispiel.example", given="Johana", family="Mustermann", company="Muster AG"),
        "names alike",
    ),
    "nickname": (
        person("bob@example.org", given="Robert", family="Muster", nickname="Bob"),
        person("bob@example.org", given="Bob", family="Muster"),
        "e-mail",
    ),
    "e-mail with a nick": (
        person("bob@example.org", nickname="Bob"),
        person("bob@example.org", given="Robert", family="Muster"),
        "e-mail",
    ),
    "only an address": (person("ada@example.org"), ADA, "e-mail"),
    "address with a tag": (person("Ada+News@Example.org"), ADA, "e-mail"),
    "given name and phone": (person(given="Ada", phone="0171 1234567"), ADA, "phone"),
    "married": (
        person("ada@example.org", given="Ada", family="Neumann"),
        person("ada@example.org", given="Ada", family="Beispiel"),
        "e-mail",
    ),
    "number without its country": (
        {**person(given="A.", family="Beispiel"), "phones": encode([Element("01711234567", "0171 1234567")])},
        ADA,
        "phone",
    ),
    "street in short": (
        person(given="Ada M.", family="Beispiel", street="Musterstr. 1"),
        person(given="Ada", family="Beispiel", street="Musterstraße 1"),
        "address",
    ),
    "one company twice": (
        person(company="Muster GmbH", phone="030 1234567", street="Musterweg 1"),
        person(company="MUSTER", phone="030 1234567", street="Musterweg 1"),
        "company",
    ),
}

TWO_PEOPLE: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "strangers": (person(given="Ada", family="Beispiel"), person(given="Uma", family="Muster")),
    "family mailbox": (
        person("familie@example.org", given="Ada", family="Beispiel"),
        person("familie@example.org", given="Bert", family="Beispiel"),
    ),
    "a household": (
        person("familie@example.org", given="Ada", family="Beispiel", phone="030 1234567", street="Musterweg 1"),
        MALE,
    ),
    "office number": (
        person(given="Ada", family="Beispiel", phone="030 1234567", company="Muster AG"),
        person(given="Uma", family="Muster", phone="030 1234567", company="Muster AG"),
    ),
    "office number and address": (
        person(company="Muster AG", phone="030 1234567", street="Musterweg 1"),
        person(given="Uma", family="Muster", company="Muster AG", phone="030 1234567", street="Musterweg 1"),
    ),
    "two Adas in one office": (
        person(given="Ada", family="Beispiel", company="Muster AG", phone="030 1234567", street="Musterweg 1"),
        person(given="Ada", family="Muster", company="Muster AG", phone="030 1234567", street="Musterweg 1"),
    ),
    "colleagues": (person(given="Ada", company="Muster AG"), person(given="Ada", family="Beispiel", company="Muster")),
    "namesakes": (
        person("ada@example.org", given="Ada", family="Beispiel", birthday="1980-02-03"),
        person("a.b@beispiel.example", given="Ada", family="Beispiel", birthday="1991-07-08"),
    ),
    "namesakes elsewhere": (
        person("ada@example.org", given="Ada", family="Beispiel", company="Muster AG"),
        person("beispiel@beispiel.example", given="Ada", family="Beispiel", company="Beispiel KG"),
    ),
    "brother and sister": (
        person(given="Martin", family="Muster", phone="030 1234567", street="Musterweg 1"),
        person(given="Martina", family="Muster", phone="030 1234567", street="Musterweg 1"),
    ),
    "info@": (person("info@example.org", given="Ada"), person("info@beispiel.example", given="Uma")),
    "homoglyphs": (person(given="Ada", family="Beispiel"), person(given="Аdа", family="Вeispiel")),
    "extensions": (
        person(given="A.", family="Beispiel", phone="+49 30 1234567 ext. 1"),
        person(given="Anton", family="Beispiel", phone="+49 30 1234567 ext. 2"),
    ),
}


@pytest.mark.parametrize("case", ONE_PERSON)
def test_one_person_in_two_forms_is_likely_with_the_reason(case: str) -> None:
    one, other, reason = ONE_PERSON[case]
    found = compare(one, other)
    assert found is not None
    assert found.score >= LIKELY
    assert reason in found.agree


@pytest.mark.parametrize("case", TWO_PEOPLE)
def test_two_people_are_not_likely(case: str) -> None:
    assert score(*TWO_PEOPLE[case]) < LIKELY


def test_what_contradicts_is_named() -> None:
    found = compare(*TWO_PEOPLE["a household"])
    assert found is not None
    assert (found.score, found.contradict) == (RELATIVES, ("given name",))
    assert found.agree == ("e-mail", "phone", "address")
    namesakes = compare(*TWO_PEOPLE["namesakes"])
    assert namesakes is not None
    assert namesakes.contradict == ("e-mails", "birthday")


def test_what_many_share_counts_little() -> None:
    office = {f"p{n}": person("hello@example.org", given=f"N{n}") for n in range(4)}
    nameless = {"x": person("hello@example.org", given="Ada"), "y": person("hello@example.org", family="Beispiel")}
    assert len(possible_duplicates({LEFT: nameless}).found) == 1
    among_many = possible_duplicates({LEFT: {**office, **nameless}}, least=1).found
    pair = next(d for d in among_many if (d.one[1], d.other[1]) == ("x", "y"))
    assert pair.score < LIKELY
    assert pair.agree == ("shared e-mail",)


# ---- sides and links

NOTHING = Settled()


def everywhere() -> dict[Side, dict[str, dict[str, str]]]:
    return {LEFT: {"l1": ADA, "l2": ADA}, RIGHT: {"r1": ADA, "r2": ADA}}


def places(contacts: Any, settled: Settled = NOTHING, scope: Scope = Scope.ALL) -> set[tuple[str, str]]:
    return {(d.one[1], d.other[1]) for d in possible_duplicates(contacts, settled, scope=scope).found}


def test_inside_each_app_and_across_both() -> None:
    across = {("l1", "r1"), ("l1", "r2"), ("l2", "r1"), ("l2", "r2")}
    assert places(everywhere()) == {("l1", "l2"), ("r1", "r2")} | across
    assert places(everywhere(), scope=Scope.LEFT) == {("l1", "l2")}
    assert places(everywhere(), scope=Scope.RIGHT) == {("r1", "r2")}
    assert places(everywhere(), scope=Scope.ACROSS) == across
    found = possible_duplicates(everywhere()).found
    assert {d.where for d in found} == {Scope.LEFT, Scope.RIGHT, Scope.ACROSS}


def test_links_have_decided_across_the_apps_but_not_inside_them() -> None:
    one = Settled(links=[("l1", "r1")])
    assert places(everywhere(), one, Scope.ACROSS) == {("l1", "r2"), ("l2", "r1"), ("l2", "r2")}
    both = Settled(links=[("l1", "r1"), ("l2", "r2")])
    assert places(everywhere(), both) == {("l1", "l2"), ("r1", "r2")}


def test_two_whom_a_person_keeps_apart_are_not_named_again() -> None:
    assert ("l1", "r2") not in places(everywhere(), Settled(decided=[("l1", "r2")]))


# ---- what must hold of any contacts

NAMES = st.sampled_from(["", "Ada", "Áda", "A.", "Beispiel", "Muster", "Groß", "Gross", "Anna Maria", "Bob", "Robert"])
MAILS = st.sampled_from(["ada@example.org", "ada+x@example.org", "ada.beispiel@muster.example", "info@example.org"])
PHONES = st.sampled_from(["", "030 1234567", "+49 30 1234567", "1234567", "0171 7654321", "+43 1 1234567", "12"])
BIRTHDAYS = st.sampled_from(["", "1980-02-03", "--02-03", "1981-02-03", "1990-05-06"])
STREETS = st.sampled_from(["", "Musterweg 1", "Musterweg 12", "Musterstr. 1"])
PEOPLE = st.builds(
    lambda mails, phone, street, fields: person(*mails, phone=phone, street=street, **fields),
    st.lists(MAILS, max_size=2, unique=True),
    PHONES,
    STREETS,
    st.fixed_dictionaries(
        {},
        optional={
            **dict.fromkeys(("given", "family", "full", "nickname"), NAMES),
            "company": st.sampled_from(["", "Muster AG", "Muster GmbH", "Beispiel KG"]),
            "birthday": BIRTHDAYS,
        },
    ),
)


@pytest.mark.parametrize(
    ("values", "given_names", "family"),
    [
        ({"names.full": "Beispiel, Dr. Ada Maria"}, ("ada", "maria"), ("beispiel",)),
        ({"names.full": "Dr. Ada Maria Beispiel"}, ("ada", "maria"), ("beispiel",)),
        ({"names.full": "Ada Beispiel, MBA"}, ("ada",), ("beispiel",)),
        ({"names.full": "Ada Beispiel,"}, ("ada",), ("beispiel",)),
        ({"names.full": "Ada"}, ("ada",), ()),
        ({"names.given": "Ada Beispiel", "names.full": "Bo, Cy"}, ("ada",), ("beispiel",)),
        ({"names.given": "Ada", "names.middle": "Maria", "names.family": "Beispiel"}, ("ada", "maria"), ("beispiel",)),
        ({"emails": listed("info@example.org", "ada.maria-beispiel7@example.org")}, ("ada", "maria"), ("beispiel",)),
        ({"emails": listed("a.beispiel@example.org")}, (), ()),
    ],
)
def test_given_and_family_names_wherever_they_stand(
    values: dict[str, str], given_names: tuple[str, ...], family: tuple[str, ...]
) -> None:
    found = profile(LEFT, "1", values)
    assert (found.given, found.family, found.guessed) == (given_names, family, "emails" in values and bool(family))


FAST = settings(max_examples=300, deadline=None, database=None)


def points(one: dict[str, str], other: dict[str, str]) -> tuple[int, list[str], list[str]]:
    found = likeness(profile(LEFT, "1", one), profile(LEFT, "2", other), frozenset())
    return found.score, found.agree, found.contradict


@FAST
@given(PEOPLE, PEOPLE)
def test_either_may_be_compared_with_the_other(one: dict[str, str], other: dict[str, str]) -> None:
    assert points(one, other) == points(other, one)


@FAST
@given(PEOPLE, PEOPLE)
def test_nobody_is_more_like_a_contact_than_its_copy(one: dict[str, str], other: dict[str, str]) -> None:
    said = any(profile(LEFT, "1", one).content)
    assert 0 <= points(one, other)[0] <= points(one, one)[0] == (100 if said else 0)
    assert score(one, dict(one)) == (100 if said else 0)


@FAST
@given(st.lists(PEOPLE, max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_contacts_does_not_matter(people: list[dict[str, str]], dice: random.Random) -> None:
    contacts = {side: {f"{side}{n}": p for n, p in enumerate(people) if n % 2 == k} for k, side in enumerate(Side)}
    first = possible_duplicates(contacts, least=1)
    for side in Side:
        rows = list(contacts[side].items())
        dice.shuffle(rows)
        contacts[side] = dict(rows)
    assert possible_duplicates(dict(reversed(contacts.items())), least=1) == first


@FAST
@given(PEOPLE, PEOPLE)
def test_whoever_is_likely_is_also_met(one: dict[str, str], other: dict[str, str]) -> None:
    """Blocks leave out nobody of these people whom the points would name."""
    if points(one, other)[0] >= LIKELY:
        assert score(one, other) >= LIKELY


# ---- many


def test_a_crowd_is_compared_with_its_neighbours_and_told() -> None:
    size = 4 * CROWD
    crowd = {f"p{n:03}": person(given=f"A{n:03}", family="Muster") for n in range(size)}
    crowd["twin"] = person(given="A007", family="Muster")
    found = possible_duplicates({LEFT: crowd})
    assert [{d.one[1], d.other[1]} for d in found.found if d.score == 100] == [{"p007", "twin"}]
    assert [(c.kind, c.blocks, c.contacts) for c in found.crowded] == [("name and initial", 1, size + 1)]
    assert found.compared <= (size + 1) * WINDOW


def test_many_contacts_do_not_mean_all_pairs() -> None:
    dice = random.Random(3)
    contacts = {
        f"p{n}": person(f"p{n}@example.org", given=f"G{dice.randrange(400)}", family=f"F{dice.randrange(400)}")
        for n in range(3000)
    }
    assert possible_duplicates({LEFT: contacts}).compared < 60_000


# ---- forms


def test_coarse_words() -> None:
    assert words("Jürgen Größe-Łuk O'Neil") == ("jurgen", "grosse", "luk", "o", "neil")
    assert words("Joseph") == words("Josef")
    assert words("がぎ") != words("かき")  # marks of other scripts make other letters
    assert words("आशा प्रारूप") == ("आशा", "प्रारूप")  # vowel signs belong to their word
    assert words("อาดา_ตัวอย่าง") == ("อาดา", "ตัวอย่าง")
    assert words("") == ()


def test_numbers_without_country_or_area() -> None:
    assert same_number("+49301234567", "301234567")
    assert same_number("+49301234567", "1234567")
    assert not same_number("+49301234567", "+43301234567")
    assert not same_number("+49301234567;ext=1", "+49301234567;ext=2")
    assert not same_number("301234567", "891234567")
