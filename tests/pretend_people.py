"""People who type into the two apps of a pretend world: what they typed, and what they removed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from contactsync.contact import Element, decode, element_id, encode
from contactsync.model.spec import SIDES, Side
from pretend_world import World


@dataclass(repr=False)
class Typist:
    """Types into one side of a world and remembers what was typed for whom, and what was removed by whom."""

    world: World
    person: dict[tuple[Side, str], int] = field(default_factory=dict)
    typed: set[tuple[int, str, str]] = field(default_factory=set)  # person, field, value or element id
    removed: set[tuple[int, str, str]] = field(default_factory=set)
    added: set[tuple[Side, str, str, str]] = field(default_factory=set)  # side, contact, field, element id
    edits: dict[tuple[int, str], dict[Side, str]] = field(default_factory=dict)  # since `forget_edits`

    def contact_of(self, side: Side, person: int) -> str | None:
        self.know_created()
        ids = [i for i in self.world.apps[side].contacts if self.person.get((side, i)) == person]
        return ids[0] if ids else None

    def know_created(self) -> None:
        """A contact that the sync made is the person whose contact it was made from."""
        for link in self.world.links.values():
            keys = [(s, link.side(s).contact_id) for s in SIDES]
            for here, there in (keys, keys[::-1]):
                if here in self.person:
                    self.person.setdefault(there, self.person[here])

    def meet(self, side: Side, person: int, extra: Mapping[str, str]) -> None:
        """A new contact with the person's e-mail address and more."""
        if self.contact_of(side, person) is not None:
            return
        contact_id = self.world.apps[side].add({})
        self.person[side, contact_id] = person
        self.add(side, person, "emails", 0)
        for name, text in extra.items():
            self.set(side, person, name, text)

    def set(self, side: Side, person: int, name: str, text: str) -> None:
        """Type one single value; the app may cut it."""
        contact_id = self.contact_of(side, person)
        app = self.world.apps[side]
        pair = app.pairs[name]
        if contact_id is None or pair.kind.several:
            return
        value = f"p{person}{name[0]}{text}" if text else ""
        value = value[: pair.holding(side).max_length]
        value = app.stored(name, value)
        self.typed.add((person, name, value))
        if app.contacts[contact_id][name] != value:
            app.put(contact_id, {name: value})
            self.edits.setdefault((person, name), {})[side] = value

    def add(self, side: Side, person: int, name: str, number: int, label: str = "") -> None:
        """Type one more element, in a free slot or place."""
        pair = self.world.apps[side].pairs[name]
        held = pair.holding(side)
        if not pair.kind.several or (now := self._elements(side, person, name)) is None:
            return
        value = _VALUES[name].format(person=person, number=number)
        identity = element_id(pair.kind, value)
        taken = {e.label for e in now}
        if held.slots:
            label = next((s for s in held.slots if s not in taken), "")
        full = (held.max_items is not None and len(now) >= held.max_items) or (bool(held.slots) and not label)
        if full or identity in {e.id for e in now}:
            return
        element = Element(identity, value, label if held.label else None, False if held.primary else None)
        self.typed.add((person, name, identity))
        self.added.add((side, self.contact_of(side, person) or "", name, identity))
        self._put(side, person, name, [*now, element])

    def drop(self, side: Side, person: int, name: str, position: int) -> None:
        """Remove one element; the address by which a person is known again stays."""
        now = self._elements(side, person, name)
        if now and now[position % len(now)].id != _VALUES["emails"].format(person=person, number=0):
            out = now[position % len(now)]
            self.removed.add((person, name, out.id))
            self._put(side, person, name, [e for e in now if e.id != out.id])

    def relabel(self, side: Side, person: int, name: str, position: int, label: str) -> None:
        """Give one element another label; in a side of slots, move it to a free one."""
        now = self._elements(side, person, name)
        held = self.world.apps[side].pairs[name].holding(side)
        if not now or not held.label:
            return
        if held.slots:
            label = next((s for s in held.slots if s not in {e.label for e in now}), "")
            if not label:
                return
        at = position % len(now)
        self._put(side, person, name, [replace(e, label=label) if n == at else e for n, e in enumerate(now)])

    def make_primary(self, side: Side, person: int, name: str, position: int) -> None:
        """Make one element the primary one."""
        now = self._elements(side, person, name)
        if now and self.world.apps[side].pairs[name].holding(side).primary:
            at = position % len(now)
            self._put(side, person, name, [replace(e, primary=n == at) for n, e in enumerate(now)])

    def delete(self, side: Side, person: int) -> None:
        """Delete the whole contact."""
        contact_id = self.contact_of(side, person)
        if contact_id is not None:
            self.world.apps[side].remove(contact_id)

    def _elements(self, side: Side, person: int, name: str) -> list[Element] | None:
        contact_id = self.contact_of(side, person)
        app = self.world.apps[side]
        if contact_id is None or not app.pairs[name].kind.several:
            return None
        return list(decode(app.contacts[contact_id][name]))

    def _put(self, side: Side, person: int, name: str, elements: Iterable[Element]) -> None:
        contact_id = self.contact_of(side, person)
        text = encode(elements)
        self.world.apps[side].put(contact_id or "", {name: text})
        self.edits.setdefault((person, name), {})[side] = text


_VALUES = {
    "emails": "p{person}.{number}@example.org",
    "phones": "+49301234{person}{number:02d}",
    "tags": "tag {person}.{number}",
}
