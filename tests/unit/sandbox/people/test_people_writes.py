"""Writing to Google's sandbox: single contacts, batches, etags, refusals."""

from __future__ import annotations

import pytest

STALE = {
    "code": 400,
    "message": "Request person.etag is different than the current person.etag. "
    "Clear local cache and get the latest person.",
    "status": "FAILED_PRECONDITION",
}
NO_ETAG = "Request must set person.etag or person.metadata.sources.etag for the source that is being updated."


def contact(family, **more):
    return {"names": [{"givenName": "Uma", "familyName": family}], **more}


def try_update(api, name, body, mask="names"):
    return api.refused("PATCH", f"{name}:updateContact", body, updatePersonFields=mask)


# ---- create


def test_a_new_contact_is_in_my_contacts_and_comes_back_whole(api):
    made = api.ok("POST", "people:createContact", contact("Muster", clientData=[{"key": "k", "value": "v"}] * 2))
    assert made["resourceName"].startswith("people/c")
    assert made["memberships"][0]["contactGroupMembership"]["contactGroupResourceName"] == "contactGroups/myContacts"
    assert len(made["clientData"]) == 2
    assert made["metadata"]["sources"][0]["type"] == "CONTACT"
    assert made["etag"]


def test_the_etag_of_a_create_serves_the_next_update(api):
    made = api.ok("POST", "people:createContact", contact("Muster"))
    body = contact("Probe", etag=made["etag"], metadata=made["metadata"])
    after = api.ok("PATCH", f"{made['resourceName']}:updateContact", body, updatePersonFields="names")
    assert after["names"][0]["familyName"] == "Probe"
    body = contact("Vorlage", etag=after["etag"], metadata=after["metadata"])
    api.ok("PATCH", f"{made['resourceName']}:updateContact", body, updatePersonFields="names")


@pytest.mark.parametrize("field", ["names", "biographies", "birthdays", "genders"])
def test_singletons_take_one_item(api, field):
    items = {
        "names": [{"givenName": "A"}, {"givenName": "B"}],
        "biographies": [{"value": "a"}, {"value": "b"}],
        "birthdays": [{"date": {"month": 1, "day": 1}}, {"date": {"month": 1, "day": 2}}],
        "genders": [{"value": "female"}, {"value": "male"}],
    }
    error = api.refused("POST", "people:createContact", {field: items[field]})
    assert (error["code"], error["status"]) == (400, "INVALID_ARGUMENT")
    assert error["details"][0]["fieldViolations"][0]["field"] == f"person.{field}"


def test_unknown_names_and_wrong_types_are_refused_with_their_place(api):
    unknown = api.refused("POST", "people:createContact", {"names": [{"firstName": "Uma"}]})
    assert unknown["message"] == (
        "Invalid JSON payload received. Unknown name \"firstName\" at 'person.names[0]': Cannot find field."
    )
    assert unknown["details"][0]["@type"] == "type.googleapis.com/google.rpc.BadRequest"
    typed = api.refused("POST", "people:createContact", {"phoneNumbers": [{"value": 5}]})
    assert typed["message"] == "Invalid value at 'person.phone_numbers[0].value' (TYPE_STRING), 5"
    assert "TYPE_LIST" in api.refused("POST", "people:createContact", {"names": {"givenName": "Uma"}})["message"]


@pytest.mark.parametrize("date", [{"year": 2023, "month": 2, "day": 29}, {"month": 13, "day": 1}, {"day": 4}])
def test_impossible_dates_are_refused(api, date):
    error = api.refused("POST", "people:createContact", {"birthdays": [{"date": date}]})
    assert error["details"][0]["fieldViolations"] == [
        {"field": "person.birthdays[0].date", "description": "Invalid date."}
    ]


def test_output_only_values_are_ignored_and_empty_items_left_out(api):
    body = {
        "names": [{"displayName": "X", "unstructuredName": "Uma Maria Muster"}],
        "emailAddresses": [{"value": "uma@example.org", "displayName": "Uma"}, {"value": "", "type": "home"}],
        "metadata": {"deleted": True},
    }
    made = api.ok("POST", "people:createContact", body)
    assert (made["names"][0]["givenName"], made["names"][0]["familyName"]) == ("Uma Maria", "Muster")
    assert [mail["displayName"] for mail in made["emailAddresses"]] == ["Uma"]


def test_the_first_item_is_primary_unless_another_is_marked(api):
    mails = [{"value": "a@example.org"}, {"value": "b@example.org", "metadata": {"sourcePrimary": True}}]
    made = api.ok("POST", "people:createContact", {"emailAddresses": mails})
    assert [m["value"] for m in made["emailAddresses"] if m["metadata"].get("primary")] == ["b@example.org"]


def test_poison_is_refused(api):
    error = api.refused("POST", "people:createContact", contact("Poisonmuster"))
    assert (error["code"], error["status"]) == (400, "INVALID_ARGUMENT")
    assert error["details"][0]["@type"] == "type.googleapis.com/google.rpc.BadRequest"
    assert error["details"][0]["fieldViolations"][0]["field"] == "person.names[0].family_name"


