"""One sync, as its YAML file says: SyncSpec, passed down and never fetched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from contactsync.contact import Kind
from contactsync.model.alerts import Freshness
from contactsync.model.approval import Approval
from contactsync.model.rules import Rule


class Side(StrEnum):
    """One of the two accounts of a sync."""

    LEFT = "left"
    RIGHT = "right"

    @property
    def other(self) -> Side:
        """The opposite side."""
        return Side.RIGHT if self is Side.LEFT else Side.LEFT


SIDES = (Side.LEFT, Side.RIGHT)


class Direction(StrEnum):
    """Which way field changes may flow."""

    BOTH = "both"
    LEFT_TO_RIGHT = "left_to_right"
    RIGHT_TO_LEFT = "right_to_left"

    def open_from(self, source: Side) -> bool:
        """True where changes read on `source` may be written to the other side."""
        return self is Direction.BOTH or self.value.startswith(source.value)


class ConflictPolicy(StrEnum):
    """Who wins a field that both sides changed."""

    LEFT = "left"
    RIGHT = "right"
    NEWEST = "newest"
    HOLD = "hold"


class DeletionPolicy(StrEnum):
    """What the deletion of a contact on one side does to its partner."""

    IGNORE = "ignore"
    TAG = "tag"  # the partner is marked with a tag, label or category
    ARCHIVE = "archive"  # where the app has an archive
    DELETE = "delete"


class Unsubscribes(StrEnum):
    """What an opt-out does; only where both apps hold consent. Opt-ins are never carried (core 18)."""

    IGNORE = "ignore"
    CARRY = "carry"


@dataclass(frozen=True)
class Limit:
    """The larger of count and percent (of the contacts known on the side written); None = no such bound."""

    count: int | None = None
    percent: float | None = None


@dataclass(frozen=True)
class Limits:
    """What one run may change on one side without a person (core 29); new_holds: after which a run is red."""

    deletes: Limit = Limit(5, 5)
    creates: Limit = Limit(50, 20)
    updates: Limit = Limit(None, 50)
    blanked: Limit = Limit(20, None)
    new_holds: Limit = Limit(20, 1)


class FirstRun(StrEnum):
    """What a sync that has no links yet does by itself."""

    REVIEW = "review"  # nothing is written until a person releases its plan
    APPLY = "apply"


@dataclass(frozen=True)
class SideSpec:
    """One side: the app, the Airflow connection id, and the app's own options as plain data."""

    app: str
    connection: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class MatchSpec:
    """How two contacts that meet for the first time are known to be one person."""

    keys: tuple[tuple[str, ...], ...] = (("email",),)  # a key is one or more of contact.MATCH_KEYS, all needed
    default_region: str | None = None
    create_without_key: bool = False
    hold_differences: bool = False  # first_match: hold
    plus_tags: bool = True  # False: ada+news@ and ada@ are the same key value


@dataclass(frozen=True)
class Pick:
    """Which element of several feeds a single value: the remembered one, else that of the label, else `first`."""

    label: str = ""
    first: bool = True  # else: first element that no other pair or slot holds


@dataclass(frozen=True)
class PairSpec:
    """One pair of `fields.pairs`, in the apps' own field names. It takes its fields out of the defaults.

    left, right  one name; several are the parts of a name (given, family) that the other side holds whole
    direction, conflicts  None = as the sync
    options     left choice -> right choice, both ways; a value in neither list is held, or skipped
    transforms  names of mapping.transforms, applied on the way from the sender
    """

    left: tuple[str, ...]
    right: tuple[str, ...]
    direction: Direction | None = None
    conflicts: ConflictPolicy | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    skip_unknown_option: bool = False
    pick: Pick | None = None
    transforms: tuple[str, ...] = ()
    shorten: bool = False  # too_long: shorten
    clear_blanks: bool = False  # blanks: clear
    lossy: bool = False  # accepted

    def names(self, side: Side) -> tuple[str, ...]:
        """The own fields of one side."""
        return self.left if side is Side.LEFT else self.right


