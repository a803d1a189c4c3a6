"""What every app says about itself, and whose account it says it sees."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from app_bench import Bench, long_ago, somebody
from benches import BENCHES
from contactsync.apps import app_names, load_app
from contactsync.apps.base import App
from contactsync.contact import FIELDS, MATCH_KEYS
from contactsync.errors import AuthError, NotTheApi, StopError
from contactsync.model.app import Adopt, FieldInfo
from contactsync.model.app import Window as WindowKind
from contactsync.model.exchange import State, Window
from handling import create, everything, mapped, somebody_new
from pydantic import ValidationError


@pytest.mark.parametrize("name", app_names())
def test_every_shipped_app_has_a_bench(name: str) -> None:
    assert name in {bench.app_name for bench in BENCHES.values()}, "add one to tests/contract/apps/benches.py"
    assert load_app(name).info.name == name


# ---- declarations


def test_the_connection_form_can_be_made(app: App) -> None:
    credentials = app.info.credentials
    assert re.fullmatch("[a-z][a-z0-9_]*", app.info.conn_type)
    assert len({c.name for c in credentials}) == len({c.where for c in credentials}) == len(credentials)
    for one in credentials:
        assert re.fullmatch(r"host|login|password|port|schema|extra\.[a-z_]+", one.where), one.name
        assert one.title
        # Airflow hides a password; of extras it hides those that are declared so.
        assert not one.secret or one.where == "password" or one.where.startswith("extra."), one.name


def test_the_fields_fit_the_contact(app: App) -> None:
    fields = app.info.fields
    assert len({f.name for f in fields}) == len(fields)
    places = [(f.contact, f.slot) for f in fields if f.contact]
    assert len(set(places)) == len(places)
    for info in fields:
        assert info.max_items is None or (info.max_items > 0 and info.kind.several), info.name
        assert info.max_length is None or info.max_length > 0, info.name
        assert info.kind.several or not (info.holds_label or info.holds_primary), info.name
        if info.contact:
            assert info.contact in FIELDS, info.name
            _fits(info)


def _fits(info: FieldInfo) -> None:
    kind = FIELDS[info.contact]
    if info.slot:
        assert kind.several, f"{info.name}: a slot is one of several"
        assert not info.kind.several, f"{info.name}: a slot holds one value"
    else:
        assert info.kind is kind, info.name


def test_the_capabilities_are_possible(app: App) -> None:
    caps = app.info.caps
    assert caps.page_size > 0
    assert min(caps.batch.create, caps.batch.update, caps.batch.delete, caps.batch.fetch) > 0
    assert caps.batch.find >= 0
    assert caps.rates
    assert all(rate.count > 0 and rate.seconds > 0 for rate in caps.rates)
    assert caps.lag.total_seconds() >= 0
    assert caps.granularity.total_seconds() > 0
    assert caps.capacity is None or caps.capacity > 0
    assert set(caps.unique_keys) <= set(MATCH_KEYS)
    assert (caps.adopt is Adopt.UNIQUE_KEY) <= bool(caps.unique_keys)


def test_enough_is_mapped_to_tell_people_apart(app: App) -> None:
    assert {"names.given", "names.family", "emails", "job_title"} <= {f.contact for f in mapped(app)}


def test_an_unknown_option_is_an_error(app: App) -> None:
    with pytest.raises(ValidationError):
        type(app).Options(no_such_option=1)  # type: ignore[call-arg]


def test_an_account_may_have_more_fields_than_are_declared_and_never_lacks_one_that_flows(app: App) -> None:
    described = list(app.describe())

    assert len({f.name for f in described}) == len(described)
    assert {f.name for f in app.info.fields if f.contact} <= {f.name for f in described}
    assert all(f.custom for f in described if replace(f, custom=False, choices=()) not in app.info.fields)


# ---- whose account


def test_the_account_is_told_the_same_by_every_task_and_counts(bench: Bench) -> None:
    empty = bench.app().account()
    bench.person_adds(somebody())
    bench.person_adds(somebody())
    bench.wait()

    account = bench.app().account()

    assert empty.id == account.id
    assert account.id
    assert account.host
    assert account.contacts in (2, None)
    assert empty.contacts in (0, None)


def test_wrong_credentials_are_said_without_them(bench: Bench) -> None:
    intruder = bench.intruder()
    if intruder is None:
        assert not any(c.secret or c.required for c in bench.app().info.credentials)
        return
    with pytest.raises(AuthError) as refused:
        intruder.account()
    assert not [v for v in intruder.access.credentials.values() if "wrong" in v and v in str(refused.value)]
    with pytest.raises(AuthError):
        list(intruder.pull(None))


def test_a_web_page_is_neither_an_account_nor_an_empty_one(bench: Bench) -> None:
    astray = bench.astray()
    if astray is None:
        assert not any(c.where == "host" and c.required for c in bench.app().info.credentials)
        return
    with pytest.raises(NotTheApi):
        astray.account()
    with pytest.raises(NotTheApi):
        list(astray.pull(None))


# ---- what an app says that it cannot


def test_a_window_is_kept_or_refused(bench: Bench, app: App) -> None:
    early = bench.person_adds(somebody())
    bench.wait()
    begin = bench.clock()
    bench.wait(60)
    inside = bench.person_adds(somebody())
    bench.wait(60)
    end = bench.clock()
    bench.wait()
    window = Window(begin, end)

    if app.info.caps.window is WindowKind.NONE:
        with pytest.raises(StopError):
            list(app.pull(window))
        return
    pages = list(app.pull(window))
    assert [r.id for page in pages for r in page.records] == [inside]
    assert early
    assert not any(page.complete or page.cursor for page in pages)
    assert not [r for page in app.pull(Window(long_ago(), long_ago())) for r in page.records]


def test_find_and_poll_are_errors_where_they_are_not_offered(bench: Bench, app: App) -> None:
    if app.info.caps.batch.find == 0:
        with pytest.raises(StopError):
            app.find({"email": ["uma@example.org"]})
    if bench.bulk_app() is None:
        with pytest.raises(StopError):
            app.poll({}, [])
        with pytest.raises(StopError):
            app.submit([])


def test_a_job_of_creates_is_accepted_and_done_when_polled(bench: Bench, app: App) -> None:
    bulk = bench.bulk_app()
    if bulk is None:
        assert type(app).poll is App.poll, "an app that polls needs a bench with a bulk_app"
        return
    assert bulk.info.caps.bulk
    ops = [create(somebody_new(bulk)) for _ in range(3)]

    accepted = {r.key: r for r in bulk.submit(ops)}
    assert accepted.keys() == {op.key for op in ops}
    assert {r.state for r in accepted.values()} == {State.ACCEPTED}
    jobs = [dict(r.job or {}) for r in accepted.values()]
    assert jobs[0]

    bench.wait()
    results = {r.key: r for r in bulk.poll(jobs[0], ops) or ()}
    assert {key: (r.state, r.created) for key, r in results.items()} == {op.key: (State.DONE, True) for op in ops}
    assert set(everything(app)[0]) == {r.id for r in results.values()} == bench.ids()
