"""Contact groups of Google's sandbox."""

from __future__ import annotations

import pytest


def create(api, name, **more):
    return api.ok("POST", "contactGroups", {"contactGroup": {"name": name, **more}})


def by_name(answer):
    return {group["name"]: group for group in answer.get("contactGroups", [])}


def test_a_list_has_system_groups_and_labels(api, ada):
    made = create(api, "VIP")
    assert (made["groupType"], made["formattedName"], "memberCount" in made) == ("USER_CONTACT_GROUP", "VIP", False)
    groups = by_name(api.ok("GET", "contactGroups"))
    assert groups["myContacts"]["groupType"] == "SYSTEM_CONTACT_GROUP"
    assert groups["myContacts"]["formattedName"] == "My Contacts"
    assert groups["myContacts"]["memberCount"] == 1
    assert {"starred", "VIP"} <= set(groups)


def test_pages_and_changes_of_groups(api):
    first = api.ok("GET", "contactGroups", pageSize=5)
    last = api.ok("GET", "contactGroups", pageSize=5, pageToken=first["nextPageToken"])
    assert "nextSyncToken" not in first
    made = create(api, "VIP")
    changed = api.ok("GET", "contactGroups", syncToken=last["nextSyncToken"])
    assert list(by_name(changed)) == ["VIP"]
    api.ok("DELETE", made["resourceName"])
    (gone,) = api.ok("GET", "contactGroups", syncToken=changed["nextSyncToken"])["contactGroups"]
    assert gone["metadata"]["deleted"] is True
    assert "VIP" not in by_name(api.ok("GET", "contactGroups"))


@pytest.mark.parametrize("name", ["VIP", "vip", "My Contacts"])
def test_a_second_group_of_a_name_is_a_409(api, name):
    create(api, "VIP")
    error = api.refused("POST", "contactGroups", {"contactGroup": {"name": name}})
    assert (error["code"], error["status"]) == (409, "ALREADY_EXISTS")
    assert error["message"] == "Contact group name already exists."


def test_a_group_is_renamed(api):
    create(api, "VIP")
    made = create(api, "Friends of the house")
    body = {"contactGroup": {"name": "House", "clientData": [{"key": "k", "value": "v"}]}}
    assert api.ok("PUT", made["resourceName"], body)["name"] == "House"
    assert "clientData" not in api.ok("GET", made["resourceName"], groupFields="clientData,name")
    assert api.ok("PUT", made["resourceName"], body)["name"] == "House"
    taken = api.refused("PUT", made["resourceName"], {"contactGroup": {"name": "VIP"}})
    assert taken["code"] == 409
    assert api.refused("PUT", "contactGroups/starred", body)["code"] == 400
    assert api.refused("PUT", "contactGroups/none", body)["code"] == 404


def test_members_come_and_go_and_their_contacts_change(api, ada, bo):
    group = create(api, "VIP")["resourceName"]
    token = api.full()
    body = {"resourceNamesToAdd": [ada, bo, "people/c1"]}
    assert api.ok("POST", f"{group}/members:modify", body) == {"notFoundResourceNames": ["people/c1"]}
    assert sorted(p["resourceName"] for p in api.delta(token)["connections"]) == sorted([ada, bo])
    shown = api.ok("GET", group, maxMembers=1)
    assert (shown["memberCount"], len(shown["memberResourceNames"])) == (2, 1)
    assert api.ok("POST", f"{group}/members:modify", {"resourceNamesToRemove": [ada]}) == {}
    assert api.ok("GET", group, maxMembers=9)["memberResourceNames"] == [bo]


def test_the_last_group_of_a_contact_cannot_be_left(api, ada):
    answer = api.ok("POST", "contactGroups/myContacts/members:modify", {"resourceNamesToRemove": [ada]})
    assert answer == {"canNotRemoveLastContactGroupResourceNames": [ada]}
    group = create(api, "VIP")["resourceName"]
    api.ok("POST", f"{group}/members:modify", {"resourceNamesToAdd": [ada]})
    assert api.ok("POST", "contactGroups/myContacts/members:modify", {"resourceNamesToRemove": [ada]}) == {}


def test_only_two_system_groups_take_members(api, ada):
    api.ok("POST", "contactGroups/starred/members:modify", {"resourceNamesToAdd": [ada]})
    body = {"resourceNamesToAdd": [ada]}
    assert api.refused("POST", "contactGroups/friends/members:modify", body)["code"] == 400
    many = {"resourceNamesToAdd": [f"people/c{i}" for i in range(1001)]}
    assert api.refused("POST", "contactGroups/starred/members:modify", many)["code"] == 400


def test_a_deleted_group_leaves_its_contacts_or_takes_them_along(api, google, ada, bo):
    for name, with_contacts, left in (("One", "false", 2), ("Two", "true", 1)):
        group = create(api, name)["resourceName"]
        member = ada if name == "One" else bo
        only = [{"contactGroupMembership": {"contactGroupResourceName": group}}]
        api.update(member, "memberships", memberships=only)
        api.ok("DELETE", group, deleteContacts=with_contacts)
        assert len(google.contacts()) == left
    assert [m["contactGroupMembership"]["contactGroupId"] for m in google.contact(ada)["memberships"]] == ["myContacts"]
    assert api.refused("DELETE", "contactGroups/myContacts")["code"] == 400


def test_groups_in_a_batch(api):
    names = ["contactGroups/myContacts", "contactGroups/none"]
    first, second = api.ok("GET", "contactGroups:batchGet", resourceNames=names)["responses"]
    assert first["contactGroup"]["name"] == "myContacts"
    assert (second["status"]["code"], "contactGroup" in second) == (5, False)
