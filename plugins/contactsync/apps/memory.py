"""The reference app: contacts in this process, or, with option `path`, in a JSON file that every task sees.

It keeps the contract in its plainest form and is used to try syncs without any account. With `bulk: N` it also plays
the asynchronous bulk job: N or more creates are accepted first and done when the job is polled.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from contactsync.apps.base import Access, App, AppOptions
from contactsync.contact import FIELDS, Element, Kind, element_id, encode, key_values, normal_text, raw_hash
from contactsync.errors import CursorExpired, StopError
from contactsync.model.app import (
    Account,
    ActionInfo,
    Adopt,
    AppInfo,
    Batch,
    Bulk,
    Capabilities,
    Check,
    ConditionInfo,
    Credential,
    Deletes,
    FieldInfo,
    Rate,
    Takes,
)
from contactsync.model.app import (
    Window as WindowKind,
)
from contactsync.model.exchange import (
    Cursor,
    Fetched,
    Json,
    Op,
    Page,
    Presence,
    Record,
    Ref,
    Result,
    State,
    Verb,
    Window,
)
from contactsync.model.rules import Compare, How

_HELD = tuple(f for f in FIELDS if f not in ("names.full", "owner"))


def _own(name: str) -> FieldInfo:
    kind = FIELDS[name]
    labelled = kind in (Kind.EMAILS, Kind.PHONES, Kind.ADDRESSES, Kind.URLS)
    return FieldInfo(name=name, kind=kind, contact=name, holds_label=labelled, holds_primary=labelled)


@dataclass
class Book:
    """The contacts of one memory account, and what a person does to them."""

    path: Path | None = None
    clock: Any = None
    state: dict[str, Any] = field(
        default_factory=lambda: {"seq": 0, "writes": 0, "contacts": {}, "deleted": {}, "jobs": {}}
    )

    @contextlib.contextmanager
    def opened(self) -> Iterator[dict[str, Any]]:
        """The state, read and written back under a file lock where it lies in a file."""
        if self.path is None:
            yield self.state
            return
        with Path(f"{self.path}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if self.path.exists():
                self.state = json.loads(self.path.read_text())
            yield self.state
            fresh = self.path.with_suffix(".new")
            fresh.write_text(json.dumps(self.state))
            fresh.replace(self.path)

    def now(self) -> str:
        """The account's own clock."""
        moment = self.clock() if self.clock else datetime.now(UTC)
        return str(moment.isoformat())

    def put(self, contact_id: str, fields: Mapping[str, Any], *, marker: str = "") -> None:
        """Create or change a contact as a person would; given fields replace, others stay."""
        with self.opened() as state:
            self.write(state, contact_id, fields, marker)

    def write(self, state: dict[str, Any], contact_id: str, fields: Mapping[str, Any], marker: str = "") -> None:
        """The same inside `opened`."""
        state["seq"] += 1
        row = state["contacts"].setdefault(contact_id, {"fields": {}, "marker": marker, "created": state["seq"]})
        row["fields"].update({k: _clean(v) for k, v in fields.items()})
        row.update(seq=state["seq"], version=str(state["seq"]), modified=self.now())
        state["deleted"].pop(contact_id, None)

    def remove(self, contact_id: str) -> None:
        """Delete a contact as a person would."""
        with self.opened() as state:
            self.drop(state, contact_id)

    def drop(self, state: dict[str, Any], contact_id: str) -> None:
        """The same inside `opened`."""
        state["seq"] += 1
        if state["contacts"].pop(contact_id, None) is not None:
            state["deleted"][contact_id] = state["seq"]

    def hold_jobs(self, *, busy: bool) -> None:
        """Let bulk jobs take as long as this is True."""
        with self.opened() as state:
            state["busy"] = busy

    def contacts(self) -> dict[str, dict[str, Any]]:
        """id -> own fields, for tests and people."""
        with self.opened() as state:
            return {i: dict(row["fields"]) for i, row in state["contacts"].items()}

    @property
    def writes(self) -> int:
        """How many mutating requests the app has answered."""
        with self.opened() as state:
            return int(state["writes"])


def _clean(value: Any) -> Any:
    return normal_text(value) if isinstance(value, str) else [dict(v) for v in value]


BOOKS: dict[str, Book] = {}
"""Books of this process, by connection id."""


class MemoryOptions(AppOptions):
    """path: JSON file that holds the contacts. bulk: from how many creates on a job is made (0 = never).

    page_size: how many contacts a page of a listing holds. kinds: what custom fields hold that hold no text.
    lengths: how many characters a custom field holds.
    """

    path: str = ""
    bulk: int = 0
    page_size: int = 500
    kinds: dict[str, Kind] = Field(default_factory=dict)
    lengths: dict[str, int] = Field(default_factory=dict)


