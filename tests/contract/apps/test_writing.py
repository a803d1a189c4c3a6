"""Creates, updates and deletions of every app, and how a create whose answer was lost is found again."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil

import pytest
from app_bench import Bench, somebody
from contactsync.apps.base import App
from contactsync.contact import Kind
from contactsync.model.app import Adopt, Check, FieldInfo
from contactsync.model.exchange import Op, OwnValue, Presence, Record, Ref, State
from handling import (
    create,
    delete,
    element,
    email_of,
    everything,
    fetched,
    mapped,
    own,
    pulled,
    pushed,
    same,
    sample,
    somebody_new,
    update,
    wrote,
)

OVER = (State.DONE, State.OVERTAKEN)


# ---- creating


def test_a_create_is_proven_ours_and_reads_back_as_written(bench: Bench, app: App) -> None:
    patch = {f.name: sample(f) for f in mapped(app)}

    result = wrote(app, create(patch))

    assert (result.state, result.created, result.reason) == (State.DONE, True, "")
    assert bench.ids() == {result.id}
    record = fetched(bench.app(), result.id)
    assert {n: same(record.fields[n]) for n in patch} == {n: same(v) for n, v in patch.items()}
    _agrees(app, result.record, record)
    bench.wait()
    listed, _ = everything(bench.app())
    assert listed[result.id].raw == record.raw


def _agrees(app: App, answered: Record | None, read: Record) -> None:
    """A write's answer carries the whole record where the app says so."""
    assert (answered is not None) == app.info.caps.returns_record
    if answered is not None:
        assert (answered.raw, answered.version) == (read.raw, read.version)


def test_creates_go_in_as_few_requests_as_declared(bench: Bench, app: App) -> None:
    app.account()
    ops = [create(somebody_new(app)) for _ in range(5)]
    before = bench.writes()

    results = pushed(app, ops)

    assert {r.state for r in results.values()} == {State.DONE}
    assert len({r.id for r in results.values()}) == 5
    assert bench.writes() - before == ceil(5 / app.info.caps.batch.create)


def test_nothing_to_write_sends_nothing(bench: Bench, app: App) -> None:
    assert list(app.push([])) == []
    assert bench.writes() == 0


def test_a_refused_create_costs_only_itself(bench: Bench, app: App) -> None:
    good = [create(somebody_new(app)) for _ in range(4)]
    bad = create(bench.refusal or somebody_new(app))

    results = pushed(app, [*good[:2], bad, *good[2:]])

    assert {results[op.key].state for op in good} == {State.DONE}
    if bench.refusal is None:
        assert results[bad.key].state is State.DONE
    else:
        assert results[bad.key].state is State.REFUSED
        assert results[bad.key].reason
        assert not [v for v in bench.refusal.values() if isinstance(v, str) and v in results[bad.key].reason]
    assert bench.ids() == {r.id for r in results.values() if r.state is State.DONE}


def test_a_refused_update_costs_only_itself(bench: Bench, app: App) -> None:
    ids = [bench.person_adds(somebody()) for _ in range(3)]
    bench.wait()
    title = own(app, "job_title").name
    refusal = {n: v for n, v in (bench.refusal or {title: "x"}).items() if isinstance(v, str)}
    records = [fetched(app, i) for i in ids]
    patches = [{**dict.fromkeys(refusal, "fine"), title: "x"}, {**refusal, title: "x"}, {title: "x"}]
    ops = [update(record, patch) for record, patch in zip(records, patches, strict=True)]

    results = pushed(app, ops)

    refused = State.REFUSED if bench.refusal else State.DONE
    assert [results[op.key].state for op in ops] == [State.DONE, refused, State.DONE]
    assert fetched(app, ids[1]).fields[title] == ("Chemikerin" if bench.refusal else "x")


# ---- found again


def test_a_create_is_found_again_as_declared(bench: Bench, app: App) -> None:
    op = _new(app)
    result = wrote(app, op)
    bench.wait()

    assert _found(bench.app(), op) == ({result.id} if app.info.caps.adopt is not Adopt.NONE else set())
    assert _found(bench.app(), _new(app)) == set()


def test_a_create_whose_answer_is_lost_is_sent_once_and_found_again(bench: Bench, app: App) -> None:
    app.account()
    before = bench.writes()
    loses = bench.lose_create_answer()
    op = _new(app)

    result = wrote(app, op)

    assert result.state is (State.UNKNOWN if loses else State.DONE)
    assert not (loses and result.created)
    assert bench.writes() - before == 1
    bench.wait()
    assert _found(bench.app(), op) == bench.ids()
    assert len(bench.ids()) == 1


