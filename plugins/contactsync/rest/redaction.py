"""What a message or a log line may say: no secrets, no contact data."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from contactsync.errors import NotTheApi
from contactsync.rest.reply import Reply
from contactsync.rest.spellings import decoded, readable, without

LONGEST_WORDS = 200
LONGEST_TEXT = 100_000  # before anything is done to it
LONGEST_READ = 5000
MAX_STRINGS = 20
MAX_DEPTH = 6

# Lengths are bounded, so that a hostile text cannot make the search slow.
EMAIL = re.compile(r"[^\s@<>\"'(),;:=]{1,64}@[^\s@<>\"'(),;:=]{1,255}")
PHONE = re.compile(r"\+?\(?\d(?:[\s().\-/\u00a0]{0,3}\d){6,18}")
CREDENTIAL = re.compile(r"\b(?:Basic|Bearer|Token token=)\s*[\w.~+/=-]{6,}", re.IGNORECASE)
QUERY = re.compile(r"(https?://[^\s?#]{1,500})[?#]\S*")
QUOTED = re.compile(r"(?<![^\s(\[:=,])([\"'`“„‘])([^\"'`“”„‘’\n]{1,200})[\"'`”“’](?![^\s)\].:;,!?])")
# What vendors quote without harm: names of fields, as in 'first_name'.
FIELD_NAME = re.compile(r"[a-z][A-Za-z0-9_.\[\]-]*")
MESSAGE_KEYS = (
    "message",
    "messages",
    "error_description",
    "error",
    "errors",
    "detail",
    "title",
    "reason",
    "description",
)
ELEMENT = re.compile(r"<(?:[\w-]{1,40}:)?([A-Za-z][\w-]{0,60})")


def redacted(text: str, secrets: Iterable[str] = ()) -> str:
    """One line without the secrets, e-mail addresses, phone numbers, quoted values and what no line shows.

    Secrets are searched for in the text as it came and once more without its escapes, in all the ways of `spellings`.
    """
    secrets = list(secrets)
    text = without(readable(text[:LONGEST_TEXT]), secrets)
    # What an escape hides from these must not come to light by undoing it: a space in an address, a quote in a name.
    text = _unnamed(" ".join(text[:LONGEST_READ].split()))
    text = " ".join(without(readable(decoded(text)), secrets).split())
    return PHONE.sub("[number]", EMAIL.sub("[e-mail]", _unnamed(text)))


def _unnamed(text: str) -> str:
    return QUOTED.sub(_unquoted, CREDENTIAL.sub("[secret]", QUERY.sub(r"\1", text)))


def vendor_words(reply: Reply, secrets: Iterable[str] = ()) -> str:
    """At most 200 characters of what the vendor says is wrong.

    Pass the values that were written along with the secrets: a name that a vendor repeats cannot be told otherwise.
    """
    return redacted(_words(reply), secrets)[:LONGEST_WORDS]


def _words(reply: Reply) -> str:
    start = reply.body[:200].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype", b"<html")):
        return "an HTML page"
    if start.startswith(b"<"):
        # A DAV error says by the name of an element what is wrong; the text inside may be contact data.
        return " ".join(dict.fromkeys(ELEMENT.findall(reply.text[:LONGEST_READ])))
    try:
        strings = _messages(reply.json(), "", 0)
    except NotTheApi:
        return reply.text
    return "; ".join(dict.fromkeys(text for text, _ in zip(strings, range(MAX_STRINGS), strict=False)))


def _messages(value: Any, key: str, depth: int) -> Iterator[str]:
    """Strings under the keys that hold messages; other keys right below those name fields, and stay before theirs.

    What lies deeper is left out: some vendors repeat the whole record there.
    """
    if depth > MAX_DEPTH:
        return
    if isinstance(value, str) and key:
        yield value if key in MESSAGE_KEYS else f"{key}: {value}"
    elif isinstance(value, list):
        for item in value[:MAX_STRINGS]:
            yield from _messages(item, key, depth + 1)
    elif isinstance(value, dict):
        for name, item in value.items():
            if name in MESSAGE_KEYS or (key in MESSAGE_KEYS and not isinstance(item, dict)):
                yield from _messages(item, str(name), depth + 1)


def _unquoted(found: re.Match[str]) -> str:
    return found[0] if FIELD_NAME.fullmatch(found[2]) else "[value]"
