"""What would meet whom, before a sync writes for the first time: counts for people, and a row a contact for a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from contactsync.model.spec import Side


@dataclass(frozen=True)
class SideReport:
    """One side, in contacts.

    linked     matched now or before
    only_here  no partner on the other side, and nothing else in the way
    creates    of `only_here`: those that would be created on the other side
    held       by reason in words, beside ambiguous and without_key
    capacity   how many contacts the app may hold, None where the vendor does not tell
    made       how many would be created here
    calls      requests to write what the plan says, about; hours: the same at the account's limit
    """

    read: int
    linked: int
    only_here: int
    creates: int
    ambiguous: int
    without_key: int
    held: Mapping[str, int] = field(default_factory=dict)
    capacity: int | None = None
    made: int = 0
    calls: int = 0
    hours: float = 0.0


@dataclass(frozen=True)
class FieldReport:
    """One field, in pairs of contacts that differ in it. waits: neither side is written."""

    filled: Mapping[Side, int]  # blank there, and filled from the other side
    wins: Mapping[Side, int]  # both hold something else: this side's value goes to the other
    waits: int = 0

    @property
    def differs(self) -> int:
        """All of them."""
        return sum(self.filled.values()) + sum(self.wins.values()) + self.waits


@dataclass(frozen=True)
class ContactReport:
    """One contact, for the file. partner: ids on the other side, of an ambiguous one all that may be meant."""

    side: Side
    contact_id: str
    name: str
    email: str
    state: str
    partner: Sequence[str] = ()
    differs: Sequence[str] = ()


@dataclass(frozen=True)
class MatchReport:
    """matched_by: match key, or how else -> pairs that meet now."""

    sides: Mapping[Side, SideReport]
    matched_by: Mapping[str, int]
    fields: Mapping[str, FieldReport]
    plan_hash: str = ""
    limits: Sequence[str] = ()  # that the plan exceeds, in words
    contacts: Sequence[ContactReport] = ()
