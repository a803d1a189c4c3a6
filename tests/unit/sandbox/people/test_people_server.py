"""Reading from Google's sandbox: listings, sync tokens, single persons, batches and the search."""

from __future__ import annotations

import re

import pytest
import requests

DAY = 86400.0


def names_of(answer):
    return [person["resourceName"] for person in answer.get("connections", [])]


# ---- who may read


@pytest.mark.parametrize("header", [None, "Bearer nonsense", "Basic eDp5"])
def test_without_a_valid_token_the_answer_is_401_unauthenticated(google, header):
    headers = {"Authorization": header} if header else {}
    response = requests.get(f"{google.url}/v1/people/me/connections?personFields=names", headers=headers)
    error = response.json()["error"]
    assert (response.status_code, error["status"]) == (401, "UNAUTHENTICATED")
    assert error["message"].startswith("Request had invalid authentication credentials.")


def test_an_access_token_ends(google, api, clock):
    clock[0] += 3600
    assert api.refused("GET", "people/me/connections", personFields="names")["status"] == "UNAUTHENTICATED"


def test_a_read_only_token_reads_and_does_not_write(google, api, ada):
    api.token = google.access_token(scopes=["https://www.googleapis.com/auth/contacts.readonly"])
    assert names_of(api.listed()) == [ada]
    error = api.refused("DELETE", f"{ada}:deleteContact")
    assert (error["code"], error["status"]) == (403, "PERMISSION_DENIED")
    assert error["details"][0]["reason"] == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"


def test_an_unknown_address_is_a_web_page(google):
    response = requests.get(f"{google.url}/v2/anything")
    assert response.status_code == 404
    assert response.headers["Content-Type"].startswith("text/html")


# ---- the mask


def test_the_mask_is_required_and_checked(api):
    missing = api.refused("GET", "people/me/connections")
    assert missing["status"] == "INVALID_ARGUMENT"
    assert missing["message"].startswith("personFields mask is required. Please specify one or more valid paths.")
    unknown = api.refused("GET", "people/me/connections", personFields="names,nope")
    assert unknown["message"].startswith('Invalid personFields mask path: "nope". Valid paths are documented at https:')
    assert "Invalid personFields" in api.refused("GET", "people/me/connections", personFields="etag")["message"]


def test_only_masked_fields_come_and_metadata_only_when_asked(api, ada):
    assert set(api.person(ada, "names")) == {"resourceName", "etag", "names"}
    assert set(api.person(ada, "metadata")) == {"resourceName", "etag", "metadata"}


def test_the_persons_etag_differs_by_mask_while_the_sources_etag_stays(api, ada):
    narrow, wide = api.person(ada, "names,metadata"), api.person(ada)
    assert narrow["etag"] != wide["etag"]
    assert narrow["metadata"]["sources"] == wide["metadata"]["sources"]
    assert narrow["etag"] == api.person(ada, "metadata,names")["etag"]


def test_an_unknown_query_parameter_is_refused(api):
    error = api.refused("GET", "people/me/connections", personFields="names", updatedMin="1")
    assert "Cannot bind query parameter" in error["message"]
    assert error["details"][0]["@type"] == "type.googleapis.com/google.rpc.BadRequest"


# ---- a person


def test_the_server_fills_in_what_is_output_only(api, google):
    name = google.add_contact(
        {
            "names": [
                {"givenName": "Ada", "familyName": "Beispiel", "honorificPrefix": "Dr.", "honorificSuffix": "MA"}
            ],
            "phoneNumbers": [{"value": "+49 30 23125-001", "type": "workFax"}, {"value": "ext 5", "type": "lift"}],
            "addresses": [{"streetAddress": "Probeweg 1", "city": "Berlin", "postalCode": "10115"}],
            "birthdays": [{"date": {"year": 1990, "month": 2, "day": 28}}],
            "biographies": [{"value": "Hello"}],
        }
    )["resourceName"]
    person = api.person(name, "names,phoneNumbers,addresses,birthdays,biographies")
    assert person["names"][0]["displayName"] == "Dr. Ada Beispiel, MA"
    assert person["names"][0]["displayNameLastFirst"] == "Beispiel, Dr. Ada, MA"
    phones = {phone["value"]: phone for phone in person["phoneNumbers"]}
    assert phones["+49 30 23125-001"]["canonicalForm"] == "+493023125001"
    assert phones["+49 30 23125-001"]["formattedType"] == "Work Fax"
    assert "canonicalForm" not in phones["ext 5"]
    assert phones["ext 5"]["formattedType"] == "lift"
    assert person["addresses"][0]["formattedValue"] == "Probeweg 1\n10115 Berlin"
    assert person["birthdays"][0]["text"] == "2/28/1990"
    assert person["biographies"][0]["contentType"] == "TEXT_PLAIN"