@dataclass(frozen=True)
class FieldsSpec:
    """Which contact fields the default mapping takes part in (only = () means all), and the pairs beside it."""

    defaults: bool = True
    only: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    pairs: tuple[PairSpec, ...] = ()


@dataclass(frozen=True)
class DagSpec:
    """When and whose, in Airflow's words. schedule None = only by hand."""

    schedule: str | None
    timezone: str = "UTC"
    owner: str = "airflow"
    tags: tuple[str, ...] = ()
    pool: str = "default_pool"


@dataclass(frozen=True)
class SyncSpec:
    """One sync. `id` is its identity in the ledger; `file` is relative to the mappings folder.

    first_run  a file that does not name it says `review`: mapping.spec
    limit      at most so many contacts a side are written by one run; None = all
    """

    id: str
    left: SideSpec
    right: SideSpec
    dag: DagSpec
    title: str = ""
    description: str = ""
    file: str = ""
    direction: Direction = Direction.BOTH
    match: MatchSpec = field(default_factory=MatchSpec)
    conflicts: ConflictPolicy = ConflictPolicy.LEFT
    fields: FieldsSpec = field(default_factory=FieldsSpec)
    full_every: timedelta = timedelta(days=6)
    deletions: Mapping[Side, DeletionPolicy] = field(default_factory=dict)  # by the side on which one was deleted
    deletion_tag: str = ""
    unsubscribes: Unsubscribes = Unsubscribes.IGNORE
    rules: Mapping[Side, tuple[Rule, ...]] = field(default_factory=dict)  # by the side read from; none = every contact
    limits: Limits = field(default_factory=Limits)
    freshness: Freshness = field(default_factory=Freshness)
    alerts: tuple[str, ...] = ()  # names of `alerts` in the project file
    first_run: FirstRun = FirstRun.APPLY
    limit: int | None = None
    approval: Approval = field(default_factory=Approval)

    def side(self, side: Side) -> SideSpec:
        """The left or right half."""
        return self.left if side is Side.LEFT else self.right


@dataclass(frozen=True)
class ProjectSpec:
    """include/contactsync.yaml: once per repository.

    environment  the one that holds, by its name; '' = the file names none
    writes       False = every run is a dry run
    accounts     connection -> the account it must lead to in this environment, '' = none is named for this one
    alerts       name -> a Notifier as plain data
    """

    artefacts_root: str = ""  # '' = $AIRFLOW_HOME/contactsync/artefacts
    ledger_connection: str = "contactsync_ledger"
    rate_share: float = 0.8
    encrypt_values: bool = False  # of people, in the ledger
    environment: str = ""
    writes: bool = True
    accounts: Mapping[str, str] = field(default_factory=dict)
    alerts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    artefacts_shared: bool = False  # their folder is mounted on all machines
    ledger_named: bool = False  # its connection stands in the file, rather than being the default


@dataclass(frozen=True)
class Holding:
    """What one side can hold of one contact field; an absent bound is unlimited.

    `slots`: the labels of single-valued own fields that together are this field (mobile_number, work_number).
    """

    writable: bool = True
    max_items: int | None = None
    max_length: int | None = None
    label: bool = False
    primary: bool = False
    slots: tuple[str, ...] = ()


@dataclass(frozen=True)
class FieldPair:
    """One contact field that flows between the two sides, with what each side can hold of it."""

    field: str
    kind: Kind
    left: Holding
    right: Holding
    direction: Direction = Direction.BOTH
    conflicts: ConflictPolicy = ConflictPolicy.LEFT
    clear_blanks: bool = False  # a blank clears the other side
    shorten: bool = False  # what is too long is cut to what the target holds, and compared so

    def holding(self, side: Side) -> Holding:
        """What that side can hold."""
        return self.left if side is Side.LEFT else self.right

    def open_from(self, source: Side) -> bool:
        """True where a change read on `source` may be written to the other side."""
        return self.direction.open_from(source) and self.holding(source.other).writable
