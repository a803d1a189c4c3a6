"""What goes in and out of an app: own values, records, pages, ops, results (core G)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

OwnValue = str | Sequence[Mapping[str, Any]]
"""A value under an app's own field name.

Text for single values (numbers, booleans, dates as text: 12.5, true, 2024-02-29, --02-29), '' = known to be empty.
For fields of several values a list of {"value": str, "label": str, "primary": bool}; label and primary are left out
where the app cannot hold them. An address's "value" is a mapping of contact.ADDRESS_PARTS. [] = known to be empty.
"""

Json = Mapping[str, Any]
Cursor = Mapping[str, Any]
"""A delta cursor: opaque JSON of the app."""


@dataclass(frozen=True)
class Record:
    """One contact as an app showed it.

    version      the vendor's version (etag ...), None where it has none
    modified_at  the vendor's modified time (UTC), None where it has none
    ref          opaque JSON of the app that `fetch` and `push` need (etag, href, raw card)
    fields       own field name -> OwnValue; an absent name is MISSING
    raw          contact.raw_hash of the record as sent
    marker       operation keys found in the record (adopt: marker)
    """

    id: str
    fields: Mapping[str, OwnValue]
    raw: int
    version: str | None = None
    modified_at: datetime | None = None
    ref: Json = field(default_factory=dict)
    marker: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unreadable:
    """A listed row that could not be read: its id ('' where even that is unknown) and why, without contact data."""

    id: str
    reason: str


@dataclass(frozen=True)
class Page:
    """One page of a pull.

    deleted   ids that the app reports as deleted
    moved     old id -> new id
    last      the positive end marker; a sequence of pages without it failed
    cursor    on the last page: the delta cursor for the next pull
    complete  True where this pull lists every contact (not only changes)
    """

    records: Sequence[Record]
    deleted: Sequence[str] = ()
    moved: Mapping[str, str] = field(default_factory=dict)
    unreadable: Sequence[Unreadable] = ()
    last: bool = False
    cursor: Cursor | None = None
    complete: bool = False


@dataclass(frozen=True)
class Ref:
    """A contact to fetch: its id and the app's own ref of it."""

    id: str
    ref: Json = field(default_factory=dict)


class Presence(StrEnum):
    """What a point read said."""

    PRESENT = "present"
    GONE = "gone"
    MOVED = "moved"
    FORBIDDEN = "forbidden"  # never gone


@dataclass(frozen=True)
class Fetched:
    """The answer of one point read. `record` when present or moved (then `record.id` is the new id)."""

    id: str
    presence: Presence
    record: Record | None = None


class Verb(StrEnum):
    """What an op does."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True)
class Op:
    """One write. `key` is the operation key: results are told apart by it, and it marks creates (adopt: marker).

    patch    own field name -> OwnValue to hold afterwards (the whole list of a several-valued field)
    before   own field name -> OwnValue the plan was made from, for the same names
    keys     match key -> normal values of a contact to create, for the app's own look-ups
    """

    key: str
    verb: Verb
    id: str = ""  # '' for creates
    patch: Mapping[str, OwnValue] = field(default_factory=dict)
    before: Mapping[str, OwnValue] = field(default_factory=dict)
    version: str | None = None
    ref: Json = field(default_factory=dict)
    keys: Mapping[str, Sequence[str]] = field(default_factory=dict)


class State(StrEnum):
    """States of a journalled action (core 20). The first three are not settled."""

    PLANNED = "planned"
    SENT = "sent"
    ACCEPTED = "accepted"
    DONE = "done"
    ADOPTED = "adopted"
    REFUSED = "refused"
    OVERTAKEN = "overtaken"
    UNKNOWN = "unknown"
    NOT_SENT = "not_sent"


@dataclass(frozen=True)
class Result:
    """What became of one op.

    state    done | refused | overtaken | not_sent | unknown | accepted | adopted
    created  True only where the answer proves that this request made the record
    record   the record as the answer shows it, None where it does not
    reason   for refused, overtaken, not_sent, unknown: the vendor's words without contact data
    job      for accepted: where to poll
    """

    key: str
    state: State
    id: str = ""
    created: bool = False
    version: str | None = None
    record: Record | None = None
    ref: Json = field(default_factory=dict)
    reason: str = ""
    job: Json | None = None


@dataclass(frozen=True)
class Window:
    """Contacts changed in [since, until); for backfills."""

    since: datetime
    until: datetime
