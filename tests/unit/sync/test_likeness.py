"""The points of two contacts, field by field: those that the page of possible duplicates shows, with their reasons."""

from __future__ import annotations

import pytest
from contactsync.contact import Element, Kind, address_text, element_id, encode
from contactsync.model.spec import Side
from contactsync.sync.likeness import RELATIVES, Likeness, likeness, part_of_name
from contactsync.sync.profiles import profile

NAMED = {"names.given": "Ada", "names.family": "Beispiel"}
Values = dict[str, str]


def names(given: str = "", family: str = "", **more: str) -> Values:
    return {"names.given": given, "names.family": family, **more}


def mail(address: str) -> Values:
    return {"emails": encode([Element(element_id(Kind.EMAILS, address), address)])}


def phone(number: str) -> Values:
    return {"phones": encode([Element(element_id(Kind.PHONES, number, "DE"), number)])}


def street(text: str) -> Values:
    address = address_text({"street": text, "postal_code": "10115", "city": "Berlin"})
    return {"addresses": encode([Element(element_id(Kind.ADDRESSES, address), address)])}


def compared(one: Values, other: Values, shared: set[str] | None = None, least: int = 0) -> Likeness:
    return likeness(profile(Side.LEFT, "1", one), profile(Side.LEFT, "2", other), shared or set(), least)


@pytest.mark.parametrize(
    ("one", "other", "part"),
    [
        ("ada", "ada", 1.0),
        ("ada maria", "adamaria", 1.0),
        ("ada maria", "maria", 0.8),
        ("ada m", "ada maria", 0.8),
        ("ada m", "ada uma", 0.0),
        ("max", "maximilian", 0.8),
        ("jo", "johanna", 0.55),
        ("a", "ada", 0.55),
        ("a", "uma", 0.0),
        ("martin", "martina", 0.3),
        ("beispiel", "beispeil", 0.77),
        ("stefan", "steffen", 0.3),
        ("ada", "uma", 0.0),
        ("", "ada", 0.22),
        ("", "", 0.22),
    ],
)
def test_how_far_one_part_of_a_name_agrees(one: str, other: str, part: float) -> None:
    assert part_of_name(tuple(one.split()), tuple(other.split())) == part
    assert part_of_name(tuple(other.split()), tuple(one.split())) == part


# With the same address, 65 points, what speaks against two people is seen as well.
SAME = mail("f@example.org")


@pytest.mark.parametrize(
    ("one", "other", "points", "agree", "contradict"),
    [
        (names("Ada", "Beispiel"), names("Ada"), 22, ("given name",), ()),
        (names("Ada", "Beispiel"), names(family="Beispiel"), 14, ("family name",), ()),
        (names("Max", "Beispiel"), names("Maximilian", "Beispiel"), 50, ("names alike",), ()),
        (names("Ada", "Beispiel"), names("Beispiel", "Ada"), 60, ("names swapped",), ()),
        (names("Adam", "Beispiel"), names("Beispielx", "Adam"), 48, ("names swapped",), ()),
        (names("Adam", "Beispiel"), names("Beispiel", "Martin"), 0, (), ("names",)),
        ({**NAMED, **SAME}, {**names("Ada", "Muster"), **SAME}, 60, ("e-mail",), ("family name",)),
        ({**NAMED, **SAME}, {**names("Uma", "Beispiel"), **SAME}, 35, ("e-mail",), ("given name",)),
        ({**NAMED, **SAME}, {**names("Uma", "Muster"), **SAME}, 20, ("e-mail",), ("names",)),
        ({**NAMED, **SAME}, {**names("Uma"), **SAME}, 25, ("e-mail",), ("given name",)),
        ({**NAMED, **SAME}, {**names(family="Muster"), **SAME}, 25, ("e-mail",), ("family name",)),
        ({**NAMED, **SAME}, {**names("A", "Muster"), **SAME}, 35, ("e-mail",), ("family name",)),
        (names("Elisabeth", "Beispiel", nickname="Lisa"), names("Lisa", "Beispiel"), 50, ("names alike",), ()),
        (
            names("Elisabeth", "Beispiel", nickname="Lis"),
            names("Beth", "Beispiel", nickname="Lis"),
            50,
            ("names alike",),
            (),
        ),
        (mail("ada.beispiel@example.org"), NAMED, 40, ("name in the e-mail address",), ()),
        (mail("uma.muster@example.org"), NAMED, 0, (), ()),
    ],
)
def test_points_of_names(
    one: Values, other: Values, points: int, agree: tuple[str, ...], contradict: tuple[str, ...]
) -> None:
    for found in (compared(one, other), compared(other, one)):
        assert (found.score, tuple(sorted(found.agree)), tuple(found.contradict)) == (points, agree, contradict)


