"""Messages help without telling who is in the address book or how to get in."""

from __future__ import annotations

import base64
import json
import re
import sys
import time
from urllib.parse import quote, quote_plus

import pytest
from contactsync.rest.redaction import redacted, vendor_words
from contactsync.rest.session import Reply
from contactsync.rest.spellings import without
from hypothesis import given
from hypothesis import strategies as st

MARKS = "a" + "\u0323\u0301" * 20_000  # what orders them one by one takes the square of their number
SECRET = "p4ss/w?rd+ß"


def said(body: str | dict | list) -> Reply:
    text = body if isinstance(body, str) else json.dumps(body)
    return Reply(400, {}, text.encode(), "https://crm.example/api")


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        SECRET.replace("p", "P"),
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        json.dumps(SECRET)[1:-1],
        base64.b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode(),
        SECRET.encode().hex(),
        quote(quote(SECRET, safe="")),
    ],
)
def test_a_secret_goes_in_every_form(form):
    assert redacted(f"key {form} is bad", [SECRET]).startswith("key [secret]")
    assert form not in redacted(f"key {form} is bad", [SECRET])


@pytest.mark.parametrize(
    ("sent", "echoed"),
    [
        ("O'Neill & Sons", "O&#39;Neill &amp; Sons"),
        ("Zo\u00eb", "Zoe\u0308"),
        ("Zoe\u0308", "Zo\u00eb"),
        ("Zoe", "\uff3a\uff4f\uff45"),
        ("\uff3a\uff4f\uff45", "Zoe"),
        ("\ufb01sh", "fish"),
        ("Ada  Muster", "Ada Muster"),
        ("Ada  Muster's farm", "Ada  Muster&amp;#39;s farm"),
        ("STRA\u1e9eE 7", "stra\xdfe 7"),
        ("\u0130pek Moos", "ipek moos"),
    ],
)
def test_a_value_that_was_sent_goes_however_it_is_spelt(sent: str, echoed: str) -> None:
    assert redacted(f"{echoed} is taken", [sent]) == "[secret] is taken"


WIDE = "\uff3a\uff4f\u00eb \uff2d\uff4f\uff4f\uff53"
ENCODED = {
    "address": lambda text: quote(text, safe=""),
    "form": quote_plus,
    "address in an address": lambda text: quote(quote(text, safe="")),
    "hex": lambda text: text.encode().hex().upper(),
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON in capitals": lambda text: json.dumps(text)[1:-1].upper().replace("\\U", "\\u"),
    "base64": lambda text: base64.b64encode(f"name: {text}.".encode()).decode(),
    "a program": lambda text: "".join(f"\\x{byte:02x}" for byte in text.encode()),
}


@pytest.mark.parametrize("encoding", ENCODED)
@pytest.mark.parametrize("sent", ["Zo\u00eb Moos", "Zoe\u0308 Moos", WIDE])
@pytest.mark.parametrize("echoed", ["Zo\u00eb Moos", "Zoe\u0308 Moos", WIDE])
def test_a_value_that_was_sent_goes_however_it_is_spelt_and_encoded(sent: str, echoed: str, encoding: str) -> None:
    shown = redacted(f"({ENCODED[encoding](echoed)}) is taken", [sent])
    assert "[secret]" in shown
    assert len(shown) < len("(bmFtZTogWm/........) is taken") + len("[secret]")


@pytest.mark.parametrize("sent", ["Uma\ud800Moos", "\udfffUmaMoos", "Uma\ud800Moos\udfff"])
@pytest.mark.parametrize("kept", ["?", "\ufffd", " ", "", "\\ud800", "%ED%A0%80"])
def test_half_a_letter_in_what_was_sent_hides_it_as_any_other(sent: str, kept: str) -> None:
    echoed = "".join(letter if letter.isalpha() else kept for letter in sent)
    assert "Moos" not in redacted(f"{echoed} is taken", [sent])


@given(
    st.text(st.characters(exclude_categories=())), st.lists(st.text(st.characters(exclude_categories=())), max_size=3)
)
def test_no_text_stops_it_and_what_it_says_can_be_written(text: str, secrets: list[str]) -> None:
    assert "\n" not in redacted(text, secrets).encode().decode()


def test_what_an_escape_hides_does_not_come_to_light() -> None:
    assert redacted("GET https://crm.example/search?q=Uma%20Moos failed") == "GET https://crm.example/search failed"
    assert redacted("'Uma%27Moos' is taken") == "[value] is taken"
    assert redacted("uma%40moos.example is taken") == "[e-mail] is taken"


def test_no_order_to_a_terminal_is_left() -> None:
    text = "bad \x1b[2J\x1b]0;mine\x07 name\x9b31m \u202eabc\u202c\x00 &#27;[1m"
    assert redacted(text) == "bad [2J ]0;mine name 31m abc [1m"


