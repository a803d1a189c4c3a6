"""What passes between the socket and a sandbox: request, reply, refusal, and the route decorator."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from contactsync.sandbox.knobs import Fault


class Traffic(StrEnum):
    """How a request is counted. Not the method decides: a search by POST is a read."""

    READ = "read"
    WRITE = "write"
    TOKEN = "token"  # nosec B105 # noqa: S105 - a kind of request, no secret


@dataclass(slots=True)
class Request:
    """One request as a route sees it; `params` are the groups of the route's pattern."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes = b""
    params: tuple[str, ...] = ()
    fault: Fault | None = None

    @classmethod
    def parse(cls, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Request:
        """A request from its request line; `headers` must look names up without regard to case."""
        parts = urlsplit(target)
        return cls(method, unquote(parts.path), parse_qs(parts.query, keep_blank_values=True), headers, body)

    def arg(self, name: str, default: str = "") -> str:
        """The first value of a query parameter."""
        return self.query.get(name, [default])[0]

    def args(self, name: str) -> list[str]:
        """All values of a query parameter, those joined by commas taken apart."""
        return [part for value in self.query.get(name, []) for part in value.split(",") if part]

    def json(self) -> Any:
        """The body as JSON; {} for an empty body; ValueError when it is no JSON."""
        return json.loads(self.body) if self.body.strip() else {}

    def form(self) -> dict[str, str]:
        """The body as a form (application/x-www-form-urlencoded)."""
        return {key: values[0] for key, values in parse_qs(self.body.decode(), keep_blank_values=True).items()}


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer; `body` is sent as JSON, `raw` as it stands, neither as an empty body."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    content_type: str = "application/json; charset=utf-8"

    def payload(self) -> bytes:
        """The bytes of the body."""
        if self.raw is not None:
            return self.raw
        if self.body is None:
            return b""
        try:
            return json.dumps(self.body, ensure_ascii=False).encode()
        except UnicodeEncodeError:  # half a character, which JSON can only name
            return json.dumps(self.body).encode()


def html(status: int, text: str) -> Reply:
    """A web page, as a login form or a proxy would send."""
    return Reply(status, raw=text.encode(), content_type="text/html; charset=utf-8")


class Refused(Exception):
    """Raised anywhere inside a route: `reply` is the answer, nothing else happens."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        super().__init__(str(reply.status))


Handler = Callable[[Any, Request], Reply]


@dataclass(frozen=True, slots=True)
class Route:
    """A method and path that a sandbox answers. `template` is the pattern with its groups named {id}."""

    method: str
    pattern: re.Pattern[str]
    template: str
    traffic: Traffic
    handler: Handler


_MARK = "sandbox_routes"


def route(method: str, pattern: str, traffic: Traffic | None = None) -> Callable[[Handler], Handler]:
    """Marks a method of a Sandbox as the answer to `method` on the whole path `pattern` (a regular expression).

    Without `traffic`, GET and HEAD are reads and every other method is a write. May be stacked.
    """
    kind = traffic or (Traffic.READ if method in ("GET", "HEAD") else Traffic.WRITE)
    template = re.sub(r"\((?!\?:)[^)]*\)", "{id}", pattern).replace("\\", "")

    def mark(handler: Handler) -> Handler:
        found = Route(method, re.compile(pattern), template, kind, handler)
        handler.__dict__.setdefault(_MARK, []).append(found)
        return handler

    return mark


def routes_of(owner: type) -> Sequence[Route]:
    """All routes marked in a class and its bases."""
    members = (getattr(owner, name) for name in dir(owner))
    return tuple(found for member in members for found in getattr(member, _MARK, ()))
