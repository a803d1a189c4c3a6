"""Creating, updating and deleting contacts, one by one and in batches that succeed or fail as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from contactsync.sandbox.people_errors import PeopleError, bad_field, batch_failed, invalid, no_etag, stale
from contactsync.sandbox.people_groups import Groups
from contactsync.sandbox.people_input import Draft, read_person
from contactsync.sandbox.people_knobs import PeopleKnobs
from contactsync.sandbox.people_schema import UPDATABLE
from contactsync.sandbox.people_state import Book, Person
from contactsync.sandbox.people_view import LISTED, read_etag

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Change:
    """An update that passed every check and waits to be stored."""

    person: Person
    fields: Mapping[str, Any]
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes to one user's contacts."""

    book: Book
    groups: Groups
    knobs: PeopleKnobs

    def create(self, body: Any) -> Person:
        """A new contact."""
        return self._add(self._new(body))

    def create_all(self, bodies: list[Any]) -> list[Person]:
        """A batch of new contacts; `contactErrors` counts from 0."""
        drafts = _all_or_none(
            "BatchCreateContacts", ((str(i), body) for i, body in enumerate(bodies)), self._new, self._failed
        )
        self.book.make_room(len(bodies))
        return [self._add(draft) for draft in drafts.values()]

    def update(self, name: str, body: Any, mask: tuple[str, ...]) -> Person:
        """Replaces the fields of the mask."""
        return self._keep(self._changed(name, body, mask))

    def update_all(self, bodies: Mapping[str, Any], mask: tuple[str, ...]) -> dict[str, Person]:
        """A batch of updates under one mask, by the resource names that were asked for."""
        asked = ((name, (name, body)) for name, body in bodies.items())
        changes = _all_or_none(
            "BatchUpdateContacts", asked, lambda pair: self._changed(pair[0], pair[1], mask), self._failed
        )
        return {name: self._keep(change) for name, change in changes.items()}

    def delete_all(self, names: list[str]) -> None:
        """Deletes all, or none when one is unknown."""
        for person in [self.book.find(name) for name in dict.fromkeys(names)]:
            self.book.remove(person.resource_name)

    def _failed(self, kind: str, errors: Mapping[str, PeopleError]) -> PeopleError:
        """The error of a batch."""
        return batch_failed(kind, errors) if self.knobs.name_failed else next(iter(errors.values()))

    def _read(self, body: Any, mask: tuple[str, ...]) -> Draft:
        draft = read_person(body)
        draft.check(mask if self.knobs.one_name else tuple(f for f in mask if f != "names"))
        kept = {f: items for f, items in draft.fields.items() if f != "clientData" or self.knobs.keep_client_data}
        return replace(draft, fields=kept)

    def _new(self, body: Any) -> Draft:
        draft = self._read(body, UPDATABLE)
        self.groups.checked(draft.groups)
        return draft

    def _add(self, draft: Draft) -> Person:
        return self.book.create(draft.fields, draft.groups)

    def _changed(self, name: str, body: Any, mask: tuple[str, ...]) -> _Change:
        person = self.book.find(name)
        draft = self._read(body, mask)
        self._check_etag(person, body)
        groups = person.groups
        if "memberships" in mask:
            groups = self.groups.checked(draft.groups, person.groups)
            if not groups:
                raise bad_field("person.memberships", "At least one contact group membership must be specified.")
        kept = {field: items for field, items in person.fields.items() if field not in mask}
        return _Change(person, kept | {f: items for f, items in draft.fields.items() if f in mask}, groups)

    def _keep(self, change: _Change) -> Person:
        return self.book.save(change.person, fields=change.fields, groups=change.groups)

    def _check_etag(self, person: Person, body: Json) -> None:
        sources = (body.get("metadata") or {}).get("sources") or []
        source = next((s for s in sources if s.get("type") == "CONTACT"), None)
        etags = [body.get("etag", ""), (source or {}).get("etag", "")]
        if not any(etags) or (source is None and self.knobs.sources_required):
            raise no_etag()
        if not self.knobs.check_etags:
            return
        if etags[0] and not self._fresh(person, etags[0]):
            raise stale()
        if etags[1] and etags[1] != person.source_etag:
            raise stale()
        if self.book.rules.now() - person.updated < self.knobs.etag_settling:
            raise stale()

    def _fresh(self, person: Person, etag: str) -> bool:
        told = read_etag(etag)
        if told is None or told[1] != person.source_etag:
            return False
        return not (told[0] == LISTED and self.knobs.refuse_list_etags)


def contact_persons(body: Json) -> list[Any]:
    """The persons of a batchCreateContacts request."""
    wrapped = body.get("contacts", [])
    if not isinstance(wrapped, list) or not wrapped:
        raise invalid("At least one contact must be specified.")
    for i, each in enumerate(wrapped):
        if not isinstance(each, dict) or set(each) != {"contactPerson"}:
            raise bad_field(f"contacts[{i}]", "Each contact must be an object with the one key contactPerson.")
    return [each["contactPerson"] for each in wrapped]


def _all_or_none(
    kind: str,
    asked: Iterable[tuple[str, Any]],
    check: Callable[[Any], Any],
    error_of: Callable[[str, Mapping[str, PeopleError]], PeopleError],
) -> dict[str, Any]:
    """The checked entries; when one fails, an error that names all that failed."""
    passed: dict[str, Any] = {}
    failed: dict[str, PeopleError] = {}
    for key, entry in asked:
        try:
            passed[key] = check(entry)
        except PeopleError as error:
            failed[key] = error
    if failed:
        raise error_of(kind, failed)
    return passed
