"""The contact groups ("labels") of one Google user, and who is in them."""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from contactsync.sandbox.people_errors import PeopleError, bad_field, invalid, not_found
from contactsync.sandbox.people_state import MY_CONTACTS, Book

Json = dict[str, Any]
_SYSTEM: Mapping[str, str] = {
    MY_CONTACTS: "My Contacts",
    "starred": "Starred",
    "friends": "Friends",
    "family": "Family",
    "coworkers": "Coworkers",
    "chatBuddies": "Chat contacts",
    "all": "All Contacts",
    "blocked": "Blocked",
}
_OPEN_SYSTEM = frozenset({MY_CONTACTS, "starred"})


@dataclass(frozen=True, slots=True)
class Group:
    """One group; `position` orders the changes."""

    id: str
    name: str
    updated: float
    position: int = 0
    system: bool = False
    deleted: bool = False
    client_data: tuple[Json, ...] = ()

    @property
    def resource_name(self) -> str:
        """contactGroups/{id}."""
        return f"contactGroups/{self.id}"


@dataclass
class Groups:
    """All groups of a user; members are kept with the contacts."""

    book: Book
    found: dict[str, Group] = field(default_factory=dict)
    position: int = 0

    def __post_init__(self) -> None:
        at = self.book.rules.now()
        self.found = {id_: Group(id_, id_, at, system=True) for id_ in _SYSTEM}

    def find(self, name: str) -> Group:
        """A live group by resource name or id."""
        group = self.found.get(name.removeprefix("contactGroups/"))
        if group is None or group.deleted:
            raise not_found()
        return group

    def named(self, name: str) -> Group | None:
        """The live user group of that name."""
        folded = name.casefold()
        live = (g for g in self.found.values() if not g.system and not g.deleted)
        return next((g for g in live if g.name.casefold() == folded), None)

    def add(self, name: str, client_data: Iterable[Json] = ()) -> Group:
        """A new user group; ALREADY_EXISTS when there is one of that name."""
        self._check_name(name)
        id_ = hashlib.sha256(f"{self.position}:{name}".encode("utf-8", "replace")).hexdigest()[:15]
        return self._keep(Group(id_, name, 0.0, client_data=tuple(client_data)))

    def change(self, group: Group, **changes: Any) -> Group:
        """Renames a user group or replaces its clientData."""
        self._only_user(group)
        if "name" in changes and changes["name"] != group.name:
            self._check_name(changes["name"], but=group.id)
        return self._keep(replace(group, **changes))

    def remove(self, group: Group, *, with_contacts: bool) -> None:
        """Deletes a user group: its contacts go too, or stay in the groups they have left, at least My Contacts."""
        self._only_user(group)
        for person in self.members(group.id):
            if with_contacts:
                self.book.remove(person)
            else:
                self._set(person, tuple(g for g in self.book.find(person).groups if g != group.id) or (MY_CONTACTS,))
        self._keep(replace(group, deleted=True))

    def members(self, id_: str) -> list[str]:
        """The resource names of a group's contacts."""
        return [name for name, person in self.book.people.items() if id_ in person.groups]

    def modify(self, group: Group, add: list[str], remove: list[str]) -> Json:
        """members:modify; says which contacts are unknown and which would be left without any group."""
        if add and group.system and group.id not in _OPEN_SYSTEM:
            raise bad_field("resource_names_to_add", "Cannot add members to this system contact group.")
        missing = [name for name in (*add, *remove) if not self._known(name)]
        last: list[str] = []
        for name in (n for n in add if n not in missing):
            self._set(name, tuple(dict.fromkeys((*self.book.find(name).groups, group.id))))
        for name in (n for n in remove if n not in missing):
            left = tuple(g for g in self.book.find(name).groups if g != group.id)
            self._set(name, left) if left else last.append(name)
        told = {"notFoundResourceNames": missing, "canNotRemoveLastContactGroupResourceNames": last}
        return {key: names for key, names in told.items() if names}

    def checked(self, ids: tuple[str, ...], present: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Group ids a contact may be put into; those it is in already may stay."""
        for id_ in ids:
            group = self.found.get(id_)
            closed = group is not None and group.system and id_ not in _OPEN_SYSTEM
            if group is None or group.deleted or (closed and id_ not in present):
                raise bad_field("person.memberships", "Invalid contact group membership.")
        return ids

    # ---- showing

    def show(self, group: Group, mask: frozenset[str], counts: Counter[str] | None = None) -> Json:
        """A group in Google's form."""
        out: Json = {"resourceName": group.resource_name, "etag": self._etag(group)}
        if "metadata" in mask:
            at = datetime.fromtimestamp(group.updated, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
            out["metadata"] = {"updateTime": at} | ({"deleted": True} if group.deleted else {})
        if "groupType" in mask:
            out["groupType"] = "SYSTEM_CONTACT_GROUP" if group.system else "USER_CONTACT_GROUP"
        if "name" in mask:
            out |= {"name": group.name, "formattedName": _SYSTEM.get(group.id, group.name)}
        if "memberCount" in mask and (count := (counts or self.counts())[group.id]):
            out["memberCount"] = count
        if "clientData" in mask and group.client_data:
            out["clientData"] = list(group.client_data)
        return out

    def counts(self) -> Counter[str]:
        """The number of members of each group."""
        return Counter(id_ for person in self.book.people.values() for id_ in person.groups)

    def listed(self, sync_token: str) -> list[Group]:
        """All live groups, or those changed and deleted since a sync token."""
        if not sync_token:
            return [group for group in self.found.values() if not group.deleted]
        try:
            position = int(json.loads(base64.urlsafe_b64decode(sync_token))["groups"])
        except (ValueError, TypeError, LookupError) as wrong:
            raise invalid("Request contains an invalid argument.") from wrong
        return [group for group in self.found.values() if group.position > position]

    def sync_token(self) -> str:
        """A token for the present state."""
        return base64.urlsafe_b64encode(json.dumps({"groups": self.position}).encode()).decode()

    # ---- inside

    def _known(self, name: str) -> bool:
        try:
            self.book.find(name)
        except PeopleError:
            return False
        return True

    def _set(self, name: str, groups: tuple[str, ...]) -> None:
        person = self.book.find(name)
        if groups != person.groups:
            self.book.save(person, groups=groups)

    def _keep(self, group: Group) -> Group:
        self.position += 1
        kept = replace(group, position=self.position, updated=self.book.rules.now())
        self.found[group.id] = kept
        return kept

    def _check_name(self, name: str, but: str = "") -> None:
        if not name.strip():
            raise bad_field("contact_group.name", "Contact group name is required.")
        twin = self.named(name)
        system = name.casefold() in {n.casefold() for n in _SYSTEM.values()}
        if system or (twin is not None and twin.id != but):
            raise PeopleError(409, "ALREADY_EXISTS", "Contact group name already exists.")

    @staticmethod
    def _only_user(group: Group) -> None:
        if group.system:
            raise bad_field("resource_name", "System contact groups cannot be changed.")

    @staticmethod
    def _etag(group: Group) -> str:
        return base64.urlsafe_b64encode(f"{group.id}:{group.position}".encode()).decode()
