"""Reads the query and the body of a People API request as strictly as Google does."""

from __future__ import annotations

from collections.abc import Sized
from typing import Any, TypeVar

from contactsync.sandbox.people_errors import PeopleError, invalid
from contactsync.sandbox.people_schema import CONTACT, PROFILE, SOURCES
from contactsync.sandbox.wire import Request

Json = dict[str, Any]
Several = TypeVar("Several", bound=Sized)
_SYSTEM = frozenset({"alt", "prettyPrint", "key", "fields", "quotaUser", "uploadType", "upload_protocol", "$.xgafv"})


def known_query(request: Request, *names: str) -> None:
    """Refuses query parameters the method does not have."""
    for name in request.query:
        if name not in names and name not in _SYSTEM:
            text = f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter.'
            raise invalid(f"{text} Field '{name}' could not be found in request message.", ("", text))


def flag(request: Request, name: str) -> bool:
    """A boolean of the query."""
    text = request.arg(name, "false")
    if text not in ("true", "false"):
        raise invalid(f"Invalid value at '{name}' (TYPE_BOOL), \"{text}\"")
    return text == "true"


def number(request: Request, name: str, default: int, most: int) -> int:
    """A count of the query; absent or 0 is the default."""
    text = request.arg(name, "0")
    if not text.isdecimal() or not 0 <= int(text) <= most:
        raise invalid(f"{name} must be between 1 and {most}, inclusive.")
    return int(text) or default


def sources_of(values: list[str]) -> tuple[str, ...]:
    """The sources to read; none named means contact and profile. A comma list is no repeated parameter."""
    for value in values:
        if value not in SOURCES:
            raise invalid(
                f"Invalid value at 'sources' (type.googleapis.com/google.people.v1.ReadSourceType), \"{value}\""
            )
    return tuple(sorted(set(values))) or (CONTACT, PROFILE)


def body_of(request: Request, *keys: str) -> Json:
    """The body as a JSON object; with `keys`, other keys are refused."""
    try:
        body = request.json()
    except ValueError as wrong:
        raise _bad_json() from wrong
    if not isinstance(body, dict):
        raise _bad_json()
    for key in body:
        if keys and key not in keys:
            text = f'Invalid JSON payload received. Unknown name "{key}": Cannot find field.'
            raise invalid(text, ("", text))
    return body


def names_of(body: Json, key: str, *, most: int) -> list[str]:
    """A list of resource names in a body."""
    names = body.get(key, [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise invalid(f"Invalid value at '{_snake(key)}' (TYPE_STRING)")
    return at_most(names, most, key)


def at_most(items: Several, most: int, what: str) -> Several:
    """The items, refused when there are too many."""
    if len(items) > most:
        raise invalid(f"The number of {what} ({len(items)}) is over the maximum of {most}.")
    return items


def _snake(name: str) -> str:
    return "".join("_" + c.lower() if c.isupper() else c for c in name)


def _bad_json() -> PeopleError:
    return invalid("Invalid JSON payload received. Expected an object.")
