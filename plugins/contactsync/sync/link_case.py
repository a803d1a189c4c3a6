"""What is known of one link, what the sync's file says of it, and what follows: the data of `links` (core 12, 13)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from contactsync.model.app import Deletes
from contactsync.model.link import Link
from contactsync.model.plan import Conflict, Counted, Hold, Intent
from contactsync.model.rules import Effect
from contactsync.model.spec import DeletionPolicy, Direction, FieldPair, Side
from contactsync.sync.collisions import Owner, nobody
from contactsync.sync.readings import Shown
from contactsync.sync.scope import Effects


@dataclass(frozen=True)
class Rules:
    """What a sync's file says, and what its apps can do, as far as a link needs it.

    retry       held and refused fields are tried again in this run (a complete read, or a person asked)
    hold_first  without a base, differences are held (first_match: hold)
    lost        the same, for the ledger was lost (union mode): they wait for a person or an edit of the field
    owner       who carries a key on a side, for collisions
    collided    (link id, field) held for a collision: judged again whenever the link is worked on (core 4)
    baseless    fields whose bases mean nothing any more (mapping changed; union): as at a first match
    flipping    (link id, field) that both sides rewrote in turn too often: held (core 14)
    marks       what `deletions: tag | archive` does to the partner, by the side on which one was deleted
    effects     rules that both sides' contacts are judged by, by the side read from (none: every contact)
    """

    sync_id: str
    pairs: tuple[FieldPair, ...]
    direction: Direction = Direction.BOTH
    deletions: Mapping[Side, DeletionPolicy] = field(default_factory=dict)
    detects: Mapping[Side, Deletes] = field(default_factory=dict)
    granularity: float = 0.0  # seconds, the coarser of the two apps
    retry: bool = False
    hold_first: bool = False
    lost: bool = False
    owner: Owner = nobody
    collided: frozenset[tuple[str, str]] = frozenset()
    baseless: frozenset[str] = frozenset()
    flipping: frozenset[tuple[str, str]] = frozenset()
    effects: Effects = field(default_factory=dict)
    marks: Mapping[Side, Effect] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """A link and what this run read of it: as what each side shows, who is gone, whom a complete listing left out."""

    link: Link
    shown: Mapping[Side, Shown] = field(default_factory=dict)
    gone: frozenset[Side] = frozenset()
    missing: frozenset[Side] = frozenset()


@dataclass(frozen=True)
class LinkDecision:
    """The link after this run's observations, before any write succeeds, and what is to be done."""

    link: Link
    intents: tuple[Intent, ...] = ()
    holds: tuple[Hold, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    counted: tuple[Counted, ...] = ()
