"""What an undo takes back, what it leaves as it is, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from contactsync.model.spec import Side


class Stay(StrEnum):
    """Why something that a run did is not taken back."""

    EDITED = "edited"
    WRITTEN = "written"
    GONE = "gone"
    THERE = "there"
    FOUND = "found"
    DECIDED = "decided"
    CONSENT = "consent"
    UNSETTLED = "unsettled"
    UNPROVEN = "unproven"
    UNKNOWN_BEFORE = "unknown_before"
    UNREADABLE = "unreadable"
    MOVED = "moved"
    MERGED = "merged"
    FORGOTTEN = "forgotten"
    NOT_MAPPED = "not_mapped"
    READ_ONLY = "read_only"
    NO_ROOM = "no_room"
    KEY_TAKEN = "key_taken"
    OTHER_ACCOUNT = "other_account"
    REFUSED = "refused"
    FAILED = "failed"
    NOT_KEPT = "not_kept"


STAYS: Mapping[Stay, str] = {
    Stay.EDITED: "edited since; what a person typed is not overwritten",
    Stay.WRITTEN: "written again by a later run; undo that one first",
    Stay.GONE: "the contact is gone",
    Stay.THERE: "the contact is there again",
    Stay.FOUND: "the contact was found there, not proven to be made by this sync; delete it in its app, or keep-apart",
    Stay.DECIDED: "a person decided it; decide anew with link, keep-apart or decide",
    Stay.CONSENT: "would loosen consent; change it in the app",
    Stay.UNSETTLED: "what became of it is not known yet; run the sync, then undo again",
    Stay.UNPROVEN: "it was never proven what the write left there",
    Stay.UNKNOWN_BEFORE: "what was there before is not known",
    Stay.UNREADABLE: "the app does not show it",
    Stay.MOVED: "its id changed; run the sync, then undo again",
    Stay.MERGED: "the contact was merged into another",
    Stay.FORGOTTEN: "it is no longer remembered",
    Stay.NOT_MAPPED: "the field is no longer part of this sync",
    Stay.READ_ONLY: "the field may no longer be written",
    Stay.NO_ROOM: "no place is left for it",
    Stay.KEY_TAKEN: "another contact there carries that address or number now",
    Stay.OTHER_ACCOUNT: "it was written to another account",
    Stay.REFUSED: "the app refused it",
    Stay.FAILED: "was not done; undo again",
    Stay.NOT_KEPT: "its values are no longer kept (ledger.keep_values); correct it in the app",
}
"""In words, with what to do where anything can be done."""


@dataclass(frozen=True)
class Stays:
    """One thing that is not taken back. `detail` is for people: the later run, the vendor's words; never values."""

    side: Side
    contact_id: str
    why: Stay
    field: str = ""  # '' = the contact as a whole
    detail: str = ""
    run_id: str = ""


@dataclass(frozen=True)
class UndoOrder:
    """What a person wants taken back: one run, or all that was written since; the whole of it, or a part.

    contact  an id, left:ID, right:ID or an e-mail address; fields: names of contact fields (() = whole actions)
    """

    run_id: str = ""
    since: datetime | None = None
    contact: str = ""
    fields: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """For people and for the record: what was asked for, without the contact."""
        what = self.run_id or (f"all since {self.since:%Y-%m-%d %H:%M:%S %Z}" if self.since else "nothing")
        of = f", {', '.join(self.fields)} only" if self.fields else ""
        return f"{what}{', of one contact' if self.contact else ''}{of}"