def test_items_come_in_any_order_and_one_is_primary(api, ada):
    seen = [tuple(mail["value"] for mail in api.person(ada, "emailAddresses")["emailAddresses"]) for _ in range(20)]
    assert len(set(seen)) == 2
    mails = api.person(ada, "emailAddresses")["emailAddresses"]
    assert [mail["value"] for mail in mails if mail["metadata"].get("primary")] == ["ada@example.org"]


def test_get_of_an_unknown_person_is_404(api):
    error = api.refused("GET", "people/c1", personFields="names")
    assert error == {"code": 404, "message": "Requested entity was not found.", "status": "NOT_FOUND"}


def test_a_birthday_may_lack_its_year(api, google):
    name = google.add_contact({"birthdays": [{"date": {"month": 2, "day": 29}}]})["resourceName"]
    assert api.person(name, "birthdays")["birthdays"][0]["date"] == {"month": 2, "day": 29}


def test_profile_items_are_merged_unless_only_the_contact_is_asked_for(api, google, ada):
    google.account().link_profile(ada, {"names": [{"givenName": "A.", "familyName": "Profil"}]})
    both = api.person(ada, "names,metadata")
    assert sorted(name["metadata"]["source"]["type"] for name in both["names"]) == ["CONTACT", "PROFILE"]
    assert [n["familyName"] for n in both["names"] if n["metadata"].get("primary")] == ["Profil"]
    assert {source["type"] for source in both["metadata"]["sources"]} == {"CONTACT", "PROFILE"}
    own = api.ok("GET", ada, personFields="names", sources="READ_SOURCE_TYPE_CONTACT")
    assert [name["familyName"] for name in own["names"]] == ["Beispiel"]
    google.google.show_profiles = False
    assert len(api.person(ada, "names")["names"]) == 1


def test_a_comma_list_of_sources_is_refused(api):
    query = {"personFields": "names", "sources": "READ_SOURCE_TYPE_CONTACT,READ_SOURCE_TYPE_PROFILE"}
    assert "Invalid value at 'sources'" in api.refused("GET", "people/me/connections", **query)["message"]


# ---- batchGet


def test_batch_get_answers_each_name(api, google, ada):
    google.account().verify_email(ada, "ada@example.org")
    answer = api.ok("GET", "people:batchGet", personFields="names", resourceNames=[ada, "people/c1"])["responses"]
    assert [(each["httpStatusCode"], each["requestedResourceName"]) for each in answer] == [
        (200, ada),
        (404, "people/c1"),
    ]
    assert answer[0]["person"]["resourceName"] != ada
    assert answer[1]["status"] == {"code": 5, "message": "Requested entity was not found."}
    assert "person" not in answer[1]


def test_batch_get_takes_200_names(api):
    names = [f"people/c{i}" for i in range(201)]
    assert len(api.ok("GET", "people:batchGet", personFields="names", resourceNames=names[:200])["responses"]) == 200
    assert api.refused("GET", "people:batchGet", personFields="names", resourceNames=names)["code"] == 400


# ---- pages


def test_an_empty_list_has_no_key_connections(api):
    assert set(api.listed(requestSyncToken="true")) == {"nextSyncToken"}
    assert api.listed() == {}


def test_pages_cover_all_and_the_sync_token_stands_on_the_last_one(api, google):
    google.load("uma@muster.example", [{"names": [{"givenName": f"N{i}"}]} for i in range(5)])
    seen, query = [], {"pageSize": 2, "requestSyncToken": "true"}
    for last in (False, False, True):
        answer = api.listed(**query)
        assert answer["totalItems"] == 5
        assert ("nextSyncToken" in answer, "nextPageToken" in answer) == (last, not last)
        seen += names_of(answer)
        query["pageToken"] = answer.get("nextPageToken", "")
    assert len(set(seen)) == 5


def test_no_sync_token_unless_it_was_asked_for(api, ada):
    assert "nextSyncToken" not in api.listed()
    assert "nextSyncToken" not in api.listed(syncToken=api.full())


