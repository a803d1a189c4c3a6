"""What must be true of two accounts, whatever program works between them. Not a word of that program is used here.

It keeps a ledger of everything that people typed, removed and deleted, and is told of everything that a program wrote.
Every single value that people type is unique, so that each value found anywhere tells who typed it, where and when.

A broken promise is raised at once (`Broken`), with the promise's name in front.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from vendor import SEVERAL, SINGLE, Values, Vendor

TOKEN = re.compile(r"^p(\d+)x(\d+)")
OTHER = {"left": "right", "right": "left"}


class Broken(AssertionError):
    """A promise does not hold."""


@dataclass(frozen=True)
class Typed:
    """A person typed one single value. before: the token that stood there; previous: the last one typed there.

    beside: what was last typed in other places that this one took the place of: contacts merged into this one
    """

    serial: int
    person: int
    side: str
    rec: int
    name: str
    text: str
    at: float
    before: int
    previous: Typed | None
    beside: tuple[Typed, ...] = ()


@dataclass(frozen=True)
class Lost:
    """A value that a person typed and a program overwrote. winner: the token that took its place."""

    typed: Typed
    stored: str
    winner: int
    run: int


@dataclass(frozen=True)
class Deleted:
    """A person deleted a contact."""

    side: str
    rec: int
    person: int
    values: Values
    at: float
    last: Mapping[str, Typed]
    removed: frozenset[tuple[str, str]]


@dataclass(repr=False)
class Oracle:
    """The ledger of edits of one history, and what has to follow from it."""

    vendors: dict[str, Vendor] = field(default_factory=dict)
    who: dict[tuple[str, int], int] = field(default_factory=dict)  # record -> person
    made_by_people: dict[tuple[str, int], float] = field(default_factory=dict)
    family: dict[int, int] = field(default_factory=dict)
    typed: dict[int, Typed] = field(default_factory=dict)
    last: dict[tuple[str, int, str], Typed] = field(default_factory=dict)
    entered: dict[tuple[str, str, str], list[tuple[float, str, int]]] = field(default_factory=dict)
    removed: dict[tuple[str, str], list[tuple[float, str, int]]] = field(default_factory=dict)
    lost: list[Lost] = field(default_factory=list)
    deleted: list[Deleted] = field(default_factory=list)
    taken_back: list[str] = field(default_factory=list)  # sides from which an undo deleted a contact, one each
    merged: dict[tuple[str, int], int] = field(default_factory=dict)  # record -> into which one people merged it
    met: set[int] = field(default_factory=set)  # families whose two sides a program has brought together
    paired: set[tuple[str, int]] = field(default_factory=set)  # records that a program wrote, copied or linked
    placed: set[tuple[str, int, str]] = field(default_factory=set)  # where the value that stands is a program's doing
    doubled: set[int] = field(default_factory=set)
    deleting: set[str] = field(default_factory=set)  # sides on which a person's deletion may be carried to the other
    trusting: bool = True  # the program's memory was never lost
    untold: set[int] = field(default_factory=set)  # families whose contact an undo took away again
    clearing: bool = False  # a blank may clear
    undoing: bool = False
    run: int = 0
    events: int = 0

    # ---- people

    def text(self, person: int, tail: str) -> str:
        """A new value that nobody ever typed."""
        return f"p{person}x{len(self.typed) + 1}{tail}"

    def note_contact(self, side: str, rec: int, person: int, at: float) -> None:
        """A person entered a contact."""
        self.who[side, rec] = person
        self.family.setdefault(person, person)
        self.made_by_people[side, rec] = at

    def note_typed(self, side: str, rec: int, name: str, text: str, before: str, at: float) -> None:
        """A person typed a single value ('' = cleared it)."""
        serial, person = len(self.typed) + 1, self.who[side, rec]
        previous = self.last.get((side, rec, name))
        typed = Typed(serial, person, side, rec, name, text, at, token(before), previous)
        self.typed[serial] = self.last[side, rec, name] = typed
        self.placed.discard((side, rec, name))

    def note_entered(self, side: str, rec: int, name: str, element: str, at: float) -> None:
        """A person added an element."""
        self.entered.setdefault((side, name, element), []).append((at, side, rec))

    def note_removed(self, side: str, rec: int, name: str, element: str, at: float) -> None:
        """A person removed an element."""
        self.removed.setdefault((name, element), []).append((at, side, rec))

    def note_deleted(self, side: str, rec: int, values: Values, at: float) -> None:
        """A person deleted a contact."""
        last = {n: e for (s, r, n), e in self.last.items() if (s, r) == (side, rec)}
        gone = frozenset(k for k, when in self.removed.items() if any((s, r) == (side, rec) for _, s, r in when))
        self.deleted.append(Deleted(side, rec, self.who[side, rec], dict(values), at, last, gone))

    def note_merged(self, side: str, loser: int, winner: int, at: float) -> None:
        """A person merged two contacts: he saw what both held, and lets the winner's values stand for both.

        It is no deletion: whoever was kept equal with the loser goes with the winner from now on, or with nobody.
        """
        lost, kept = (self.vendors[side].row_of(rec).values for rec in (loser, winner))
        for name in SINGLE:
            if token(str(lost[name])) != token(str(kept[name])):
                self._prefer(side, loser, winner, name, at)
        for name in SEVERAL:
            for element in set(lost[name]) - set(kept[name]):
                self.note_removed(side, loser, name, element, at)
        self.unite(self.who[side, loser], self.who[side, winner])
        self.merged[side, loser] = winner

    def _prefer(self, side: str, loser: int, winner: int, name: str, at: float) -> None:
        """The winner's single value stands where the loser's stood: an edit by somebody who had both before him."""
        before, stays = (token(str(self.vendors[side].row_of(rec).values[name])) for rec in (loser, winner))
        here, there = self.last.get((side, winner, name)), self.last.get((side, loser, name))
        beside = tuple(one for one in (here, there) if one is not None)
        if stays:
            first = self.typed[stays]
            edit = replace(first, side=side, rec=winner, at=at, before=before, previous=first, beside=beside)
        else:
            serial, person = len(self.typed) + 1, self.who[side, winner]
            edit = Typed(serial, person, side, winner, name, "", at, before, None, beside)
        self.typed[edit.serial] = self.last[side, winner, name] = edit
        self.placed.discard((side, winner, name))

    def gone_from(self, side: str) -> int:
        """How many people took away there, by deleting or by merging."""
        return len(self.deleted_on(side)) + sum(s == side for s, _ in self.merged)

    def deleted_on(self, side: str) -> list[Deleted]:
        """What people deleted there."""
        return [d for d in self.deleted if d.side == side]

    def unite(self, one: int, other: int) -> None:
        """Two persons that a program may rightly take for one (they share a key, or were merged)."""
        here, there = self.family[one], self.family[other]
        self.family = {p: here if f == there else f for p, f in self.family.items()}

    def family_of(self, side: str, rec: int) -> int:
        """Whose contact it is."""
        return self.family[self.who[side, rec]]

    def alone(self, family: int) -> bool:
        """True where one person is meant, whom nobody can be mistaken for."""
        return sum(f == family for f in self.family.values()) == 1 and family not in self.doubled

    def _hidden(self, side: str, rec: int) -> bool:
        """People entered it so shortly ago that the vendor's listings may not show it yet."""
        vendor = self.vendors[side]
        late = max(vendor.traits.lag, vendor.traits.find_lag)
        return vendor.now() - self.made_by_people.get((side, rec), -1.0) <= late

    # ---- programs: what a vendor's witness is told

    def written(self, side: str, rec: int, before: Values | None, after: Values) -> None:
        """A program wrote."""
        self.events += 1
        if before is None:
            self._created(side, rec, after)
            before = {**dict.fromkeys(SINGLE, ""), **dict.fromkeys(SEVERAL, ())}
        self.met.add(self.family_of(side, rec))
        self.paired.add((side, rec))
        for name in SINGLE:
            if after[name] != before[name]:
                self._overwritten(side, rec, name, str(before[name]), str(after[name]))
        for name in SEVERAL:
            self._elements(side, rec, name, before[name], after[name])

    def dropped(self, side: str, rec: int, before: Values) -> None:
        """A program deleted."""
        self.events += 1
        family = self.family_of(side, rec)
        if self.undoing:
            if (side, rec) in self.made_by_people:
                raise Broken(f"undo deletes only what the sync made: {side} {rec}")
            if any((s, r) == (side, rec) for s, r, _ in self.last):
                raise Broken(f"undo leaves what people typed: {side} {rec} is deleted")
            self.untold.add(family)
            self.taken_back.append(side)
            return
        asked = [d for d in self.deleted if d.side == OTHER[side] and self.family[d.person] == family]
        if not asked or OTHER[side] not in self.deleting:
            raise Broken(f"no deletion that nobody asked for: {side} {rec} {before}")
        if not self.alone(family):
            return
        for name in SINGLE:
            mine = self.last.get((side, rec, name))
            stands = mine is not None and mine.text and token(str(before[name])) == mine.serial
            if stands and not any(saw(mine, d.last.get(name), d.values[name]) for d in asked):
                raise Broken(f"an edit beats a delete: {name} of {side} {rec}: {before}")
        for name in SEVERAL:
            for element in before[name]:
                here = any((s, r) == (side, rec) for _, s, r in self.entered.get((side, name, element), ()))
                known = any(element in d.values[name] or (name, element) in d.removed for d in asked)
                if here and not known:
                    raise Broken(f"an edit beats a delete: {element} of {side} {rec}")

    def _created(self, side: str, rec: int, values: Values) -> None:
        typed = self.typed.get(token(str(values["names.given"])))
        if typed is None:
            raise Broken(f"provenance: {side} {rec} was made of nothing that anybody typed: {values}")
        self.who[side, rec] = typed.person
        family = self.family[typed.person]
        if not self.alone(family):
            return
        there = [r for r in self.vendors[side].recs() if r != rec and self.family_of(side, r) == family]
        hidden = [r for r in there if self._hidden(side, r)]
        if there and hidden == there:
            self.doubled.add(family)  # no listing and no look-up could show the other one
        elif there:
            raise Broken(f"nobody twice: person {typed.person} is {there} on the {side} side, and now also {rec}")
        gone = [d.at for d in self.deleted if d.side == side and self.family[d.person] == family]
        sources = [r for r in self.vendors[OTHER[side]].recs() if self.family_of(OTHER[side], r) == family]
        new = any(self._new(OTHER[side], r, max(gone, default=0)) for r in sources)
        if gone and family in self.met and not new and not self.undoing and self.trusting:
            raise Broken(f"nobody back from the dead: person {typed.person} on the {side} side")
        self.paired |= {(OTHER[side], r) for r in sources if self._holds(OTHER[side], r, typed)}

    def _new(self, side: str, rec: int, gone: float) -> bool:
        """People entered it since that deletion; or after they deleted the one before it, and it met nobody."""
        made = self.made_by_people.get((side, rec), -1.0)
        family = self.family_of(side, rec)
        again = any(d.at <= made for d in self.deleted_on(side) if self.family[d.person] == family)
        return made >= gone or (again and (side, rec) not in self.paired)

    def _holds(self, side: str, rec: int, typed: Typed) -> bool:
        return token(str(self.vendors[side].row_of(rec).values[typed.name])) == typed.serial

    def _overwritten(self, side: str, rec: int, name: str, before: str, after: str) -> None:
        mine = self.last.get((side, rec, name))
        stood = mine is not None and (token(before) == mine.serial or (not before and not mine.text))
        if after:
            self.check_value(side, rec, name, after)
        elif not self.clearing and not self.undoing:
            raise Broken(f"absent is not empty: {name} of {side} {rec} was {before!r} and is cleared")
        brought = (side, rec, name) in self.placed
        self.placed.add((side, rec, name))
        if stood and mine is not None and (mine.text or self.undoing):
            if self.undoing and not brought:  # what an undo brought back, another one may take away again
                raise Broken(f"undo leaves what people typed: {name} of {side} {rec} was {before!r}")
            self.lost.append(Lost(mine, before, token(after), self.run))

    def _elements(self, side: str, rec: int, name: str, before: Sequence[str], after: Sequence[str]) -> None:
        family = self.family_of(side, rec)
        for element in set(before) - set(after):
            asked = [r for _, s, r in self.removed.get((name, element), ()) if s == OTHER[side]]
            if not self.undoing and not any(self.family_of(OTHER[side], r) == family for r in asked):
                raise Broken(f"no lost edit: {element} of {side} {rec} was removed, and nobody did that")
        for element in set(after) - set(before):
            sources = [*self.entered.get(("left", name, element), ()), *self.entered.get(("right", name, element), ())]
            mine = [at for at, s, r in sources if self.family_of(s, r) == family]
            if not mine:
                raise Broken(f"provenance: {element} was never typed for {side} {rec}")
            gone = [at for at, s, r in self.removed.get((name, element), ()) if (s, r) == (side, rec)]
            again = [at for at, s, _ in sources if s == OTHER[side]]
            if gone and not self.undoing and max(again, default=-1) < max(gone):
                raise Broken(f"no lost edit: {element} was removed from {side} {rec}, and is back")

    # ---- at any time

    def check_value(self, side: str, rec: int, name: str, value: str) -> None:
        """Somebody typed this for that person and field, or what a vendor makes of it."""
        typed = self.typed.get(token(value))
        right = typed is not None and typed.name == name and self.family[typed.person] == self.family_of(side, rec)
        if not right or typed is None or not typed.text.lower().startswith(value.rstrip(".").lower()):
            raise Broken(f"provenance: {name} of {side} {rec} is {value!r}, which nobody typed for it")

    def check_lost(self, logged: Collection[tuple[str, str, str]]) -> None:
        """Every value that lost did so to a later edit of somebody who saw it, or is listed as a conflict.

        logged: (field, side, value) of every conflict that people are shown
        """
        for lost in self.lost:
            winner = self.typed.get(lost.winner)
            if lost.winner == lost.typed.serial:
                raise Broken(f"provenance: what the other app made of a value is carried back: {lost}")
            if winner is not None and saw(lost.typed, winner, ""):
                continue
            if (lost.typed.name, lost.typed.side, lost.stored) in logged:
                continue
            raise Broken(f"no lost edit: {lost} is in no list of conflicts")

    # ---- at rest

    def check_pair(self, left: int, right: int, apart: Mapping[str, str], excused: Collection[tuple[str, str]]) -> None:
        """Two linked contacts hold the same, but for fields that are listed with a reason.

        apart: field -> reason; excused: (field, reason) that this history can explain
        """
        rows = {"left": self.vendors["left"].row_of(left).values, "right": self.vendors["right"].row_of(right).values}
        if self.family_of("left", left) != self.family_of("right", right):
            raise Broken(f"nobody is mistaken for another: left {left} and right {right} are linked")
        for name in (*SINGLE, *SEVERAL):
            here, there = rows["left"][name], rows["right"][name]
            if name in apart:
                self._explained(left, right, name, apart[name], excused)
            elif not self._alike(name, here, there):
                raise Broken(f"both sides become equal: {name} is {here!r} and {there!r}, with no reason given")

    def _alike(self, name: str, left: object, right: object) -> bool:
        if isinstance(left, str) and isinstance(right, str):
            return left == right
        return sorted(left) == sorted(right)  # type: ignore[call-overload, no-any-return]

    def _explained(self, left: int, right: int, name: str, why: str, excused: Collection[tuple[str, str]]) -> None:
        if (name, why) in excused or ("*", why) in excused or why == "not mapped":
            return
        if why == "blank_kept":
            for side, rec in (("left", left), ("right", right)):
                if not self.vendors[side].row_of(rec).values[name] and self._emptied(side, rec, name):
                    return
        raise Broken(f"both sides become equal: {name} of left {left} is apart ({why}), which nothing explains")

    def _emptied(self, side: str, rec: int, name: str) -> bool:
        """A person took the value, or the last element, away there."""
        places = [(side, r) for r in self._once(side, rec)]
        last = [self.last.get((*place, name)) for place in places]
        out = any((s, r) in places for (n, _), when in self.removed.items() if n == name for _, s, r in when)
        return out or any(one is not None and not one.text for one in last)

    def _once(self, side: str, rec: int) -> list[int]:
        """This record and those that were merged into it."""
        inside = [loser for (s, loser), winner in self.merged.items() if s == side and winner == rec]
        return [rec, *(r for loser in inside for r in self._once(side, loser))]

    def check_people(self, linked: Collection[tuple[str, int]], held: Collection[tuple[str, int]]) -> None:
        """Everybody who may be is on both sides; who is not is listed."""
        for side, vendor in self.vendors.items():
            for rec in vendor.recs():
                family = self.family_of(side, rec)
                if (side, rec) in linked or (side, rec) in held or not self.alone(family):
                    continue
                if family in self.untold:
                    continue
                if any(d.side == OTHER[side] and self.family[d.person] == family for d in self.deleted):
                    continue
                raise Broken(f"everybody is on both sides: {side} {rec} (person {self.who[side, rec]}) has no partner")


def token(value: str) -> int:
    """The serial number in a value; 0 = it holds none."""
    found = TOKEN.match(value.lower())
    return int(found[2]) if found else 0


def saw(typed: Typed, later: Typed | None, value: object) -> bool:
    """Whoever typed `later` (or left `value`) had `typed` before his eyes: it stood there by then."""
    if isinstance(value, str) and token(value) == typed.serial:
        return True
    return any(one.before == typed.serial for one in chain(later))


def chain(typed: Typed | None) -> Iterator[Typed]:
    """This edit and those before it in the same place, or in one whose place it took."""
    if typed is not None:
        yield typed
        for earlier in (typed.previous, *typed.beside):
            yield from chain(earlier)
