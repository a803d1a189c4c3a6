"""The routes of contact groups."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from contactsync.sandbox.people_account import Account
from contactsync.sandbox.people_errors import PeopleError, invalid
from contactsync.sandbox.people_groups import Group
from contactsync.sandbox.people_request import at_most, body_of, flag, known_query, names_of, number
from contactsync.sandbox.people_schema import group_mask
from contactsync.sandbox.server import Sandbox
from contactsync.sandbox.wire import Reply, Request, route

Json = dict[str, Any]
_GROUP = r"/v1/(contactGroups/[^/:]+)"
_BATCH = 200
_MODIFIED_AT_MOST = 1000
_WRITTEN = ("groupType", "metadata", "name")


class GroupRoutes(Sandbox):
    """Everything under /v1/contactGroups."""

    @abstractmethod
    def account_of(self, request: Request) -> Account:
        """The account whose access token came with the request."""

    @route("GET", r"/v1/contactGroups")
    def list_groups(self, request: Request) -> Reply:
        """contactGroups.list; the page token is the place where the next page begins."""
        known_query(request, "pageSize", "pageToken", "syncToken", "groupFields")
        groups = self.account_of(request).groups
        mask = group_mask(request.arg("groupFields"))
        size = number(request, "pageSize", 30, 1000)
        token = request.arg("pageToken", "g0")
        if not token[1:].isdecimal():
            raise invalid("Invalid page token.")
        start, found, counts = int(token[1:]), groups.listed(request.arg("syncToken")), groups.counts()
        shown = [groups.show(group, mask, counts) for group in found[start : start + size]]
        out: Json = {"contactGroups": shown} if shown else {}
        if start + size < len(found):
            out["nextPageToken"] = f"g{start + size}"
        else:
            out["nextSyncToken"] = groups.sync_token()
        return Reply(body=out | ({"totalItems": len(found)} if found else {}))

    @route("POST", r"/v1/contactGroups")
    def create_group(self, request: Request) -> Reply:
        """contactGroups.create."""
        body = body_of(request, "contactGroup", "readGroupFields")
        groups = self.account_of(request).groups
        sent = _sent(body)
        made = groups.add(str(sent.get("name", "")), sent.get("clientData") or ())
        return Reply(body=groups.show(made, group_mask(body.get("readGroupFields", ""), _WRITTEN)))

    @route("GET", r"/v1/contactGroups:batchGet")
    def batch_get_groups(self, request: Request) -> Reply:
        """contactGroups.batchGet."""
        known_query(request, "resourceNames", "maxMembers", "groupFields")
        account = self.account_of(request)
        names = at_most(request.query.get("resourceNames", []), _BATCH, "resourceNames")
        return Reply(body={"responses": [_got(account, name, request) for name in names]})

    @route("GET", _GROUP)
    def get_group(self, request: Request) -> Reply:
        """contactGroups.get."""
        known_query(request, "maxMembers", "groupFields")
        account = self.account_of(request)
        return Reply(body=_with_members(account, account.groups.find(request.params[0]), request))

    @route("PUT", _GROUP)
    def update_group(self, request: Request) -> Reply:
        """contactGroups.update."""
        body = body_of(request, "contactGroup", "updateGroupFields", "readGroupFields")
        groups = self.account_of(request).groups
        sent, mask = _sent(body), (body.get("updateGroupFields") or "name").split(",")
        if unknown := set(mask) - {"name", "clientData"}:
            raise invalid(f'Invalid updateGroupFields mask path: "{min(unknown)}".')
        named = {"name": str(sent.get("name", ""))} if "name" in mask else {}
        data = {"client_data": tuple(sent.get("clientData") or ())} if "clientData" in mask else {}
        changed = groups.change(groups.find(request.params[0]), **named, **data)
        return Reply(body=groups.show(changed, group_mask(body.get("readGroupFields", ""), _WRITTEN)))

    @route("DELETE", _GROUP)
    def delete_group(self, request: Request) -> Reply:
        """contactGroups.delete."""
        known_query(request, "deleteContacts")
        groups = self.account_of(request).groups
        groups.remove(groups.find(request.params[0]), with_contacts=flag(request, "deleteContacts"))
        return Reply(body={})

    @route("POST", _GROUP + "/members:modify")
    def modify_members(self, request: Request) -> Reply:
        """contactGroups.members.modify."""
        body = body_of(request, "resourceNamesToAdd", "resourceNamesToRemove")
        groups = self.account_of(request).groups
        add = names_of(body, "resourceNamesToAdd", most=_MODIFIED_AT_MOST)
        remove = names_of(body, "resourceNamesToRemove", most=_MODIFIED_AT_MOST)
        at_most([*add, *remove], _MODIFIED_AT_MOST, "resource names")
        if set(add) & set(remove):
            raise invalid("A resource name must not be added and removed in one request.")
        return Reply(body=groups.modify(groups.find(request.params[0]), add, remove))


def _sent(body: Json) -> Json:
    group = body.get("contactGroup")
    if not isinstance(group, dict):
        raise invalid("contactGroup is required.", ("contact_group", "contactGroup is required."))
    return group


def _with_members(account: Account, group: Group, request: Request) -> Json:
    shown = account.groups.show(group, group_mask(request.arg("groupFields")))
    members = account.groups.members(group.id)[: number(request, "maxMembers", 0, 100_000)]
    return shown | ({"memberResourceNames": members} if members else {})


def _got(account: Account, name: str, request: Request) -> Json:
    try:
        group = _with_members(account, account.groups.find(name), request)
    except PeopleError as error:
        return {"requestedResourceName": name, "status": error.as_status()}
    return {"contactGroup": group, "requestedResourceName": name, "status": {}}
