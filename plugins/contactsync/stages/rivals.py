"""Who was linked with a contact that is there again after its link was closed: nothing flows meanwhile (core 5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from contactsync.ledger.store import LedgerReader
from contactsync.model.decisions import Wish
from contactsync.model.link import Link, LinkStatus, Standing
from contactsync.model.plan import Hold, HoldReason
from contactsync.model.spec import SIDES, Side
from contactsync.sync.readings import Reading


def rivals(
    reader: LedgerReader, sync_id: str, links: Sequence[Link], readings: Mapping[Side, Reading]
) -> tuple[list[Link], dict[str, Hold]]:
    """Live links of the former partners of reappeared contacts, and the hold of each, by link id.

    links  of this run; contacts that reappeared in an earlier one are found by their holds
    """
    found: list[Link] = []
    stopped: dict[str, Hold] = {}
    for side, back, closed in _reappeared(reader, sync_id, links, readings):
        partner = closed.side(side.other).contact_id
        for link in reader.links_of(sync_id, side.other, [partner]):
            if link.status is LinkStatus.LIVE:
                words = f"its former partner {back} is there again, and it is linked with {link.side(side).contact_id}"
                stopped[link.id] = Hold(side.other, partner, HoldReason.FORMER_PARTNER, words, link.id)
                found.append(link)
    return found, stopped


def _reappeared(
    reader: LedgerReader, sync_id: str, links: Sequence[Link], readings: Mapping[Side, Reading]
) -> Iterator[tuple[Side, str, Link]]:
    """(side, contact, closed link) of who reappeared now, or did before and is not settled by a person yet."""
    closed = [k for k in links if k.status is LinkStatus.CLOSED and k.wish != Wish.SKIP]
    for link in closed:
        for side in SIDES:
            half = link.side(side)
            if half.standing is Standing.GONE and half.contact_id in readings[side].shown:
                yield side, half.contact_id, link
    holds = [h for h, _ in reader.holds(sync_id) if h.reason is HoldReason.REAPPEARED and h.link_id]
    before = {k.id: k for k in reader.links(sync_id, sorted({h.link_id or "" for h in holds}))} if holds else {}
    for hold in holds:
        former = before.get(hold.link_id or "")
        if former is not None and hold.contact_id not in readings[hold.side].gone:
            yield hold.side, hold.contact_id, former