class Memory(App):
    """Contacts in memory; see the module's text."""

    Options = MemoryOptions

    info: ClassVar[AppInfo] = AppInfo(
        name="memory",
        title="Memory",
        kind="test",
        conn_type="contactsync_memory",
        credentials=(Credential("name", "host", "Name", required=False, placeholder="any name"),),
        fields=(
            *(_own(name) for name in _HELD),
            FieldInfo("score", Kind.NUMBER, "Score", derived=True),
            FieldInfo("archived", Kind.BOOLEAN, "Archived"),
        ),
        conditions=(
            ConditionInfo("has_tag", "Has the tag", Takes.TEXTS, ("tags",), Compare.HAS),
            ConditionInfo("works_at", "Works at", Takes.TEXTS, ("company",)),
            ConditionInfo("score", "Score", Takes.COMPARISON, ("score",)),
            ConditionInfo("has_title", "Has a job title", Takes.NOTHING, ("job_title",), Compare.EMPTY, "false"),
        ),
        actions=(
            ActionInfo("add_tag", "Add a tag", "tags", How.ADD, reverse="remove_tag"),
            ActionInfo("remove_tag", "Remove a tag", "tags", How.REMOVE, reverse="add_tag"),
            ActionInfo("update_field", "Update any field", ""),
            ActionInfo("subscribe", "Take back an opt-out", "consent", value="opted_in", allow="allow_unmark"),
        ),
        tag_field="tags",
        account_options=("path",),
        any_custom=True,
        archive=ActionInfo("archive", "Archive", "archived", value="true"),
        caps=Capabilities(
            page_size=500,
            batch=Batch(create=100, update=100, delete=100, fetch=100, find=100),
            check=Check.VERSION,
            adopt=Adopt.MARKER,
            returns_record=True,
            deletes=Deletes.FEED,
            window=WindowKind.NONE,
            lag=timedelta(0),
            granularity=timedelta(milliseconds=1),
            rates=(Rate(100_000, 1),),
            consent=True,
        ),
        notes=("For trying syncs without an account.",),
    )

    def __init__(self, access: Access, options: AppOptions, book: Book | None = None) -> None:
        super().__init__(access, options)
        self.chosen = MemoryOptions.model_validate(options.model_dump())
        vars(self)["info"] = self.actual()
        self._empty = {f.name: [] if f.kind.several else "" for f in self.info.fields}
        self.book = book or self._own_book()

    @classmethod
    def declared(cls, options: AppOptions) -> AppInfo:
        """With jobs of creates where the options ask for them."""
        chosen = MemoryOptions.model_validate(options.model_dump())
        bulk = Bulk(size=100, create=chosen.bulk) if chosen.bulk else None
        return replace(cls.info, caps=replace(cls.info.caps, bulk=bulk))

    def actual(self) -> AppInfo:
        """As the options say."""
        return self.declared(self.chosen)

    def _own_book(self) -> Book:
        if self.chosen.path:
            return Book(Path(self.chosen.path), self.access.services.clock)
        return BOOKS.setdefault(self.access.connection, Book())

    def account(self) -> Account:
        """The book itself."""
        place = str(self.book.path or self.access.connection)
        return Account(id=f"memory:{place}", host=place, contacts=len(self.book.contacts()))

    def describe(self) -> Sequence[FieldInfo]:
        """The declared fields and the custom ones that the options speak of; any other may be written too."""
        kinds, lengths = self.chosen.kinds, self.chosen.lengths
        return (
            *self.info.fields,
            *(
                FieldInfo(name, kinds.get(name, Kind.TEXT), name, max_length=lengths.get(name), custom=True)
                for name in dict.fromkeys((*kinds, *lengths))
            ),
        )

    def pull(self, start: Cursor | Window | None) -> Iterator[Page]:
        """Contacts with a higher sequence number than the cursor's; all of them without one."""
        if isinstance(start, Window):
            raise StopError("Memory cannot list what changed within a time.", next_step="run without a backfill window")
        with self.book.opened() as state:
            since = 0 if start is None else _since(start, state["seq"])
            rows = sorted((r["seq"], i) for i, r in state["contacts"].items() if r["seq"] > since)
            records = [self.record(i, state["contacts"][i]) for _, i in rows]
            deleted = [i for i, seq in state["deleted"].items() if since and seq > since]
            cursor = {"seq": state["seq"]}
        size = self.chosen.page_size
        pages = [records[i : i + size] for i in range(0, len(records), size)] or [[]]
        for number, page in enumerate(pages, 1):
            last = number == len(pages)
            yield Page(page, deleted if last else (), last=last, cursor=cursor if last else None, complete=not since)

    def fetch(self, refs: Sequence[Ref]) -> Iterator[Fetched]:
        """What the book holds under these ids."""
        with self.book.opened() as state:
            found = {r.id: state["contacts"].get(r.id) for r in refs}
        for contact_id, row in found.items():
            present = Presence.PRESENT if row else Presence.GONE
            yield Fetched(contact_id, present, self.record(contact_id, row) if row else None)

    def find(self, keys: Mapping[str, Sequence[str]]) -> list[Record]:
        """Contacts with one of these key values."""
        with self.book.opened() as state:
            records = [self.record(i, row) for i, row in state["contacts"].items()]
        return [r for r in records if any(set(_keys(r, key)) & set(values) for key, values in keys.items())]

    def look_up(self, op: Op) -> Iterator[Record]:
        """The contact that carries the operation's key."""
        with self.book.opened() as state:
            rows = list(state["contacts"].items())
        yield from (self.record(i, row) for i, row in rows if row["marker"] == op.key)

    def push(self, ops: Sequence[Op]) -> Iterator[Result]:
        """Write one by one, in one request."""
        if not ops:
            return
        with self.book.opened() as state:
            state["writes"] += 1
            results = [self._write(state, op) for op in ops]
        yield from results

    def submit(self, ops: Sequence[Op]) -> Iterator[Result]:
        """Creates, made when the job is polled."""
        with self.book.opened() as state:
            state["writes"] += 1
            job = {"id": f"job-{state['seq']}-{len(state['jobs'])}"}
            state["jobs"][job["id"]] = [(op.key, dict(op.patch)) for op in ops]
        yield from (Result(op.key, State.ACCEPTED, job=job) for op in ops)

    def _write(self, state: dict[str, Any], op: Op) -> Result:
        lengths = self.chosen.lengths
        if long := [name for name, value in op.patch.items() if name in lengths and len(value) > lengths[name]]:
            return Result(op.key, State.REFUSED, id=op.id, reason=f"too long: {', '.join(long)}")
        if op.verb is Verb.CREATE:
            contact_id = f"m{state['seq'] + 1}"
            self.book.write(state, contact_id, op.patch, op.key)
            return self._done(op, contact_id, state, created=True)
        row = state["contacts"].get(op.id)
        if row is None and op.verb is Verb.DELETE:
            return Result(op.key, State.DONE, id=op.id)
        if row is None:
            return Result(op.key, State.OVERTAKEN, id=op.id, reason="no longer there")
        if op.version is not None and op.version != row["version"]:
            return Result(op.key, State.OVERTAKEN, id=op.id, record=self.record(op.id, row), reason="changed meanwhile")
        if op.verb is Verb.DELETE:
            self.book.drop(state, op.id)
            return Result(op.key, State.DONE, id=op.id)
        self.book.write(state, op.id, op.patch)
        return self._done(op, op.id, state, created=False)

    def _done(self, op: Op, contact_id: str, state: dict[str, Any], *, created: bool) -> Result:
        row = state["contacts"][contact_id]
        return Result(op.key, State.DONE, contact_id, created, row["version"], self.record(contact_id, row))

    def record(self, contact_id: str, row: Mapping[str, Any]) -> Record:
        """A contact as the book shows it: every field that the app has."""
        fields = {**self._empty, **row["fields"]}
        marker = (row["marker"],) if row.get("marker") else ()
        modified = datetime.fromisoformat(row["modified"])
        return Record(contact_id, fields, raw_hash([contact_id, fields]), row["version"], modified, {}, marker)

    def poll(self, job: Json, ops: Sequence[Op]) -> Iterator[Result] | None:
        """Do the job now, unless the book is busy; its results are those of single creates."""
        with self.book.opened() as state:
            if state.get("busy"):
                return None
            waiting = state["jobs"].pop(job["id"], None)
            if waiting is None:
                return iter(())
            ops = [Op(key, Verb.CREATE, patch=patch) for key, patch in waiting]
            return iter([self._write(state, op) for op in ops])


def _since(cursor: Cursor, newest: int) -> int:
    """The sequence number of a cursor. Errors: CursorExpired where it is none of this book."""
    since = cursor.get("seq")
    if not isinstance(since, int) or not 0 <= since <= newest:
        raise CursorExpired("The cursor is not one of this book, or the book is older.")
    return since


def _keys(record: Record, key: str) -> tuple[str, ...]:
    values: dict[str, str] = {}
    for name, value in record.fields.items():
        kind = FIELDS.get(name, Kind.TEXT)
        if isinstance(value, str) and not kind.several:
            values[name] = value
        elif not isinstance(value, str) and kind.several:  # what came in another form has no key
            raws = [str(v.get("value") or "") for v in value if not isinstance(v.get("value"), Mapping)]
            values[name] = encode(Element(element_id(kind, raw), raw) for raw in raws if raw)
    return key_values(values, key)


APP = Memory
