"""The bench of CardDAV: an address book on a real Radicale."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import requests
from app_bench import NUMBERS, POISON, Bench, Person, somebody
from contactsync.apps.base import App
from contactsync.model.exchange import Cursor
from radicale_server import PASSWORD, card
from requests.adapters import HTTPAdapter


class Wire(HTTPAdapter):
    """The way to the server: counts what changes something, refuses poison as a server would, loses answers."""

    def __init__(self, bench: CardDavBench) -> None:
        super().__init__()
        self._bench = bench

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        if request.method not in ("PUT", "DELETE"):
            return super().send(request, *args, **kwargs)
        self._bench.mutations += 1
        body = request.body or b""
        if POISON.encode() in (body if isinstance(body, bytes) else str(body).encode()):
            request.body, request.headers["Content-Length"] = b"no card", "7"  # Radicale refuses it: HTTP 400
        answer = super().send(request, *args, **kwargs)
        if self._bench.losing:
            self._bench.losing = False
            raise requests.ConnectionError("the connection was closed before the answer")
        return answer


class CardDavBench(Bench):
    """An address book on a real Radicale."""

    app_name = "carddav"
    unknown_id = "nobody"
    refusal: ClassVar = {"N.given": "Uma", "N.family": POISON}

    def prepare(self) -> None:
        self.home = self.grounds.radicale.home()
        self.book = self.home.book()
        self.mutations = 0
        self.losing = False

    @property
    def credentials(self) -> dict[str, str]:
        return {"host": self.book.url, "login": self.book.user, "password": PASSWORD}

    def session(self) -> requests.Session:
        session = requests.Session()
        session.mount("http://", Wire(self))
        return session

    def intruder(self) -> App:
        return self.app(password="wrong")

    def astray(self) -> App:
        return self.app(host=self.grounds.page)

    def person_adds(self, fields: Person) -> str:
        uid = f"p{next(NUMBERS)}"
        lines = [line for _, line in _card_lines(fields)]
        self.book.put(uid, card(uid, *lines, "X-SOCIALPROFILE;TYPE=twitter:https://social.example/uma"))
        return uid

    def person_edits(self, contact_id: str, fields: Person) -> None:
        changed = dict(_card_lines({**_known_names(self.book.get(contact_id)), **fields}))
        kept = [line for line in _lines(self.book.get(contact_id)) if line.split(":")[0].split(";")[0] not in changed]
        self.book.put(contact_id, "\r\n".join([*kept[:-1], *changed.values(), kept[-1], ""]))

    def person_deletes(self, contact_id: str) -> None:
        self.book.delete(contact_id)

    def person_imports(self, count: int) -> set[str]:
        people = {f"p{next(NUMBERS)}": somebody() for _ in range(count)}
        self.book = self.home.seeded(
            [card(uid, *(line for _, line in _card_lines(fields))) for uid, fields in people.items()], "many"
        )
        return set(people)

    def ids(self) -> set[str]:
        return set(self.book.names())

    def unmapped(self, contact_id: str) -> object:
        return [line for line in _lines(self.book.get(contact_id)) if line.startswith("X-SOCIALPROFILE")]

    def writes(self) -> int:
        return self.mutations

    def past_cursors(self, cursor: Cursor) -> list[Cursor]:
        return [{**cursor, "token": "http://radicale.org/ns/sync/" + "0" * 64}]

    def lose_create_answer(self) -> bool:
        self.losing = True
        return True


def _lines(text: str) -> list[str]:
    return text.replace("\r\n ", "").strip().split("\r\n")


def _known_names(text: str) -> dict[str, str]:
    parts = next(line for line in _lines(text) if line.startswith("N:")).removeprefix("N:").split(";")
    return {"names.family": parts[0], "names.given": parts[1]}


def _card_lines(fields: Person) -> Iterator[tuple[str, str]]:
    given, family = fields.get("names.given", ""), fields.get("names.family", "")
    yield "FN", f"FN:{given} {family}"
    yield "N", f"N:{family};{given};;;"
    if "emails" in fields:
        yield "EMAIL", "\r\n".join(f"EMAIL;TYPE=WORK:{e}" for e in fields["emails"])
    if "job_title" in fields:
        yield "TITLE", f"TITLE:{fields['job_title']}"
