"""The control endpoints of a sandbox: /__sandbox__/... lets a person or a demo edit, measure and make trouble.

GET    /__sandbox__/state              name, address, number of contacts, counters, knobs
POST   /__sandbox__/reset_counters
GET    /__sandbox__/requests           rows of time, method, path template, status
GET    /__sandbox__/knobs              POST sets some of them
POST   /__sandbox__/clock              {"advance": seconds}
GET    /__sandbox__/contacts           POST adds one
GET    /__sandbox__/contacts/{id}      PATCH edits, DELETE deletes: as a person in the app, not counted as API
POST   /__sandbox__/contacts/{id}      {"action": "restore", ...}: what else the vendor's app lets a person do
"""

from __future__ import annotations

from typing import Any, Protocol

from contactsync.sandbox.counters import Counters
from contactsync.sandbox.knobs import Knobs
from contactsync.sandbox.wire import Refused, Reply, Request

PREFIX = "/__sandbox__/"
Record = dict[str, Any]


class People(Protocol):
    """What the control endpoints need of a sandbox."""

    @property
    def knobs(self) -> Knobs: ...
    @property
    def counters(self) -> Counters: ...
    def describe(self) -> Record: ...
    def reset_counters(self) -> None: ...
    def advance(self, seconds: float) -> float: ...
    def contacts(self) -> list[Record]: ...
    def contact(self, key: str) -> Record: ...
    def add_contact(self, data: Record) -> Record: ...
    def edit_contact(self, key: str, data: Record) -> Record: ...
    def delete_contact(self, key: str) -> None: ...
    def act(self, key: str, action: str, data: Record) -> Record: ...


def control(sandbox: People, request: Request) -> Reply:
    """Answers one control request."""
    place = request.path.removeprefix(PREFIX)
    try:
        if place.startswith("contacts/"):
            return _one_contact(sandbox, request, place.removeprefix("contacts/"))
        return _whole(sandbox, request, place)
    except Refused as refused:
        return refused.reply
    except KeyError as missing:
        return Reply(404, {"error": f"no such record or key: {missing}"})
    except (ValueError, TypeError) as wrong:
        return Reply(400, {"error": str(wrong)})


def _whole(sandbox: People, request: Request, place: str) -> Reply:
    match request.method, place:
        case "GET", "state":
            return Reply(body=sandbox.describe())
        case "GET", "requests":
            return Reply(body=sandbox.counters.log_json())
        case "POST", "reset_counters":
            sandbox.reset_counters()
            return Reply(body=sandbox.counters.as_json())
        case "POST", "clock":
            return Reply(body={"now": sandbox.advance(float(request.json()["advance"]))})
        case "GET" | "POST", "knobs":
            sandbox.knobs.update(request.json() if request.method == "POST" else {})
            return Reply(body=sandbox.knobs.as_json())
        case "GET", "contacts":
            return Reply(body=sandbox.contacts())
        case "POST", "contacts":
            return Reply(201, sandbox.add_contact(request.json()))
    return Reply(404, {"error": f"unknown control endpoint {request.method} {place}"})


def _one_contact(sandbox: People, request: Request, key: str) -> Reply:
    match request.method:
        case "GET":
            return Reply(body=sandbox.contact(key))
        case "PATCH" | "PUT":
            return Reply(body=sandbox.edit_contact(key, request.json()))
        case "DELETE":
            sandbox.delete_contact(key)
            return Reply(204)
        case "POST":
            data = request.json()
            return Reply(body=sandbox.act(key, str(data.pop("action", "")), data))
    return Reply(405)