def test_page_size_defaults_to_100_and_ends_at_1000(api, google):
    google.load("uma@muster.example", [{"names": [{"givenName": f"N{i}"}]} for i in range(101)])
    assert [len(names_of(api.listed(pageSize=size))) for size in ("0", "1000")] == [100, 101]
    assert len(names_of(api.listed())) == 100
    assert api.refused("GET", "people/me/connections", personFields="names", pageSize=1001)["code"] == 400


@pytest.mark.parametrize(
    "changed", [{"personFields": "names"}, {"pageSize": 3}, {"sources": "READ_SOURCE_TYPE_CONTACT"}]
)
def test_a_page_token_wants_the_parameters_of_the_first_page(api, google, changed):
    google.load("uma@muster.example", [{"names": [{"givenName": f"N{i}"}]} for i in range(3)])
    token = api.listed(pageSize=2)["nextPageToken"]
    query = {"personFields": "names,emailAddresses,phoneNumbers,memberships,metadata", "pageSize": 2} | changed
    error = api.refused("GET", "people/me/connections", pageToken=token, **query)
    assert (error["code"], error["status"]) == (400, "INVALID_ARGUMENT")


def test_only_people_me_can_be_listed(api):
    assert api.refused("GET", "people/c1/connections", personFields="names")["code"] == 400


def test_a_listing_can_be_sorted_by_name(api, google, ada, bo):
    google.edit_contact(ada, {"nicknames": [{"value": "A"}]})
    assert names_of(api.listed()) == [bo, ada]
    assert names_of(api.listed(sortOrder="FIRST_NAME_ASCENDING")) == [ada, bo]
    assert names_of(api.listed(sortOrder="LAST_MODIFIED_DESCENDING")) == [ada, bo]


# ---- sync tokens


def test_a_delta_has_the_changed_and_the_deleted(api, google, ada, bo):
    token = api.full()
    google.edit_contact(ada, {"nicknames": [{"value": "A"}]})
    google.delete_contact(bo)
    added = google.add_contact({"names": [{"givenName": "Cy"}]})["resourceName"]
    delta = api.delta(token)
    stub = next(person for person in delta["connections"] if person["resourceName"] == bo)
    assert sorted(names_of(delta)) == sorted([ada, bo, added])
    assert set(stub) == {"resourceName", "etag", "metadata"}
    assert stub["metadata"]["deleted"] is True
    assert set(stub["metadata"]["sources"][0]) == {"type", "id"}
    assert "totalItems" not in delta
    assert set(api.delta(delta["nextSyncToken"])) == {"nextSyncToken"}


def test_without_metadata_in_the_mask_nothing_marks_a_deletion(api, google, ada):
    token = api.full(personFields="names")
    google.delete_contact(ada)
    assert set(api.delta(token, personFields="names")["connections"][0]) == {"resourceName", "etag"}


def test_a_delta_has_pages(api, google):
    token = api.full()
    google.load("uma@muster.example", [{"names": [{"givenName": f"N{i}"}]} for i in range(3)])
    first = api.delta(token, pageSize=2)
    assert "nextSyncToken" not in first
    last = api.delta(token, pageSize=2, pageToken=first["nextPageToken"])
    assert len(names_of(first) + names_of(last)) == 3
    assert set(api.delta(last["nextSyncToken"])) == {"nextSyncToken"}


def test_a_sync_token_wants_the_mask_and_the_sources_of_the_full_listing(api, ada):
    token = api.full()
    assert api.refused("GET", "people/me/connections", personFields="names", syncToken=token)["code"] == 400
    other = {"personFields": "names,emailAddresses,phoneNumbers,memberships,metadata", "syncToken": token}
    assert api.refused("GET", "people/me/connections", sources="READ_SOURCE_TYPE_CONTACT", **other)["code"] == 400
    assert "nextSyncToken" in api.delta(token, pageSize=7)


def test_a_garbled_sync_token_is_an_invalid_argument_and_not_expired(api):
    error = api.refused("GET", "people/me/connections", personFields="names", syncToken="x")
    assert (error["status"], "details" in error) == ("INVALID_ARGUMENT", False)


EXPIRED = {
    "code": 400,
    "message": "Sync token is expired. Clear local cache and retry call without the sync token.",
    "status": "INVALID_ARGUMENT",
    "details": [
        {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "EXPIRED_SYNC_TOKEN",
            "domain": "people.googleapis.com",
        }
    ],
}


