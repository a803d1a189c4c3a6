from __future__ import annotations

from dataclasses import replace

from contactsync.demo.cast import first_cast, full_name, known
from contactsync.demo.vcards import KEPT, card_of, read, with_text


def test_a_card_says_what_was_typed() -> None:
    person = replace(known(9), given="Ada; B.", family="Beispiel, Dr.", notes="One\nTwo \\ three")
    lines = {line.name: line for line in read(card_of(person, "u1", KEPT))}
    assert lines["UID"].value == "u1"
    assert lines["N"].parts[:2] == ["Beispiel, Dr.", "Ada; B."]
    assert lines["NOTE"].text == "One\nTwo \\ three"
    assert lines["X-SOCIALPROFILE"].params == "TYPE=chat"


def test_folded_lines_are_one() -> None:
    assert read("NOTE:a lo\r\n ng one\r\nTITLE:Buyer\r\n")[0].text == "a long one"


def test_another_title_replaces_the_first_line_or_is_added() -> None:
    card = card_of(replace(known(9), job_title="Buyer"), "u1")
    assert "TITLE:Seller\\, senior\r\n" in with_text(card, "TITLE", "Seller, senior")
    assert with_text(card, "TITLE", "X").count("TITLE:") == 1
    assert "TITLE:Seller\r\nEND:VCARD" in with_text(card_of(replace(known(9), job_title=""), "u1"), "TITLE", "Seller")


def test_the_cast_is_as_large_as_it_says_and_its_names_tell_everybody_apart() -> None:
    cast = first_cast()
    assert [len(side) for side in (cast.freshsales, cast.google, cast.book)] == [60, 60, 40]
    for side in (cast.freshsales, cast.google, cast.book):
        assert len({full_name(p.given, p.family) for p in side}) == len(side)
    assert len(cast.everyone()) == len({p.number for p in (*cast.freshsales, *cast.google, *cast.book)})
    assert any(not p.emails for p in cast.freshsales)
    assert any(set(p.emails) & set(q.emails) for p in cast.google for q in cast.google if p is not q)
