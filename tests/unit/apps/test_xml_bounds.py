"""What an XML answer may be like: of its markup alone, whatever people type into the cards in it."""

from __future__ import annotations

import pytest
from contactsync.apps._webdav import CARD, multistatus
from contactsync.apps._xml_bounds import XmlError
from contactsync.rest.reply import Reply

HEAD = '<?xml version="1.0"?><multistatus xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"><response>'
PROP = "<href>/a</href><propstat><prop>{}</prop><status>HTTP/1.1 200 OK</status></propstat>"


def answer(inside: str) -> Reply:
    return Reply(207, {}, f"{HEAD}{inside}</response></multistatus>".encode(), "https://dav.example/")


TYPED = '&lt;b class="a"> xmlns="' + "x" * 200 + '" ' + "=" * 260_000
MARKED = "<!-- <? <b " * 900_000
SECTIONED = "<![CDATA[" + TYPED.replace("&lt;", "<") + MARKED + "]]>"


@pytest.mark.parametrize("typed", [TYPED, SECTIONED], ids=["text", "a section"])
def test_what_people_type_into_a_card_is_no_markup(typed: str) -> None:
    (member,) = multistatus(answer(PROP.format(f"<C:address-data>{typed}</C:address-data>"))).members
    assert member.text(f"{CARD}address-data").count("=") == 260_002


@pytest.mark.parametrize(
    ("inside", "words"),
    [
        ("<!---->" + "<![CDATA[]]>" * 300_001, "more sections of text"),
        (f'<a xmlns:x="{"x" * 101}"/>', "a namespace of more than 100 bytes"),
        (f'<a b=">" xmlns:x="{"x" * 101}"/>', "a namespace of more than 100 bytes"),
        (f'<!-- <![CDATA[ --><a xmlns:x="{"x" * 101}"/><!-- ]]> -->', "a namespace of more than 100 bytes"),
        ("<a b=''/>" * 250_001, "more attributes"),
        ("<a>" * 60 + "</a>" * 60, "more than 50 levels"),
        ("<!---->" * 10_001, "more comments"),
        (f"<!--{'x' * 1_100_000}-->", "comments and instructions longer"),
        (f"<?x {'x' * 1_100_000}?>", "comments and instructions longer"),
        (f"<{'a' * 501}/>", "a name of an element that is too long"),
        ("<b", "no well-formed XML"),
    ],
)
def test_an_answer_that_is_out_of_bounds_says_which(inside: str, words: str) -> None:
    with pytest.raises(XmlError, match=words):
        multistatus(answer(inside))
