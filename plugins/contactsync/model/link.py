"""What is remembered of two contacts that are one person (core 1, 3, 5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from contactsync.contact import Values
from contactsync.model.exchange import Json
from contactsync.model.spec import Side


class LinkStatus(StrEnum):
    """live: fields flow. parted: one side gone, the other kept. closed: both gone. merged: the id became another's."""

    LIVE = "live"
    PARTED = "parted"
    CLOSED = "closed"
    MERGED = "merged"


class ApartReason(StrEnum):
    """Why a field of a link rightly differs."""

    ONE_WAY = "one_way"
    BLANK_KEPT = "blank_kept"
    CONSENT = "consent"
    HELD = "held"
    UNDONE = "undone"
    REFUSED = "refused"
    NOT_REPRESENTABLE = "not_representable"
    UNPROVEN = "unproven"
    LEDGER_LOST = "ledger_lost"  # differed when the ledger was lost: waits for a person or an edit of the field
    KEPT = "kept"  # a person left both as they are
    SKIPPED = "skipped"  # a choice without a partner, which its pair leaves alone
    SHORTENED = "shortened"  # the other side holds as much of it as it can


@dataclass(frozen=True)
class Apart:
    """A field that rightly differs, with what each side held when that was noticed; ends when a side changes it.

    dropped: ids of elements that the side did not take (its slots were full), to be offered again then.
    """

    reason: ApartReason
    left: str | None = None
    right: str | None = None
    dropped: Mapping[Side, tuple[str, ...]] = field(default_factory=dict)


class Standing(StrEnum):
    """Where a linked contact stands on one side."""

    PRESENT = "present"
    MISSING = "missing"  # not in the last complete read; the next run point-reads it
    GONE = "gone"


@dataclass(frozen=True)
class LinkSide:
    """One side of a link.

    base         per field: what this side held when the field was last settled
    seen         per field: what it last showed (equal to base where nothing waits); fields absent = as base
    observed_at  when the reading that gave `seen` began
    own_version, own_at   of our last write there
    """

    contact_id: str
    base: Values = field(default_factory=dict)
    seen: Values = field(default_factory=dict)
    standing: Standing = Standing.PRESENT
    version: str | None = None
    modified_at: datetime | None = None
    ref: Json = field(default_factory=dict)
    observed_at: datetime | None = None
    own_version: str | None = None
    own_at: datetime | None = None


Made = Mapping[str, str | None]
"""What the actions of a rule made of a contact: claim (sync.effects) -> the value; None = still to be made."""


@dataclass(frozen=True)
class Link:
    """Two contacts known to be one person.

    version   rises with every change of seen, base, apart or status
    due_run, due_at   when it is worked on again without being read (None = only when read)
    attempts  tries since the last success, for the back-off
    scope     one bit per direction, by the side it reads from (no rules: always set)
    wish      what a person decided and the next run is to do (decisions.Wish)
    matching  per side read from: the rules that its contact matched when it was last shown
    entered   per side read from: the rules whose entering is done, with what their actions made
    """

    id: str
    left: LinkSide
    right: LinkSide
    status: LinkStatus = LinkStatus.LIVE
    version: int = 1
    apart: Mapping[str, Apart] = field(default_factory=dict)
    scope: Mapping[Side, bool] = field(default_factory=lambda: {Side.LEFT: True, Side.RIGHT: True})
    matching: Mapping[Side, tuple[str, ...]] = field(default_factory=dict)
    entered: Mapping[Side, Mapping[str, Made]] = field(default_factory=dict)
    due_run: int | None = None
    due_at: datetime | None = None
    attempts: int = 0
    wish: str = ""

    def side(self, side: Side) -> LinkSide:
        """The left or right half."""
        return self.left if side is Side.LEFT else self.right


@dataclass(frozen=True)
class Known:
    """One row of the key index: a contact ever shown on a side (core 4).

    generation  raised by tombstone, undo or a settled refusal; part of a create's operation key
    tombstone   the id is gone for good
    keys        salted hashes of its normal key values, by match key
    wish        what a person decided of it (decisions.Wish)
    """

    contact_id: str
    raw: int | None
    fingerprint: int | None
    link_id: str | None = None
    generation: int = 0
    tombstone: bool = False
    ref: Json = field(default_factory=dict)
    due_run: int | None = None
    due_at: datetime | None = None
    attempts: int = 0
    first_seen_at: datetime | None = None
    keys: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    wish: str = ""
