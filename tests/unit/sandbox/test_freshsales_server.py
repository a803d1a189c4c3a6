"""The local Freshsales account, asked over HTTP as any client would."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from contactsync.sandbox.freshsales import FreshsalesKnobs, FreshsalesSandbox
from contactsync.sandbox.server import Fault, Trouble
from local_accounts import START, Clock


class Api:
    """A client of one base path; answers come back as (status, JSON)."""

    def __init__(self, sandbox: FreshsalesSandbox, base: str = "/crm/sales/api") -> None:
        self.sandbox, self.base, self.session = sandbox, sandbox.url + base, requests.Session()
        self.session.headers["Authorization"] = f"Token token={sandbox.api_key}"

    def raw(self, method: str, path: str, body: Any = None, **query: Any) -> requests.Response:
        return self.session.request(method, self.base + path, json=body, params=query, timeout=5)

    def __call__(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        return self.raw(method, path, body, **query).json()

    def add(self, **contact: Any) -> dict[str, Any]:
        answer = self.raw("POST", "/contacts", {"contact": contact})
        assert answer.status_code == 201, answer.text
        return answer.json()["contact"]

    def view(self, name: str = "All Contacts", **query: Any) -> Any:
        rows = self("GET", "/contacts/filters")["filters"]
        return self("GET", f"/contacts/view/{next(r['id'] for r in rows if r['name'] == name)}", **query)

    def ids(self, name: str = "All Contacts", **query: Any) -> list[int]:
        return [contact["id"] for contact in self.view(name, **query)["contacts"]]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sandbox(clock: Clock) -> Iterator[FreshsalesSandbox]:
    with FreshsalesSandbox(clock=clock) as running:
        yield running


@pytest.fixture
def api(sandbox: FreshsalesSandbox) -> Api:
    return Api(sandbox)


def messages(answer: requests.Response) -> list[str]:
    errors = answer.json()["errors"]
    assert errors["code"] == answer.status_code
    return errors["message"]


# ---- addresses and credentials


def test_only_the_documented_token_header_opens_the_api(sandbox: FreshsalesSandbox) -> None:
    for header in ("", "Bearer local-sandbox-key", "Token token=wrong", sandbox.api_key):
        answer = requests.get(sandbox.url + "/api/contacts/filters", headers={"Authorization": header}, timeout=5)
        assert answer.status_code == 401
        assert answer.json()["login"] == "failed"


def test_a_wrong_address_answers_a_login_page_with_200(sandbox: FreshsalesSandbox, api: Api) -> None:
    sandbox.knobs.hosts = ["right.example"]
    for url in (sandbox.url + "/contacts/filters", api.base + "/contacts/filters"):
        answer = api.session.get(url, timeout=5)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("text/html")


def test_classic_shows_authority_and_do_not_disturb_and_suite_does_not(sandbox: FreshsalesSandbox, api: Api) -> None:
    classic = Api(sandbox, "/api")
    made = classic.add(last_name="Beispiel", email="ada@example.org", has_authority=True, department="Yard")
    assert (made["has_authority"], made["do_not_disturb"], made["department"]) == (True, False, "Yard")
    suite = api("GET", f"/contacts/{made['id']}")["contact"]
    assert not {"has_authority", "do_not_disturb", "department"} & set(suite)
    assert "phone_numbers" in suite
    assert "phone_numbers" not in made
    assert made["links"]["notes"].startswith("/contacts/")
    assert suite["links"]["reminders"].startswith("/crm/sales/contacts/")
    api("PUT", f"/contacts/{made['id']}", {"contact": {"has_authority": False}})
    assert classic("GET", f"/contacts/{made['id']}")["contact"]["has_authority"] is True


def test_other_modules_are_forbidden_and_counted(sandbox: FreshsalesSandbox, api: Api) -> None:
    assert api.raw("GET", "/leads/filters").status_code == 403
    assert api.raw("GET", "/sales_accounts/view/1").status_code == 403
    assert api.raw("POST", "/filtered_search/lead", {}).status_code == 403
    asked = [path for path in sandbox.counters.paths if "lead" in path or "sales_accounts" in path]
    assert len(asked) == 3
    assert sandbox.counters.writes == 0


# ---- reading


def test_a_view_is_paged_capped_and_counts_its_pages(api: Api, sandbox: FreshsalesSandbox) -> None:
    for n in range(230):
        sandbox.add_contact({"last_name": f"Muster {n}", "emails": [f"n{n}@example.org"]})
    assert len(api.view()["contacts"]) == 25
    page = api.view(per_page=500)
    assert (len(page["contacts"]), page["meta"]) == (100, {"total_pages": 3, "total": 230})
    seen = [id_ for number in (1, 2, 3) for id_ in api.ids(per_page=100, page=number)]
    assert len(set(seen)) == 230
    assert api.ids(per_page=100, page=4) == []


def test_a_view_sorts_by_change_in_both_directions(api: Api, clock: Clock) -> None:
    first, second = api.add(email="a@example.org"), api.add(email="b@example.org")
    clock.wait(5)
    api("PUT", f"/contacts/{first['id']}", {"contact": {"city": "Ulm"}})
    assert api.ids(sort="updated_at", sort_type="desc") == [first["id"], second["id"]]
    assert api.ids(sort="updated_at", sort_type="asc") == [second["id"], first["id"]]


def test_there_is_no_listing_without_a_view(api: Api) -> None:
    assert api.raw("GET", "/contacts").status_code == 404
    assert api.raw("GET", "/contacts/view/12345").status_code == 404


def test_view_ids_differ_between_accounts() -> None:
    assert set(FreshsalesSandbox(account=1).store.views) != set(FreshsalesSandbox(account=2).store.views)


def test_associations_come_only_with_include_and_sideloads_come_first(api: Api) -> None:
    made = api.add(email="a@example.org")
    assert "owner_id" not in made
    assert "contact_status_id" not in made
    answer = api("GET", f"/contacts/{made['id']}", include="owner,contact_status")
    assert list(answer) == ["users", "contact_status", "contact"]
    owners = api("GET", "/selector/owners")["users"]
    assert answer["contact"]["owner_id"] == answer["users"][0]["id"] == owners[0]["id"]
    assert list(api.view(include="owner")) == ["users", "contacts", "meta"]
    put = api("PUT", f"/contacts/{made['id']}", {"contact": {"owner_id": owners[1]["id"]}}, include="owner")
    assert put["contact"]["owner_id"] == owners[1]["id"]


def test_companies_are_nested_in_the_contact(api: Api, sandbox: FreshsalesSandbox) -> None:
    company = sandbox.add_account("Example Works")
    made = api.add(email="a@example.org", sales_accounts=[{"id": company, "is_primary": True}])
    shown = api("GET", f"/contacts/{made['id']}", include="sales_accounts")["contact"]["sales_accounts"]
    assert [(a["name"], a["is_primary"], a["partial"]) for a in shown] == [("Example Works", True, True)]
    refused = api.raw("PUT", f"/contacts/{made['id']}", {"contact": {"sales_accounts": "Example"}})
    assert messages(refused) == ["The type for sales_accounts is invalid."]


def test_times_carry_the_accounts_offset_and_amounts_are_text(api: Api, sandbox: FreshsalesSandbox) -> None:
    person = sandbox.add_contact({"emails": ["a@example.org"], "open_deals_amount": 22780})
    shown = api("GET", f"/contacts/{person['id']}")["contact"]
    assert shown["updated_at"] == "2026-09-21T08:13:20-06:00"
    assert shown["open_deals_amount"] == "22780.0"
    assert shown["won_deals_amount"] is None
    assert shown["display_name"] == "a@example.org"
    assert shown["mcr_id"] > 2**53
    sandbox.knobs.offset_minutes = 0
    assert api("GET", f"/contacts/{person['id']}")["contact"]["updated_at"] == "2026-09-21T14:13:20Z"


def test_filtered_search_ands_rules_and_the_query_wins_over_the_body(api: Api, clock: Clock) -> None:
    old = api.add(email="old@example.org", mobile_number="+49 30 23125001")
    clock.wait(60)
    new = [api.add(email=f"new{n}@example.org") for n in range(3)]
    after = {"attribute": "updated_at", "operator": "is_after", "value": old["updated_at"]}
    found = api(
        "POST", "/filtered_search/contact", {"filter_rule": [after], "per_page": 1}, per_page=2, include="owner"
    )
    assert [c["id"] for c in found["contacts"]] == [new[0]["id"], new[1]["id"]]
    assert found["meta"] == {"total_pages": 2, "total": 3}
    assert found["contacts"][0]["owner_id"] == found["users"][0]["id"]
    mail = {"attribute": "contact_email.email", "operator": "is_in", "value": ["NEW1@example.org", "OLD@example.org"]}
    found = api("POST", "/filtered_search/contact", {"filter_rule": [after, mail]})
    assert [c["id"] for c in found["contacts"]] == [new[1]["id"]]
    before = {**after, "operator": "is_before", "value": "2026-09-21T14:13:21Z"}
    assert api("POST", "/filtered_search/contact", {"filter_rule": [before]})["meta"]["total"] == 1


@pytest.mark.parametrize(
    "rule",
    [
        {"attribute": "email", "operator": "is_in", "value": "a@example.org"},
        {"attribute": "lead_score", "operator": "is_bigger_than", "value": 3},
        {"attribute": "updated_at", "operator": "is_after", "value": "yesterday"},
    ],
)
def test_filtered_search_refuses_rules_nobody_has_confirmed(api: Api, rule: dict[str, Any]) -> None:
    assert api.raw("POST", "/filtered_search/contact", {"filter_rule": [rule]}).status_code == 400


def test_filtered_search_can_leave_custom_fields_out(api: Api, sandbox: FreshsalesSandbox) -> None:
    made = api.add(email="a@example.org", custom_field={"cf_unit_": 4})
    sandbox.knobs.search_omits_custom = True
    assert "custom_field" not in api("POST", "/filtered_search/contact", {"filter_rule": []})["contacts"][0]
    assert api("GET", f"/contacts/{made['id']}")["contact"]["custom_field"]["cf_unit_"] == 4


def test_search_is_a_bare_array_and_lookup_is_nested(api: Api) -> None:
    made = api.add(first_name="Uma", last_name="Muster", email="Uma@Example.org")
    hits = api("GET", "/search", q="must", include="contact")
    assert [(hit["id"], hit["type"], hit["name"]) for hit in hits] == [(str(made["id"]), "contact", "Uma Muster")]
    found = api("GET", "/lookup", q="uma@example.org", f="email", entities="contact")
    assert [contact["id"] for contact in found["contacts"]["contacts"]] == [made["id"]]
    assert api("GET", "/lookup", q="uma@example", f="email", entities="contact")["contacts"]["contacts"] == []


def test_settings_list_custom_fields_and_groups_but_no_id_or_email(api: Api, sandbox: FreshsalesSandbox) -> None:
    rows = api("GET", "/settings/contacts/fields")["fields"]
    names = {row["name"] for row in rows}
    assert not {"id", "email", "has_authority"} & names
    assert {"cf_off-loading_point", "cf_unit_"} <= names
    assert any(row["type"] == "group_field" for row in rows)
    segment = next(row for row in rows if row["name"] == "cf_segment")
    assert segment["choices"][0] == {"id": 1, "value": "Small"}
    assert "has_authority" in {r["name"] for r in Api(sandbox, "/api")("GET", "/settings/contacts/fields")["fields"]}


def test_a_custom_field_can_come_and_go(api: Api, sandbox: FreshsalesSandbox) -> None:
    sandbox.add_field("cf_colour", "Colour", "dropdown", ("Red", "Blue"))
    made = api.add(email="a@example.org", custom_field={"cf_colour": "Red"})
    sandbox.drop_field("cf_colour")
    assert "cf_colour" not in api("GET", f"/contacts/{made['id']}")["contact"]["custom_field"]
    gone = api.raw("PUT", f"/contacts/{made['id']}", {"contact": {"custom_field": {"cf_colour": "Blue"}}})
    assert gone.status_code == 400


# ---- writing


def test_a_put_changes_only_what_it_names(api: Api, clock: Clock) -> None:
    made = api.add(first_name="Ada", city="Ulm", email="a@example.org", custom_field={"cf_unit_": 1})
    clock.wait(3)
    put = api("PUT", f"/contacts/{made['id']}", {"contact": {"city": None, "custom_field": {"cf_segment": "Small"}}})
    changed = put["contact"]
    assert (changed["first_name"], changed["city"]) == ("Ada", None)
    assert (changed["custom_field"]["cf_unit_"], changed["custom_field"]["cf_segment"]) == (1, "Small")
    assert changed["updated_at"] > made["updated_at"]
    assert changed["created_at"] == made["created_at"]


def test_a_put_without_a_change_leaves_updated_at(api: Api, clock: Clock) -> None:
    made = api.add(first_name="Ada", email="a@example.org")
    clock.wait(3)
    put = api("PUT", f"/contacts/{made['id']}", {"contact": {"first_name": "Ada", "lead_score": 9, "nonsense": 1}})
    assert put["contact"]["updated_at"] == made["updated_at"]
    assert put["contact"]["lead_score"] == 0


@pytest.mark.parametrize(
    "contact",
    [
        {"last_name": "Muster"},
        {"email": ""},
        {"email": "no address"},
        {"email": "b@example.org", "custom_field": {"cf_nobody": "x"}},
        {"email": "b@example.org", "custom_field": {"cf_unit_": "many"}},
        {"email": "b@example.org", "custom_field": {"cf_segment": "Tiny"}},
        {"email": "b@example.org", "owner_id": 1},
        {"email": "b@example.org", "tags": "one"},
        {"emails": [{"value": "TAKEN@Example.org"}]},
    ],
)
def test_a_refused_create_says_why_and_leaves_nothing(api: Api, contact: dict[str, Any]) -> None:
    api.add(email="taken@example.org")
    refused = api.raw("POST", "/contacts", {"contact": contact})
    assert refused.status_code == 400
    assert all(isinstance(text, str) for text in messages(refused))
    assert api.view()["meta"]["total"] == 1


def test_the_address_of_a_deleted_contact_is_free_again(api: Api) -> None:
    made = api.add(email="a@example.org")
    assert messages(api.raw("POST", "/contacts", {"contact": {"email": "A@example.org"}})) == ["Email is not unique"]
    api.raw("DELETE", f"/contacts/{made['id']}")
    assert api.add(email="a@example.org")["id"] != made["id"]


def test_emails_merge_by_id_and_value_and_only_destroy_removes(api: Api) -> None:
    made = api.add(emails=[{"value": "a@example.org", "is_primary": True}, {"value": "b@example.org"}])
    path, by_value = f"/contacts/{made['id']}", {mail["value"]: mail for mail in made["emails"]}
    assert (made["email"], [mail["is_primary"] for mail in made["emails"]]) == ("a@example.org", [True, False])
    added = api("PUT", path, {"contact": {"emails": [{"value": "c@example.org", "is_primary": True}]}})["contact"]
    assert (added["email"], len(added["emails"])) == ("c@example.org", 3)
    gone = {"id": by_value["a@example.org"]["id"], "value": "a@example.org", "_destroy": True}
    left = api("PUT", path, {"contact": {"emails": [gone, {"value": "b@example.org", "_destroy": True}]}})["contact"]
    assert [mail["value"] for mail in left["emails"]] == ["b@example.org", "c@example.org"]
    other = {"id": by_value["b@example.org"]["id"], "value": "bb@example.org"}
    renamed = api("PUT", path, {"contact": {"emails": [other]}})["contact"]
    assert [mail["value"] for mail in renamed["emails"]] == ["bb@example.org", "c@example.org"]
    assert api("PUT", path, {"contact": {"email": "bb@example.org"}})["contact"]["email"] == "bb@example.org"


def test_upsert_creates_with_201_and_updates_with_200(api: Api) -> None:
    body = {"unique_identifier": {"emails": "a@example.org"}, "contact": {"city": "Ulm"}}
    created, updated = api.raw("POST", "/contacts/upsert", body), api.raw("POST", "/contacts/upsert", body)
    assert (created.status_code, updated.status_code) == (201, 200)
    assert created.json()["contact"]["id"] == updated.json()["contact"]["id"]
    assert created.json()["contact"]["email"] == "a@example.org"


def test_bulk_upsert_is_a_job_whose_data_is_json_as_text(api: Api, sandbox: FreshsalesSandbox, clock: Clock) -> None:
    sandbox.knobs.job_seconds = 10
    sandbox.knobs.poison = "Poison"
    rows = [{"emails": f"n{n}@example.org", "data": {"last_name": "Poison" if n == 1 else "Muster"}} for n in range(3)]
    queued = api.raw("POST", "/contacts/bulk_upsert", {"contacts": rows})
    url = queued.json()["job_status_url"]
    assert url.startswith(api.base + "/job_statuses/")
    assert (api.session.get(url, timeout=5).json()["status"], api.view()["meta"]["total"]) == ("IN_PROGRESS", 0)
    clock.wait(11)
    status = api.session.get(url, timeout=5).json()
    data = json.loads(status["data"])
    assert (status["status"], data["record_status"]) == ("SUCCESS", {"succeeded": 2, "failed": 1})
    assert data["detailed_failure_report"][0]["record"]["emails"] == "n1@example.org"
    assert api.view()["meta"]["total"] == 2
    assert api.raw("POST", "/contacts/bulk_upsert", {"contacts": rows * 34}).status_code == 400


def test_a_second_bulk_job_can_be_refused_while_one_runs(api: Api, sandbox: FreshsalesSandbox, clock: Clock) -> None:
    sandbox.knobs.update({"job_seconds": 10, "bulk_exclusive": True})
    row = {"contacts": [{"emails": "a@example.org", "data": {}}]}
    assert [api.raw("POST", "/contacts/bulk_upsert", row).status_code for _ in range(2)] == [200, 405]
    clock.wait(11)
    assert api.raw("POST", "/contacts/bulk_upsert", row).status_code == 200


def test_deleted_contacts_lie_in_the_bin_for_90_days(api: Api, sandbox: FreshsalesSandbox, clock: Clock) -> None:
    made = api.add(email="a@example.org")
    clock.wait(10)
    assert api("DELETE", f"/contacts/{made['id']}") is True
    binned = api.view("Recycle Bin")["contacts"]
    assert [(c["id"], c["is_deleted"]) for c in binned] == [(made["id"], True)]
    assert binned[0]["updated_at"] > made["updated_at"]
    assert api.ids() == []
    assert api.raw("GET", f"/contacts/{made['id']}").status_code == 404
    assert api.raw("PUT", f"/contacts/{made['id']}", {"contact": {"city": "Ulm"}}).status_code == 404
    sandbox.knobs.deleted_get = 200
    assert api("GET", f"/contacts/{made['id']}")["contact"]["is_deleted"] is True
    clock.wait(91 * 24 * 3600)
    assert api.ids("Recycle Bin") == []
    assert api.raw("GET", f"/contacts/{made['id']}").status_code == 404


def test_forget_leaves_no_trace(api: Api) -> None:
    made = api.add(email="a@example.org")
    assert api.raw("DELETE", f"/contacts/{made['id']}/forget").status_code == 200
    assert (api.ids(), api.ids("Recycle Bin")) == ([], [])


def test_clone_copies_without_the_unique_address(api: Api) -> None:
    made = api.add(last_name="Muster", email="a@example.org", mobile_number="+49 30 23125001")
    copy = api("POST", f"/contacts/{made['id']}/clone", {"contact": {"city": "Ulm"}})["contact"]
    assert (copy["last_name"], copy["city"], copy["emails"]) == ("Muster", "Ulm", [])
    assert copy["id"] != made["id"]


def test_bulk_destroy_and_assign_owner(api: Api, sandbox: FreshsalesSandbox) -> None:
    sandbox.knobs.job_seconds = 0
    ids = [api.add(email=f"n{n}@example.org")["id"] for n in range(3)]
    owner = api("GET", "/selector/owners")["users"][1]["id"]
    assert "message" in api("POST", "/contacts/bulk_assign_owner", {"selected_ids": ids, "owner_id": owner})
    assert {c["owner_id"] for c in api.view(include="owner")["contacts"]} == {owner}
    assert "message" in api("POST", "/contacts/bulk_destroy", {"selected_ids": ids[:2]})
    assert api.ids() == ids[2:]


# ---- knobs


def test_lengths_cut_in_silence_or_refuse(api: Api, sandbox: FreshsalesSandbox) -> None:
    sandbox.knobs.lengths = {"first_name": 4}
    refused = api.raw("POST", "/contacts", {"contact": {"email": "a@example.org", "first_name": "Annabelle"}})
    assert refused.status_code == 400
    sandbox.knobs.too_long = "truncate"
    assert api.add(email="a@example.org", first_name="Annabelle")["first_name"] == "Anna"


def test_keys_stand_as_a_person_left_them_until_they_are_written(api: Api, sandbox: FreshsalesSandbox) -> None:
    odd = {"job_title": ["Buyer"], "last_name": "\ud83d", "hat_size": 7}
    made = sandbox.add_contact({"emails": ["a@example.org"], "job_title": "Buyer", "as_is": odd})
    shown = api("GET", f"/contacts/{made['id']}")["contact"]
    assert {key: shown[key] for key in odd} == odd
    again = api("PUT", f"/contacts/{made['id']}", {"contact": {"job_title": "Clerk"}})["contact"]
    assert (again["job_title"], again["hat_size"]) == ("Clerk", 7)


def test_rewrites_defaults_and_hidden_keys(api: Api, sandbox: FreshsalesSandbox) -> None:
    sandbox.knobs.update(
        {
            "rewrite": {"emails": "lower", "mobile_number": "digits", "city": "flip"},
            "defaults": {"last_name": "Unknown"},
            "hidden": ["job_title"],
        }
    )
    made = api.add(email="ADA@example.org", mobile_number="+49 (30) 23125-001", city="Ulm")
    assert (made["email"], made["mobile_number"]) == ("ada@example.org", "+493023125001")
    assert made["last_name"] == "Unknown"
    assert "job_title" not in made
    again = api("PUT", f"/contacts/{made['id']}", {"contact": {"city": made["city"]}})["contact"]
    assert again["city"] != made["city"]


def test_a_text_that_is_no_choice_can_be_answered_with_200_and_not_kept(api: Api, sandbox: FreshsalesSandbox) -> None:
    made = api.add(email="choice@example.org", custom_field={"cf_segment": "Small"})
    sandbox.knobs.update({"bad_choice": "ignore"})
    answer = api.raw("PUT", f"/contacts/{made['id']}", {"contact": {"custom_field": {"cf_segment": "Tiny"}}})
    assert (answer.status_code, answer.json()["contact"]["custom_field"]["cf_segment"]) == (200, "Small")


def test_poison_and_required_fields_stop_the_api_but_no_person(api: Api, sandbox: FreshsalesSandbox) -> None:
    sandbox.knobs.update({"poison": "Poison", "required": ["job_title"]})
    person = sandbox.add_contact({"last_name": "Poison", "emails": ["a@example.org"]})
    refused = api.raw("PUT", f"/contacts/{person['id']}", {"contact": {"city": "Ulm"}})
    assert messages(refused) == ["Need to fill this Job title to submit the form.", "Last name is invalid"]


def test_a_spent_limit_answers_429_without_retry_after(api: Api, sandbox: FreshsalesSandbox, clock: Clock) -> None:
    sandbox.knobs.per_minute = 2
    answers = [api.raw("GET", "/selector/owners") for _ in range(3)]
    assert [a.status_code for a in answers] == [200, 200, 429]
    assert [a.headers["x-ratelimit-remaining"] for a in answers] == ["1", "0", "0"]
    assert answers[2].headers["x-ratelimit-limit"] == "2"
    assert 0 < int(answers[2].headers["x-ratelimit-reset"]) <= 61
    assert "Retry-After" not in answers[2].headers
    assert answers[2].text == "Too many requests"
    assert sandbox.counters.throttled == 1
    clock.wait(61)
    assert api.raw("GET", "/selector/owners").status_code == 200


def test_retry_after_and_the_hourly_limit_can_be_had(api: Api, sandbox: FreshsalesSandbox) -> None:
    sandbox.knobs.update({"per_hour": 1, "retry_after": "reset", "reset_epoch": True})
    api.raw("GET", "/selector/owners")
    refused = api.raw("GET", "/selector/owners")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "3601")
    assert int(refused.headers["x-ratelimit-reset"]) == int(START) + 3601


def test_listings_can_lag_behind_reads_by_id(api: Api, sandbox: FreshsalesSandbox, clock: Clock) -> None:
    sandbox.knobs.lag_seconds = 30
    made = api.add(email="a@example.org", city="Ulm")
    assert api("GET", f"/contacts/{made['id']}")["contact"]["city"] == "Ulm"
    assert api.ids() == []
    assert api("GET", "/lookup", q="a@example.org", f="email", entities="contact")["contacts"]["contacts"] == []
    clock.wait(31)
    assert api.ids() == [made["id"]]
    api("PUT", f"/contacts/{made['id']}", {"contact": {"city": "Bonn"}})
    assert api.view()["contacts"][0]["city"] == "Ulm"
    api.raw("DELETE", f"/contacts/{made['id']}")
    assert (api.ids(), api.ids("Recycle Bin")) == ([made["id"]], [])
    clock.wait(31)
    assert (api.ids(), api.ids("Recycle Bin")) == ([], [made["id"]])


def test_a_lag_can_be_counted_in_listings(api: Api, sandbox: FreshsalesSandbox) -> None:
    sandbox.knobs.lag_listings = 2
    made = api.add(email="a@example.org")
    assert [api.ids() for _ in range(3)] == [[], [], [made["id"]]]


# ---- faults


def fault(sandbox: FreshsalesSandbox, trouble: Trouble, **settings: Any) -> None:
    sandbox.knobs.faults = [Fault(trouble, **settings)]


@pytest.mark.parametrize(("trouble", "made"), [(Trouble.ERROR_BEFORE, 0), (Trouble.ERROR_AFTER, 1)])
def test_an_error_comes_before_or_after_the_effect(
    api: Api, sandbox: FreshsalesSandbox, trouble: Trouble, made: int
) -> None:
    fault(sandbox, trouble, method="POST", path="/contacts$", status=502)
    assert api.raw("POST", "/contacts", {"contact": {"email": "a@example.org"}}).status_code == 502
    assert api.view()["meta"]["total"] == made
    assert sandbox.counters.writes == 1


@pytest.mark.parametrize(
    ("trouble", "made"),
    [(Trouble.DROP_BEFORE, 0), (Trouble.DROP_AFTER, 1), (Trouble.HANG_BEFORE, 0), (Trouble.HANG_AFTER, 1)],
)
def test_a_lost_answer_may_or_may_not_have_had_its_effect(
    api: Api, sandbox: FreshsalesSandbox, trouble: Trouble, made: int
) -> None:
    fault(sandbox, trouble, method="POST", seconds=0.05)
    with pytest.raises(requests.ConnectionError):
        api.raw("POST", "/contacts", {"contact": {"email": "a@example.org"}})
    assert api.view()["meta"]["total"] == made


def test_a_fault_waits_for_its_turn_and_ends(api: Api, sandbox: FreshsalesSandbox) -> None:
    fault(sandbox, Trouble.ERROR_BEFORE, path="/selector/", nth=2, times=2, status=500, headers={"Retry-After": "-5"})
    answers = [api.raw("GET", "/selector/owners") for _ in range(4)]
    assert [a.status_code for a in answers] == [200, 500, 500, 200]
    assert answers[1].headers["Retry-After"] == "-5"


def test_a_400_can_hide_a_429(api: Api, sandbox: FreshsalesSandbox) -> None:
    hidden = '{"errors": {"code": 400, "message": ["response_code :: 429 :: Too many requests"]}}'
    fault(sandbox, Trouble.ERROR_BEFORE, status=400, text=hidden, headers={"Content-Type": "application/json"})
    answer = api.raw("GET", "/selector/owners")
    assert answer.headers["Content-Type"] == "application/json"
    assert "429" in messages(answer)[0]


def test_half_a_body_and_a_page_instead_of_json(api: Api, sandbox: FreshsalesSandbox) -> None:
    fault(sandbox, Trouble.TRUNCATED_BODY)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        api.raw("GET", "/selector/owners")
    fault(sandbox, Trouble.HTML_PAGE)
    page = api.raw("GET", "/selector/owners")
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")


def test_listings_that_lie(api: Api, sandbox: FreshsalesSandbox) -> None:
    ids = [sandbox.add_contact({"emails": [f"n{n}@example.org"]})["id"] for n in range(4)]
    path = "/contacts/view/"
    fault(sandbox, Trouble.EMPTY_LISTING, path=path)
    assert api.view()["meta"]["total"] == 0
    fault(sandbox, Trouble.TRUNCATED_LISTING, path=path, keep=2, true_total=True)
    cut = api.view(per_page=2)
    assert (len(cut["contacts"]), cut["meta"]) == (2, {"total_pages": 1, "total": 4})
    fault(sandbox, Trouble.LOOPING_LISTING, path=path, times=0)
    looped = api.view(per_page=2, page=7)
    assert ([c["id"] for c in looped["contacts"]], looped["meta"]["total_pages"]) == (ids[:2], 8)
    fault(sandbox, Trouble.REPEATED_PAGE, path=path)
    assert api.ids(per_page=2, page=2) == ids[:2]


def test_somebody_can_edit_at_the_moment_of_a_request(api: Api, sandbox: FreshsalesSandbox) -> None:
    made = api.add(email="a@example.org")
    edit = lambda: sandbox.edit_contact(str(made["id"]), {"city": "Bonn"})  # noqa: E731
    fault(sandbox, Trouble.CALL, method="PUT", action=edit)
    changed = api("PUT", f"/contacts/{made['id']}", {"contact": {"first_name": "Ada"}})["contact"]
    assert (changed["first_name"], changed["city"]) == ("Ada", "Bonn")


# ---- people and measuring


def test_a_person_edits_over_http_without_being_counted(api: Api, sandbox: FreshsalesSandbox, clock: Clock) -> None:
    control = sandbox.url + "/__sandbox__"
    made = requests.post(
        control + "/contacts", json={"first_name": "Uma", "emails": ["u@example.org"]}, timeout=5
    ).json()
    clock.wait(5)
    typed = {"emails": ["uma@example.org"], "has_authority": True, "lead_score": 40}
    edited = requests.patch(f"{control}/contacts/{made['id']}", json=typed, timeout=5).json()
    assert [mail["value"] for mail in edited["emails"]] == ["uma@example.org"]
    assert edited["updated_at"] > made["updated_at"]
    assert requests.delete(f"{control}/contacts/{made['id']}", timeout=5).status_code == 204
    assert requests.get(f"{control}/contacts/{made['id']}", timeout=5).status_code == 404
    action = {"action": "restore"}
    assert requests.post(f"{control}/contacts/{made['id']}", json=action, timeout=5).status_code == 200
    assert sandbox.counters.total == 0
    assert len(requests.get(control + "/contacts", timeout=5).json()) == 1


def test_derived_figures_move_updated_at_only_on_request(sandbox: FreshsalesSandbox, clock: Clock) -> None:
    made = sandbox.add_contact({"emails": ["a@example.org"]})
    clock.wait(5)
    assert sandbox.edit_contact(str(made["id"]), {"lead_score": 3})["updated_at"] == made["updated_at"]
    sandbox.knobs.derived_bumps = True
    assert sandbox.edit_contact(str(made["id"]), {"lead_score": 4})["updated_at"] > made["updated_at"]


def test_merged_and_hidden_contacts_vanish_from_the_api(api: Api, sandbox: FreshsalesSandbox) -> None:
    kept, gone, secret = (api.add(email=f"n{n}@example.org")["id"] for n in range(3))
    sandbox.act(str(kept), "merge", {"loser": gone})
    sandbox.act(str(secret), "hide", {})
    assert (api.ids(), api.ids("Recycle Bin")) == ([kept], [])
    assert api.raw("GET", f"/contacts/{gone}").status_code == 404
    assert api.raw("GET", f"/contacts/{secret}").status_code == 403
    assert len(api("GET", f"/contacts/{kept}")["contact"]["emails"]) == 2
    sandbox.act(str(secret), "show", {})
    assert api.ids() == [kept, secret]


def test_counters_tell_reads_from_writes_and_start_anew(api: Api, sandbox: FreshsalesSandbox) -> None:
    control = sandbox.url + "/__sandbox__"
    made = api.add(email="a@example.org")
    api("POST", "/filtered_search/contact", {"filter_rule": []})
    api("GET", f"/contacts/{made['id']}")
    state = requests.get(control + "/state", timeout=5).json()
    counted = state["counters"]
    assert (counted["total"], counted["reads"], counted["writes"]) == (3, 2, 1)
    assert counted["paths"]["GET /contacts/{id}"] == 1
    assert state["contacts"] == 1
    log = requests.get(control + "/requests", timeout=5).json()
    assert log[0][1:] == ["POST", "/contacts", 201]
    requests.post(control + "/reset_counters", timeout=5)
    assert sandbox.counters.total == 0


def test_knobs_and_clock_over_http(api: Api, sandbox: FreshsalesSandbox) -> None:
    control = sandbox.url + "/__sandbox__"
    wanted = {"per_minute": 5, "faults": [{"trouble": "error_before", "path": "/selector/"}]}
    assert requests.post(control + "/knobs", json=wanted, timeout=5).json()["per_minute"] == 5
    assert api.raw("GET", "/selector/owners").status_code == 503
    wrong = requests.post(control + "/knobs", json={"speed": 1}, timeout=5)
    assert wrong.status_code == 400
    assert "per_minute" in wrong.json()["error"]
    assert requests.post(control + "/clock", json={"advance": 60}, timeout=5).json()["now"] == START + 60
    made = api.add(email="a@example.org")
    assert datetime.datetime.fromisoformat(made["created_at"]).timestamp() == START + 60


def test_a_stopped_server_comes_back_on_its_port_with_its_state() -> None:
    sandbox = FreshsalesSandbox(knobs=FreshsalesKnobs(offset_minutes=0))
    with sandbox:
        api = Api(sandbox)
        made = api.add(email="a@example.org")
    with pytest.raises(requests.ConnectionError):
        api.raw("GET", "/selector/owners")
    with sandbox:
        assert api.ids() == [made["id"]]
