"""What a run decided, before anything is written, and what became of it. Dry run, page and load walk the same plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from contactsync.contact import Values
from contactsync.model.exchange import Json, State, Verb
from contactsync.model.link import Known, Link, Made
from contactsync.model.spec import Side
from contactsync.model.undo import Stays


class Bucket(StrEnum):
    """Where a contact is counted, gravest first; the gravest that applies counts."""

    FAILED = "failed"
    HELD = "held"
    CONFLICT = "conflict"
    DELETED = "deleted"
    CREATED = "created"
    UPDATED = "updated"
    SKIPPED = "skipped"
    FORGOTTEN = "forgotten"  # of a person whom the sync was told to forget: not looked at
    UNCHANGED = "unchanged"


class HoldReason(StrEnum):
    """Why a contact is set aside for a person (or for a later run) to settle."""

    AMBIGUOUS = "ambiguous"
    NO_KEY = "no_key"
    MAY_BE_RESULT = "may_be_result"  # an unknown create towards its side may have made it
    MAY_BE_DELETED = "may_be_deleted"  # its create got no answer, and a person may have deleted what it made
    UNION = "union"  # ledger lost: nothing is created until a person decides
    CONFLICT = "conflict"
    DELETED_AND_EDITED = "deleted_and_edited"
    REAPPEARED = "reappeared"
    FORMER_PARTNER = "former_partner"  # whom it was linked with before reappeared
    MERGED = "merged"
    REFUSED = "refused"
    NOT_STORED = "not_stored"
    KEY_COLLISION = "key_collision"
    UNREADABLE = "unreadable"
    FLIPPING = "flipping"
    TOO_LONG = "too_long"
    UNKNOWN_OPTION = "unknown_option"  # a choice that the pair does not know, or that the field there does not have
    NOT_REPRESENTABLE = "not_representable"  # no such value there, or it would come back as another
    UNKNOWN_OUTCOME = "unknown_outcome"


@dataclass(frozen=True)
class Hold:
    """One record set aside. `detail` is for people and may name ids and the vendor's words, never values."""

    side: Side
    contact_id: str
    reason: HoldReason
    detail: str = ""
    link_id: str | None = None
    field: str = ""
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True)
class Conflict:
    """A value that lost: both values, base, who won and by which rule. Kept in the ledger, never logged."""

    link_id: str
    field: str
    winner: Side | None  # None = nobody: both stay
    left: str | None
    right: str | None
    base_left: str | None
    base_right: str | None
    rule: str


STILL_THERE = "the source is still there"
TARGET_GONE = "the target is gone"
NEVER_HAPPENED = "never happened"
MADE_AND_GONE = "made, and deleted since"
FOUND_AGAIN = "found again"  # by its id or mark: it is what we made
FOUND_THERE = "a contact with its key is there"  # which somebody else may have made
MAY_BE_GONE = "no answer, and a contact that nobody knew was deleted or merged there since: "  # its id follows