@pytest.mark.parametrize(
    ("one", "other", "points", "says"),
    [
        (phone("+49 171 1234567"), phone("+49 171 7654321"), -5, "phones"),
        ({"company": "Muster AG", "birthday": "1980-01-02"}, {"company": "Muster"}, 12, "company"),
        ({"company": "Muster AG"}, {"company": "Beispiel"}, -8, "company"),
        (street("Musterweg 1"), street("Musterwek 1"), 20, "address"),
        (street("Musterweg 1"), street("Musterweg 2"), -5, "address"),
        (mail("ada@example.org"), mail("ada@beispiel.example"), 15, "e-mail before the @"),
        (mail("ada@example.org"), mail("uma@example.org"), -5, "e-mails"),
        (mail("info@example.org"), mail("info@beispiel.example"), -5, "e-mails"),
        ({"birthday": "1980-01-02", "company": "Muster"}, {"birthday": "1980-01-02"}, 20, "birthday"),
        ({"birthday": "--01-02", "company": "Muster"}, {"birthday": "--01-02"}, 12, "birthday"),
        ({"birthday": "--01-02"}, {"birthday": "1980-01-02"}, 12, "birthday"),
        ({"birthday": "1981-01-02"}, {"birthday": "1980-01-02"}, -10, "year of birth"),
        ({"birthday": "1981-01-03"}, {"birthday": "1980-01-02"}, -35, "birthday"),
    ],
)
def test_points_of_the_other_fields_beside_equal_names(one: Values, other: Values, points: int, says: str) -> None:
    for found in (compared({**NAMED, **one}, {**NAMED, **other}), compared({**NAMED, **other}, {**NAMED, **one})):
        assert found.score == 62 + points
        assert (found.agree, found.contradict) == ((["names", says], []) if points > 0 else (["names"], [says]))


PLACE = {**phone("030 1234567"), "company": "Muster", **street("Musterweg 1")}


def test_one_place_makes_two_people_one_only_where_names_do_not_speak() -> None:
    strangers = compared({**names("Ada"), **PLACE}, {**names(family="Beispiel"), **PLACE})
    assert (strangers.score, strangers.agree) == (40, ["phone", "company", "address"])
    nameless = compared(PLACE, {**PLACE, "birthday": "1980-01-02"})
    assert (nameless.score, nameless.agree) == (72, ["phone", "company", "address"])
    assert compared({**NAMED, **PLACE}, {**names("Ada"), **PLACE}).score == 22 + 72
    assert compared({**names("A", "B"), **PLACE}, PLACE).score == 40


def test_the_same_content_cannot_be_told_apart_and_a_hundred_is_the_most() -> None:
    assert compared(phone("030 1234567"), phone("030 1234567")).score == 100
    assert compared({}, {}).score == 0
    assert compared({**NAMED, **SAME, **PLACE}, {**NAMED, **SAME, **PLACE, "birthday": "1980-01-02"}).score == 100


def test_relatives_are_not_compared_further_where_they_could_not_reach_what_is_asked_for() -> None:
    one, other = {**NAMED, **SAME, **PLACE}, {**names("Uma", "Beispiel"), **SAME, **PLACE}
    assert compared(one, other).score == compared(one, other, least=RELATIVES).score == RELATIVES
    assert compared(one, other, least=RELATIVES + 1) == Likeness()


def test_what_many_share_counts_little_unless_there_is_something_of_ones_own_beside_it() -> None:
    numbers = {"+49301234567", "301234567"}
    one, other = {**SAME, **phone("030 1234567")}, {**SAME, **phone("030 1234567"), "birthday": "1980-01-02"}
    found = compared(one, other, {"f@example.org", *numbers})
    assert (found.score, found.agree) == (32, ["shared e-mail", "shared phone"])
    own = encode([Element("f@example.org", "f@example.org"), Element("ada@example.org", "ada@example.org")])
    found = compared({"emails": own}, {"emails": own, "birthday": "1980-01-02"}, {"f@example.org"})
    assert (found.score, found.agree) == (65, ["e-mail"])
