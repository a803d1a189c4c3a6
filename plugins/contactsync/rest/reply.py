"""An HTTP answer, read whole, and the guards around its JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from contactsync.errors import NotTheApi

CHECK_HOST = "check the host and the path in the connection"
LONGEST_NUMBER = 1000
DEEPEST = 100  # levels; no app's contact has ten
# A page of a thousand contacts with a hundred values each is below both; more is made to fill this host's memory.
LARGEST_JSON = 32 * 1024 * 1024
MOST_MARKS = 500_000  # commas and opening brackets
_MARKS = re.compile(rb'"(?:[^"\\]|\\.)*+\\?(?:"|\Z)|[\[\]{}]', re.DOTALL)  # never looks at a byte twice


@dataclass(frozen=True)
class Reply:
    """An HTTP answer, read whole (at most 64 MiB). `headers` takes names in any case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)  # contact data: kept out of tracebacks
    url: str  # without query

    def json(self) -> Any:
        """The body as JSON. Errors: NotTheApi where it is HTML, no JSON at all, or far too much of it.

        One odd value costs no other: NaN and Infinity are read as floats, an endless number as text, and what lies
        deeper than any contact goes is null.
        """
        fault = self._not_json()
        if fault:
            raise self._not_the_api(fault)
        try:
            return json.loads(self.body, parse_int=_whole_number)
        except RecursionError:
            fault = "nested too deeply"
        except ValueError:
            fault = "not JSON"
        # Raised outside the handler: the parser's own error quotes the body.
        if fault == "not JSON":
            raise self._not_the_api(fault)
        return self._shallow()

    def _shallow(self) -> Any:
        """The body without what is nested too deeply."""
        try:
            return json.loads(_pruned(self.body), parse_int=_whole_number)
        except (ValueError, RecursionError):
            fault = "nested too deeply"
        raise self._not_the_api(fault)

    @property
    def text(self) -> str:
        """The body as text; bytes that are no UTF-8 become U+FFFD."""
        return self.body.decode("utf-8", errors="replace")

    @property
    def host(self) -> str:
        """The host that answered, with its port where the address names one."""
        return host_of(self.url)

    def _not_json(self) -> str:
        start = self.body[:64].lstrip(b"\xef\xbb\xbf \t\r\n")
        if not start:
            return "empty"
        html = "text/html" in self.headers.get("Content-Type", "").lower()
        if html or start.startswith(b"<"):
            return "an HTML or XML page"
        crowded = sum(map(self.body.count, (b",", b"[", b"{"))) > MOST_MARKS
        return "larger than any page of contacts" if crowded or len(self.body) > LARGEST_JSON else ""

    def _not_the_api(self, fault: str) -> NotTheApi:
        return NotTheApi(
            f"{self.host}: the answer (HTTP {self.status}) should be JSON but is {fault}.", next_step=CHECK_HOST
        )


def host_of(url: str) -> str:
    """Host and port of an address, without user and password."""
    return urlsplit(url).netloc.rpartition("@")[2]


def bare_url(url: str) -> str:
    """An address without query, fragment, user and password."""
    parts = urlsplit(url)
    return parts._replace(netloc=host_of(url), query="", fragment="").geturl()


def _whole_number(digits: str) -> int | str:
    """Python refuses to read more digits than any number has."""
    return int(digits) if len(digits) < LONGEST_NUMBER else digits


def _pruned(body: bytes) -> bytes:
    """The body with null for every list and object below DEEPEST levels."""
    kept, depth, start = bytearray(), 0, 0
    for mark in _MARKS.finditer(body):
        if mark[0] in b"[{":
            depth += 1
            if depth == DEEPEST + 1:
                kept += body[start : mark.start()] + b"null"
        elif mark[0] in b"]}":
            depth -= 1
            start = mark.end() if depth == DEEPEST else start
    return bytes(kept + body[start:]) if depth == 0 else body