def test_no_second_contact_where_an_id_or_a_key_forbids_it(bench: Bench, app: App) -> None:
    op = _new(app)
    first = wrote(app, op)
    match app.info.caps.adopt:
        case Adopt.CLIENT_ID:
            second = wrote(bench.app(), op)
        case Adopt.UNIQUE_KEY:
            second = wrote(bench.app(), create(op.patch, keys=op.keys))
        case _:
            return  # two creates are two contacts: the marker tells whose each is
    assert second.state in (State.REFUSED, State.UNKNOWN)
    assert not second.created
    assert bench.ids() == {first.id}


def _new(app: App) -> Op:
    patch = somebody_new(app)
    return create(patch, keys={"email": [email_of(app, patch)]})


def _found(app: App, op: Op) -> set[str]:
    """Whom an unknown create is taken for, as `caps.adopt` says."""
    if app.info.caps.adopt is Adopt.MARKER:
        return {i for i, record in everything(app)[0].items() if op.key in record.marker}
    return {record.id for record in app.look_up(op)}


# ---- updating


def test_an_update_changes_what_it_names_and_nothing_else(bench: Bench, app: App) -> None:
    contact = bench.person_adds(somebody())
    before, unmapped = fetched(app, contact), bench.unmapped(contact)
    title = own(app, "job_title").name

    result = wrote(app, update(before, {title: "Ärztin"}))

    assert (result.state, result.created, result.id) == (State.DONE, False, contact)
    after = fetched(bench.app(), contact)
    assert {n: v for n, v in after.fields.items() if n != title} == {
        n: v for n, v in before.fields.items() if n != title
    }
    assert after.fields[title] == "Ärztin"
    assert bench.unmapped(contact) == unmapped
    assert after.raw != before.raw
    _agrees(app, result.record, after)


def test_every_single_value_is_changed_and_emptied(bench: Bench, app: App) -> None:
    kept = {own(app, "emails").name, own(app, "names.given").name}
    fields = [f for f in mapped(app) if not f.kind.several and f.name not in kept]
    result = wrote(app, create({**somebody_new(app), **{f.name: sample(f) for f in fields}}))
    record = fetched(app, result.id)
    for patch in ({f.name: sample(f) for f in fields}, {f.name: "" for f in fields}):
        assert wrote(app, update(record, patch)).state is State.DONE
        record = fetched(bench.app(), result.id)
        assert {name: record.fields[name] for name in patch} == patch


def test_elements_are_added_relabelled_removed_and_cleared(app: App) -> None:
    contact = wrote(app, create({**somebody_new(app), own(app, "job_title").name: "x"})).id
    for info in [f for f in mapped(app) if f.kind.several]:
        for value in _steps(info):
            op = update(fetched(app, contact), {info.name: value})
            result = wrote(app, op)
            assert result.state is State.DONE, (info.name, result.reason)
            after = fetched(app, contact)
            assert same(after.fields[info.name]) == same(value), info.name


def _steps(info: FieldInfo) -> list[list[dict[str, object]]]:
    """As far as the app can hold: one; two; the first relabelled; only the other; none."""
    one, two = element(info, 0), element(info, 1)
    steps = [[one]]
    if info.holds_label:
        steps.append([{**one, "label": "home"}])
    if info.max_items is None or info.max_items > 1:
        steps += [[*steps[-1], two], [{**two, "primary": True} if info.holds_primary else two]]
    else:
        steps.append([element(info, 0)])
    return [*steps, []]


def test_an_update_of_a_contact_that_vanished_is_overtaken_alone(bench: Bench, app: App) -> None:
    gone, there = bench.person_adds(somebody()), bench.person_adds(somebody())
    title = own(app, "job_title").name
    ops = [update(fetched(app, i), {title: "Ärztin"}) for i in (gone, there)]
    bench.person_deletes(gone)

    results = pushed(app, ops)

    assert [results[op.key].state for op in ops] == [State.OVERTAKEN, State.DONE]
    assert bench.ids() == {there}


@pytest.mark.parametrize("source", ["listed", "fetched"])
def test_a_contact_that_changed_since_it_was_read_is_not_overwritten(bench: Bench, app: App, source: str) -> None:
    contact = bench.person_adds(somebody())
    bench.wait()
    listed, cursor = everything(app)
    record = listed[contact] if source == "listed" else fetched(app, contact)
    title, given = own(app, "job_title").name, own(app, "names.given").name
    bench.person_edits(contact, {"job_title": "Ärztin"})

    if app.info.caps.check in (Check.VERSION, Check.FETCHED_VERSION):
        result = wrote(app, update(record, {title: "Chefin"}))
        assert result.state is State.OVERTAKEN
        after = fetched(app, contact)
        assert result.record is None or result.record.raw == after.raw
        assert after.fields[title] == "Ärztin"
        return
    # Without a condition the check before the write must show the change, and an update touches only its own fields.
    assert record.version is None
    bench.wait()
    changed, _ = pulled(bench.app().pull(cursor))
    assert changed[contact].fields[title] == "Ärztin"
    assert wrote(app, update(record, {given: "Eva"})).state is State.DONE
    after = fetched(app, contact)
    assert (after.fields[title], after.fields[given]) == ("Ärztin", "Eva")


