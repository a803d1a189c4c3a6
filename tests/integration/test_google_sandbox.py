"""The Google Contacts app against a local server that speaks the documented API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from contactsync.apps._people_groups import NEW_LABELS
from contactsync.apps.base import Access
from contactsync.apps.google_contacts import GoogleContacts
from contactsync.errors import (
    AuthError,
    BadListing,
    ConnectionMissing,
    CursorExpired,
    NothingSent,
    NotTheApi,
    StopError,
)
from contactsync.model.app import Account
from contactsync.model.exchange import Op, Page, Presence, Record, Ref, Result, State, Verb, Window
from contactsync.rest.services import Services
from contactsync.sandbox.people import READ_ONLY, READ_WRITE, USER, PeopleSandbox
from contactsync.sandbox.people_oauth import EMAIL
from contactsync.sandbox.server import Fault, Trouble
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from local_accounts import START, Clock, asked, whole

SPKI = PublicFormat.SubjectPublicKeyInfo
BATCH_CREATE, BATCH_UPDATE = "batchCreateContacts", "batchUpdateContacts"


@pytest.fixture
def google(clock: Clock) -> Iterator[PeopleSandbox]:
    with PeopleSandbox(clock=clock) as running:
        yield running


@pytest.fixture
def app(google: PeopleSandbox, services: Services) -> GoogleContacts:
    return opened(google, services)


def opened(google: PeopleSandbox, services: Services, **credentials: str) -> GoogleContacts:
    known = google.credentials()
    given = {**known, "host": google.url, "token_url": known.pop("token_uri"), **credentials}
    given.pop("token_uri", None)
    kept = {name: value for name, value in given.items() if value}
    return GoogleContacts(Access("book", kept, services=services), GoogleContacts.Options())


def add(google: PeopleSandbox, number: int, **fields: Any) -> str:
    person = {
        "names": [{"givenName": "Ada", "familyName": f"Beispiel{number}"}],
        "emailAddresses": [{"value": f"ada{number}@example.org", "type": "work"}],
    }
    return str(google.add_contact({**person, **fields})["resourceName"])


def pulled(pages: Iterator[Page]) -> tuple[list[Page], dict[str, Any]]:
    found = whole(pages)
    return found, dict(found[-1].cursor or {})


def records(pages: list[Page]) -> list[Record]:
    return [r for page in pages for r in page.records]


def calls(google: PeopleSandbox) -> dict[str, int]:
    """Requests by method of the API since the last call, without those for tokens."""
    paths = asked(google)
    return {path.rpartition("/")[2].removeprefix("people:"): n for path, n in paths.items() if "token" not in path}


def creates(count: int, **patch: Any) -> list[Op]:
    return [
        Op(f"op-{n}", Verb.CREATE, patch={"names.givenName": "Uma", "names.familyName": f"Muster{n}", **patch})
        for n in range(count)
    ]


def updates(app: GoogleContacts, ids: list[str], patch: dict[str, Any]) -> list[Op]:
    found = {f.id: f.record for f in app.fetch([Ref(i) for i in ids])}
    ops = []
    for name in ids:
        record = found[name]
        assert record is not None
        ops.append(Op(f"up {name}", Verb.UPDATE, name, patch, version=record.version, ref=record.ref))
    return ops


def pushed(app: GoogleContacts, ops: list[Op]) -> dict[str, Result]:
    results = list(app.push(ops))
    assert len({r.key for r in results}) == len(results) == len(ops)
    return {r.key: r for r in results}


# ---- whose it is


def test_the_account_is_counted_and_keeps_its_identity(google: PeopleSandbox, services: Services) -> None:
    add(google, 1)
    first = opened(google, services).account()

    assert (first.contacts, first.host) == (1, google.url.removeprefix("http://"))
    assert first.id
    assert opened(google, services).account().id == first.id


def test_another_authorisation_of_the_same_person_is_the_same_account(
    google: PeopleSandbox, services: Services
) -> None:
    scopes = (READ_WRITE, "openid", EMAIL)
    google.consent(USER, "1//again", scopes)
    google.consent(USER, "1//and-again", scopes)
    google.consent("bo@muster.example", "1//another", scopes)
    google.google.me_readable = False

    def account(token: str) -> Account:
        return opened(google, services, refresh_token=token, userinfo_url=google.userinfo_uri).account()

    assert account("1//again") == account("1//and-again")
    assert account("1//again").owner == USER
    assert USER not in account("1//again").id
    assert account("1//another").id != account("1//again").id
    before = account("1//again").id
    google.google.me_readable = True
    assert account("1//again").id == before


def test_without_the_scope_for_it_nobody_is_asked_whose_the_token_is(google: PeopleSandbox, services: Services) -> None:
    google.google.me_readable = False
    asked(google)
    account = opened(google, services, userinfo_url=google.userinfo_uri).account()
    assert (account.owner, account.id[:14]) == ("", "authorisation/")
    assert "userinfo" not in asked(google)


def test_a_token_of_another_issuer_is_never_shown_to_google(google: PeopleSandbox, services: Services) -> None:
    google.consent(USER, "1//again", (READ_WRITE, "openid", EMAIL))
    google.google.me_readable = False
    assert opened(google, services, refresh_token="1//again").account().id.startswith("authorisation/")


@pytest.mark.parametrize("userinfo", ["http://userinfo.example/", "http://userinfo.example"])
def test_a_userinfo_address_without_encryption_gets_no_token(
    google: PeopleSandbox, services: Services, userinfo: str
) -> None:
    google.consent(USER, "1//again", (READ_WRITE, "openid", EMAIL))
    google.google.me_readable = False
    with pytest.raises(ConnectionMissing, match="not an address"):
        opened(google, services, refresh_token="1//again", userinfo_url=userinfo).account()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"refresh_token": ""}, "Refresh token"),
        ({"client_id": "", "client_secret": ""}, "Client id (field login), Client secret (field password)"),
        ({"service_account": "{}"}, "Subject"),
        ({"host": "http://people.example"}, "host"),
    ],
)
def test_what_a_connection_lacks_is_named(
    google: PeopleSandbox, services: Services, changes: dict[str, str], said: str
) -> None:
    with pytest.raises(ConnectionMissing) as missing:
        opened(google, services, **changes).account()
    assert said in str(missing.value)


def test_a_revoked_authorisation_says_what_to_do(google: PeopleSandbox, app: GoogleContacts) -> None:
    google.google.invalid_grant = True

    with pytest.raises(AuthError, match="authorise again"):
        app.account()


def test_credentials_that_may_only_read_send_nothing(google: PeopleSandbox, services: Services) -> None:
    google.consent(USER, "1//only-reads", (READ_ONLY,))
    app = opened(google, services, refresh_token="1//only-reads")
    assert app.account().contacts == 0

    with pytest.raises(NothingSent, match="scope"):
        list(app.push(creates(2)))


def test_a_service_account_acts_for_its_subject(google: PeopleSandbox, services: Services) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    google.add_service_account("robot@acme.example", key.public_key().public_bytes(Encoding.PEM, SPKI))
    file = {"client_email": "robot@acme.example", "private_key": private, "token_uri": "https://unused.example/token"}
    add(google, 1)
    given = {"client_id": "", "client_secret": "", "refresh_token": "", "subject": USER}

    account = opened(google, services, service_account=json.dumps(file), **given).account()

    assert (account.contacts, account.owner) == (1, USER)


def test_the_plan_of_the_account_sets_its_limits(google: PeopleSandbox) -> None:
    options = GoogleContacts.Options(rate_per_minute=600, lag_seconds=0)

    app = GoogleContacts(Access("book", google.credentials()), options)

    assert [(r.count, r.seconds) for r in app.info.caps.rates] == [(600, 60), (600, 60)]
    assert (app.info.caps.lag, GoogleContacts.info.caps.lag) == (timedelta(0), timedelta(minutes=5))


# ---- listing


def test_everything_is_listed_and_then_only_what_changed(google: PeopleSandbox, app: GoogleContacts) -> None:
    ids = [add(google, n) for n in range(1005)]

    pages, cursor = pulled(app.pull(None))
    assert sorted(r.id for r in records(pages)) == sorted(ids)
    assert all(page.complete for page in pages)
    assert calls(google)["connections"] == 2

    quiet, cursor = pulled(app.pull(cursor))
    assert (records(quiet), calls(google)) == ([], {"connections": 1})

    google.edit_contact(ids[3], {"names": [{"givenName": "Uma"}]})
    google.delete_contact(ids[4])
    pages, _ = pulled(app.pull(cursor))
    assert [(r.id, r.fields["names.givenName"]) for r in records(pages)] == [(ids[3], "Uma")]
    assert [i for page in pages for i in page.deleted] == [ids[4]]
    assert not any(page.complete for page in pages)


def test_an_empty_book_is_empty(app: GoogleContacts) -> None:
    pages, cursor = pulled(app.pull(None))

    assert records(pages) == []
    assert cursor["token"]


def test_listings_that_are_read_twice_look_the_same(google: PeopleSandbox, app: GoogleContacts) -> None:
    several = [{"value": f"u{n}@example.org"} for n in range(6)]
    add(google, 1, emailAddresses=several, labels=["Team", "Work", "Club"])

    looks = [records(pulled(app.pull(None))[0])[0].raw for _ in range(6)]

    assert len(set(looks)) == 1


@pytest.mark.parametrize("code", [400, 410])
@pytest.mark.parametrize("status", ["INVALID_ARGUMENT", "FAILED_PRECONDITION"])
def test_an_expired_token_is_told_in_every_form(
    google: PeopleSandbox, app: GoogleContacts, code: int, status: str
) -> None:
    add(google, 1)
    _, cursor = pulled(app.pull(None))
    google.google.expired_code, google.google.expired_status = code, status
    google.expire_sync_tokens()

    with pytest.raises(CursorExpired):
        list(app.pull(cursor))


def test_a_token_may_expire_at_a_later_page(google: PeopleSandbox, app: GoogleContacts) -> None:
    _, cursor = pulled(app.pull(None))
    for n in range(1005):
        add(google, n)
    google.google.expire_at_page = 2
    pages = app.pull(cursor)

    assert len(next(pages).records) == 1000
    with pytest.raises(CursorExpired):
        next(pages)


def test_a_cursor_for_other_fields_is_expired(app: GoogleContacts) -> None:
    _, cursor = pulled(app.pull(None))

    with pytest.raises(CursorExpired):
        list(app.pull({**cursor, "fields": "names"}))


def test_a_token_that_is_refused_in_any_words_is_no_end_of_the_sync(app: GoogleContacts) -> None:
    _, cursor = pulled(app.pull(None))

    with pytest.raises(CursorExpired):
        list(app.pull({**cursor, "token": "damaged"}))


def test_a_window_is_refused(app: GoogleContacts) -> None:
    begin = datetime.fromtimestamp(START, UTC)

    with pytest.raises(StopError, match="window"):
        list(app.pull(Window(begin, begin + timedelta(days=1))))


@pytest.mark.parametrize("trouble", [Trouble.EMPTY_LISTING, Trouble.LOOPING_LISTING])
def test_a_listing_that_is_none_is_an_error(google: PeopleSandbox, app: GoogleContacts, trouble: Trouble) -> None:
    for n in range(1005):
        add(google, n)
    google.knobs.faults = [Fault(trouble, path="connections", times=0, true_total=True)]

    with pytest.raises(BadListing):
        list(app.pull(None))


def test_an_html_page_is_never_an_empty_page(google: PeopleSandbox, app: GoogleContacts) -> None:
    add(google, 1)
    google.knobs.faults = [Fault(Trouble.HTML_PAGE, path="connections", times=0)]

    with pytest.raises(NotTheApi):
        list(app.pull(None))


def test_a_contact_that_got_another_name_is_told_by_both(google: PeopleSandbox, app: GoogleContacts) -> None:
    name = add(google, 1)
    _, cursor = pulled(app.pull(None))
    google.edit_contact(name, {"resourceName": "people/c777"})

    pages, _ = pulled(app.pull(cursor))
    assert dict(pages[-1].moved) == {name: "people/c777"}
    assert [r.id for r in records(pages)] == ["people/c777"]

    (found,) = app.fetch([Ref(name)])
    assert found.presence is Presence.MOVED
    assert found.record is not None
    assert (found.id, found.record.id) == (name, "people/c777")


def test_a_verified_address_moves_the_contact_and_its_profile_stays_out(
    google: PeopleSandbox, app: GoogleContacts
) -> None:
    name = add(google, 1)
    _, cursor = pulled(app.pull(None))
    with google.lock:
        moved = google.account().verify_email(name, "verified@example.org").resource_name

    pages, _ = pulled(app.pull(cursor))

    assert dict(pages[-1].moved) == {name: moved}
    (record,) = records(pages)
    assert record.fields["emailAddresses"] == [{"value": "ada1@example.org", "label": "work"}]


def test_custom_fields_are_known_once_seen(google: PeopleSandbox, services: Services) -> None:
    add(google, 1, userDefined=[{"key": "Tier", "value": "gold"}])
    add(google, 2)

    found = records(pulled(opened(google, services).pull(None))[0])
    assert sorted(str(r.fields["custom.Tier"]) for r in found) == ["", "gold"]
    calls(google)

    assert "custom.Tier" in {f.name for f in opened(google, services).describe()}
    assert calls(google) == {}


# ---- point reads


def test_many_are_fetched_at_once_and_the_gone_are_gone(google: PeopleSandbox, app: GoogleContacts) -> None:
    ids = [add(google, n) for n in range(210)]
    google.delete_contact(ids[7])

    found = {f.id: f for f in app.fetch([Ref(i) for i in ids])}

    assert [i for i, f in found.items() if f.presence is Presence.GONE] == [ids[7]]
    assert sum(f.presence is Presence.PRESENT for f in found.values()) == 209
    assert sum(calls(google).values()) == 2


# ---- creating


def test_creates_go_in_one_batch_and_are_marked(google: PeopleSandbox, app: GoogleContacts) -> None:
    results = pushed(app, creates(200, memberships=[{"value": "Freshsales"}], birthdays="--02-29"))

    assert all((r.state, r.created) == (State.DONE, True) for r in results.values())
    assert calls(google)[BATCH_CREATE] == 1
    record = results["op-7"].record
    assert record is not None
    assert (record.fields["names.familyName"], record.marker) == ("Muster7", ("op-7",))
    assert record.fields["memberships"] == [{"value": "Freshsales"}]
    groups = {
        m["contactGroupMembership"]["contactGroupResourceName"]
        for m in google.contact(results["op-7"].id)["memberships"]
    }
    assert "contactGroups/myContacts" in groups


def test_a_bad_create_costs_only_itself(google: PeopleSandbox, app: GoogleContacts) -> None:
    ops = creates(5)
    ops[2] = Op("bad", Verb.CREATE, patch={"names.familyName": "Poison"})
    ops[4] = Op("ours", Verb.CREATE, patch={"birthdays": "spring"})

    results = pushed(app, ops)

    assert {k: r.state for k, r in results.items() if r.state is not State.DONE} == {
        "bad": State.REFUSED,
        "ours": State.REFUSED,
    }
    assert "Poison" not in results["bad"].reason
    assert len(google.contacts()) == 3
    assert calls(google)[BATCH_CREATE] == 2


def test_a_refusal_of_nobody_holds_nobody(google: PeopleSandbox, app: GoogleContacts) -> None:
    google.knobs.faults = [Fault(Trouble.ERROR_BEFORE, path=BATCH_CREATE, status=400)]

    results = pushed(app, creates(8))

    assert {r.state for r in results.values()} == {State.DONE}
    assert len(google.contacts()) == 8


@pytest.mark.parametrize("bad", [{0}, {5}, {63}, {1, 62}, {30, 31}, {7, 8, 50}, set(range(64))])
def test_who_is_bad_is_found_by_halving_where_google_names_nobody(
    google: PeopleSandbox, app: GoogleContacts, bad: set[int]
) -> None:
    """A step a request: 1 + 6 to be alone + 1 to be refused alone, and one more for those who were set aside."""
    google.google.name_failed = False
    ops = creates(64)
    for n in bad:
        ops[n] = Op(f"op-{n}", Verb.CREATE, patch={"names.familyName": "Poison"})

    results = pushed(app, ops)

    assert {k for k, r in results.items() if r.state is not State.DONE} == {f"op-{n}" for n in bad}
    assert len(google.contacts()) == 64 - len(bad)
    assert calls(google)[BATCH_CREATE] <= 8 * len(bad) + 1


@pytest.mark.parametrize("trouble", [Trouble.DROP_BEFORE, Trouble.DROP_AFTER, Trouble.TRUNCATED_BODY])
def test_creates_without_an_answer_are_unknown_and_found_by_their_mark(
    google: PeopleSandbox, app: GoogleContacts, trouble: Trouble
) -> None:
    google.knobs.faults = [Fault(trouble, path=BATCH_CREATE)]

    results = pushed(app, creates(3))

    assert {r.state for r in results.values()} == {State.UNKNOWN}
    marks = {m for r in records(pulled(app.pull(None))[0]) for m in r.marker}
    assert marks == (set() if trouble is Trouble.DROP_BEFORE else {"op-0", "op-1", "op-2"})
    assert calls(google)[BATCH_CREATE] == 1


def test_a_full_account_is_said(google: PeopleSandbox, app: GoogleContacts) -> None:
    google.google.capacity = 1
    add(google, 1)

    (result,) = pushed(app, creates(1)).values()

    assert result.state is State.REFUSED
    assert "capacity" in result.reason


def test_a_label_that_google_keeps_for_itself_is_refused_alone(google: PeopleSandbox, app: GoogleContacts) -> None:
    ops = creates(2)
    ops[0] = Op("reserved", Verb.CREATE, patch={"names.givenName": "Uma", "memberships": [{"value": "Family"}]})

    results = pushed(app, ops)

    assert (results["reserved"].state, results["op-1"].state) == (State.REFUSED, State.DONE)


def test_new_labels_are_looked_for_once_and_very_many_are_refused_alone(
    google: PeopleSandbox, app: GoogleContacts
) -> None:
    some, many = ([{"value": f"tag {n}"} for n in range(count)] for count in (NEW_LABELS, NEW_LABELS * 2 + 1))
    ops = [Op(key, Verb.CREATE, patch={"memberships": tags}) for key, tags in (("a", some), ("b", many), ("c", some))]
    google.reset_counters()

    results = {result.key: result for result in app.push(ops)}

    assert [results[key].state for key in "abc"] == [State.DONE, State.REFUSED, State.DONE]
    assert f"it has {NEW_LABELS + 1} tags" in results["b"].reason
    assert asked(google) == {
        "POST /token": 1,
        "GET /v1/contactGroups": 3,  # at first, and before labels are made for a contact
        "POST /v1/contactGroups": NEW_LABELS,
        "POST /v1/people:batchCreateContacts": 1,
    }


def test_a_label_made_by_somebody_else_meanwhile_is_used(google: PeopleSandbox, app: GoogleContacts) -> None:
    pulled(app.pull(None))
    app.groups.name("contactGroups/none")
    add(google, 1, labels=["freshsales"])

    (result,) = pushed(app, creates(1, memberships=[{"value": "Freshsales"}])).values()

    assert result.record is not None
    assert result.record.fields["memberships"] == [{"value": "freshsales"}]


def test_a_contact_looks_the_same_wherever_it_is_shown(google: PeopleSandbox, app: GoogleContacts) -> None:
    patch = {"addresses": [{"value": {"city": "Berlin"}, "label": "home"}], "memberships": [{"value": "Club"}]}
    (result,) = pushed(app, creates(1, **patch)).values()
    (listed,) = records(pulled(app.pull(None))[0])
    (fetched,) = app.fetch([Ref(result.id)])

    assert result.record is not None
    assert fetched.record is not None
    assert {r.raw for r in (result.record, listed, fetched.record)} == {listed.raw}
    assert {r.version for r in (result.record, listed, fetched.record)} == {listed.version}


# ---- updating


def test_updates_replace_what_they_name_and_keep_the_rest(google: PeopleSandbox, app: GoogleContacts) -> None:
    name = add(
        google,
        1,
        labels=["Team", "Club"],
        organizations=[{"name": "Acme", "title": "CTO", "jobDescription": "all"}],
        userDefined=[{"key": "Tier", "value": "gold"}, {"key": "Car", "value": "red"}],
        relations=[{"person": "Bo", "type": "friend"}],
    )
    patch = {
        "organizations.title": "CEO",
        "custom.Tier": "silver",
        "memberships": [{"value": "Team"}, {"value": "New"}],
        "emailAddresses": [
            {"value": "uma@example.org", "label": "home"},
            {"value": "ada1@example.org", "label": "work"},
        ],
    }

    (result,) = pushed(app, updates(app, [name], patch)).values()

    assert (result.state, result.created) == (State.DONE, False)
    held = google.contact(name)
    assert held["organizations"][0]["jobDescription"] == "all"
    assert {(u["key"], u["value"]) for u in held["userDefined"]} == {("Tier", "silver"), ("Car", "red")}
    assert held["relations"][0]["person"] == "Bo"
    assert result.record is not None
    assert {str(t["value"]) for t in result.record.fields["memberships"]} == {"Team", "New"}
    assert [e["value"] for e in held["emailAddresses"] if e["metadata"].get("primary")] == ["ada1@example.org"]


def test_a_contact_that_changed_since_it_was_read_is_overtaken_alone(
    google: PeopleSandbox, app: GoogleContacts
) -> None:
    ids = [add(google, n) for n in range(4)]
    ops = updates(app, ids, {"nicknames": "Boss"})
    google.edit_contact(ids[1], {"biographies": [{"value": "mine"}]})
    google.delete_contact(ids[2])

    results = pushed(app, ops)

    states = [results[f"up {i}"].state for i in ids]
    assert states == [State.DONE, State.OVERTAKEN, State.OVERTAKEN, State.DONE]
    assert "nicknames" not in google.contact(ids[1])


def test_a_batch_has_one_mask(google: PeopleSandbox, app: GoogleContacts) -> None:
    ids = [add(google, n) for n in range(3)]
    ops = [*updates(app, ids[:2], {"nicknames": "Boss"}), *updates(app, ids[2:], {"biographies": "Note"})]
    calls(google)

    results = pushed(app, ops)

    assert {r.state for r in results.values()} == {State.DONE}
    assert calls(google) == {BATCH_UPDATE: 2}
    assert google.contact(ids[2])["names"][0]["givenName"] == "Ada"


def test_listed_etags_are_not_relied_on(google: PeopleSandbox, app: GoogleContacts) -> None:
    google.google.refuse_list_etags = True
    name = add(google, 1)
    (listed,) = records(pulled(app.pull(None))[0])
    op = Op("op-1", Verb.UPDATE, name, {"nicknames": "Boss"}, version=listed.version, ref=listed.ref)

    assert pushed(app, [op])["op-1"].state is State.DONE
    assert pushed(app, [op])["op-1"].state is State.OVERTAKEN


def test_an_update_without_an_answer_is_unknown(google: PeopleSandbox, app: GoogleContacts) -> None:
    ops = updates(app, [add(google, 1)], {"nicknames": "Boss"})
    google.knobs.faults = [Fault(Trouble.DROP_AFTER, path=BATCH_UPDATE)]

    (result,) = pushed(app, ops).values()

    assert result.state is State.UNKNOWN


# ---- deleting, quotas


def test_deletions_go_in_one_batch_and_the_gone_cost_only_themselves(
    google: PeopleSandbox, app: GoogleContacts
) -> None:
    ids = [add(google, n) for n in range(5)]
    google.delete_contact(ids[3])

    results = pushed(app, [Op(i, Verb.DELETE, i) for i in ids])

    assert {i: r.state for i, r in results.items() if r.state is not State.DONE} == {ids[3]: State.OVERTAKEN}
    assert google.contacts() == []


def test_a_spent_quota_sends_nothing_and_says_so(google: PeopleSandbox, app: GoogleContacts) -> None:
    google.google.writes_per_minute = 1
    pushed(app, creates(1))

    with pytest.raises(NothingSent):
        list(app.push(creates(1)))
    assert len(google.contacts()) == 1


def test_changes_are_sent_one_after_another(google: PeopleSandbox, app: GoogleContacts) -> None:
    pushed(app, creates(450, memberships=[{"value": "Club"}]))

    assert google.parallel_mutations == 0
    assert calls(google)[BATCH_CREATE] == 3
