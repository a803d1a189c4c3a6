"""What people do to contacts, step by step."""

from __future__ import annotations

from collections.abc import Sequence

from contactsync.model.spec import Side
from scene import Scene
from vendor import CONSENT, SEVERAL, Row, Vendor, plain, primary, same


class People(Scene):
    """Somebody enters, edits and deletes contacts."""

    def add(self, side: str, person: int, key: str, fields: Sequence[str]) -> None:
        """A new contact. key: own | none | shared; a person without a key of his own is on one side only."""
        vendor, oracle = self.vendors[Side(side)], self.oracle
        here = any(oracle.who[side, r] == person for r in vendor.recs())
        if here or (person in self.keys and (key, self.keys[person]) != ("own", "own")):
            return
        self.keys[person] = key
        self.touched = True
        row = vendor.add({})
        oracle.note_contact(side, row.rec, person, self.clock.seconds())
        for other in (p for p, k in self.keys.items() if key == k == "shared"):
            oracle.unite(person, other)
        for name in ("names.given", *(f for f in fields if f != "names.given")):
            self._type(vendor, row.rec, name, "abc")
        if key != "none":
            self._enter(vendor, row.rec, "emails", f"p{person}@own.test" if key == "own" else "family@shared.test")

    def type(self, side: str, pick: int, name: str, tail: str) -> None:
        """Somebody types a new single value."""
        if (row := self._picked(side, pick)) is not None:
            self._type(self.vendors[Side(side)], row.rec, name, tail)

    def clear(self, side: str, pick: int, name: str) -> None:
        """Somebody empties a single value; a name stays."""
        row = self._picked(side, pick)
        if row is None or name == "names.given" or not row.values[name]:
            return
        self._typing()
        now = self.clock.seconds()
        self.oracle.note_typed(side, row.rec, name, "", str(row.values[name]), now)
        self.vendors[Side(side)].edit(row.rec, {name: ""})

    def enter(self, side: str, pick: int, name: str) -> None:
        """Somebody adds one more element."""
        if (row := self._picked(side, pick)) is not None:
            person = self.oracle.who[side, row.rec]
            number = sum(len(v) for v in self.oracle.entered.values())
            element = f"p{person}n{number}" + ("@more.test" if name == "emails" else "")
            element = f"+49 30 {901000 + number}" if name == "phones" else element
            self._enter(self.vendors[Side(side)], row.rec, name, element)

    def drop(self, side: str, pick: int, name: str, at: int) -> None:
        """Somebody removes an element; the address by which a person is known stays."""
        row = self._picked(side, pick)
        there = [e for e in row.values[name] if not same(e).endswith(("@own.test", "@shared.test"))] if row else []
        if row is None or not there:
            return
        self._typing()
        out = there[at % len(there)]
        self.oracle.note_removed(side, row.rec, name, out, self.clock.seconds())
        self.vendors[Side(side)].edit(row.rec, {name: tuple(e for e in row.values[name] if e != out)})

    def respell(self, side: str, pick: int, name: str, at: int) -> None:
        """Somebody spells an element otherwise."""
        if (row := self._picked(side, pick)) is not None and row.values[name]:
            self._spell(self.vendors[Side(side)], row, name, row.values[name][at % len(row.values[name])])

    def echo(self, side: str, pick: int, name: str, at: int) -> None:
        """Somebody enters an element on the other side too, spelled otherwise."""
        row, vendor = self._picked(side, pick), self.vendors[Side(side).other]
        if row is None or not row.values[name]:
            return
        element = row.values[name][at % len(row.values[name])]
        for there in [vendor.row_of(rec) for rec in self._partners(side, row.rec)]:
            spelled = next((e for e in there.values[name] if same(e) == same(element)), "")
            if spelled:
                self._spell(vendor, there, name, spelled)
            else:
                self._enter(vendor, there.rec, name, respelled(plain(element)))

    def prefer(self, side: str, pick: int, name: str, at: int) -> None:
        """Somebody makes an element the primary one, where there is such a thing."""
        row, vendor = self._picked(side, pick), self.vendors[Side(side)]
        if row is None or not row.values[name] or name not in vendor.traits.primaries:
            return
        chosen = row.values[name][at % len(row.values[name])]
        self._alter(vendor, row, name, tuple(primary(e) if e == chosen else plain(e) for e in row.values[name]))

    def opt(self, side: str, pick: int, consent: str) -> None:
        """Somebody notes that a contact wants mail, or wants none, or takes such a note away."""
        row = self._picked(side, pick)
        if row is None or row.values[CONSENT] == consent:
            return
        self._typing()
        self.oracle.note_consent(side, row.rec, str(row.values[CONSENT]), consent, self.clock.seconds())
        self.vendors[Side(side)].edit(row.rec, {CONSENT: consent})

    def reply(self, side: str, pick: int, consent: str) -> None:
        """On the other side, somebody notes something else of the same person."""
        row, other = self._picked(side, pick), Side(side).other
        for rec in self._partners(side, row.rec) if row else ():
            self.opt(other.value, self.vendors[other].recs().index(rec), consent)

    def cross(self, side: str, pick: int) -> None:
        """Somebody brings a contact out of the file's filter, or into it."""
        row, name = self._picked(side, pick), self.filters.get(Side(side), "")
        if row is None or not name:
            return
        if name in SEVERAL:
            for _ in row.values[name]:
                self.drop(side, pick, name, 0)
        elif row.values[name]:
            self.clear(side, pick, name)
        if not row.values[name]:
            self.enter(side, pick, name) if name in SEVERAL else self.type(side, pick, name, "")

    def delete(self, side: str, pick: int) -> None:
        """Somebody deletes a contact."""
        if (row := self._picked(side, pick)) is not None:
            self.touched = True
            self.oracle.note_deleted(side, row.rec, dict(row.values), self.clock.seconds())
            self.vendors[Side(side)].remove(row.rec)

    def _partners(self, side: str, rec: int) -> list[int]:
        """The same person's contacts on the other side."""
        who, other = self.oracle.who, Side(side).other
        return [r for r in self.vendors[other].recs() if who[other.value, r] == who[side, rec]]

    def _spell(self, vendor: Vendor, row: Row, name: str, element: str) -> None:
        self._alter(vendor, row, name, tuple(respelled(e) if e == element else e for e in row.values[name]))

    def _alter(self, vendor: Vendor, row: Row, name: str, elements: Sequence[str]) -> None:
        formed = vendor.traits.form(name, tuple(elements))
        if formed == row.values[name]:
            return
        self._typing()
        for element in set(formed) - set(row.values[name]):
            self.oracle.note_altered(vendor.side, row.rec, name, element)
        vendor.edit(row.rec, {name: formed})

    def _type(self, vendor: Vendor, rec: int, name: str, tail: str) -> None:
        self._typing()
        person, before = self.oracle.who[vendor.side, rec], str(vendor.row_of(rec).values[name])
        text = self.oracle.text(person, tail)
        if not vendor.traits.offers(name, text):
            return
        self.oracle.note_typed(vendor.side, rec, name, text, before, self.clock.seconds())
        vendor.edit(rec, {name: vendor.traits.form(name, text)})

    def _enter(self, vendor: Vendor, rec: int, name: str, element: str) -> None:
        now = vendor.row_of(rec).values[name]
        if same(element) not in map(same, now):
            self._typing()
            self.oracle.note_entered(vendor.side, rec, name, element, self.clock.seconds())
            vendor.edit(rec, {name: vendor.traits.form(name, (*now, element))})


def respelled(element: str) -> str:
    """The same element in another spelling: a number with spaces or without, anything else in capitals or not."""
    text = plain(element)
    if text.startswith("+"):
        other = text.replace(" ", "") if " " in text else f"{text[:3]} {text[3:5]} {text[5:]}"
    else:
        other = text.upper() if text.islower() else text.lower()
    return primary(other) if element == primary(element) else other
