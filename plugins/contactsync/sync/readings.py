"""What a run read of one side, as the deciding functions take it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from contactsync.contact import Values, key_hash, key_values
from contactsync.model.exchange import Json
from contactsync.model.link import LinkSide
from contactsync.model.rules import Matching
from contactsync.model.spec import MatchSpec, Side

Keys = Mapping[str, tuple[int, ...]]
"""Match key -> hashes."""


@dataclass(frozen=True)
class Shown:
    """One contact as this run read it.

    matching  which rules of its direction it matches; None = the direction has no rules: every contact
    """

    id: str
    values: Values
    fingerprint: int
    raw: int
    observed_at: datetime
    version: str | None = None
    modified_at: datetime | None = None
    ref: Json = field(default_factory=dict)
    marker: tuple[str, ...] = ()
    matching: Matching | None = None


@dataclass(frozen=True)
class Reading:
    """One side of a run.

    shown       contacts that are new or differ from what is remembered, by id
    gone        ids that were reported deleted or that a point read found gone
    missing     linked ids that a complete read did not list
    forgotten   unlinked ids that a complete read did not list
    forbidden   ids that a point read may not see (never gone)
    moved       old id -> new id
    ghosts      ids reported deleted or moved that nobody ever saw
    unreadable  id -> why
    complete    every contact was listed
    """

    side: Side
    began_at: datetime
    shown: Mapping[str, Shown] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()
    forgotten: frozenset[str] = frozenset()
    forbidden: frozenset[str] = frozenset()
    moved: Mapping[str, str] = field(default_factory=dict)
    ghosts: frozenset[str] = frozenset()
    unreadable: Mapping[str, str] = field(default_factory=dict)
    complete: bool = False
    rows: int = 0


def now_values(side: LinkSide) -> dict[str, str]:
    """What a side shows now: base, overlaid by seen."""
    return {**side.base, **side.seen}


def key_hashes(salt: str, match: MatchSpec, values: Values) -> dict[str, tuple[int, ...]]:
    """All key hashes of a contact, by key name; a composite key (joined by +) needs a value for each part."""
    out = {}
    for key in match.keys:
        rows = [""]
        for part in key:
            found = key_values(values, part, plus_tags=match.plus_tags)
            rows = [f"{row}\x1e{value}" for row in rows for value in found]
        if rows:
            name = "+".join(key)
            out[name] = tuple(sorted({key_hash(salt, name, row) for row in rows}))
    return out


def operation_key(sync_id: str, side: Side, verb: str, subject: str, version: int) -> str:
    """The key of one action: the same decision made twice has the same key (core 20)."""
    text = "\x1f".join((sync_id, side.value, verb, subject, str(version)))
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()
