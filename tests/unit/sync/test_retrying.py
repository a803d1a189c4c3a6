"""What becomes due where a person asks for another try of what is held."""

from __future__ import annotations

import pytest
from contactsync.model.decisions import Wish
from contactsync.model.link import Known, LinkStatus, Standing
from contactsync.model.plan import Hold, HoldReason
from contactsync.sync.retrying import AT_ONCE, tried_again
from factories import LEFT, a_link

KNOWN = Known("l1", 1, 2, attempts=3, due_run=9)


def hold(reason: HoldReason, link_id: str | None = "link-1") -> Hold:
    return Hold(LEFT, "l1", reason, "words", link_id)


@pytest.mark.parametrize("status", [None, LinkStatus.CLOSED, LinkStatus.MERGED])
def test_a_contact_without_a_partner_is_read_at_once(status: LinkStatus | None) -> None:
    change = tried_again(hold(HoldReason.REFUSED), None if status is None else a_link(status=status), KNOWN)
    assert change.link is None
    assert change.known is not None
    assert (change.known.due_run, change.known.attempts) == (AT_ONCE, 0)


@pytest.mark.parametrize("reason", [HoldReason.REFUSED, HoldReason.CONFLICT, HoldReason.TOO_LONG])
def test_a_link_is_due_with_what_is_held(reason: HoldReason) -> None:
    change = tried_again(hold(reason), a_link(attempts=3, version=4), KNOWN)
    assert (change.link, change.known) == (
        a_link(attempts=0, version=5, wish=Wish.RETRY, due_run=AT_ONCE),
        None,
    )


def test_what_could_not_be_read_is_asked_for_by_id() -> None:
    change = tried_again(hold(HoldReason.UNREADABLE), a_link(), KNOWN)
    assert change.link is not None
    assert (change.link.left.standing, change.link.right.standing) == (Standing.MISSING, Standing.PRESENT)
    assert change.known is not None
    assert change.known.due_run == AT_ONCE


@pytest.mark.parametrize(
    ("reason", "link_id", "status", "wish"),
    [
        (HoldReason.REFUSED, "link-1", LinkStatus.LIVE, Wish.RETRY),
        (HoldReason.REFUSED, None, LinkStatus.PARTED, Wish.CREATE),
        (HoldReason.DELETED_AND_EDITED, "link-1", LinkStatus.PARTED, Wish.RETRY),
        (HoldReason.DELETED_AND_EDITED, None, LinkStatus.PARTED, Wish.RETRY),
    ],
)
def test_a_refused_deletion_is_decided_again_and_a_refused_new_contact_is_made_again(
    reason: HoldReason, link_id: str | None, status: LinkStatus, wish: Wish
) -> None:
    change = tried_again(hold(reason, link_id), a_link(status=LinkStatus.PARTED), KNOWN)
    assert change.link is not None
    assert (change.link.status, change.link.wish) == (status, wish)
