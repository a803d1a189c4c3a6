"""What a person may say of a hold, and how it is remembered."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from contactsync.model.plan import Hold, HoldReason


class Answer(StrEnum):
    """The words of `contactsync decide`."""

    LEFT = "left"
    RIGHT = "right"
    KEEP = "keep"
    RECREATE = "recreate"
    DELETE = "delete"
    ADOPT = "adopt"
    SKIP = "skip"


class Wish(StrEnum):
    """What a decision asks of the next run, kept on the link or on the contact."""

    NONE = ""
    DELETE = "delete"
    CREATE = "create"
    SKIP = "skip"  # stands until another decision
    RETRY = "retry"  # what is held or refused is tried again
    NOT_AGAIN = "not_again"  # its create was undone: not created again until it is edited


_LEFT = {Answer.LEFT: "write the left value to the right", Answer.RIGHT: "write the right value to the left"}
_KEEP_BOTH = {Answer.KEEP: "leave both as they are, until one of them is edited"}
_NEW = {
    Answer.RECREATE: "create it in the other app, as a new person",
    Answer.ADOPT: "take it for the same person as the contact named with --of",
    Answer.SKIP: "leave it out of this sync for good",
}

ANSWERS: Mapping[HoldReason, Mapping[Answer, str]] = {
    HoldReason.CONFLICT: {**_LEFT, **_KEEP_BOTH},
    HoldReason.FLIPPING: {**_LEFT, **_KEEP_BOTH},
    HoldReason.KEY_COLLISION: _KEEP_BOTH,
    HoldReason.TOO_LONG: _KEEP_BOTH,
    HoldReason.UNKNOWN_OPTION: {**_LEFT, **_KEEP_BOTH},
    HoldReason.NOT_REPRESENTABLE: {**_LEFT, **_KEEP_BOTH},
    HoldReason.NOT_STORED: _KEEP_BOTH,
    HoldReason.UNKNOWN_OUTCOME: {**_LEFT, **_KEEP_BOTH},
    HoldReason.REFUSED: {**_KEEP_BOTH, Answer.SKIP: "leave a contact that has no partner out for good"},
    HoldReason.DELETED_AND_EDITED: {
        Answer.KEEP: "keep the edited contact, in its own app only",
        Answer.DELETE: "delete the edited contact too",
        Answer.RECREATE: "create the deleted contact anew from the edited one",
    },
    HoldReason.REAPPEARED: {
        Answer.KEEP: "leave it alone",
        Answer.DELETE: "delete it again",
        Answer.RECREATE: "take it for a new contact: matched, or created in the other app",
    },
    HoldReason.FORMER_PARTNER: {},  # ends with the hold of the contact that reappeared
    HoldReason.MERGED: {Answer.KEEP: "leave its former partner alone; to be rid of it, delete it in its app"},
    HoldReason.AMBIGUOUS: _NEW,
    HoldReason.NO_KEY: _NEW,
    HoldReason.UNION: _NEW,
    HoldReason.MAY_BE_RESULT: _NEW,
    HoldReason.MAY_BE_DELETED: _NEW,
    HoldReason.UNREADABLE: {Answer.SKIP: "leave it out of this sync for good"},
}
"""What a person may answer to each kind of hold, and what follows."""


@dataclass(frozen=True)
class Verdict:
    """Two contacts that a person said are the same, or not the same, whatever their keys say. It stands."""

    left_id: str
    right_id: str
    same: bool


@dataclass(frozen=True)
class Decided:
    """One entry of the record of decisions: who said what of whom."""

    what: str  # ids and reasons, never values
    answer: str
    by: str
    link_id: str = ""
    field: str = ""


def hold_id(hold: Hold) -> str:
    """A short name for a hold, stable as long as it stands."""
    text = "\x1f".join((hold.side.value, hold.contact_id, hold.reason.value, hold.field))
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()
