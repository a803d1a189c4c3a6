"""Types odd contacts into the apps as a person, or some other program, would, and looks at what they hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urljoin
from xml.etree import ElementTree

from contactsync.apps.memory import Book
from contactsync.sandbox.freshsales import FreshsalesSandbox
from contactsync.sandbox.people import PeopleSandbox
from odd_contacts import BOOK, CRM, GOOGLE, KINDS, MEMORY, Odd, Typed
from radicale_server import RadicaleBook

Held = Mapping[str, Any]


class Hands(Protocol):
    """One account, in the hands of a person."""

    app: str

    def add(self, person: Typed, own: str, kind: str) -> str:
        """Type a contact; its id."""
        ...

    def done(self) -> None:
        """All are typed."""

    def retitle(self, titles: Mapping[str, str]) -> None:
        """Type other job titles, by id."""
        ...

    def contacts(self) -> dict[str, Held]:
        """Everything that each contact holds, by id, without what the app itself counts or times."""
        ...


def people_of(kinds: Iterable[Odd], app: str) -> Iterator[tuple[Odd, int, Typed]]:
    """The persons of these kinds that this app can show."""
    for kind in kinds:
        for n, person in enumerate(kind.persons):
            if person.only in ("", app) and person.not_in != app:
                yield kind, n, person


def type_all(hands: Hands, side: str) -> dict[str, tuple[Odd, int]]:
    """Types every kind that the app takes: id -> kind, and which of its persons."""
    typed: dict[str, tuple[Odd, int]] = {}
    for kind, n, person in people_of(KINDS, hands.app):
        typed[hands.add(person, f"k{kind.number}.{n}.{side}", f"k{kind.number}.{side}")] = (kind, n)
    hands.done()
    return typed


def filled(value: Any, own: str, kind: str) -> Any:
    """The value with e-mails of its own."""
    if isinstance(value, str):
        return value.replace("{own}", own).replace("{kind}", kind)
    if isinstance(value, Mapping):
        return {k: filled(v, own, kind) for k, v in value.items()}
    if isinstance(value, (list, tuple)) and len(value) < 50 and value[:1] != [[]]:
        return [filled(v, own, kind) if not isinstance(v, list) else v for v in value]
    return value


# ---- Freshsales

CRM_PLACE = {"street": "address", "city": "city", "region": "state", "postal_code": "zipcode", "country": "country"}


@dataclass
class CrmHands:
    server: FreshsalesSandbox
    app: str = CRM

    def add(self, person: Typed, own: str, kind: str) -> str:
        phones = [*(number for _, number in person.phones), "", ""]
        data: dict[str, Any] = {
            "first_name": person.given,
            "last_name": person.family,
            "job_title": person.title,
            "emails": filled(list(person.emails), own, kind),
            "mobile_number": phones[0],
            "work_number": phones[1],
            "tags": list(person.tags),
            **{CRM_PLACE[part]: text for part, text in person.address.items()},
        }
        if person.company:
            data["sales_accounts"] = [{"id": self.server.add_account(person.company), "is_primary": True}]
        if person.extra is not None:
            data["as_is"] = filled(person.extra, own, kind)
        return str(self.server.add_contact(data)["id"])

    def done(self) -> None:
        """Each was typed by itself."""

    def retitle(self, titles: Mapping[str, str]) -> None:
        for contact_id, title in titles.items():
            self.server.edit_contact(contact_id, {"job_title": title})

    def contacts(self) -> dict[str, Held]:
        counted = ("updated_at", "updater_id")
        return {
            str(c["id"]): {"title": c["job_title"], "rest": _without(c, "job_title", *counted)}
            for c in self.server.contacts()
        }


# ---- Google

GOOGLE_PLACE = {
    "street": "streetAddress",
    "city": "city",
    "region": "region",
    "postal_code": "postalCode",
    "country": "country",
}


@dataclass
class GoogleHands:
    server: PeopleSandbox
    app: str = GOOGLE

    def add(self, person: Typed, own: str, kind: str) -> str:
        if person.extra is not None:
            return self._as_is(person.extra, own, kind)
        birthday = [int(part) for part in person.birthday.split("-")] if person.birthday else []
        address = {GOOGLE_PLACE[part]: text for part, text in person.address.items()}
        data: dict[str, Any] = {
            "names": [{"givenName": person.given, "familyName": person.family}],
            "emailAddresses": [{"value": filled(mail, own, kind)} for mail in person.emails],
            "phoneNumbers": [{"value": number, "type": label} for label, number in person.phones],
            "organizations": [{"name": person.company, "title": person.title}],
            "nicknames": [{"value": person.nickname}],
            "biographies": [{"value": person.note}],
            "addresses": [address],
            "labels": list(person.tags),
        }
        if birthday:
            data["birthdays"] = [{"date": dict(zip(("year", "month", "day"), birthday, strict=True))}]
        return str(self.server.add_contact(data)["resourceName"])

    def _as_is(self, extra: Mapping[str, Any], own: str, kind: str) -> str:
        """What a request cannot bring about, but an answer may show."""
        book = self.server.account().book
        fields = {"names": [{"givenName": "Ada"}], "emailAddresses": [{"value": f"{own}@example.org"}]}
        given = {k: v for k, v in filled(extra, own, kind).items() if k != "former"}
        with self.server.lock:
            made = book.create({**fields, **given})
            if "former" in extra:
                away = {"itself": 0, "next": 0x9E3779B1, "before": -0x9E3779B1}[extra["former"]]
                made = book.save(made, former_names=(f"people/c{made.number + away}",))
        return made.resource_name

    def done(self) -> None:
        """Each was typed by itself."""

    def retitle(self, titles: Mapping[str, str]) -> None:
        for contact_id, title in titles.items():
            held = (self.server.contact(contact_id).get("organizations") or [{}])[0]
            kept = {k: v for k, v in held.items() if k in ("name", "type")}
            self.server.edit_contact(contact_id, {"organizations": [{**kept, "title": title}]})

    def contacts(self) -> dict[str, Held]:
        found: dict[str, Held] = {}
        for shown in self.server.contacts():
            bare = _without(shown, "etag", "metadata", "clientData", "organizations")
            rest = {
                field: sorted((_bare(i) for i in items), key=repr)
                for field, items in bare.items()
                if isinstance(items, list)
            }
            work = [_bare(item) for item in shown.get("organizations", ())]
            titles = [item.pop("title", "") for item in work]
            found[shown["resourceName"]] = {"title": "".join(titles), "rest": {**rest, "work": [w for w in work if w]}}
        return found


def _bare(item: Mapping[str, Any]) -> dict[str, Any]:
    return _without(item, "metadata", "formattedType")


# ---- CardDAV


@dataclass
class BookHands:
    book: RadicaleBook
    app: str = BOOK
    cards: list[str] = field(default_factory=list)
    named: list[str] = field(default_factory=list)  # whose UIDs make no file names

    def add(self, person: Typed, own: str, kind: str) -> str:
        lines = [filled(line, own, kind) for line in person.extra or ()]
        uid = person.uid or f"uid-{own}"
        card = {"VERSION": "VERSION:3.0", "UID": f"UID:{escaped(uid)}", **self._typed(person, own, kind)}
        given = {line.split(":")[0].split(";")[0].upper() for line in lines}
        left_out = {line[1:] for line in lines if line.startswith("-")}
        plain = [line for key, line in card.items() if key.split("#")[0] not in given | left_out]
        body = [*plain, *(line for line in lines if not line.startswith("-"))]
        version = [line for line in body if line.startswith("VERSION")]
        body = [*version, *(line for line in body if not line.startswith("VERSION"))]
        text = "\r\n".join(["BEGIN:VCARD", *body, "END:VCARD", ""])
        (self.named if person.uid else self.cards).append(text)
        return unescaped(next(line for line in body if line.startswith("UID")).partition(":")[2])

    def done(self) -> None:
        """Nearly all cards in one request: one at a time takes the server long."""
        self.book.request("PUT", body="".join(self.cards), Content_Type="text/vcard").raise_for_status()
        for n, text in enumerate(self.named):
            self.book.put(f"named{n}", text)

    def _typed(self, person: Typed, own: str, kind: str) -> dict[str, str]:
        lines = {
            "N": f"N:{escaped(person.family)};{escaped(person.given)};;;",
            "FN": f"FN:{escaped(f'{person.given} {person.family}'.strip() or '-')}",
            "ORG": f"ORG:{escaped(person.company)}" if person.company else "",
            "TITLE": f"TITLE:{escaped(person.title)}" if person.title else "",
            "NICKNAME": f"NICKNAME:{escaped(person.nickname)}" if person.nickname else "",
            "NOTE": f"NOTE:{escaped(person.note)}" if person.note else "",
            "BDAY": f"BDAY:{person.birthday}" if person.birthday else "",
            "CATEGORIES": f"CATEGORIES:{','.join(map(escaped, person.tags))}" if person.tags else "",
        }
        for n, mail in enumerate(person.emails):
            lines[f"EMAIL#{n}"] = f"EMAIL;TYPE=WORK:{escaped(filled(mail, own, kind))}"
        for n, (label, number) in enumerate(person.phones):
            known = {"mobile": "CELL", "work": "WORK"}.get(label)
            lines[f"TEL#{n}"] = (
                f"TEL;TYPE={known}:{number}" if known else f"p{n}.TEL:{number}\r\np{n}.X-ABLABEL:{label}"
            )
        if person.address:
            parts = [person.address.get(p, "") for p in ("street", "city", "region", "postal_code", "country")]
            lines["ADR"] = f"ADR;TYPE=WORK:;;{';'.join(map(escaped, parts))}"
        return {name: line for name, line in lines.items() if line}

    def _cards(self) -> dict[str, tuple[str, str]]:
        """UID -> address and text, by one request."""
        found = {}
        reply = self.book.request("REPORT", body=_ALL_CARDS, Depth="1", Content_Type="application/xml")
        for part in ElementTree.fromstring(reply.content).iter(f"{DAV}response"):
            text = next(part.iter(f"{CARD}address-data")).text or ""
            uid = next(line for line in unfolded(text) if line.upper().startswith("UID")).partition(":")[2]
            found[unescaped(uid)] = (next(part.iter(f"{DAV}href")).text or "", text)
        return found

    def retitle(self, titles: Mapping[str, str]) -> None:
        cards = self._cards()
        for uid, title in titles.items():
            href, text = cards[uid]
            lines = [line for line in unfolded(text) if not line.startswith("TITLE") and line != "END:VCARD"]
            body = "\r\n".join([*lines, f"TITLE:{title}", "END:VCARD", ""]).encode()
            address = urljoin(self.book.url, href)
            self.book.session.put(
                address, data=body, headers={"Content-Type": "text/vcard"}, timeout=30
            ).raise_for_status()

    def contacts(self) -> dict[str, Held]:
        found = {}
        for uid, (_, text) in self._cards().items():
            lines = unfolded(text)
            titles = [unescaped(line.partition(":")[2]) for line in lines if line.startswith("TITLE")]
            rest = sorted(line for line in lines if not line.startswith(("TITLE", "REV")))
            found[uid] = {"title": "".join(titles), "rest": rest}
        return found


DAV, CARD = "{DAV:}", "{urn:ietf:params:xml:ns:carddav}"
_ALL_CARDS = (
    '<?xml version="1.0"?><C:addressbook-query xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav">'
    "<prop><C:address-data/></prop></C:addressbook-query>"
)


def escaped(text: str) -> str:
    for plain, wire in (("\\", "\\\\"), (",", "\\,"), (";", "\\;"), ("\r\n", "\\n"), ("\n", "\\n")):
        text = text.replace(plain, wire)
    return text


def unescaped(text: str) -> str:
    return text.replace("\\,", ",").replace("\\;", ";").replace("\\\\", "\\")


def unfolded(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\n ", "").replace("\n\t", "").strip("\n").split("\n")


# ---- memory


@dataclass
class MemoryHands:
    book: Book
    app: str = MEMORY
    made: int = 0

    def add(self, person: Typed, own: str, kind: str) -> str:
        self.made += 1
        contact_id = person.uid or f"m{own}"
        fields: dict[str, Any] = {
            "names.given": person.given,
            "names.family": person.family,
            "emails": [{"value": filled(mail, own, kind), "label": "work"} for mail in person.emails],
            "phones": [{"value": number, "label": label} for label, number in person.phones],
            "job_title": person.title,
            "company": person.company,
            "nickname": person.nickname,
            "notes": person.note,
            "birthday": person.birthday,
            "addresses": [{"value": dict(person.address)}] if person.address else [],
            "tags": [{"value": tag} for tag in person.tags],
        }
        with self.book.opened() as state:
            self.book.write(state, contact_id, {})
            state["contacts"][contact_id]["fields"] = {**fields, **filled(person.extra or {}, own, kind)}
        return contact_id

    def done(self) -> None:
        """Each was typed by itself."""

    def retitle(self, titles: Mapping[str, str]) -> None:
        for contact_id, title in titles.items():
            self.book.put(contact_id, {"job_title": title})

    def contacts(self) -> dict[str, Held]:
        return {
            i: {"title": c.get("job_title", ""), "rest": _without(c, "job_title")}
            for i, c in self.book.contacts().items()
        }


def _without(row: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {k: v for k, v in row.items() if k not in names}