# ---- one request a contact


def test_a_contact_is_written_by_one_request_however_many_of_its_fields(bench: Bench, app: App) -> None:
    """So that it is as it was or as it was to become, wherever a run dies."""
    tags = {f.name: sample(f) for f in mapped(app) if f.kind is Kind.TAGS}
    app.account()
    wrote(app, create({**somebody_new(app), **tags}))  # a label that is new takes a request of its own, of no contact
    whole = [{f.name: sample(f) for f in mapped(app)} | tags for _ in range(2)]
    rest = {name: value[:1] for name, value in tags.items() if not isinstance(value, str)}

    def sent(op: Op) -> int:
        before = bench.writes()
        result = wrote(app, op)
        assert (result.state, result.reason) == (State.DONE, "")
        return bench.writes() - before

    assert sent(create(whole[0])) == 1
    (contact,) = [i for i, record in everything(_later(bench))[0].items() if _holds(record, whole[0])]
    assert sent(update(fetched(app, contact), {**whole[1], **rest})) == 1
    assert _holds(fetched(_later(bench), contact), {**whole[1], **rest})
    assert sent(delete(fetched(app, contact))) == 1
    assert contact not in bench.ids()


def _later(bench: Bench) -> App:
    bench.wait()
    return bench.app()


def _holds(record: Record, patch: Mapping[str, OwnValue]) -> bool:
    return all(same(record.fields.get(name, "")) == same(value) for name, value in patch.items())


def test_updates_of_many_fields_go_in_as_few_requests_as_declared(bench: Bench, app: App) -> None:
    ids = [bench.person_adds(somebody()) for _ in range(5)]
    bench.wait()
    known = [f for f in mapped(app) if f.kind is not Kind.TAGS]
    ops = [update(fetched(app, i), {f.name: sample(f) for f in known}) for i in ids]
    before = bench.writes()

    results = pushed(app, ops)

    assert {r.state for r in results.values()} == {State.DONE}
    assert bench.writes() - before == ceil(5 / app.info.caps.batch.update)


def test_a_job_is_one_request_for_all_its_contacts_and_their_fields(bench: Bench) -> None:
    bulk = bench.bulk_app()
    if bulk is None:
        return
    assert bulk.info.caps.bulk
    known = [f for f in mapped(bulk) if f.kind is not Kind.TAGS]
    whole = [{f.name: sample(f) for f in known} for _ in range(6)]
    ops = [create(patch, keys={"email": [email_of(bulk, patch)]}) for patch in whole[:3]]
    if bulk.info.caps.bulk.update:
        ids = [bench.person_adds(somebody()) for _ in range(3)]
        bench.wait()
        ops += [update(fetched(bulk, i), patch) for i, patch in zip(ids, whole[3:], strict=True)]
    before = bench.writes()

    jobs = [dict(result.job or {}) for result in bulk.submit(ops)]
    bench.wait()

    results = {result.key: result for result in bulk.poll(jobs[0], ops) or ()}
    assert {result.state for result in results.values()} == {State.DONE}
    assert bench.writes() - before == 1
    assert all(_holds(fetched(bulk, results[op.key].id), op.patch) for op in ops)


# ---- deleting


def test_a_deletion_is_done_and_a_second_one_does_no_harm(bench: Bench, app: App) -> None:
    gone, there = bench.person_adds(somebody()), bench.person_adds(somebody())
    op = delete(fetched(app, gone))

    assert wrote(app, op).state is State.DONE
    assert bench.ids() == {there}
    assert [a.presence for a in app.fetch([Ref(gone)])] == [Presence.GONE]

    assert wrote(bench.app(), op).state in OVER
    results = pushed(app, [op, delete(fetched(app, there))])
    assert results[op.key].state in OVER
    assert bench.ids() == set()


def test_a_deletion_of_a_contact_that_changed_is_overtaken_where_versions_are_checked(bench: Bench, app: App) -> None:
    contact = bench.person_adds(somebody())
    op = delete(fetched(app, contact))
    bench.person_edits(contact, {"job_title": "Ärztin"})

    result = wrote(app, op)

    if app.info.caps.check is Check.VERSION:
        assert result.state is State.OVERTAKEN
        assert bench.ids() == {contact}
    else:  # the core checks before it sends; the request itself has no condition
        assert result.state is State.DONE
        assert bench.ids() == set()
