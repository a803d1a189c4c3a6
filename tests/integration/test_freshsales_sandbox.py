"""The Freshsales app against a local account that speaks the documented API."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from contactsync.apps.base import Access
from contactsync.apps.freshsales import Freshsales
from contactsync.contact import Kind
from contactsync.errors import (
    AuthError,
    BadListing,
    ConfigError,
    ConnectionMissing,
    CursorExpired,
    NothingSent,
    NotTheApi,
)
from contactsync.model.exchange import Op, Page, Presence, Record, Ref, Result, State, Verb, Window
from contactsync.rest.services import Services
from contactsync.sandbox.freshsales import FreshsalesSandbox
from contactsync.sandbox.server import Fault, Trouble
from local_accounts import START, Clock, asked, whole


@pytest.fixture
def sandbox(clock: Clock) -> Iterator[FreshsalesSandbox]:
    with FreshsalesSandbox(clock=clock) as running:
        yield running


@pytest.fixture
def app(sandbox: FreshsalesSandbox, services: Services) -> Freshsales:
    return opened(sandbox, services)


def opened(sandbox: FreshsalesSandbox, services: Services, place: str = "", **options: Any) -> Freshsales:
    credentials = {"api_key": sandbox.api_key, "subdomain": place or sandbox.url}
    return Freshsales(Access("crm", credentials, services=services), Freshsales.Options(**options))


def add(sandbox: FreshsalesSandbox, number: int, **data: Any) -> str:
    made = sandbox.add_contact({"last_name": f"Muster{number}", "emails": [f"m{number}@example.org"], **data})
    return str(made["id"])


def pulled(pages: Iterator[Page]) -> tuple[list[Record], dict[str, Any]]:
    found = whole(pages)
    return [r for page in found for r in page.records], dict(found[-1].cursor or {})


def write(app: Freshsales, verb: Verb, patch: dict[str, Any], contact_id: str = "", **more: Any) -> Result:
    (result,) = app.push([Op("op-1", verb, contact_id, patch, **more)])
    return result


# ---- where it is


def test_the_account_is_told_by_its_address_and_counted(sandbox: FreshsalesSandbox, app: Freshsales) -> None:
    add(sandbox, 1)
    sandbox.knobs.per_hour = 1000

    account = app.account()

    assert account.id == f"{sandbox.url.removeprefix('http://')}/crm/sales/api"
    assert account.contacts == 1
    assert "left" in account.limit_left


@pytest.mark.parametrize("path", ["/api", "/crm/sales/api", "/crm/sales/contacts/view/402"])
def test_pasted_addresses_lead_to_the_api(sandbox: FreshsalesSandbox, services: Services, path: str) -> None:
    account = opened(sandbox, services, sandbox.url + path).account()

    assert account.id.endswith("/api")
    assert account.id.endswith("/crm/sales/api") == ("crm" in path)


def test_the_flavour_chooses_the_base_path(sandbox: FreshsalesSandbox, services: Services) -> None:
    contact = add(sandbox, 1, has_authority=True, department="Yard")
    app = opened(sandbox, services, flavour="classic")

    (found,) = app.fetch([Ref(contact)])

    assert app.account().id.endswith("/api")
    assert not app.account().id.endswith("/crm/sales/api")
    assert found.record is not None
    assert found.record.fields["has_authority"] == "true"
    assert found.record.fields["department"] == "Yard"


def test_the_department_is_mapped_only_where_it_is_held(sandbox: FreshsalesSandbox, services: Services) -> None:
    mapped = {
        flavour: [f.name for f in opened(sandbox, services, flavour=flavour).info.fields if f.contact == "department"]
        for flavour in ("auto", "suite", "classic")
    }

    assert mapped == {"auto": [], "suite": [], "classic": ["department"]}


def test_a_contact_looks_the_same_wherever_it_is_shown(
    sandbox: FreshsalesSandbox, app: Freshsales, clock: Clock
) -> None:
    written = write(app, Verb.CREATE, ADA).record
    (listed,), cursor = pulled(app.pull(None))
    (searched,), _ = pulled(app.pull(cursor))
    (fetched,) = app.fetch([Ref(listed.id)])

    assert written is not None
    assert fetched.record is not None
    assert {r.raw for r in (written, listed, searched, fetched.record)} == {written.raw}


def test_a_wrong_key_is_said_and_a_login_page_is_no_account(sandbox: FreshsalesSandbox, services: Services) -> None:
    wrong = Access("crm", {"api_key": "wrong-key-0001", "subdomain": sandbox.url}, services=services)
    with pytest.raises(AuthError) as refused:
        Freshsales(wrong, Freshsales.Options()).account()
    assert "wrong-key" not in str(refused.value)
    sandbox.knobs.hosts = ["right.example"]
    with pytest.raises(NotTheApi):
        opened(sandbox, services).account()


@pytest.mark.parametrize("place", ["http://acme.example/api", "ftp://acme.example", "a b"])
def test_a_host_that_is_none_or_would_leak_the_key_is_refused(
    sandbox: FreshsalesSandbox, services: Services, place: str
) -> None:
    with pytest.raises(ConnectionMissing):
        opened(sandbox, services, place).account()


def test_an_unknown_view_is_named_with_those_there_are(sandbox: FreshsalesSandbox, services: Services) -> None:
    with pytest.raises(ConfigError, match="All Contacts"):
        list(opened(sandbox, services, view="Nope").pull(None))


def test_metadata_is_asked_once_for_all_tasks(sandbox: FreshsalesSandbox, services: Services) -> None:
    add(sandbox, 1)
    pulled(opened(sandbox, services).pull(None))
    asked(sandbox)

    pulled(opened(sandbox, services).pull(None))

    assert asked(sandbox) == {"GET /contacts/view/{id}": 1}


def test_custom_fields_are_described_with_their_kind(sandbox: FreshsalesSandbox, app: Freshsales) -> None:
    sandbox.add_field("cf_size", "Size", "number")
    sandbox.add_field("cf_vip", "VIP", "checkbox")

    found = {f.name: f for f in app.describe()}

    assert (found["custom.cf_size"].kind, found["custom.cf_vip"].kind) == (Kind.NUMBER, Kind.BOOLEAN)
    assert found["custom.cf_size"].title == "Size"
    assert found["custom.cf_size"].custom
    assert not any(name.startswith("custom.") and "cf_" not in name for name in found)


# ---- listing


def test_a_view_is_read_to_its_end(sandbox: FreshsalesSandbox, app: Freshsales) -> None:
    ids = {add(sandbox, n) for n in range(230)}

    records, _ = pulled(app.pull(None))

    assert {r.id for r in records} == ids
    assert len(records) == 230
    assert asked(sandbox)["GET /contacts/view/{id}"] == 3
    assert records[0].fields["owner"]
    assert "company.name" in records[0].fields


def test_a_sample_comes_from_anywhere_in_the_view_in_as_many_requests_as_allowed(
    sandbox: FreshsalesSandbox, app: Freshsales
) -> None:
    ids = [add(sandbox, n) for n in range(450)]
    app.account()
    list(app.sample(5, 3, Random(0)))
    asked(sandbox)
    places = set()
    for seed in range(5):
        found = [record.id for page in app.sample(5, 3, Random(seed)) for record in page.records]
        assert sum(asked(sandbox).values()) <= 3
        places |= {ids.index(contact) // 100 for contact in found}
    assert len(places) > 3


def test_an_empty_account_is_empty_and_later_contacts_are_seen(sandbox: FreshsalesSandbox, app: Freshsales) -> None:
    records, cursor = pulled(app.pull(None))
    assert records == []
    new = add(sandbox, 1)

    records, _ = pulled(app.pull(cursor))

    assert [r.id for r in records] == [new]


@pytest.mark.parametrize("what", ["edit", "delete"])
def test_rows_that_move_while_pages_are_read_are_not_lost(
    sandbox: FreshsalesSandbox, app: Freshsales, clock: Clock, what: str
) -> None:
    ids = []
    for n in range(250):
        ids.append(add(sandbox, n))
        clock.wait(1)

    def meanwhile() -> None:
        if what == "edit":
            sandbox.edit_contact(ids[3], {"medium": "Blog"})
        else:
            sandbox.delete_contact(ids[3])

    sandbox.knobs.faults = [Fault(Trouble.CALL, path="contacts/view", nth=2, action=meanwhile)]

    records, _ = pulled(app.pull(None))

    assert set(ids) == {r.id for r in records}
    latest = {r.id: r for r in records}
    if what == "edit":
        assert latest[ids[3]].fields["medium"] == "Blog"


@pytest.mark.parametrize(
    "trouble",
    [Trouble.TRUNCATED_LISTING, Trouble.EMPTY_LISTING, Trouble.REPEATED_PAGE, Trouble.LOOPING_LISTING],
)
def test_a_listing_that_does_not_add_up_is_an_error(
    sandbox: FreshsalesSandbox, app: Freshsales, trouble: Trouble
) -> None:
    for n in range(150):
        add(sandbox, n)
    sandbox.knobs.faults = [Fault(trouble, path="contacts/view", times=0, keep=3, true_total=True)]

    with pytest.raises(BadListing):
        list(app.pull(None))


def test_an_html_page_is_never_an_empty_page(sandbox: FreshsalesSandbox, app: Freshsales) -> None:
    add(sandbox, 1)
    app.account()
    sandbox.knobs.faults = [Fault(Trouble.HTML_PAGE, path="contacts/view", times=0)]

    with pytest.raises(NotTheApi):
        list(app.pull(None))


# ---- changes


def test_a_delta_shows_what_changed_and_a_quiet_one_is_one_request(
    sandbox: FreshsalesSandbox, app: Freshsales, clock: Clock
) -> None:
    ids = [add(sandbox, n) for n in range(130)]
    clock.wait(600)
    _, cursor = pulled(app.pull(None))
    sandbox.edit_contact(ids[7], {"medium": "Blog"})
    clock.wait(600)

    changed, cursor = pulled(app.pull(cursor))
    assert [(r.id, r.fields["medium"]) for r in changed] == [(ids[7], "Blog")]
    asked(sandbox)

    quiet, after = pulled(app.pull(cursor))
    assert quiet == []
    assert asked(sandbox) == {"POST /filtered_search/contact": 1}
    assert after["since"] == cursor["since"]


def test_a_change_in_the_second_that_was_just_read_is_seen(
    sandbox: FreshsalesSandbox, app: Freshsales, clock: Clock
) -> None:
    contact = add(sandbox, 1)
    _, cursor = pulled(app.pull(None))
    sandbox.edit_contact(contact, {"medium": "Blog"})
    clock.wait(900)

    records, _ = pulled(app.pull(cursor))

    assert [r.fields["medium"] for r in records] == ["Blog"]


def test_a_change_that_the_index_shows_late_is_seen(sandbox: FreshsalesSandbox, app: Freshsales, clock: Clock) -> None:
    late, early = add(sandbox, 1), add(sandbox, 2)
    clock.wait(600)
    _, cursor = pulled(app.pull(None))
    sandbox.knobs.lag_seconds = 60
    assert write(app, Verb.UPDATE, {"medium": "Late"}, late).state is State.DONE
    sandbox.knobs.lag_seconds = 0
    clock.wait(10)
    sandbox.edit_contact(early, {"medium": "Early"})
    records, cursor = pulled(app.pull(cursor))
    assert [r.id for r in records] == [early]
    clock.wait(900)

    records, _ = pulled(app.pull(cursor))

    assert late in {r.id for r in records}


def test_a_smaller_view_is_read_newest_first_and_only_as_far_as_needed(
    sandbox: FreshsalesSandbox, services: Services, clock: Clock
) -> None:
    ids = [add(sandbox, n) for n in range(250)]
    clock.wait(600)
    app = opened(sandbox, services, view="My Contacts")
    _, cursor = pulled(app.pull(None))
    clock.wait(600)
    sandbox.edit_contact(ids[0], {"medium": "Blog"})
    asked(sandbox)

    records, _ = pulled(app.pull(cursor))

    assert [r.id for r in records] == [ids[0]]
    assert asked(sandbox) == {"GET /contacts/view/{id}": 1}


def test_a_cursor_of_another_view_is_expired(sandbox: FreshsalesSandbox, app: Freshsales, services: Services) -> None:
    _, cursor = pulled(app.pull(None))

    with pytest.raises(CursorExpired):
        list(opened(sandbox, services, view="My Contacts").pull(cursor))


def test_searches_without_custom_fields_are_neither_blank_nor_blind(
    sandbox: FreshsalesSandbox, app: Freshsales, clock: Clock
) -> None:
    sandbox.add_field("cf_tier", "Tier", "text")
    contact = add(sandbox, 1, custom_field={"cf_tier": "Gold"})
    clock.wait(600)
    _, cursor = pulled(app.pull(None))
    clock.wait(600)
    sandbox.knobs.search_omits_custom = True
    sandbox.edit_contact(contact, {"custom_field": {"cf_tier": "Silver"}})

    records, cursor = pulled(app.pull(cursor))
    assert [r.fields["custom.cf_tier"] for r in records] == ["Silver"]
    clock.wait(600)
    asked(sandbox)

    pulled(app.pull(cursor))
    assert asked(sandbox) == {"GET /contacts/view/{id}": 1}


def test_a_window_has_its_own_contacts_and_no_cursor(sandbox: FreshsalesSandbox, app: Freshsales, clock: Clock) -> None:
    ids = []
    for n in range(5):
        ids.append(add(sandbox, n))
        clock.wait(60)
    begin = datetime.fromtimestamp(START, UTC)

    records, cursor = pulled(app.pull(Window(begin + timedelta(seconds=60), begin + timedelta(seconds=180))))

    assert [r.id for r in records] == ids[1:3]
    assert not cursor


# ---- point reads


@pytest.mark.parametrize("status", [404, 200])
def test_a_deleted_contact_is_gone_however_it_is_said(sandbox: FreshsalesSandbox, app: Freshsales, status: int) -> None:
    sandbox.knobs.deleted_get = status
    there, gone = add(sandbox, 1), add(sandbox, 2)
    sandbox.delete_contact(gone)

    found = {f.id: f for f in app.fetch([Ref(there), Ref(gone)])}

    assert found[there].presence is Presence.PRESENT
    assert found[gone].presence is Presence.GONE


def test_a_contact_that_cannot_be_read_is_held_and_no_other_s_trouble(
    sandbox: FreshsalesSandbox, app: Freshsales
) -> None:
    odd, plain = add(sandbox, 1, as_is={"sales_accounts": [None]}), add(sandbox, 2)

    pages = whole(app.pull(None))
    fetched = {found.id: found.presence for found in app.fetch([Ref(odd), Ref(plain)])}

    assert [r.id for page in pages for r in page.records] == [plain]
    assert [u.id for page in pages for u in page.unreadable] == [odd]
    assert fetched == {odd: Presence.FORBIDDEN, plain: Presence.PRESENT}


def test_a_forbidden_contact_is_not_gone(sandbox: FreshsalesSandbox, app: Freshsales) -> None:
    contact = add(sandbox, 1)
    app.account()
    sandbox.knobs.faults = [Fault(Trouble.ERROR_BEFORE, path=r"contacts/\d+$", status=403)]

    (found,) = app.fetch([Ref(contact)])

    assert found.presence is Presence.FORBIDDEN


def test_a_contact_of_an_unexpected_form_stops_nobody_else(sandbox: FreshsalesSandbox, app: Freshsales) -> None:
    there, odd = add(sandbox, 1), add(sandbox, 2)
    sandbox.store.records[int(odd)]["tags"] = 5

    found = {f.id: f.presence for f in app.fetch([Ref(there), Ref(odd)])}

    assert found == {there: Presence.PRESENT, odd: Presence.FORBIDDEN}


# ---- writing

ADA = {
    "first_name": "Ada",
    "last_name": "Beispiel",
    "emails": [{"value": "Ada@example.org", "primary": True}, {"value": "ada2@example.org", "primary": False}],
    "mobile_number": "+49 151 2345678",
    "address": [{"value": {"street": "Hauptstr. 1", "city": "Berlin", "postal_code": "10115"}}],
    "tags": [{"value": "vip"}],
}


def test_a_create_shows_what_is_held(sandbox: FreshsalesSandbox, app: Freshsales) -> None:
    result = write(app, Verb.CREATE, ADA)

    assert (result.state, result.created) == (State.DONE, True)
    assert result.record is not None
    assert {name: result.record.fields[name] for name in ADA} == ADA
    assert sandbox.contact(result.id)["emails"][0]["is_primary"]


def test_a_create_is_ours_only_where_the_answer_proves_it(sandbox: FreshsalesSandbox, app: Freshsales) -> None:
    sandbox.knobs.create_status = 200

    result = write(app, Verb.CREATE, ADA)

    assert (result.state, result.created) == (State.DONE, False)


def test_an_update_changes_only_what_it_names(sandbox: FreshsalesSandbox, app: Freshsales) -> None:
    sandbox.add_field("cf_size", "Size", "number")
    contact = add(sandbox, 1, medium="Blog", tags=["vip"], custom_field={"cf_segment": None})
    (before,) = app.fetch([Ref(contact)])
    assert before.record is not None
    patch = {
        "last_name": "",
        "first_name": "Uma",
        "emails": [{"value": "new@example.org"}],
        "custom.cf_size": "12",
        "tags": [],
    }

    result = write(app, Verb.UPDATE, patch, contact, ref=before.record.ref)

    assert result.state is State.DONE
    assert result.record is not None
    fields = result.record.fields
    assert (fields["first_name"], fields["last_name"], fields["medium"]) == ("Uma", "", "Blog")
    assert fields["emails"] == [{"value": "new@example.org", "primary": True}]
    assert (fields["custom.cf_size"], fields["tags"]) == ("12", [])


def test_e_mails_are_changed_without_a_ref_too_and_can_all_go(sandbox: FreshsalesSandbox, app: Freshsales) -> None:
    contact = add(sandbox, 1, mobile_number="0151 1", emails=["a@example.org", "b@example.org"])

    assert write(app, Verb.UPDATE, {"emails": []}, contact).state is State.DONE

    assert sandbox.contact(contact)["emails"] == []
    assert write(app, Verb.UPDATE, {"emails": []}, contact).state is State.DONE


def test_a_second_contact_with_an_e_mail_is_refused_in_words_without_it(
    sandbox: FreshsalesSandbox, app: Freshsales
) -> None:
    add(sandbox, 1, emails=["ada2@example.org"])

    result = write(app, Verb.CREATE, ADA)

    assert result.state is State.REFUSED
    assert "unique" in result.reason
    assert "example.org" not in result.reason


def test_one_bad_record_costs_only_itself(sandbox: FreshsalesSandbox, app: Freshsales) -> None:
    sandbox.knobs.poison = "Poison"
    names = ["Beispiel", "Poison", "Muster"]
    ops = [Op(n, Verb.CREATE, patch={"last_name": n, "emails": [{"value": f"{n}@example.org"}]}) for n in names] + [
        Op("ours", Verb.CREATE, patch={"owner": "x"})
    ]

    states = {r.key: r.state for r in app.push(ops)}

    assert states == {
        "Beispiel": State.DONE,
        "Poison": State.REFUSED,
        "Muster": State.DONE,
        "ours": State.REFUSED,
    }


def test_an_update_or_deletion_of_a_contact_that_is_gone_is_overtaken(
    sandbox: FreshsalesSandbox, app: Freshsales
) -> None:
    contact = add(sandbox, 1)
    assert write(app, Verb.DELETE, {}, contact).state is State.DONE

    assert write(app, Verb.DELETE, {}, contact).state is State.OVERTAKEN
    assert write(app, Verb.UPDATE, {"medium": "x"}, contact).state is State.OVERTAKEN


@pytest.mark.parametrize("trouble", [Trouble.DROP_BEFORE, Trouble.DROP_AFTER, Trouble.ERROR_AFTER])
def test_a_create_without_an_answer_is_unknown_and_found_by_its_e_mail(
    sandbox: FreshsalesSandbox, app: Freshsales, trouble: Trouble
) -> None:
    app.account()
    sandbox.knobs.faults = [Fault(trouble, method="POST", path="contacts$")]
    op = Op("op-1", Verb.CREATE, patch=ADA, keys={"email": ["ada@example.org"]})

    (result,) = app.push([op])

    assert result.state is State.UNKNOWN
    made = [str(c["id"]) for c in sandbox.contacts()]
    assert [r.id for r in app.look_up(op)] == made
    assert len(made) == (trouble is not Trouble.DROP_BEFORE)


def test_an_address_in_another_form_is_looked_up_as_it_was_typed_too(
    sandbox: FreshsalesSandbox, app: Freshsales
) -> None:
    app.account()
    sandbox.knobs.faults = [Fault(Trouble.DROP_AFTER, method="POST", path="contacts$")]
    typed = {"emails": [{"value": "Ada@xn--mller-kva.example", "primary": True}]}
    op = Op("op-1", Verb.CREATE, patch={**ADA, **typed}, keys={"email": ["ada@müller.example"]})

    (result,) = app.push([op])

    assert result.state is State.UNKNOWN
    assert [r.id for r in app.look_up(op)] == [str(c["id"]) for c in sandbox.contacts()]


def test_after_three_lost_answers_the_rest_is_not_sent(sandbox: FreshsalesSandbox, app: Freshsales) -> None:
    app.account()
    sandbox.knobs.faults = [Fault(Trouble.DROP_BEFORE, method="POST", path="contacts$", times=0)]
    results = app.push([Op(str(n), Verb.CREATE, patch=ADA) for n in range(9)])

    assert [next(results).state for _ in range(3)] == [State.UNKNOWN] * 3
    with pytest.raises(NothingSent):
        next(results)


def test_a_revoked_key_sends_nothing(sandbox: FreshsalesSandbox, app: Freshsales) -> None:
    app.account()
    sandbox.knobs.faults = [Fault(Trouble.ERROR_BEFORE, method="POST", path="contacts$", status=401, times=0)]

    with pytest.raises(NothingSent):
        list(app.push([Op("op-1", Verb.CREATE, patch=ADA)]))


def test_neither_leads_nor_accounts_are_touched(sandbox: FreshsalesSandbox, app: Freshsales) -> None:
    account = sandbox.add_account("Acme")
    contact = add(sandbox, 1, sales_accounts=[{"id": account, "is_primary": True}])
    app.account()
    app.describe()
    records, _ = pulled(app.pull(None))
    write(app, Verb.UPDATE, {"medium": "x"}, contact)
    assert [r.fields["company.name"] for r in records] == ["Acme"]

    assert not [path for path in asked(sandbox) if "lead" in path or "sales_accounts" in path]
