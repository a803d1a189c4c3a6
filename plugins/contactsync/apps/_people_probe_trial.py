"""The one throw-away contact of a Google probe: made, changed, and removed whatever happens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from contactsync.apps._people_facts import MARKER
from contactsync.apps._people_probe_account import Account, refusal
from contactsync.apps._people_record import contact_source, own_items
from contactsync.apps._people_writing import READ_BACK
from contactsync.apps._probe_trial import FAMILY, GIVEN, Made
from contactsync.apps._probing import ODD, CannotTell, address_of, dicts, own_mark
from contactsync.errors import ContactsyncError, OutcomeUnknown
from contactsync.rest.reply import Reply

KEY = "contactsync probe"


@dataclass
class Trial(Made):
    """The throw-away contact; its id is its resource name."""

    account: Account
    mark: str = field(default_factory=own_mark)

    @property
    def person(self) -> dict[str, Any]:
        """What is created: a name, an address that reaches nobody, a custom field, and the mark it is known by."""
        return {
            "names": [{"givenName": GIVEN, "familyName": FAMILY}],
            "emailAddresses": [{"value": address_of(self.mark)}],
            "userDefined": [{"key": KEY, "value": "probe 1"}],
            "clientData": [{"key": MARKER, "value": self.mark}],
        }

    def create(self, person: Mapping[str, Any]) -> Reply:
        """As the connector creates; whatever comes of it is noted, so that it is removed."""
        body = {"contacts": [{"contactPerson": person}], **READ_BACK}
        try:
            reply = self.account.api.write("POST", "v1/people:batchCreateContacts", json=body)
        except OutcomeUnknown:
            self.unsure = True
            raise
        made = created(reply)
        self.made += [str(one["resourceName"]) for one in made if one.get("resourceName")]
        self.unsure = self.unsure or (reply.status < 300 and not made)
        return reply

    def update(self, like: Mapping[str, Any], **fields: Any) -> Reply:
        """As the connector updates, on the state that `like` shows."""
        identity = {"etag": like.get("etag", ""), "metadata": {"sources": [contact_source(like) or {}]}}
        body = {"contacts": {self.id: {**identity, **fields}}, "updateMask": ",".join(sorted(fields)), **READ_BACK}
        return self.account.api.write("POST", "v1/people:batchUpdateContacts", json=body)

    def updated(self, like: Mapping[str, Any], **fields: Any) -> None:
        """The same, where it must succeed. Errors: CannotTell."""
        reply = self.update(like, **fields)
        if reply.status >= 300:
            raise CannotTell(f"the change was refused ({refusal(reply)})")

    def delete(self, name: str) -> Reply:
        """As the connector deletes."""
        return self.account.api.write("POST", "v1/people:batchDeleteContacts", json={"resourceNames": [name]})

    def read(self) -> Mapping[str, Any]:
        """The contact as a point read shows it. Errors: CannotTell."""
        return self.account.person(self.id)

    def in_delta(self) -> dict[str, Any] | None:
        """What the listing of changes shows of the contact; None where it does not yet."""
        return next((row for row in self.account.changed() if row.get("resourceName") in self.made), None)


def created(reply: Reply) -> list[dict[str, Any]]:
    """The persons in a create's answer."""
    body = reply.json() if reply.status < 300 else None
    answers = dicts(body.get("createdPeople")) if isinstance(body, dict) else []
    return dicts([answer.get("person") for answer in answers])


def mark_of(person: Mapping[str, Any]) -> str:
    """The mark by which the connector finds what it created."""
    return next((str(i.get("value")) for i in own_items(person, "clientData") if i.get("key") == MARKER), "")


def removed(trial: Trial) -> Sequence[str]:
    """One try to delete all that was made; what is left, or may be."""

    def look() -> list[str]:
        """By the mark, where the listing shows it already."""
        return [str(row["resourceName"]) for row in trial.account.changed() if mark_of(row) == trial.mark]

    return trial.left(partial(_gone, trial), look, address_of(trial.mark))


def _gone(trial: Trial, name: str) -> bool:
    """A contact that is deleted already answers 404."""
    try:
        reply = trial.delete(name)
        return reply.status < 300 or reply.status == 404 or is_gone(trial.account, name)
    except (CannotTell, ContactsyncError, *ODD):
        return False


def is_gone(account: Account, name: str) -> bool:
    """A point read says that there is no such contact."""
    reply = account.point(name)
    body = reply.json() if reply.status == 200 else {}
    answers = dicts(body.get("responses"))
    return reply.status == 404 or any(answer.get("httpStatusCode") == 404 for answer in answers)
