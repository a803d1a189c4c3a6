"""What a message or a log line may say: no secrets, no contact data."""

from __future__ import annotations

import base64
import html
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote, quote_plus

from contactsync.errors import NotTheApi
from contactsync.rest.reply import Reply

LONGEST_WORDS = 200
LONGEST_TEXT = 100_000  # before anything is done to it
LONGEST_READ = 5000
SHORTEST_SECRET = 3
SHORTEST_CORE = 6
MAX_STRINGS = 20
MAX_DEPTH = 6

# Orders to a terminal, and what turns or hides the text around it, or is not to be seen itself.
HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff]+"
)
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

    Secrets are found raw, in base64, in hex, URL-encoded once or twice, and escaped as in JSON or HTML.
    """
    text = HIDDEN.sub(" ", _plain(html.unescape(text[:LONGEST_TEXT])))
    for form in sorted({form for secret in secrets for form in _forms(secret)}, key=len, reverse=True):
        text = re.sub(re.escape(form), "[secret]", text, flags=re.IGNORECASE)
    text = " ".join(text[:LONGEST_READ].split())
    text = QUERY.sub(r"\1", text)
    text = CREDENTIAL.sub("[secret]", text)
    text = EMAIL.sub("[e-mail]", text)
    text = PHONE.sub("[number]", text)
    return QUOTED.sub(_unquoted, text)


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


def _plain(text: str) -> str:
    """Letters in one spelling, also those of full width and other forms of the same."""
    return unicodedata.normalize("NFKC", text)


def _forms(secret: str) -> Iterator[str]:
    secret = _plain(secret)
    if len(secret) < SHORTEST_SECRET:
        return
    quoted = quote(secret, safe="")
    yield from (secret, quoted, quote(secret), quote_plus(secret), quote(quoted), json.dumps(secret)[1:-1])
    yield from (HIDDEN.sub(" ", secret), secret.encode().hex())
    yield from (core for core in _base64_cores(secret.encode()) if len(core) >= SHORTEST_CORE)


def _base64_cores(raw: bytes) -> Iterator[str]:
    """What base64 makes of the secret wherever it stands in the encoded text: `login:secret`, for one."""
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + raw).decode().rstrip("=")
        whole = (shift + len(raw)) * 8 // 6  # characters made of the secret's bits alone
        core = encoded[-(-shift * 8 // 6) : whole]
        yield core
        yield core.replace("+", "-").replace("/", "_")


def _unquoted(found: re.Match[str]) -> str:
    return found[0] if FIELD_NAME.fullmatch(found[2]) else "[value]"
