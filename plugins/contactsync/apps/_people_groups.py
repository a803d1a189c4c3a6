"""Google's contact groups: labels by name, cached, made when they are first needed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from contactsync.apps._people_problem import not_allowed, problem_of, refused_read
from contactsync.contact import fold
from contactsync.errors import BadListing, NothingSent, OutcomeUnknown, RecordRefused
from contactsync.rest.pagination import PageTrail
from contactsync.rest.services import MetadataCache
from contactsync.rest.session import Api

SYSTEM = frozenset(
    f"contactGroups/{name}"
    for name in ("myContacts", "starred", "all", "friends", "family", "coworkers", "blocked", "chatBuddies")
)
CACHED = "groups"
NEW_LABELS = 100  # for one contact; each costs a request of the account's minute, and more are no wish but a mistake


class Groups:
    """Labels of one account. `name` and `group` are what reading and writing persons need."""

    def __init__(self, api: Api, metadata: MetadataCache, account: str) -> None:
        self._api = api
        self._metadata = metadata
        self._account = account
        self._unknown: set[str] = set()
        self._known: dict[str, str] | None = None  # group -> name, '' for system groups
        self._labels: dict[str, str] = {}  # name, and folded name -> group

    def name(self, group: str) -> str:
        """The label of a group; '' for system groups and for groups that are no longer there."""
        if not group or group in SYSTEM or group in self._unknown:
            return ""
        if group not in self._all():
            self._refresh()
        if group not in self._all():
            self._unknown.add(group)
        return self._all().get(group, "")

    def expect(self, labels: Iterable[str]) -> None:
        """Look once for labels that a contact is about to get. Errors: RecordRefused where very many would be made."""
        new = [label for label in labels if self._named(label) is None]
        if new:
            self._refresh()  # somebody may have made them since
            new = [label for label in new if self._named(label) is None]
        if len(new) > NEW_LABELS:
            raise RecordRefused(
                f"it has {len(new)} tags for which Google Contacts has no label yet; at most {NEW_LABELS} new labels "
                "are made for one contact."
            )

    def group(self, label: str) -> str:
        """The group of a label; made where there is none. Errors: NothingSent, RecordRefused."""
        return self._named(label) or self._made(label)

    def _named(self, label: str) -> str | None:
        self._all()
        return self._labels.get(label) or self._labels.get(fold(label))

    def _all(self) -> dict[str, str]:
        if self._known is None:
            found = self._metadata.get(self._account, CACHED)
            return self._keep(found) if isinstance(found, dict) else self._refresh()
        return self._known

    def _keep(self, groups: dict[str, str]) -> dict[str, str]:
        self._known = groups
        labels = [(name, group) for group, name in groups.items() if name]
        self._labels = {**{fold(name): group for name, group in labels}, **dict(labels)}
        return groups

    def _refresh(self) -> dict[str, str]:
        groups = self._listed()
        self._metadata.put(self._account, CACHED, groups)
        return self._keep(groups)

    def _listed(self) -> dict[str, str]:
        """Group -> name; '' for system groups."""
        trail, token, groups = PageTrail("Google contact groups"), "", {}
        while True:
            params: dict[str, Any] = {"pageSize": 1000, **({"pageToken": token} if token else {})}
            reply = self._api.read("GET", "v1/contactGroups", params=params)
            if reply.status != 200:
                raise refused_read(reply)
            body = reply.json()
            if not isinstance(body, dict) or not isinstance(body.get("contactGroups", []), list):
                raise BadListing("Google's list of contact groups is not one.", next_step="try again.")
            for group in body.get("contactGroups", []):
                if not isinstance(group, dict) or not group.get("resourceName"):
                    continue
                system = group.get("groupType") == "SYSTEM_CONTACT_GROUP"
                groups[str(group["resourceName"])] = "" if system else str(group.get("name") or "")
            if not body.get("nextPageToken"):
                return groups
            token = trail.step(str(body["nextPageToken"]))

    def _made(self, label: str) -> str:
        body = {"contactGroup": {"name": label}}
        try:
            reply = self._api.write("POST", "v1/contactGroups", json=body)
        except OutcomeUnknown as unknown:
            return self._settled(label, unknown)
        if reply.status == 409:  # made by somebody just now, or the name is reserved
            self._refresh()
            found = self._named(label)
            if found:
                return found
        if reply.status >= 300:
            problem = problem_of(reply)
            if problem.denied:
                raise not_allowed(reply)
            words = problem.words([*self._api.secrets, label])
            raise RecordRefused(f"Google Contacts refused a new label (HTTP {reply.status}): {words}".rstrip(": "))
        group = str(reply.json()["resourceName"])
        self._metadata.put(self._account, CACHED, self._keep({**self._all(), group: label}))
        return group

    def _settled(self, label: str, unknown: OutcomeUnknown) -> str:
        """Nobody said whether the label was made: the list of groups does."""
        self._refresh()
        found = self._named(label)
        if found is None:
            raise NothingSent(f"{unknown.message} The label is not there, so nothing else was written.") from unknown
        return found
