"""What goes wrong with Google: quotas, lag, parallel writes, consent; and what a person does there."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from contactsync.sandbox.knobs import Fault, Trouble
from contactsync.sandbox.people import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, USER, PeopleSandbox
from contactsync.sandbox.people_data import both_sides
from contactsync.sandbox.people_knobs import PeopleKnobs
from contactsync.sandbox.people_seed import seed_people

LIST = ("GET", "people/me/connections")


def refresh(google, token=REFRESH_TOKEN, **changes):
    form = {"grant_type": "refresh_token", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    return requests.post(google.token_uri, data=form | {"refresh_token": token} | changes)


# ---- quotas


def test_reads_are_limited_per_user_and_minute(api, google, clock):
    google.google.reads_per_minute = 2
    api.listed()
    api.listed()
    error = api.refused(*LIST, personFields="names")
    assert (error["code"], error["status"]) == (429, "RESOURCE_EXHAUSTED")
    assert error["message"].startswith("Quota exceeded for quota metric 'Critical read requests (Contact and Profile")
    info = error["details"][0]
    assert (info["@type"], info["reason"]) == ("type.googleapis.com/google.rpc.ErrorInfo", "RATE_LIMIT_EXCEEDED")
    assert info["metadata"]["quota_limit"] == "CriticalReadsPerMinutePerProjectPerUser"
    api.token, own = google.access_token("bo@muster.example"), api.token
    api.listed()
    api.token = own
    clock[0] += 61
    api.listed()


def test_writes_have_their_own_quota_and_an_update_takes_from_both(api, google, ada):
    base = api.base(ada)
    google.google.update({"writes_per_minute": 2, "reads_per_minute": 1})
    api.ok("POST", "people:createContact", {})
    api.ok("PATCH", f"{ada}:updateContact", base, updatePersonFields="urls")
    assert "Critical read requests" in api.refused("GET", ada, personFields="names")["message"]
    error = api.refused("POST", "people:createContact", {})
    assert error["message"] == (
        "Quota exceeded for quota metric 'Critical write requests' and limit 'Critical write requests per minute per "
        "user' of service 'people.googleapis.com' for consumer 'project_number:100000000001'."
    )
    assert error["details"][0]["metadata"]["quota_metric"] == "people.googleapis.com/critical_write_requests"
    assert len(google.contacts()) == 2


def test_full_listings_have_a_quota_that_deltas_do_not_use(api, google, ada):
    google.google.full_syncs = 1
    token = api.full()
    api.delta(token)
    error = api.refused(*LIST, personFields="names")
    assert (error["code"], error["message"]) == (429, "FBS quota limit exceeded.")
    assert error["details"][0]["@type"] == "type.googleapis.com/google.rpc.QuotaFailure"


def test_retry_after_only_when_it_is_switched_on(api, google):
    google.google.reads_per_minute = 1
    api.listed()
    assert "Retry-After" not in api.send(*LIST, personFields="names").headers
    google.google.retry_after = "reset"
    assert int(api.send(*LIST, personFields="names").headers["Retry-After"]) == 61


# ---- lag


def test_writes_reach_listings_late_and_reads_by_name_at_once(api, google, clock, ada):
    token = api.full()
    google.google.lag_seconds = 120
    api.update(ada, "names", names=[{"givenName": "Eda"}])
    new = api.ok("POST", "people:createContact", {"names": [{"givenName": "New"}]})["resourceName"]
    assert api.person(ada)["names"][0]["givenName"] == "Eda"
    assert api.ok("GET", "people:batchGet", personFields="names", resourceNames=[new])["responses"][0]["person"]
    assert [p["names"][0]["givenName"] for p in api.listed()["connections"]] == ["Ada"]
    delta = api.delta(token)
    assert "connections" not in delta
    clock[0] += 121
    assert {p["names"][0]["givenName"] for p in api.delta(delta["nextSyncToken"])["connections"]} == {"Eda", "New"}


def test_lag_can_be_counted_in_listings(api, google, ada):
    google.google.lag_listings = 2
    google.delete_contact(ada)
    assert [len(api.listed().get("connections", [])) for _ in range(3)] == [1, 1, 0]


def test_lag_can_be_ended(api, google, ada):
    google.google.lag_seconds = 1000
    google.delete_contact(ada)
    google.show_all_writes()
    assert api.listed() == {}


# ---- writes at the same time


def test_overlapping_writes_of_one_user_are_counted(api, google):
    google.google.latency = 0.2
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: api.ok("POST", "people:createContact", {}), range(3)))
    assert google.parallel_mutations == 2
    assert google.describe()["counters"]["parallel_mutations"] == 2


def test_writes_one_after_the_other_and_parallel_reads_are_fine(api, google):
    google.google.latency = 0.05
    api.ok("POST", "people:createContact", {})
    api.ok("POST", "people:createContact", {})
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: api.listed(), range(2)))
    assert google.parallel_mutations == 0


# ---- faults of listings


@pytest.mark.parametrize(("trouble", "count"), [(Trouble.EMPTY_LISTING, 0), (Trouble.TRUNCATED_LISTING, 1)])
def test_a_listing_can_be_cut_and_still_look_complete(api, google, ada, bo, trouble, count):
    google.google.faults = [Fault(trouble, path="connections", keep=1)]
    answer = api.listed(requestSyncToken="true")
    assert (len(answer.get("connections", [])), "nextSyncToken" in answer) == (count, True)
    assert len(api.listed()["connections"]) == 2


def test_a_cut_listing_can_tell_the_true_total(api, google, ada, bo):
    google.google.faults = [Fault(Trouble.TRUNCATED_LISTING, path="connections", keep=1, true_total=True)]
    answer = api.listed()
    assert (len(answer["connections"]), answer["totalItems"]) == (1, 2)


def test_a_listing_can_loop(api, google, ada):
    google.google.faults = [Fault(Trouble.LOOPING_LISTING, path="connections", times=0)]
    first = api.listed()
    second = api.listed(pageToken=first["nextPageToken"])
    assert second["connections"][0]["resourceName"] == ada
    assert "nextPageToken" in second


def test_an_answer_can_be_lost_after_its_effect(api, google):
    google.google.faults = [Fault(Trouble.DROP_AFTER, method="POST")]
    with pytest.raises(requests.ConnectionError):
        api.ok("POST", "people:createContact", {})
    assert len(google.contacts()) == 1


# ---- the token endpoint


def test_a_refresh_token_buys_an_access_token(api, google):
    answer = refresh(google).json()
    assert (answer["expires_in"], answer["token_type"]) == (3599, "Bearer")
    assert "refresh_token" not in answer
    api.token = answer["access_token"]
    api.listed()
    assert google.counters.tokens == 1


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"refresh_token": "1//unknown"}, 400, "invalid_grant"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"scope": "https://www.googleapis.com/auth/drive"}, 400, "invalid_scope"),
    ],
)
def test_wrong_token_requests(google, changes, status, error):
    response = refresh(google, **changes)
    assert (response.status_code, response.json()["error"]) == (status, error)


def test_a_revoked_consent_is_an_invalid_grant_and_ends_access_tokens(api, google):
    google.desk.revoke(USER)
    expected = {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
    assert (refresh(google).status_code, refresh(google).json()) == (400, expected)
    assert api.refused(*LIST, personFields="names")["code"] == 401


def test_invalid_grant_can_be_switched_on(google):
    google.google.invalid_grant = True
    assert refresh(google).json()["error"] == "invalid_grant"


def test_rotated_refresh_tokens_must_not_be_used_again(google):
    google.google.rotate_refresh_tokens = True
    second = refresh(google).json()["refresh_token"]
    third = refresh(google, second).json()["refresh_token"]
    assert refresh(google).json()["error"] == "invalid_grant"
    assert google.desk.reused == 1
    assert refresh(google, third).json()["error"] == "invalid_grant"


# ---- as a person


def test_a_person_edits_through_the_control_endpoint_without_counting_as_a_write(api, google, ada):
    control = f"{google.url}/__sandbox__/contacts"
    token = api.full()
    google.reset_counters()
    added = requests.post(control, json={"names": [{"givenName": "Cy"}], "labels": ["VIP"]}).json()["resourceName"]
    assert len(requests.get(f"{control}/{added}").json()["memberships"]) == 2
    requests.patch(f"{control}/{ada}", json={"nicknames": [{"value": "A"}], "resourceName": "people/117"})
    assert requests.delete(f"{control}/{added}").status_code == 204
    assert requests.get(f"{control}/people/c1").status_code == 404
    assert requests.post(control, json={"nope": []}).status_code == 400
    assert google.counters.total == 0
    delta = {p["resourceName"]: p for p in api.delta(token)["connections"]}
    assert delta["people/117"]["metadata"]["previousResourceNames"] == [ada]
    assert delta[added]["metadata"]["deleted"] is True


def test_labels_replace_labels_and_leave_my_contacts(google, ada):
    google.edit_contact(ada, {"labels": ["VIP", "Fair"]})
    shown = google.edit_contact(ada, {"labels": ["Fair"]})
    groups = {m["contactGroupMembership"]["contactGroupId"] for m in shown["memberships"]}
    assert groups == {"myContacts", google.account().groups.named("Fair").id}


def test_a_contact_comes_back_from_the_trash(api, google, ada):
    token = api.full()
    google.delete_contact(ada)
    google.account().book.restore(ada)
    assert api.delta(token)["connections"][0]["names"][0]["givenName"] == "Ada"


def test_knobs_are_set_by_json(google):
    answer = requests.post(f"{google.url}/__sandbox__/knobs", json={"reads_per_minute": 90})
    assert answer.json()["reads_per_minute"] == 90
    assert requests.post(f"{google.url}/__sandbox__/knobs", json={"reads": 90}).status_code == 400


def test_documented_knobs_have_the_known_quotas():
    knobs = PeopleKnobs.documented()
    assert (knobs.reads_per_minute, knobs.writes_per_minute, knobs.refuse_list_etags) == (90, 90, True)


# ---- invented contacts


def test_seeded_contacts_overlap_with_the_other_side(api, google):
    population = both_sides(7, 30, 5, 5)
    names = seed_people(google, population.right)
    assert len(names) == len(google.contacts()) == 35
    assert population.shared <= set(names)
    person = next(p for p in population.right if p.birthday and p.address and p.phones)
    shown = api.person(names[person.number], "names,birthdays,phoneNumbers,addresses")
    assert shown["names"][0]["givenName"] == person.given
    assert shown["birthdays"][0]["date"]["year"] == int(person.birthday[:4])
    assert {phone["value"] for phone in shown["phoneNumbers"]} == set(person.phones)


def test_seeding_is_the_same_each_time(clock):
    def shown():
        sandbox = PeopleSandbox(clock=lambda: clock[0])
        seed_people(sandbox, both_sides(7, 10, 0, 0).right)
        return sandbox.contacts()

    assert shown() == shown()
