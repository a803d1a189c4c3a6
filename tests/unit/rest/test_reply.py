"""What is not the vendor's JSON is said to be so, without showing it."""

from __future__ import annotations

import traceback

import pytest
from contactsync.errors import NotTheApi
from contactsync.rest.reply import DEEPEST
from contactsync.rest.session import Reply
from requests.structures import CaseInsensitiveDict


def reply(body: bytes, content_type: str = "application/json", status: int = 200) -> Reply:
    headers = CaseInsensitiveDict({"Content-Type": content_type})
    return Reply(status, headers, body, "https://ada:geheim@crm.example:8443/api/contacts")


@pytest.mark.parametrize("body", [b'{"a": 1}', b'\xef\xbb\xbf{"a": 1}', b' \n{"a": 1}\n'])
def test_json_is_read(body):
    assert reply(body).json() == {"a": 1}


@pytest.mark.parametrize(
    ("body", "content_type", "said"),
    [
        (b"<html>Beispiel</html>", "application/json", "HTML"),
        (b'{"Beispiel": 1}', "text/html; charset=utf-8", "HTML"),
        (b"", "application/json", "empty"),
        (b"   ", "application/json", "empty"),
        (b'{"Beispiel": ', "application/json", "not JSON"),
        (b'"Beispiel\xff"', "application/json", "not JSON"),
        (b"[" * 200_000, "application/json", "nested"),
        (b'{"a":' * 200_000, "application/json", "nested"),
        (b"[" * 200_000 + b'"' + b'\\"' * 200_000, "application/json", "nested"),
    ],
)
def test_anything_else_is_not_the_api(body, content_type, said):
    with pytest.raises(NotTheApi) as caught:
        reply(body, content_type, 203).json()
    text = "".join(traceback.format_exception(caught.value, limit=0))
    assert said in text
    assert "crm.example:8443" in text
    assert "203" in text
    assert "Beispiel" not in text
    assert "geheim" not in text


def test_one_odd_value_costs_no_other():
    deep = b'{"a]": ' * 100_000 + b'"}{"' + b"}" * 100_000
    body = b'[{"id": 1, "odd": NaN}, {"id": 2, "odd": ' + b"9" * 5000 + b'}, {"id": 3, "odd": %b, "x": "[["}]' % deep
    nan, number, nested = reply(body).json()
    assert (nan["id"], number["id"], nested["id"], nested["x"]) == (1, 2, 3, "[[")
    assert nan["odd"] != nan["odd"]
    assert number["odd"] == "9" * 5000
    assert str(nested["odd"]).count("a]") == DEEPEST - 2


def test_text_is_always_readable():
    assert reply(b"Jos\xe9").text == "Jos�"


def test_a_printed_reply_shows_no_contact_data():
    assert "Beispiel" not in repr(reply(b"Beispiel"))
