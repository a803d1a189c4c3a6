"""Where a history takes place: two accounts, the sync between them, its file, and what is known to rightly differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bounds import Happened
from connector import Faults
from contactsync.model.spec import (
    SIDES,
    ConflictPolicy,
    DagSpec,
    DeletionPolicy,
    Direction,
    FieldsSpec,
    PairSpec,
    Side,
    SideSpec,
    SyncSpec,
    Unsubscribes,
)
from oracle import Oracle
from rig import Rig
from vendor import CONSENT, Row, Vendor
from vendor_kinds import KINDS
from world import WIDE, Clock

Step = Sequence[Any]

PAIRS = (PairSpec(("grade",), ("grade",)),)
"""The fields that a sync's file has to name: those of the apps' own."""


@dataclass
class Scene:
    """Two accounts, their sync and its oracle. A step of a history is a method of one of the classes made of it."""

    left: str = "plain"
    right: str = "plain"
    conflicts: str = "left"
    deletions: str = "delete"
    steps: list[Step] = field(default_factory=list)
    keys: dict[int, str] = field(default_factory=dict)  # person -> own | none | shared
    unmapped: set[str] = field(default_factory=lambda: {CONSENT})  # fields that the file leaves out
    filters: dict[Side, str] = field(default_factory=dict)  # side -> the field that has to hold something
    settled_after: list[int] = field(default_factory=list)
    excused: set[tuple[str, str]] = field(default_factory=set)  # (field or *, reason): what may rightly be apart
    happened: Happened = field(default_factory=Happened)  # what settling may take longer for
    kept: bytes = b""
    kept_at: float = 0.0
    refits: bool = False  # an app holds other things than before: who was refused is tried with the next whole listing
    typed_at: float = float("-inf")  # when somebody last edited
    listed_whole: bool = False
    touched: bool = True  # something happened since all was at rest
    parting: bool = False  # a run was taken back: links that it made may be kept apart

    def __post_init__(self) -> None:
        self.clock, self.oracle = Clock(), Oracle()
        kinds = dict(zip(("left", "right"), (self.left, self.right), strict=True))
        self.vendors = {s: Vendor(s.value, KINDS[kinds[s]], self.clock.seconds, self.oracle) for s in SIDES}
        self.oracle.vendors = {s.value: self.vendors[s] for s in SIDES}
        self.faults = {s: Faults() for s in SIDES}
        policy = DeletionPolicy(self.deletions)
        spec = SyncSpec(
            "pair",
            SideSpec("pretend", "one"),
            SideSpec("pretend", "other"),
            DagSpec(None),
            conflicts=ConflictPolicy(self.conflicts),
            deletions=dict.fromkeys(SIDES, policy),
            fields=FieldsSpec(pairs=PAIRS),
            limits=WIDE,
        )
        self.rig = Rig(spec, self.clock, self.vendors, self.faults)
        self._note_setting()

    def _picked(self, side: str, pick: int) -> Row | None:
        vendor = self.vendors[Side(side)]
        recs = vendor.recs()
        return vendor.row_of(recs[pick % len(recs)]) if recs else None

    def _typing(self) -> None:
        """Somebody edits. Nobody can tell that from a write that was cut off before, where no answer said of it."""
        self.touched, self.typed_at = True, self.clock.seconds()
        if self.oracle.unsure:
            self.excused.add(("*", "unproven"))

    def _cut_off(self, start: float) -> None:
        """A write of a run begun then was cut off: an edit that no listing showed by then looks like one made since."""
        if start - self.typed_at <= max(vendor.traits.lag for vendor in self.vendors.values()):
            self.excused.add(("*", "unproven"))

    def _note_setting(self) -> None:
        """What the file and the accounts say now, and which fields may rightly differ for it, also later."""
        self.oracle.note_filters(
            {s.value: self.filters.get(s, "") for s in SIDES if self.rig.spec.direction.open_from(s)}
        )
        self.oracle.unmapped = self.unmapped
        spec, told = self.rig.spec, {s for s in SIDES if self.vendors[s].traits.deletes != "none"}
        self.oracle.ignoring = spec.unsubscribes is Unsubscribes.IGNORE
        deletes = {s for s in told if spec.deletions[s] is DeletionPolicy.DELETE and spec.direction.open_from(s)}
        self.oracle.deleting |= {s.value for s in deletes}
        for side in SIDES:
            traits = self.vendors[side].traits
            self.oracle.tidied |= set(traits.spells)
            whys = ("unproven", "not_representable", "held", "refused")
            self.excused |= {
                (name, why)
                for name in (*traits.forms, *traits.refuses, *traits.lengths, *traits.spells)
                for why in whys
            }
            if traits.refuses or traits.needs:  # with one field, all fields of the action are refused
                self.excused.add(("*", "refused"))
            if traits.check in ("fetch", "delta") or not traits.returns_record:
                self.excused.add(("*", "unproven"))
        if spec.conflicts is ConflictPolicy.HOLD:
            self.excused.add(("*", "held"))
        if spec.direction is not Direction.BOTH:
            self.excused.add(("*", "one_way"))
