"""The error bodies of the Freshsales API."""

from __future__ import annotations

from typing import NoReturn

from contactsync.sandbox.wire import Refused, Reply, html


def error(status: int, *messages: str) -> Reply:
    """An error: the messages are an array inside an object."""
    return Reply(status, {"errors": {"code": status, "message": list(messages)}})


def refuse(status: int, *messages: str) -> NoReturn:
    """Ends the request with an error."""
    raise Refused(error(status, *messages))


def login_page() -> Reply:
    """What a wrong sub-domain or path answers: a page with status 200."""
    return html(200, "<!DOCTYPE html><html><head><title>Login</title></head><body><form>Sign in</form></body></html>")
