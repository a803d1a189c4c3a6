"""What an undo is decided from: our actions since, and how everything stands now."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from contactsync.contact import CONSENT
from contactsync.model.exchange import State
from contactsync.model.link import Known, Link
from contactsync.model.plan import Intent, JournalRow
from contactsync.model.spec import FieldPair, Holding, Side
from contactsync.model.undo import Stay, Stays
from contactsync.sync.collisions import Owner, nobody
from contactsync.sync.consent import loosens
from contactsync.sync.readings import Shown

Place = tuple[Side, str]
"""A contact: its side and id."""

TOOK_PLACE = (State.DONE, State.ADOPTED)
OPEN = (State.SENT, State.ACCEPTED, State.UNKNOWN)


@dataclass(frozen=True)
class Deed:
    """One action of ours that took place, or may have. link: of the two contacts concerned, None = not remembered.

    chosen   it is to be taken back; the others are later ones on the same contacts
    foreign  it wrote to another account than the one that is there now
    """

    row: JournalRow
    link: Link | None
    chosen: bool = True
    foreign: bool = False

    @property
    def intent(self) -> Intent:
        """What was to be done."""
        return self.row.intent

    @property
    def key(self) -> str:
        """The action's key."""
        return self.row.intent.key

    @property
    def place(self) -> Place:
        """The contact that was written."""
        return self.row.intent.side, self.row.outcome.target_id or self.row.intent.target_id

    @property
    def source(self) -> Place:
        """The contact on the other side."""
        return self.row.intent.side.other, self.row.intent.source_id

    @property
    def settled(self) -> bool:
        """What became of it is known."""
        return self.row.outcome.state in TOOK_PLACE

    def stays(self, why: Stay, name: str = "", detail: str = "") -> Stays:
        """It is not taken back."""
        side, contact_id = self.place
        return Stays(side, contact_id or self.intent.source_id, why, name, detail, self.row.run_id)


@dataclass(frozen=True)
class Past:
    """Everything that an undo is decided from.

    deeds   the chosen actions and all later ones on the same contacts, oldest first
    now     contacts as they were read just now; away: why others could not be read
    joined  contacts to which the id of another one leads by now
    known   index rows of these contacts and of their partners
    met     links that the chosen runs made by matching; parted: those that chosen undos parted
    same    (left id, right id) that a person said are one
    frozen  links with an action that is not settled
    """

    deeds: Sequence[Deed] = ()
    now: Mapping[Place, Shown] = field(default_factory=dict)
    away: Mapping[Place, Stay] = field(default_factory=dict)
    known: Mapping[Place, Known] = field(default_factory=dict)
    met: Sequence[Link] = ()
    parted: Sequence[Link] = ()
    same: Collection[tuple[str, str]] = ()
    frozen: Collection[str] = ()
    joined: Collection[Place] = ()

    def elsewhere(self, place: Place, link: Link) -> bool:
        """True for a contact that belongs to another link by now."""
        row = self.known.get(place)
        return row is not None and not row.tombstone and row.link_id not in (None, link.id)


@dataclass(frozen=True)
class Means:
    """What the sync can do now, and what was asked for.

    what     words for what is undone; fields: only these (() = everything)
    holding  what a side can hold of a column that this sync reads there
    tight    columns that hold consent, with the values that may be restored: the others would loosen it
    lag      seconds after our own write in which an app may still move its modified time by itself
    """

    sync_id: str
    what: str
    pairs: tuple[FieldPair, ...]
    holding: Mapping[tuple[Side, str], Holding]
    fields: Collection[str] = ()
    tight: Mapping[tuple[Side, str], frozenset[str]] = field(default_factory=dict)
    lag: Mapping[Side, float] = field(default_factory=dict)
    owner: Owner = nobody

    def wants(self, name: str) -> bool:
        """True for a field that is to be taken back."""
        return not self.fields or name in self.fields

    def loosens(self, side: Side, name: str, now: str, text: str) -> bool:
        """True where consent would become looser than it is (core 18)."""
        if name == CONSENT:
            return loosens(now, text)
        tight = self.tight.get((side, name))
        return tight is not None and text != now and text not in tight
