"""A stand-in for an app: what the app declares, over contacts in this process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from contactsync.apps.base import Access, Page
from contactsync.apps.memory import Book, Memory, MemoryOptions
from contactsync.contact import Kind
from contactsync.model.app import Account, AppInfo, Deletes, FieldInfo
from contactsync.model.exchange import Cursor, OwnValue, Window
from contactsync.model.file_tests import GivenContact
from contactsync.rest.services import Services


class Standin(Memory):
    """Declares what the app declares, tells of deletions as the app does, and shows every field that it has."""

    def __init__(self, info: AppInfo, account: str, services: Services) -> None:
        # It refuses nothing and answers everything: how creates are found again is never asked, and nothing is a job.
        caps = replace(info.caps, batch=replace(info.caps.batch, find=0), bulk=None)
        self._stands_for = replace(info, caps=caps)
        super().__init__(Access(account, {}, services=services), MemoryOptions(), Book(clock=services.clock))

    def actual(self) -> AppInfo:
        """What the app declares."""
        return self._stands_for

    def account(self) -> Account:
        """This stand-in and no other."""
        return Account(id=self.access.connection, host="rehearsal")

    def pull(self, start: Cursor | Window | None) -> Iterator[Page]:
        """As of the book; deleted ids only where the app reports them."""
        told = self.info.caps.deletes is Deletes.FEED
        for page in super().pull(start):
            yield page if told else replace(page, deleted=())


def shown_by(info: AppInfo, names: Iterable[str]) -> AppInfo:
    """The app with the custom fields of these names that it does not declare, so that they are empty, not missing."""
    known = {field.name for field in info.fields}
    further = [FieldInfo(name, Kind.TEXT, name, custom=True) for name in dict.fromkeys(names) if name not in known]
    return replace(info, fields=(*info.fields, *further))


def as_own(contact: GivenContact, fields: Sequence[FieldInfo]) -> dict[str, OwnValue]:
    """A contact of a test under the app's own names, read-only ones too: a person or the vendor filled them."""
    out: dict[str, OwnValue] = {}
    for name, value in contact.fields.items():
        own = [field for field in fields if field.contact == name]
        slots = [field for field in own if field.slot]
        if slots and not isinstance(value, str):
            out.update(_slotted(slots, value))
        elif own:
            out[own[0].name] = value
    return {**out, **contact.own}


def _slotted(slots: Sequence[FieldInfo], items: Sequence[Mapping[str, Any]]) -> dict[str, OwnValue]:
    """Several values over single ones: where their label says, the others in the first free place."""
    labelled = {item["label"]: item["value"] for item in items if item.get("label")}
    rest = iter([item["value"] for item in items if not item.get("label")])
    return {field.name: labelled[field.slot] if field.slot in labelled else next(rest, "") for field in slots}
