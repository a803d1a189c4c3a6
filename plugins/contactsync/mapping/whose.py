"""Which account a side of a sync file leads to, as far as that is known without asking."""

from __future__ import annotations

from contactsync.mapping.as_asked import Snapshots
from contactsync.mapping.loader import SyncDocument
from contactsync.model.spec import Side


def account_of(file: SyncDocument, side: Side, snapshots: Snapshots) -> str:
    """The same text for the same account: by its snapshot, else by app, connection and what else tells it apart."""
    half, info = file.spec.side(side), file.apps[side]
    told_apart = sorted((key, repr(half.options[key])) for key in info.account_options if key in half.options)
    snapshot = snapshots.get(half.connection)
    known = snapshot.account if snapshot and snapshot.app == half.app and not told_apart else half.connection
    return repr((half.app, known, told_apart))
