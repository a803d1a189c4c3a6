"""A pretend vendor: the contacts of one account, what people do to them, and how its interface answers.

Plain Python without a word of the product. What vendors differ in is data (`Traits`). Every change is an event with a
number and a time, so that a listing that lags behind shows the account as it was. A witness is told of everything that
people and programs change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

Value = str | tuple[str, ...]
Values = dict[str, Value]

SINGLE = ("names.given", "company", "job_title", "nickname", "grade")
SEVERAL = ("emails", "tags", "phones")
CONSENT = "consent"
STRICTNESS = ("opted_in", "", "opted_out")
"""What it holds, the loosest first; not unique as other single values are."""

NAMED = ("names.given",)
"""What every vendor requires."""

FORMS: Mapping[str, Callable[[str], str]] = {
    "": lambda text: text,
    "cut": lambda text: text[:10],  # silently
    "lower": str.lower,
    "dotted": lambda text: text + "." if text else text,  # with every write: never comes to rest by itself
}
"""What a vendor makes of a single value that it is sent."""


def same(element: str) -> str:
    """What an element is, however it is spelled."""
    return plain(element).replace(" ", "").lower()


def plain(element: str) -> str:
    """An element as it is spelled, be it the primary one or not."""
    return element.lstrip("*")


def primary(element: str) -> str:
    """The same element as the primary one of its field."""
    return "*" + plain(element)


@dataclass(frozen=True)
class Traits:
    """What one vendor is like.

    ids       number | opaque | ours (the client chooses)
    adopt     marker | client_id | unique_key | none
    check     version | fetched_version | fetch | delta
    deletes   feed | scan | none
    lag       seconds that listings follow behind, find_lag: the same of look-ups by key
    overlap   events that a delta shows again
    tokens    pulls that a cursor survives, 0 = any number
    reverse   answers to a batch come in the opposite order
    forms     field -> what becomes of its values (FORMS)
    refuses   field -> characters from which on a value is refused, although nothing declares it
    lengths   field -> characters that it declares to hold
    choices   field -> the values that it declares to offer, as a dropdown does
    needs     fields that a contact must hold something in, although nothing declares it
    spells    fields whose elements it spells its own way: in small letters, without spaces
    primaries  fields in which one element can be the primary one
    whole     a batch of which one part is not taken is refused as a whole
    """

    ids: str = "number"
    adopt: str = "marker"
    check: str = "version"
    deletes: str = "feed"
    returns_record: bool = True
    page: int = 100
    batch: int = 10
    finds: bool = True
    lag: float = 0.0
    find_lag: float = 0.0
    overlap: int = 0
    tokens: int = 0
    reverse: bool = False
    forms: Mapping[str, str] = field(default_factory=dict)
    refuses: Mapping[str, int] = field(default_factory=dict)
    lengths: Mapping[str, int] = field(default_factory=dict)
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    spells: tuple[str, ...] = ()
    primaries: tuple[str, ...] = ()
    whole: bool = False

    def form(self, name: str, value: Value) -> Value:
        """What a value becomes when it is written."""
        if isinstance(value, str):
            return FORMS[self.forms.get(name, "")](value)
        return tuple(primary(same(e)) if e == primary(e) else same(e) for e in value) if name in self.spells else value

    def offers(self, name: str, value: str) -> bool:
        """People can enter it there, and programs know that they can."""
        return not value or (value in self.choices.get(name, (value,)) and len(value) <= self.lengths.get(name, 1000))


@dataclass(frozen=True)
class Row:
    """A contact as it was after an event. `rec` is the record itself, whatever its id becomes."""

    rec: int
    id: str
    seq: int
    at: float
    values: Mapping[str, Value]
    marker: str = ""


@dataclass(frozen=True)
class Event:
    """A change of one id: row None = gone; moved = the id under which it goes on."""

    seq: int
    at: float
    id: str
    row: Row | None
    moved: str = ""


class Witness(Protocol):
    """Is told what happens to the records of one side, when it happens."""

    def written(self, side: str, rec: int, before: Values | None, after: Values) -> None:
        """A program wrote; before None = it made the contact."""

    def dropped(self, side: str, rec: int, before: Values) -> None:
        """A program deleted."""

    def unfit(self, side: str, name: str, value: str) -> None:
        """A program sends what the vendor declares not to hold."""

    def stands(self, side: str, rec: int, values: Values) -> None:
        """Somebody, or a program, has just left this there."""


class CursorDead(Exception):
    """The delta cursor is no longer accepted."""


@dataclass(repr=False)
class Vendor:
    """One account. `now` tells the time in seconds."""

    side: str
    traits: Traits
    now: Callable[[], float]
    witness: Witness
    rows: dict[str, Row] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    moved: dict[str, str] = field(default_factory=dict)
    cursors: dict[int, int] = field(default_factory=dict)  # cursor -> pulls that it has survived
    expired: bool = False  # every cursor given so far
    numbers: int = 0
    writes: int = 0
    refusals: int = 0  # writes of which nothing was taken
    listings: int = 0  # complete ones

    # ---- people

    def add(self, values: Values) -> Row:
        """Somebody enters a contact."""
        return self._store(self._new_id(), self._new_rec(), values)

    def edit(self, rec: int, values: Values) -> Row:
        """Somebody types into a contact."""
        row = self.row_of(rec)
        return self._store(row.id, rec, {**row.values, **values}, row.marker)

    def remove(self, rec: int) -> None:
        """Somebody deletes a contact."""
        self._drop(self.row_of(rec).id)

    def rename(self, rec: int) -> None:
        """The vendor gives a contact another id."""
        row, fresh = self.row_of(rec), self._new_id()
        self._drop(row.id, fresh)
        self._store(fresh, rec, dict(row.values), row.marker)

    def merge(self, loser: int, winner: int) -> None:
        """Somebody merges two contacts: the winner's values stand, the loser's id leads to it."""
        self._drop(self.row_of(loser).id, self.row_of(winner).id)
        self.edit(winner, {})

    def row_of(self, rec: int) -> Row:
        """The record as it is."""
        return next(row for row in self.rows.values() if row.rec == rec)

    def recs(self) -> list[int]:
        """All records there are."""
        return sorted(row.rec for row in self.rows.values())

    # ---- programs

    def pull(self, cursor: int | None) -> tuple[list[Row], list[str], dict[str, str], int]:
        """(rows, deleted ids, moved ids, next cursor); everything without a cursor. Errors: CursorDead."""
        if cursor is None:
            self.listings += 1
        else:
            self._use(cursor)
        until = sum(e.at <= self.now() - self.traits.lag for e in self.events)
        self.cursors.setdefault(until, 0)
        since = 0 if cursor is None else max(0, min(cursor, until) - self.traits.overlap)
        last = {e.id: e for e in self.events[:until] if e.seq > since}
        rows = [e.row for e in sorted(last.values(), key=lambda e: e.seq) if e.row is not None]
        if cursor is None:
            return rows, [], {}, until
        moved = {e.id: e.moved for e in last.values() if e.moved}
        told = self.traits.deletes == "feed"
        gone = [e.id for e in last.values() if e.row is None and not e.moved and told]
        return rows, gone, moved, max(cursor, until)

    def expire(self) -> None:
        """No cursor given so far is accepted any more."""
        self.cursors = {}

    def look(self, contact_id: str) -> Row | None:
        """The contact under this id, or under the one that it leads to."""
        for _ in range(20):
            if contact_id not in self.moved:
                break
            contact_id = self.moved[contact_id]
        return self.rows.get(contact_id)

    def find(self, addresses: Sequence[str], *, fresh: bool = False) -> list[Row]:
        """Contacts with one of these e-mail addresses, as the index has them."""
        late = 0.0 if fresh else self.traits.find_lag
        last = {e.id: e.row for e in self.events if e.at <= self.now() - late}
        asked = {same(one) for one in addresses}
        return [row for row in last.values() if row and asked & {same(e) for e in row.values["emails"]}]

    def create(self, values: Values, key: str) -> Row | str:
        """A program makes a contact; the reason where the vendor refuses."""
        self._declared(values)
        if refused := self.why_not(None, values):
            return refused
        contact_id = f"c{key[:16]}" if self.traits.ids == "ours" else self._new_id()
        if contact_id in self.rows:
            return "id taken"
        marker = key if self.traits.adopt == "marker" else ""
        row = self._store(contact_id, self._new_rec(), self._formed(values), marker)
        self.witness.written(self.side, row.rec, None, dict(row.values))
        return row

    def update(self, row: Row, values: Values) -> Row | str:
        """A program changes a contact; the reason where the vendor refuses."""
        self._declared(values)
        if refused := self.why_not(row, values):
            return refused
        fresh = self._store(row.id, row.rec, {**row.values, **self._formed(values)}, row.marker)
        self.witness.written(self.side, row.rec, dict(row.values), dict(fresh.values))
        return fresh

    def why_not(self, row: Row | None, values: Values) -> str:
        """Why a program may not make such a contact, or change this one so; '' where it may."""
        if row is not None:
            return self._refuses({name: row.values[name] for name in (*NAMED, *self.traits.needs)} | values)
        taken = self.traits.adopt == "unique_key" and self.find(list(values.get("emails", ())), fresh=True)
        return self._refuses(values) or ("an address is taken" if taken else "")

    def delete(self, row: Row) -> None:
        """A program deletes a contact."""
        self._drop(row.id)
        self.witness.dropped(self.side, row.rec, dict(row.values))

    # ---- inside

    def _use(self, cursor: int) -> None:
        pulls = self.cursors.get(cursor)
        if pulls is None or (self.traits.tokens and pulls >= self.traits.tokens):
            self.cursors.pop(cursor, None)
            raise CursorDead
        self.cursors[cursor] = pulls + 1

    def _formed(self, values: Values) -> Values:
        return {name: self.traits.form(name, value) for name, value in values.items()}

    def _declared(self, values: Values) -> None:
        for name, value in values.items():
            if isinstance(value, str) and not self.traits.offers(name, value):
                self.witness.unfit(self.side, name, value)

    def _refuses(self, values: Values) -> str:
        lacking = [name for name in (*NAMED, *self.traits.needs) if not values.get(name)]
        if lacking:
            return f"required: {', '.join(lacking)}"
        long = [n for n, most in self.traits.refuses.items() if len(values.get(n, "")) >= most]
        return f"not allowed: {', '.join(long)}" if long else ""

    def _store(self, contact_id: str, rec: int, values: Mapping[str, Any], marker: str = "") -> Row:
        empty: Values = {**dict.fromkeys((*SINGLE, CONSENT), ""), **dict.fromkeys(SEVERAL, ())}
        seq = len(self.events) + 1
        row = Row(rec, contact_id, seq, self.now(), {**empty, **values}, marker)
        self.rows[contact_id] = row
        self.events.append(Event(seq, row.at, contact_id, row))
        self.witness.stands(self.side, rec, dict(row.values))
        return row

    def _drop(self, contact_id: str, moved: str = "") -> None:
        del self.rows[contact_id]
        if moved:
            self.moved[contact_id] = moved
        self.events.append(Event(len(self.events) + 1, self.now(), contact_id, None, moved))

    def _new_rec(self) -> int:
        self.numbers += 1
        return self.numbers

    def _new_id(self) -> str:
        self.numbers += 1
        return f"{self.side[0]}{self.numbers:03d}" if self.traits.ids == "number" else f"{self.side}/{self.numbers:x}Z"


def pages(rows: Sequence[Row], size: int) -> Iterator[Sequence[Row]]:
    """At least one page."""
    for start in range(0, max(1, len(rows)), size):
        yield rows[start : start + size]
