"""What people did in one history: whose every contact and value is, who was deleted, merged, outside the filters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from edits import Deleted, Lost, Typed, by_merge, token
from vendor import SEVERAL, SINGLE, Values, Vendor, same


@dataclass(repr=False)
class Known:
    """The ledger of edits of one history."""

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
    renamed: list[str] = field(default_factory=list)  # sides on which a contact got another id, one each
    merged: dict[tuple[str, int], int] = field(default_factory=dict)  # record -> into which one people merged it
    met: set[int] = field(default_factory=set)  # families whose two sides a program has brought together
    paired: set[tuple[str, int]] = field(default_factory=set)  # records that a program wrote, copied or linked
    placed: set[tuple[str, int, str]] = field(default_factory=set)  # where the value that stands is a program's doing
    unread: set[tuple[str, int]] = field(default_factory=set)  # records that a program made since its last whole run
    doubled: set[int] = field(default_factory=set)
    deleting: set[str] = field(default_factory=set)  # sides on which a person's deletion may be carried to the other
    filters: Mapping[str, str] = field(
        default_factory=dict
    )  # side that may be read from -> field that must hold something
    outside: set[tuple[str, int]] = field(default_factory=set)  # of the filters, and a program has seen it
    inside: set[tuple[str, int]] = field(default_factory=set)  # whom the filters of the time have ever let through
    trusting: bool = True  # the program's memory was never lost
    forgotten: list[tuple[float, float]] = field(default_factory=list)  # from when until when it is lost
    untold: set[int] = field(default_factory=set)  # families whose contact an undo took away again
    made_of: dict[tuple[str, int], dict[tuple[str, int], Values]] = field(default_factory=dict)  # who was made of whom
    undone: dict[tuple[str, int], Values] = field(default_factory=dict)  # whose copy an undo took away, as he was then
    unmapped: set[str] = field(default_factory=set)  # fields that the file leaves out, which are no affair of it
    clearing: bool = False  # a blank may clear
    undoing: bool = False
    unsure: bool = False  # a write was cut off, and no whole run has asked since what became of it
    as_before: set[tuple[str, int, str, str]] = field(default_factory=set)  # elements that may never have been written
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
        self.entered.setdefault((side, name, same(element)), []).append((at, side, rec))

    def note_removed(self, side: str, rec: int, name: str, element: str, at: float) -> None:
        """A person removed an element."""
        self.removed.setdefault((name, same(element)), []).append((at, side, rec))
        if self.unsure and not self._versions(side):
            self.as_before.add((side, rec, name, same(element)))

    def note_deleted(self, side: str, rec: int, values: Values, at: float) -> None:
        """A person deleted a contact."""
        last = {n: e for (s, r, n), e in self.last.items() if (s, r) == (side, rec)}
        gone = frozenset(k for k, when in self.removed.items() if any((s, r) == (side, rec) for _, s, r in when))
        outside = side in self.filters and (side, rec) in self.outside
        unread = (side, rec) in self.unread and self.vendors[side].traits.deletes != "feed"
        self.deleted.append(Deleted(side, rec, self.who[side, rec], dict(values), at, last, gone, outside, unread))

    def note_merged(self, side: str, loser: int, winner: int, at: float) -> None:
        """A person merged two contacts: he saw what both held, and lets the winner's values stand for both.

        It is no deletion: whoever was kept equal with the loser goes with the winner from now on, or with nobody.
        """
        lost, kept = (self.vendors[side].row_of(rec).values for rec in (loser, winner))
        for name in SINGLE:
            if token(str(lost[name])) != token(str(kept[name])):
                self._prefer(side, loser, winner, name, at)
        for name in SEVERAL:
            for element in {same(e) for e in lost[name]} - {same(e) for e in kept[name]}:
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
        if not stays:  # else it is as it was: what a program had brought, an undo of that may take away
            self.placed.discard((side, winner, name))

    def gone_from(self, side: str) -> int:
        """How many ids no longer lead anywhere there as a listing shows it: deleted, merged, or others by now."""
        return len(self.deleted_on(side)) + sum(s == side for s, _ in self.merged) + self.renamed.count(side)

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

    def _once(self, side: str, rec: int) -> list[int]:
        """This record and those that were merged into it."""
        inside = [loser for (s, loser), winner in self.merged.items() if s == side and winner == rec]
        return [rec, *(r for loser in inside for r in self._once(side, loser))]

    def _showed_nothing(self, side: str, rec: int) -> bool:
        """Of those whom people merged into it nothing is to be seen: neither a version nor a value of theirs."""
        losers = self._once(side, rec)[1:]
        edits = [e for (s, r, _), e in self.last.items() if (s, r) == (side, rec)]
        strangers = not any((side, r) in self.paired for r in losers)
        return not self._versions(side) and strangers and all(map(by_merge, edits))

    def _versions(self, side: str) -> bool:
        """The vendor tells by a version that a contact was written, whatever it holds now."""
        return self.vendors[side].traits.check in ("version", "fetched_version")

    # ---- filters

    def note_filters(self, filters: Mapping[str, str]) -> None:
        """What the file lets through from now on: whoever is outside is to be found so anew."""
        self.undone.clear()  # who has another id after the file changed may as well have been edited
        if filters != self.filters:
            self.filters = filters
            self.outside.clear()
            for side, vendor in self.vendors.items():
                for row in vendor.rows.values():
                    self.stands(side, row.rec, dict(row.values))

    def lets(self, side: str, values: Values) -> bool:
        """The filter of that side lets such a contact through; none that may not be read from does."""
        name = self.filters.get(side)
        return name is not None and (not name or bool(values[name]))

    def note_read(self, at: float) -> None:
        """A run begun at this time saw both sides to its end: it knows who was outside by then."""
        for side, vendor in self.vendors.items():
            late = max(vendor.traits.lag, vendor.traits.find_lag)
            seen = (row for row in vendor.rows.values() if row.at < at - late)
            self.outside |= {(side, row.rec) for row in seen if not self.lets(side, dict(row.values))}

    def stands(self, side: str, rec: int, values: Values) -> None:
        """A contact has just become so."""
        if self.undone.get((side, rec), values) != values:
            del self.undone[side, rec]
        if self.lets(side, values):
            self.inside.add((side, rec))
            self.outside.discard((side, rec))