@pytest.mark.parametrize("status", [400, 429])
def test_the_trash_counts_against_the_limit_for_30_days(api, google, status):
    google.google.update({"capacity": 2, "capacity_status": status})
    first = api.ok("POST", "people:createContact", contact("Eins"))["resourceName"]
    api.ok("POST", "people:createContact", contact("Zwei"))
    api.ok("DELETE", f"{first}:deleteContact")
    error = api.refused("POST", "people:createContact", contact("Drei"))
    assert (error["code"], error["message"]) == (status, "MY_CONTACTS_OVERFLOW_COUNT")
    google.advance(31 * 86400)
    api.token = google.access_token()
    api.ok("POST", "people:createContact", contact("Drei"))


# ---- update


def test_an_update_replaces_the_whole_masked_field_and_no_other(api, ada):
    after = api.update(ada, "emailAddresses", emailAddresses=[{"value": "new@example.org"}], names=[{"givenName": "X"}])
    assert [mail["value"] for mail in after["emailAddresses"]] == ["new@example.org"]
    assert after["names"][0]["givenName"] == "Ada"
    assert "emailAddresses" not in api.update(ada, "emailAddresses")


def test_an_address_keeps_the_formatted_value_its_user_set(api, ada):
    api.update(ada, "addresses", addresses=[{"city": "Bern", "formattedValue": "Somewhere"}])
    api.update(ada, "addresses", addresses=[{"city": "Basel", "formattedValue": "Somewhere"}])
    address = api.person(ada, "addresses")["addresses"][0]
    assert (address["city"], address["formattedValue"]) == ("Basel", "Somewhere")


def test_the_update_mask_is_required_and_checked(api, ada):
    missing = api.refused("PATCH", f"{ada}:updateContact", api.base(ada))
    assert missing["message"].startswith("updatePersonFields mask is required.")
    error = try_update(api, ada, api.base(ada), "photos")
    assert error["message"].startswith('Invalid updatePersonFields mask path: "photos".')


def test_an_update_must_say_what_it_is_based_on(api, google, ada):
    base = api.base(ada)
    for body in ({}, {"etag": base["etag"]}, {"metadata": {"sources": [{"type": "PROFILE", "etag": "#x"}]}}):
        error = try_update(api, ada, body)
        assert (error["message"], error["status"]) == (NO_ETAG, "INVALID_ARGUMENT")
    google.google.sources_required = False
    api.ok("PATCH", f"{ada}:updateContact", {"etag": base["etag"], "names": []}, updatePersonFields="names")


def test_a_stale_etag_is_a_failed_precondition(api, google, ada):
    base = api.base(ada)
    google.edit_contact(ada, {"nicknames": [{"value": "A"}]})
    assert try_update(api, ada, base) == STALE
    only_source = {"metadata": base["metadata"]}
    assert try_update(api, ada, only_source) == STALE
    fresh = api.base(ada)
    assert try_update(api, ada, fresh | {"etag": fresh["metadata"]["sources"][0]["etag"]}) == STALE
    assert google.contact(ada)["names"][0]["givenName"] == "Ada"


def test_etags_of_a_listing_can_be_refused(api, google, ada):
    person = api.listed()["connections"][0]
    body = {"etag": person["etag"], "metadata": person["metadata"], "names": [{"givenName": "Eda"}]}
    google.google.refuse_list_etags = True
    assert try_update(api, ada, body) == STALE
    api.update(ada, "names", names=[{"givenName": "Eda"}])


def test_a_fresh_etag_can_be_refused_for_a_moment(api, google, clock, ada):
    google.google.etag_settling = 2.0
    assert try_update(api, ada, api.base(ada)) == STALE
    clock[0] += 3
    api.update(ada, "names", names=[{"givenName": "Eda"}])


def test_profile_items_that_a_client_sends_back_are_ignored(api, google, ada):
    google.account().link_profile(ada, {"names": [{"givenName": "A.", "familyName": "Profil"}]})
    after = api.update(ada, "names", names=api.person(ada)["names"])
    assert len(after["names"]) == 2
    assert google.contact(ada)["names"][0]["familyName"] == "Beispiel"


def test_memberships_can_change_and_never_end(api, google, ada):
    label = google.account().groups.add("VIP").resource_name
    into = [{"contactGroupMembership": {"contactGroupResourceName": label}}]
    after = api.update(ada, "memberships", memberships=into)
    assert [m["contactGroupMembership"]["contactGroupResourceName"] for m in after["memberships"]] == [label]
    for none in ([], [{"contactGroupMembership": {"contactGroupId": "myContacts"}}]):
        error = try_update(api, ada, api.base(ada) | {"memberships": none}, "memberships")
        assert error["details"][0]["fieldViolations"][0]["field"] == "person.memberships"
    unknown = [{"contactGroupMembership": {"contactGroupResourceName": "contactGroups/none"}}]
    assert try_update(api, ada, api.base(ada) | {"memberships": unknown}, "memberships")["code"] == 400


