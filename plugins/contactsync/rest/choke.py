"""The one function that every mutating request goes through, and where crash tests kill the process.

CONTACTSYNC_CRASH_AT = request:<place>:<n> kills this process with SIGKILL at its n-th mutating request, where place is
    before        nothing was sent
    no_response   the vendor acted and answered, but the answer is lost: nothing of it is handed on
    after         the answer was read whole, but nobody heard of it
Without the variable, which nobody sets outside tests, the request is sent and that is all.
"""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import Callable, Iterator

import requests

from contactsync.rest.reply import Reply

CRASH_AT = "CONTACTSYNC_CRASH_AT"
_numbers: dict[int, Iterator[int]] = {}


def send_mutating(send: Callable[[], requests.Response], finish: Callable[[requests.Response], Reply]) -> Reply:
    """Send a request that changes something; `send` returns with the answer's head, `finish` reads the rest."""
    number = next(_numbers.setdefault(os.getpid(), itertools.count(1)))  # a forked process counts anew
    _crash("before", number)
    response = send()
    _crash("no_response", number)
    reply = finish(response)
    _crash("after", number)
    return reply


def _crash(place: str, number: int) -> None:
    if os.environ.get(CRASH_AT) == f"request:{place}:{number}":
        os.kill(os.getpid(), signal.SIGKILL)
