"""What a person's "try it again" changes in what is remembered: the contact is due in the next run (core 2)."""

from __future__ import annotations

from dataclasses import replace

from contactsync.model.decisions import Wish
from contactsync.model.link import Known, Link, LinkStatus, Standing
from contactsync.model.plan import Hold, HoldReason
from contactsync.sync.decisions import AT_ONCE, Change
from contactsync.sync.fold import with_standing

TRIED_AGAIN = frozenset(
    {
        HoldReason.REFUSED,
        HoldReason.NOT_STORED,
        HoldReason.KEY_COLLISION,
        HoldReason.UNREADABLE,
        HoldReason.AMBIGUOUS,
        HoldReason.NO_KEY,
        HoldReason.MAY_BE_RESULT,
    }
)
"""Holds that another try may end. All others wait for an answer; an outcome that nobody knows is never sent again."""


def tried_again(hold: Hold, link: Link | None, known: Known | None) -> Change:
    """The link or the index row of a held contact, due at once. link: of the hold, or the one its contact belongs to.

    Nothing changes where neither remembers the contact: then only a listing shows it again.
    """
    if link is None or link.status in (LinkStatus.CLOSED, LinkStatus.MERGED):
        return Change(known=None if known is None else due_contact(known))
    if hold.reason is HoldReason.UNREADABLE:
        read = due_link(with_standing(link, hold.side, Standing.MISSING))
        return Change(read, None if known is None else due_contact(known))
    if hold.reason is HoldReason.REFUSED and link.status is LinkStatus.PARTED:
        if hold.link_id is None:  # a person asked for the gone contact to be created anew
            return Change(replace(due_link(link), wish=Wish.CREATE))
        link = replace(link, status=LinkStatus.LIVE)  # a deletion: decided again, by the policy as it is now
    return Change(due_link(link))


def due_link(link: Link) -> Link:
    """Tried again in the next run, what is held or refused too."""
    wish = link.wish or Wish.RETRY  # what a person decided before still is to be done
    return replace(link, wish=wish, due_run=AT_ONCE, due_at=None, attempts=0, version=link.version + 1)


def due_contact(known: Known) -> Known:
    """Read by id and judged again in the next run."""
    return replace(known, due_run=AT_ONCE, due_at=None, attempts=0)