def test_sync_tokens_end_seven_days_after_the_full_listing_however_often_renewed(api, google, ada):
    token = api.full()
    google.advance(4 * DAY)
    api.token = google.access_token()
    token = api.delta(token)["nextSyncToken"]
    google.advance(3 * DAY + 1)
    api.token = google.access_token()
    query = {"personFields": "names,emailAddresses,phoneNumbers,memberships,metadata", "syncToken": token}
    assert api.refused("GET", "people/me/connections", **query) == EXPIRED
    api.full()


@pytest.mark.parametrize(("code", "status"), [(410, "INVALID_ARGUMENT"), (400, "FAILED_PRECONDITION")])
def test_expiry_has_other_forms(api, google, ada, code, status):
    token = api.full()
    google.google.update({"expired_code": code, "expired_status": status})
    google.expire_sync_tokens()
    query = {"personFields": "names,emailAddresses,phoneNumbers,memberships,metadata", "syncToken": token}
    assert api.refused("GET", "people/me/connections", **query) == EXPIRED | {"code": code, "status": status}


def test_a_sync_token_can_expire_in_the_middle_of_a_delta(api, google):
    token = api.full()
    google.load("uma@muster.example", [{"names": [{"givenName": f"N{i}"}]} for i in range(3)])
    google.google.expire_at_page = 2
    first = api.delta(token, pageSize=2)
    query = {"personFields": "names,emailAddresses,phoneNumbers,memberships,metadata", "pageSize": 2}
    query |= {"syncToken": token, "requestSyncToken": "true"}
    late = {"pageToken": first["nextPageToken"]}
    assert api.refused("GET", "people/me/connections", **query, **late)["details"][0]["reason"] == "EXPIRED_SYNC_TOKEN"
    assert api.refused("GET", "people/me/connections", **query)["details"][0]["reason"] == "EXPIRED_SYNC_TOKEN"
    api.delta(api.full())


def test_a_renamed_contact_tells_its_former_names_in_deltas_only(api, google, ada):
    token = api.full()
    renamed = google.account().verify_email(ada, "ada@example.org").resource_name
    (person,) = api.delta(token)["connections"]
    assert person["resourceName"] == renamed != ada
    assert person["metadata"]["previousResourceNames"] == [ada]
    assert person["metadata"]["sources"][0]["id"] == f"{int(ada.removeprefix('people/c')):x}"
    assert "previousResourceNames" not in api.listed()["connections"][0]["metadata"]
    assert api.person(ada)["resourceName"] == renamed


def test_a_merge_keeps_one_contact(api, google, ada, bo):
    token = api.full()
    google.account().book.merge(ada, bo)
    delta = {p["resourceName"]: p for p in api.delta(token)["connections"]}
    assert delta[bo]["metadata"]["deleted"] is True
    assert len(delta[ada]["names"]) == 1


def test_update_times_are_rfc_3339(api, ada):
    at = api.person(ada)["metadata"]["sources"][0]["updateTime"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", at)


# ---- search


def found(api, query):
    answer = api.ok("GET", "people:searchContacts", query=query, readMask="names")
    return [each["person"]["resourceName"] for each in answer.get("results", [])]


def test_a_search_finds_beginnings_of_words_once_warmed_up(api, ada, bo):
    assert found(api, "ada") == []
    assert found(api, "") == []
    assert found(api, "ada") == found(api, "Bei") == found(api, "ada b") == found(api, "ada@ex") == [ada]
    assert found(api, "+493023") == [ada]
    assert found(api, "da b") == []


def test_a_search_knows_what_was_there_at_the_warm_up_and_lags(api, google, clock, ada):
    found(api, "")
    google.add_contact({"names": [{"givenName": "Adele"}]})
    assert found(api, "ad") == [ada]
    google.google.search_lag = 60
    found(api, "")
    assert found(api, "ad") == [ada]
    clock[0] += 61
    found(api, "")
    assert len(found(api, "ad")) == 2


def test_a_search_wants_a_mask_and_shows_at_most_30(api, google):
    assert api.refused("GET", "people:searchContacts", query="a")["message"].startswith("readMask mask is required.")
    google.load("uma@muster.example", [{"names": [{"givenName": f"N{i}"}]} for i in range(40)])
    found(api, "")
    assert len(found(api, "n")) == 10
    answer = api.ok("GET", "people:searchContacts", query="n", readMask="names", pageSize=100)
    assert len(answer["results"]) == 30
