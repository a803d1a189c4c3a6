"""`tests:` of a sync file as data: what is given, what persons then edit, and what must be true afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from contactsync.model.exchange import OwnValue
from contactsync.model.plan import HoldReason
from contactsync.model.spec import Side

TODAY = date(2026, 1, 5)
"""The day on which a test plays unless it names one: what is true today must be true tomorrow."""


@dataclass(frozen=True)
class GivenContact:
    """One contact as a test writes it, in a form that own fields have (model.exchange.OwnValue).

    fields  by contact field; own: by the app's own name (custom.<key> among them)
    """

    fields: Mapping[str, OwnValue] = field(default_factory=dict)
    own: Mapping[str, OwnValue] = field(default_factory=dict)


@dataclass(frozen=True)
class Expected:
    """What must be true once the sync has come to rest. Only what is named is compared.

    contacts   side -> its contacts, those given first, then those made, oldest first; () = nobody
    why        why something did not happen, a word of WHY; '' = not asked
    linked     whether the two are linked; None = not asked
    actions    names of the actions that were done, in any order; None = not asked
    conflicts  contact field -> the side that won, None = nobody (held)
    """

    contacts: Mapping[Side, tuple[GivenContact, ...]] = field(default_factory=dict)
    why: str = ""
    linked: bool | None = None
    actions: tuple[str, ...] | None = None
    conflicts: Mapping[str, Side | None] = field(default_factory=dict)


@dataclass(frozen=True)
class FileTest:
    """One entry of `tests:`.

    linked  an earlier run linked the two and settled every field as it is given
    edits   what persons do once the sync has come to rest with what is given; None = deleted
    """

    name: str
    given: Mapping[Side, tuple[GivenContact, ...]]
    expect: Expected
    linked: bool = False
    edits: Mapping[Side, GivenContact | None] = field(default_factory=dict)
    today: date = TODAY


NO_RULE_MATCHES, UPDATE_ONLY, OUT_OF_SCOPE = "no_rule_matches", "update_only", "out_of_scope"
DIRECTION_CLOSED, NOTHING_TO_WRITE, LEFT_ALONE = "direction_closed", "nothing_to_write", "left_alone"
HELD = "held"

_NEVER_HERE = frozenset(
    {
        HoldReason.MAY_BE_RESULT,
        HoldReason.MAY_BE_DELETED,
        HoldReason.UNION,
        HoldReason.REAPPEARED,
        HoldReason.FORMER_PARTNER,
        HoldReason.MERGED,
        HoldReason.REFUSED,
        HoldReason.NOT_STORED,
        HoldReason.UNREADABLE,
        HoldReason.UNKNOWN_OUTCOME,
    }
)
"""Reasons that need a vendor's answer or a lost ledger."""

WHY = (
    *(NO_RULE_MATCHES, UPDATE_ONLY, OUT_OF_SCOPE, DIRECTION_CLOSED, NOTHING_TO_WRITE, LEFT_ALONE, HELD),
    *(reason.value for reason in HoldReason if reason not in _NEVER_HERE),
)
"""Why something did not happen, in the words of tests; `held` stands for every reason of a hold."""