def test_updates_of_unknown_and_renamed_contacts(api, google, ada):
    assert try_update(api, "people/c1", {})["status"] == "NOT_FOUND"
    google.edit_contact(ada, {"resourceName": "people/117"})
    assert api.update(ada, "names", names=[{"givenName": "Eda"}])["resourceName"] == "people/117"


# ---- delete


def test_a_deleted_contact_is_gone(api, ada):
    assert api.ok("DELETE", f"{ada}:deleteContact") == {}
    assert api.refused("GET", ada, personFields="names")["code"] == 404
    assert api.refused("DELETE", f"{ada}:deleteContact")["code"] == 404


# ---- batches


def creates(*families):
    return [{"contactPerson": contact(family)} for family in families]


def test_a_batch_creates_in_order(api):
    made = api.ok("POST", "people:batchCreateContacts", {"contacts": creates("Eins", "Zwei"), "readMask": "names"})
    people = [each["person"] for each in made["createdPeople"]]
    assert [person["names"][0]["familyName"] for person in people] == ["Eins", "Zwei"]
    assert {each["httpStatusCode"] for each in made["createdPeople"]} == {200}


def test_without_a_read_mask_a_batch_returns_nothing(api, google):
    assert api.ok("POST", "people:batchCreateContacts", {"contacts": creates("Eins")}) == {}
    assert len(google.contacts()) == 1


def test_batches_have_an_upper_limit(api, google):
    assert api.refused("POST", "people:batchCreateContacts", {"contacts": creates(*["M"] * 201)})["code"] == 400
    api.ok("POST", "people:batchCreateContacts", {"contacts": creates(*["M"] * 200)})
    names = [person["resourceName"] for person in google.contacts()]
    many = {name: contact("X") for name in [*names, "people/c1"]}
    body = {"contacts": many, "updateMask": "names"}
    assert api.refused("POST", "people:batchUpdateContacts", body)["code"] == 400
    assert api.refused("POST", "people:batchDeleteContacts", {"resourceNames": ["x"] * 501})["code"] == 400


def test_one_bad_contact_fails_a_whole_batch_of_creates(api, google):
    body = {"contacts": creates("Eins", "Poison", "Zwei"), "readMask": "names"}
    error = api.refused("POST", "people:batchCreateContacts", body)
    (details,) = error["details"]
    assert details["@type"] == "type.googleapis.com/google.people.v1.BatchCreateContactsErrorDetails"
    assert {key: status["code"] for key, status in details["contactErrors"].items()} == {"1": 3}
    assert google.contacts() == []


def test_a_batch_updates_under_one_mask(api, ada, bo):
    both = {name: api.base(name) | contact("Neu") for name in (ada, bo)}
    body = {"contacts": both, "updateMask": "names,emailAddresses", "readMask": "names,emailAddresses"}
    result = api.ok("POST", "people:batchUpdateContacts", body)["updateResult"]
    assert {result[name]["person"]["names"][0]["familyName"] for name in (ada, bo)} == {"Neu"}
    assert "emailAddresses" not in result[ada]["person"]


def test_one_stale_etag_fails_a_whole_batch_of_updates(api, google, ada, bo):
    both = {name: api.base(name) | contact("Neu") for name in (ada, bo)}
    google.edit_contact(bo, {"nicknames": [{"value": "B"}]})
    error = api.refused("POST", "people:batchUpdateContacts", {"contacts": both, "updateMask": "names"})
    (details,) = error["details"]
    assert (error["status"], error["message"]) == ("FAILED_PRECONDITION", STALE["message"])
    assert details["@type"] == "type.googleapis.com/google.people.v1.BatchUpdateContactsErrorDetails"
    assert details["contactErrors"] == {bo: {"code": 9, "message": STALE["message"]}}
    assert google.contact(ada)["names"][0]["familyName"] == "Beispiel"


def test_a_batch_update_needs_its_mask_and_a_known_contact(api, ada):
    error = api.refused("POST", "people:batchUpdateContacts", {"contacts": {ada: {}}})
    assert error["message"].startswith("updateMask mask is required.")
    body = {"contacts": {"people/c1": contact("X")}, "updateMask": "names"}
    error = api.refused("POST", "people:batchUpdateContacts", body)
    assert (error["code"], error["details"][0]["contactErrors"]["people/c1"]["code"]) == (404, 5)


def test_a_batch_delete_takes_all_or_none(api, google, ada, bo):
    assert api.refused("POST", "people:batchDeleteContacts", {"resourceNames": [ada, "people/c1"]})["code"] == 404
    assert len(google.contacts()) == 2
    assert api.ok("POST", "people:batchDeleteContacts", {"resourceNames": [ada, bo]}) == {}
    assert google.contacts() == []


def test_a_batch_that_would_not_fit_adds_nothing(api, google):
    google.google.capacity = 1
    error = api.refused("POST", "people:batchCreateContacts", {"contacts": creates("Eins", "Zwei")})
    assert error["message"] == "MY_CONTACTS_OVERFLOW_COUNT"
    assert google.contacts() == []