@pytest.mark.parametrize("letter", "\u00ad\u034f\u200b\u2066\u3164\ufe0f\ufff9\ufffb\U000e0001\U000e0041\U000e0100")
def test_nothing_is_left_that_nobody_sees(letter: str) -> None:
    assert redacted(f"bad {letter}{letter}name") == "bad name"


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=9), st.sampled_from(["", ":", ":x"]))
def test_a_secret_in_the_midst_of_base64(before, after):
    secret = "geheimes-wort-1"
    encoded = base64.b64encode(f"{before}{secret}{after}".encode()).decode()
    shown = redacted(f"sent {encoded} to", [secret])
    left = shown.replace("[secret]", "").split()
    assert "[secret]" in shown
    assert len("".join(left)) < len(encoded)


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Basic YWRhOmdlaGVpbQ==",
        "Bearer ya29.a0Af_longtoken was refused",
        "Token token=abcdef123456",
        "user ada.beispiel+x@mail.example.org exists",
        "<ada@example.org>",
        "phone +49 (30) 1234-5678 is taken",
        "phone 030/12345678",
        "GET https://crm.example/search?q=geheim failed",
        "the name 'Ada Beispiel' is taken",
        'duplicate of "Beispiel"',
        "„Ada Beispiel“ gibt es schon",
    ],
)
def test_contact_data_and_credentials_are_left_out(text):
    shown = redacted(text).lower()
    for private in ("ywrh", "ya29", "abcdef", "beispiel", "ada@", "example.org", "1234", "geheim"):
        assert private not in shown


@pytest.mark.parametrize(
    "text",
    [
        "'first_name' can't be blank, isn't it",
        "HTTP 429 for contact 1234",
        "field 'emails[0].value' is too long (max 255)",
    ],
)
def test_what_helps_stays(text):
    assert redacted(text) == text


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"errors": {"code": 400, "message": ["email has already been taken"]}}, "email has already been taken"),
        ({"error": {"message": "Bad mask", "status": "INVALID_ARGUMENT"}}, "Bad mask; status: INVALID_ARGUMENT"),
        ({"errors": {"email": ["is invalid"]}}, "email: is invalid"),
        ({"detail": "no such view", "contact": {"first_name": "Beispiel"}}, "no such view"),
        ({"error": {"record": {"first_name": "Beispiel"}, "reason": "too long"}}, "too long"),
        ([{"message": "a"}, {"message": "b"}], "a; b"),
        ("Too many requests", "Too many requests"),
        ("<!DOCTYPE html><p>Beispiel</p>", "an HTML page"),
        ("<d:error xmlns:d='DAV:'><c:no-uid-conflict>/Beispiel</c:no-uid-conflict></d:error>", "error no-uid-conflict"),
        ("", ""),
    ],
)  # fmt: skip
def test_the_vendors_words(body, words):
    assert vendor_words(said(body)) == words


def test_written_values_are_left_out_and_the_length_is_bounded():
    body = {"message": f"ada beispiel is taken {'x' * 500}"}
    shown = vendor_words(said(body), ["Ada", "Beispiel"])
    assert len(shown) == 200
    assert "beispiel" not in shown.lower()


@pytest.mark.parametrize(
    "text",
    [
        MARKS,
        f"&#{'7' * 5000};",
        f"%26%23{'7' * 5000};",
        "a" * 10**6,
        "a@" * 10**5,
        "1 " * 10**5,
        "'a " * 10**5,
        "<" * 10**6,
        "http://" + "a" * 10**6,
    ],
)
def test_a_hostile_text_costs_little(text):
    started = time.monotonic()
    vendor_words(said(text), [SECRET])
    vendor_words(said({"message": text}), [SECRET])
    assert time.monotonic() - started < 2


def test_a_long_note_that_was_sent_costs_little() -> None:
    started = time.process_time()
    assert redacted("the note is too long", [MARKS, "n\u00f6te " * 100_000]) == "the note is too long"
    assert time.process_time() - started < 0.5


def test_a_long_value_that_nearly_stands_everywhere_costs_little() -> None:
    started = time.process_time()
    assert redacted("a" * 80_000 + "b is too long", ["a" * 40_000 + "b"]).endswith("aaa")  # of what is read at all
    assert redacted("a" * 80_000 + "b is too long", ["a" * 79_000 + "b"]).endswith("a[secret] is too long")
    assert time.process_time() - started < 1


def test_letters_that_differ_in_case_alone_are_one() -> None:
    for letter in map(chr, range(sys.maxunicode)):
        forms = {letter.lower(), letter.upper(), letter.title()} - {letter}
        for other in (form for form in forms if len(form) == 1 and re.fullmatch(re.escape(letter), form, re.I)):
            assert without(f"{other}{other}{other} is taken", [letter * 3]) == "[secret] is taken"
