"""Whether what was held is still as the hold says (core 24)."""

from __future__ import annotations

from contactsync.model.link import ApartReason, Link, LinkStatus
from contactsync.model.plan import Hold, HoldReason

_APARTS_OF = {
    HoldReason.REFUSED: (ApartReason.REFUSED,),
    HoldReason.NOT_STORED: (ApartReason.REFUSED,),
    HoldReason.CONFLICT: (ApartReason.HELD, ApartReason.LEDGER_LOST),
    HoldReason.KEY_COLLISION: (ApartReason.HELD,),
    HoldReason.FLIPPING: (ApartReason.HELD,),
    HoldReason.TOO_LONG: (ApartReason.NOT_REPRESENTABLE,),
    HoldReason.UNKNOWN_OPTION: (ApartReason.NOT_REPRESENTABLE,),
    HoldReason.NOT_REPRESENTABLE: (ApartReason.NOT_REPRESENTABLE,),
    HoldReason.UNKNOWN_OUTCOME: (ApartReason.UNPROVEN,),
}
_STATUS_OF = {
    HoldReason.DELETED_AND_EDITED: LinkStatus.PARTED,
    HoldReason.MERGED: LinkStatus.MERGED,
    HoldReason.REAPPEARED: LinkStatus.CLOSED,
}


def stands(hold: Hold, link: Link) -> bool:
    """True where the link is still as the hold says."""
    if hold.reason in _STATUS_OF:
        return link.status is _STATUS_OF[hold.reason]
    apart = {a.reason for f, a in link.apart.items() if hold.field in ("", f)}
    return link.status is LinkStatus.LIVE and not apart.isdisjoint(_APARTS_OF.get(hold.reason, ()))
