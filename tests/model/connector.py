"""A connector for a pretend vendor, as thin as one can be: it keeps the app contract and decides nothing."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from contactsync.apps.base import Access, App, AppOptions
from contactsync.contact import FIELDS, Kind, raw_hash
from contactsync.errors import CursorExpired, NothingSent, ServerTrouble
from contactsync.model.app import (
    Account,
    Adopt,
    AppInfo,
    Batch,
    Capabilities,
    Check,
    ConditionInfo,
    Deletes,
    FieldInfo,
    Rate,
    Takes,
)
from contactsync.model.app import Window as WindowKind
from contactsync.model.exchange import Cursor, Fetched, Op, Page, Presence, Record, Ref, Result, State, Verb, Window
from contactsync.rest.deadline import time_left
from vendor import CONSENT, SEVERAL, SINGLE, CursorDead, Row, Traits, Values, Vendor, pages, plain, primary


class Wire(Protocol):
    """What stands between the product and a vendor: where requests fail and processes die."""

    def reading(self, side: str) -> None:
        """A request of any kind is about to leave."""

    def choke(self, place: str) -> None:
        """A mutating request is about to leave (before), took effect (no_response), was answered (after)."""


@dataclass
class Faults:
    """What goes wrong with the next requests of one side; each happens once.

    pulls   trouble | cut (no end marker) | half | empty
    pushes  no_effect | no_reply | lost_one | refused_connection
    failed  writes that met such a fault so far
    """

    pulls: list[str] = field(default_factory=list)
    pushes: list[str] = field(default_factory=list)
    failed: int = 0

    def next_pull(self, *, complete: bool) -> str:
        """A delta that leaves rows out would be a lie that nobody could notice: only complete listings do."""
        if not self.pulls or (self.pulls[0] in ("half", "empty") and not complete):
            return ""
        return self.pulls.pop(0)

    def next_push(self) -> str:
        """What happens to the next mutating request."""
        if not self.pushes:
            return ""
        self.failed += 1
        return self.pushes.pop(0)


class Connector(App):
    """The app of one side, as a run opens it."""

    def __init__(self, access: Access, vendor: Vendor, wire: Wire, faults: Faults) -> None:
        super().__init__(access, AppOptions())
        self.vendor, self.wire, self.faults = vendor, wire, faults
        self.traits = vendor.traits
        self.info = info_of(self.traits)  # type: ignore[misc]

    def account(self) -> Account:
        """The vendor itself."""
        return Account(id=f"pretend:{self.vendor.side}", host="vendor.test")

    def pull(self, start: Cursor | Window | None) -> Iterator[Page]:
        """All contacts, or what changed since the cursor."""
        assert not isinstance(start, Window)
        self.wire.reading(self.vendor.side)
        fault = self.faults.next_pull(complete=start is None)
        if fault == "trouble":
            raise ServerTrouble("The vendor answered 503.")
        try:
            rows, gone, moved, cursor = self.vendor.pull(None if start is None else int(start["seq"]))
        except CursorDead:
            raise CursorExpired("The vendor no longer accepts the cursor.") from None
        if fault in ("half", "empty"):
            rows = rows[len(rows) // 2 + 1 :] if fault == "half" else []
        for page in (parts := list(pages(rows, self.traits.page))):
            last = page is parts[-1] and fault != "cut"
            told: Mapping[str, Any] = {"deleted": gone, "moved": moved} if last else {}
            yield Page(
                [self.record(row) for row in page],
                last=last,
                cursor={"seq": cursor} if last else None,
                complete=start is None,
                **told,
            )

    def fetch(self, refs: Sequence[Ref]) -> Iterator[Fetched]:
        """What the account holds under these ids now."""
        for number, ref in enumerate(refs):
            if number % self.traits.batch == 0:
                self.wire.reading(self.vendor.side)
            row = self.vendor.look(ref.id)
            if row is None:
                yield Fetched(ref.id, Presence.GONE)
            else:
                presence = Presence.PRESENT if row.id == ref.id else Presence.MOVED
                yield Fetched(ref.id, presence, self.record(row))

    def find(self, keys: Mapping[str, Sequence[str]]) -> list[Record]:
        """By e-mail address, as the index has them."""
        assert self.traits.finds, "a vendor that cannot find is asked to"
        self.wire.reading(self.vendor.side)
        return [self.record(row) for row in self.vendor.find(keys.get("email", ()))]

    def own_id(self, key: str) -> str:
        """The id that a create of this key gives, where we choose it."""
        return f"c{key[:16]}" if self.traits.ids == "ours" else ""

    def look_up(self, op: Op) -> Iterator[Record]:
        """By our own id, or by a unique address."""
        self.wire.reading(self.vendor.side)
        if self.traits.adopt == "client_id":
            row = self.vendor.look(self.own_id(op.key))
            yield from (self.record(row),) if row is not None else ()
        elif self.traits.adopt == "unique_key":
            yield from (self.record(r) for r in self.vendor.find(op.keys.get("email", ()), fresh=True))

    def push(self, ops: Sequence[Op]) -> Iterator[Result]:
        """One request; more where a batch is refused as a whole: its halves are sent again, until one op is alone."""
        assert len(ops) <= self.traits.batch, "more at once than the vendor takes"
        if not ops:
            return
        self.wire.reading(self.vendor.side)
        fault = self.faults.next_push()
        if fault == "refused_connection" or time_is_up():
            raise NothingSent("The connection was refused.")
        self.wire.choke("before")
        self.vendor.writes += 1
        if fault == "no_effect":
            raise ServerTrouble("The vendor answered 502.")
        refused = self.traits.whole and len(ops) > 1 and any(map(self._hindered, ops))
        results = [] if refused else [self._write(op) for op in ops]
        self.vendor.refusals += all(result.state is State.REFUSED for result in results)
        self.wire.choke("no_response")
        if fault == "no_reply":
            raise ServerTrouble("The connection was lost.")
        self.wire.choke("after")
        if refused:
            yield from itertools.chain(self.push(ops[: len(ops) // 2]), self.push(ops[len(ops) // 2 :]))
            return
        results = results[:-1] if fault == "lost_one" else results
        yield from reversed(results) if self.traits.reverse else results

    # ---- one op

    def _hindered(self, op: Op) -> bool:
        """Alone it would be refused, or was overtaken."""
        row = None if op.verb is Verb.CREATE else self.vendor.rows.get(op.id)
        if op.verb is Verb.DELETE:
            return row is not None and self._stale(op, row)
        if op.verb is Verb.UPDATE and (row is None or self._stale(op, row)):
            return True
        return bool(self.vendor.why_not(row, _values(op)))

    def _stale(self, op: Op, row: Row) -> bool:
        conditional = self.traits.check in ("version", "fetched_version")
        return conditional and op.version is not None and op.version != str(row.seq)

    def _write(self, op: Op) -> Result:
        values = _values(op)
        if op.verb is Verb.CREATE:
            made = self.vendor.create(values, op.key)
            return self._answer(op, made, created=True)
        row = self.vendor.rows.get(op.id)
        if row is None:
            state = State.DONE if op.verb is Verb.DELETE else State.OVERTAKEN
            return Result(op.key, state, id=op.id, reason="no longer there")
        if self._stale(op, row):
            return Result(op.key, State.OVERTAKEN, id=op.id, record=self.record(row), reason="changed meanwhile")
        if op.verb is Verb.DELETE:
            self.vendor.delete(row)
            return Result(op.key, State.DONE, id=op.id)
        return self._answer(op, self.vendor.update(row, values), created=False)

    def _answer(self, op: Op, done: Row | str, *, created: bool) -> Result:
        if isinstance(done, str):
            state = State.UNKNOWN if done == "id taken" else State.REFUSED
            return Result(op.key, state, id=op.id, reason=done)
        record = self.record(done) if self.traits.returns_record else None
        return Result(op.key, State.DONE, done.id, created, self._version(done), record)

    def _version(self, row: Row) -> str | None:
        return str(row.seq) if self.traits.check in ("version", "fetched_version") else None

    def record(self, row: Row) -> Record:
        """A contact as the vendor shows it."""
        fields = {n: _to_own(value, primaries=n in self.traits.primaries) for n, value in row.values.items()}
        modified = datetime.fromtimestamp(row.at, UTC)
        marker = (row.marker,) if row.marker else ()
        return Record(row.id, fields, raw_hash([row.id, fields]), self._version(row), modified, {}, marker)


def _values(op: Op) -> Values:
    return {name: _from_own(value) for name, value in op.patch.items()}


def time_is_up() -> bool:
    """True where the journal entry is too old for the request to leave."""
    return time_left() <= 0


def _from_own(value: Any) -> str | tuple[str, ...]:
    return (
        value
        if isinstance(value, str)
        else tuple(primary(item["value"]) if item.get("primary") else item["value"] for item in value)
    )


def _to_own(value: str | tuple[str, ...], *, primaries: bool) -> Any:
    if isinstance(value, str):
        return value
    return [{"value": plain(one), **({"primary": one == primary(one)} if primaries else {})} for one in value]


def info_of(traits: Traits) -> AppInfo:
    """What an app of these traits declares."""
    batch = Batch(traits.batch, traits.batch, traits.batch, traits.batch, traits.batch if traits.finds else 0)
    return AppInfo(
        name="pretend",
        title="Pretend",
        kind="test",
        conn_type="contactsync_pretend",
        credentials=(),
        fields=tuple(_field(traits, name) for name in (*SINGLE, *SEVERAL, CONSENT)),
        conditions=(ConditionInfo("works_at", "Works at", Takes.TEXTS, ("company",)),),
        caps=Capabilities(
            page_size=traits.page,
            batch=batch,
            check=Check(traits.check),
            adopt=Adopt(traits.adopt),
            returns_record=traits.returns_record,
            consent=True,
            deletes=Deletes(traits.deletes),
            window=WindowKind.NONE,
            lag=timedelta(seconds=max(traits.lag, traits.find_lag)),
            granularity=timedelta(seconds=1),
            rates=(Rate(100_000, 1),),
            unique_keys=("email",) if traits.adopt == "unique_key" else (),
            sequential_writes=True,  # one after the other: the same history twice takes the same way
        ),
    )


def _field(traits: Traits, name: str) -> FieldInfo:
    contact = name if name in FIELDS else ""  # the file pairs the others
    kind, choices = FIELDS.get(name, Kind.TEXT), traits.choices.get(name, ())
    most, first = traits.lengths.get(name), name in traits.primaries
    return FieldInfo(name, kind, contact=contact, max_length=most, choices=choices, holds_primary=first)
