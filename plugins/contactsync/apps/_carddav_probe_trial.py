"""The one throw-away card of a CardDAV probe: made, changed, and removed whatever happens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urljoin

from contactsync.apps._carddav_cards import usual_path
from contactsync.apps._carddav_probe_account import Account
from contactsync.apps._carddav_reports import GONE, Stored, card_at, cards_like
from contactsync.apps._carddav_writes import own_uid
from contactsync.apps._probe_trial import FAMILY, GIVEN
from contactsync.apps._probing import CannotTell, address_of, own_mark
from contactsync.apps._vcard import Card, parse
from contactsync.apps._vcard_write import new_card, patched
from contactsync.errors import ContactsyncError
from contactsync.model.exchange import OwnValue
from contactsync.rest.session import Reply

# Lines that no field is mapped to: they have to survive.
FOREIGN = "X-CONTACTSYNC-PROBE;X-KIND=zähes:bleibt\\, ganz\\; so\r\n"


@dataclass
class Trial:
    """The throw-away card. `put`: every path that a card was sent to, whatever came of it."""

    account: Account
    mark: str = field(default_factory=own_mark)
    put: list[str] = field(default_factory=list)
    first_etag: str = ""
    there: bool = False
    deleted: bool = False

    @property
    def uid(self) -> str:
        """The id that the connector would choose."""
        return own_uid(f"probe-{self.mark}")

    @property
    def path(self) -> str:
        """Where it lies. Errors: CannotTell."""
        if not self.there:
            raise CannotTell("there is no throw-away contact")
        return self.put[0]

    def card(self) -> str:
        """A new card as the connector writes one, with a foreign line."""
        fields: dict[str, OwnValue] = {
            "N.given": GIVEN,
            "N.family": FAMILY,
            "NOTE": "Grüße; 1, 2\nzweite Zeile",
            "EMAIL": [{"value": address_of(self.mark), "label": "work"}],
            "CATEGORIES": [{"value": "contactsync-probe"}],
        }
        text = str(new_card(self.uid, fields, self.account.services.clock()))
        return text.replace("END:VCARD", f"{FOREIGN}END:VCARD")

    def changed_card(self, stored: Stored, title: str) -> str:
        """The stored card with another job title, as the connector changes one."""
        return str(patched(parse(stored.text), {"TITLE": title}, {}, self.account.services.clock()))

    def send(self, name: str, text: str, **headers: str) -> Reply:
        """PUT below the book; underscores in header names become dashes."""
        path = usual_path(self.account.book.path, name)
        if path not in self.put:
            self.put.append(path)
        given = {key.replace("_", "-"): value for key, value in headers.items()}
        return self.account.dav.write("PUT", urljoin(self.account.book.url, path), text, headers=given)

    def delete(self, path: str, **headers: str) -> Reply:
        """DELETE."""
        given = {key.replace("_", "-"): value for key, value in headers.items()}
        return self.account.dav.write("DELETE", urljoin(self.account.book.url, path), headers=given)

    def read(self) -> Stored:
        """The card as the server keeps it. Errors: CannotTell."""
        found = card_at(self.account.dav, self.account.book, self.path)
        if not isinstance(found, Stored):
            raise CannotTell(f"the card cannot be read (HTTP {found})")
        return found

    def parsed(self) -> Card:
        """The same, read. Errors: CardError, CannotTell."""
        return parse(self.read().text)


def removed(trial: Trial) -> Sequence[str]:
    """One try to delete all that was sent, also where the server put it elsewhere; what is left, or may be."""
    left = [path for path in trial.put if not _gone(trial, path)]
    if trial.put:
        left += [path for path in _elsewhere(trial) if path not in left and not _gone(trial, path)]
    return left


def _elsewhere(trial: Trial) -> list[str]:
    """Paths of cards with our UID, as far as the server finds them."""
    try:
        found = cards_like(trial.account.dav, trial.account.book, [("UID", trial.uid)])
    except ContactsyncError:
        return []
    # A server that ignores the filter gives everybody: only ours go.
    return [stored.path for stored in found or () if trial.uid in stored.text]


def _gone(trial: Trial, path: str) -> bool:
    try:
        reply = trial.delete(path)
        return reply.status < 300 or reply.status in GONE
    except ContactsyncError:
        return False
