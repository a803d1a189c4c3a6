"""The one throw-away contact of a Freshsales probe: made, changed, and removed whatever happens."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from contactsync.apps._freshsales_probe_account import Account, looked_up
from contactsync.apps._freshsales_reading import contact_of
from contactsync.apps._freshsales_site import INCLUDE
from contactsync.apps._probe_trial import Made
from contactsync.apps._probing import ODD, CannotTell, address_of, own_mark, status
from contactsync.errors import ContactsyncError, OutcomeUnknown
from contactsync.rest.origin import segment
from contactsync.rest.redaction import vendor_words
from contactsync.rest.reply import Reply

WRITING = "apps/_freshsales_writing.py"


@dataclass
class Trial(Made):
    """The throw-away contact."""

    account: Account
    email: str = field(default_factory=lambda: address_of(own_mark()))

    def create(self, body: Mapping[str, Any]) -> Reply:
        """POST; whatever comes of it is noted, so that it is removed."""
        try:
            reply = self.account.site.api.write(
                "POST", "contacts", params={"include": INCLUDE}, json={"contact": dict(body)}
            )
        except OutcomeUnknown:
            self.unsure = True
            raise
        row = contact_of(reply)[0] if reply.status < 300 else None
        if row is not None and row.get("id"):
            self.made.append(str(row["id"]))
        else:
            self.unsure = reply.status < 300
        return reply

    def change(self, **body: Any) -> Reply:
        """PUT of these keys."""
        return self.account.site.api.write(
            "PUT", f"contacts/{self.id}", params={"include": INCLUDE}, json={"contact": body}
        )

    def changed(self, **body: Any) -> None:
        """The same, where it must succeed. Errors: CannotTell."""
        reply = self.change(**body)
        if reply.status >= 300:
            raise CannotTell(f"the change was refused ({status(reply)}: {vendor_words(reply, [self.email])})")

    def read(self) -> Mapping[str, Any]:
        """The contact as a point read shows it. Errors: CannotTell."""
        reply = self.account.get(f"contacts/{self.id}", include=INCLUDE)
        row, _ = contact_of(reply)
        if row is None:
            raise CannotTell(f"the contact cannot be read ({status(reply)})")
        return row


def removed(trial: Trial) -> Sequence[str]:
    """One try to delete and purge all that was made; what is left, or may be."""
    return trial.left(partial(_gone, trial), partial(looked_up, trial.account, trial.email), trial.email)


def _gone(trial: Trial, contact_id: str) -> bool:
    """Deleted, and purged from the Recycle Bin where the key may do that."""
    api = trial.account.site.api
    try:
        reply = api.write("DELETE", f"contacts/{segment(contact_id)}")
        if reply.status >= 300 and not _deleted_already(trial.account, contact_id):
            return False
    except (ContactsyncError, *ODD):
        return False
    with contextlib.suppress(ContactsyncError):
        api.write("DELETE", f"contacts/{segment(contact_id)}/forget")
    return True


def _deleted_already(account: Account, contact_id: str) -> bool:
    reply = account.get(f"contacts/{segment(contact_id)}")
    row, _ = contact_of(reply)
    return reply.status == 404 or (row is not None and row.get("is_deleted") is True)