@dataclass(frozen=True)
class Intent:
    """One action of the plan; the journal keeps it whole, so that its outcome can be folded without the plan.

    key           operation key: hash(sync, side, verb, link or source contact, link version or generation)
    side          the side written (target)
    source        the other side's values of the patched fields, as planned from (a create: of every mapped field)
    patch         contact field -> canonical text to hold afterwards
    before        the target's values of the patched fields as planned from (a delete: of every mapped field)
    touched       per several-valued field: ids of the elements that the patch adds, removes or changes
    dropped       per field: ids of source elements that the target cannot take
    apart         patched fields that stay apart although they are written -> why (an ApartReason)
    keys          match key -> normal values of a contact to create
    parts         the link is parted once it is done: the partner of a deleted contact is marked
    source_fingerprint  of the contact that a create was planned from: another one since = it was edited meanwhile
    acts          patched columns that actions of rules write -> which ones, for people
    entering      rule -> what its actions make with this; counts as entered (core 17) once it is done
    leaving       rules that the contact has left once this is done
    matching      of a create: the rules that its source matches
    undoes        keys of the actions that this one takes back (core 30)
    overwrites    patched fields in which the target's value lost a conflict -> by which rule
    trimmed       fields it was about, of which housekeeping removed the values
    """

    key: str
    side: Side
    verb: Verb
    link_id: str | None
    source_id: str
    target_id: str = ""
    link_version: int = 0
    patch: Values = field(default_factory=dict)
    before: Values = field(default_factory=dict)
    source: Values = field(default_factory=dict)
    touched: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    dropped: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    apart: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    acts: Mapping[str, str] = field(default_factory=dict)
    entering: Mapping[str, Made] = field(default_factory=dict)
    leaving: tuple[str, ...] = ()
    matching: tuple[str, ...] = ()
    parts: bool = False
    undoes: tuple[str, ...] = ()
    overwrites: Mapping[str, str] = field(default_factory=dict)
    version: str | None = None
    ref: Json = field(default_factory=dict)
    source_version: str | None = None
    source_modified_at: datetime | None = None
    source_ref: Json = field(default_factory=dict)
    source_fingerprint: int | None = None
    source_observed_at: datetime | None = None
    observed_at: datetime | None = None
    reason: str = ""
    trimmed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What became of one intent, as the journal keeps it.

    values  what the target held afterwards (canonical), None where it was not observed
    proven  False where the values were read back and no version proves that they are what we wrote
    before_values  for overtaken: what the target really held
    """

    key: str
    state: State
    target_id: str = ""
    created: bool = False
    version: str | None = None
    modified_at: datetime | None = None
    ref: Json = field(default_factory=dict)
    raw: int | None = None
    values: Values | None = None
    reason: str = ""
    job: Json | None = None
    at: datetime | None = None
    proven: bool = True


@dataclass(frozen=True)
class JournalRow:
    """An intent with its life so far."""

    intent: Intent
    outcome: Outcome
    run_id: str
    sent_at: datetime | None = None
    folded: bool = False
    listings: int = 0  # complete listings since that did not show the result (adopt: marker)
    account: str = ""  # the one that was written to


@dataclass(frozen=True)
class Counted:
    """One contact worked on, in one direction: its bucket so far, and the action that may change it."""

    source: Side
    contact_id: str
    bucket: Bucket
    intent_key: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Plan:
    """Everything a run decided, before anything is written.

    links      the links after this run's observations, before any write succeeds
    known      rows of the key index as this run saw them; forgotten: ids that left it
    settled    unknown outcomes that this run's listings settled, or on which they cast a doubt
    listed     unknown creates that a listing did not show
    rekeyed    (side, old id, new id)
    matched_by how the links were found that this run makes: match key, "mark" or "a person" -> how many
    put_off    contacts with actions that this run leaves out: as if it had not looked at them (sync.narrowing)
    union      the ledger was lost or is older than the apps: links are found again, nobody is created or deleted
    undo       what this plan takes back, in words ('' = an ordinary run); stays: what it leaves as it is, and why
    """

    intents: Sequence[Intent] = ()
    links: Sequence[Link] = ()
    holds: Sequence[Hold] = ()
    conflicts: Sequence[Conflict] = ()
    counted: Sequence[Counted] = ()
    known: Sequence[tuple[Side, Known]] = ()
    forgotten: Sequence[tuple[Side, str]] = ()
    settled: Sequence[Outcome] = ()
    listed: Sequence[str] = ()
    rekeyed: Sequence[tuple[Side, str, str]] = ()
    stays: Sequence[Stays] = ()
    put_off: Sequence[tuple[Side, str]] = ()
    undo: str = ""
    matched: int = 0
    matched_by: Mapping[str, int] = field(default_factory=dict)
    union: bool = False
    hash: str = ""
    problems: Sequence[str] = ()  # limits that this plan exceeds
