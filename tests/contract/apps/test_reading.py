"""Complete reads, deltas, cursors and point reads of every app."""

from __future__ import annotations

from random import Random

from app_bench import Bench, garbage, somebody
from contactsync.apps.base import App
from contactsync.errors import CursorExpired
from contactsync.model.app import Deletes
from contactsync.model.exchange import Cursor, Presence, Ref
from handling import email_of, everything, fetched, own, pulled, somebody_new


def test_an_empty_account_is_empty_and_later_contacts_are_seen(bench: Bench, app: App) -> None:
    records, cursor = everything(app)
    assert records == {}

    added = bench.person_adds(somebody())
    bench.wait()

    assert set(pulled(bench.app().pull(cursor))[0]) == {added}


def test_a_complete_pull_lists_everybody_once_in_pages(bench: Bench) -> None:
    ids = bench.person_imports(bench.app().info.caps.page_size + 3)
    bench.wait()

    records, pages = pulled(bench.app().pull(None))

    listed = [record.id for page in pages for record in page.records]
    assert sorted(listed) == sorted(ids)
    assert set(records) == ids
    assert len(pages) > 1
    assert all(page.complete for page in pages)
    assert [bool(page.cursor) for page in pages] == [False] * (len(pages) - 1) + [True]
    assert not [page.unreadable for page in pages if page.unreadable]


def test_a_sample_is_of_this_account_the_same_for_the_same_chance_and_has_an_end(bench: Bench, app: App) -> None:
    size = app.info.caps.page_size
    ids = bench.person_imports(size + 3)
    bench.wait()

    def taken(calls: int, seed: int) -> tuple[list[str], bool]:
        pages = list(bench.app().sample(5, calls, Random(seed)))
        return [record.id for page in pages for record in page.records], pages[-1].last

    few, everywhere = taken(2, 1)
    assert set(few) < ids or everywhere
    assert 5 <= len(few) <= 2 * size
    assert len(few) == len(set(few))
    assert taken(2, 1) == (few, everywhere)
    assert taken(3, 1)[1]


def test_a_record_is_what_the_person_wrote(bench: Bench, app: App) -> None:
    person = somebody()
    contact = bench.person_adds(person)
    bench.wait()

    record = everything(app)[0][contact]

    for contact_field in ("names.given", "names.family", "job_title"):
        assert record.fields[own(app, contact_field).name] == person[contact_field]
    assert email_of(app, record.fields) == person["emails"][0]
    assert record.fields.keys() >= {f.name for f in app.info.fields if f.contact}


def test_reading_twice_shows_equal_raws_wherever_a_contact_is_shown(bench: Bench, app: App) -> None:
    ids = [bench.person_adds(somebody()) for _ in range(3)]
    bench.wait()

    first, _ = everything(app)
    second, _ = everything(bench.app())

    assert {i: r.raw for i, r in first.items()} == {i: r.raw for i, r in second.items()}
    assert {i: r.version for i, r in first.items()} == {i: r.version for i, r in second.items()}
    assert {i: fetched(app, i).raw for i in ids} == {i: r.raw for i, r in first.items()}
    assert len({r.raw for r in first.values()}) == 3


def test_reading_writes_nothing(bench: Bench, app: App) -> None:
    contact = bench.person_adds(somebody())
    bench.wait()
    before = bench.writes()

    app.account()
    app.describe()
    _, cursor = everything(app)
    pulled(app.pull(cursor))
    fetched(app, contact)

    assert bench.writes() == before


# ---- deltas


def test_a_quiet_delta_shows_nothing_new(bench: Bench, app: App) -> None:
    bench.person_adds(somebody())
    bench.wait()
    known, cursor = everything(app)

    for _ in range(2):
        records, pages = pulled(bench.app().pull(cursor))
        assert {i: r.raw for i, r in records.items()}.items() <= {i: r.raw for i, r in known.items()}.items()
        assert not any(page.deleted or page.moved or page.complete for page in pages)
        cursor = _cursor(pages[-1].cursor)
        bench.wait()


def test_a_delta_shows_who_was_edited_and_who_was_added(bench: Bench, app: App) -> None:
    edited, still = bench.person_adds(somebody()), bench.person_adds(somebody())
    bench.wait()
    known, cursor = everything(app)
    bench.person_edits(edited, {"job_title": "Ärztin"})
    added = bench.person_adds(somebody())
    bench.wait()

    records, pages = pulled(bench.app().pull(cursor))

    assert {edited, added} <= set(records) <= {edited, added, still}
    assert records[edited].fields[own(app, "job_title").name] == "Ärztin"
    assert records[edited].raw != known[edited].raw
    assert records[edited].version is None or records[edited].version != known[edited].version
    assert not any(page.complete for page in pages)
    again, _ = pulled(bench.app().pull(_cursor(pages[-1].cursor)))
    assert {i: r.raw for i, r in again.items()}.items() <= {i: r.raw for i, r in {**known, **records}.items()}.items()


def test_a_deletion_is_told_as_the_app_declares(bench: Bench, app: App) -> None:
    gone, still = bench.person_adds(somebody()), bench.person_adds(somebody())
    bench.wait()
    _, cursor = everything(app)
    bench.person_deletes(gone)
    bench.wait()

    records, pages = pulled(bench.app().pull(cursor))

    told = [i for page in pages for i in page.deleted]
    assert told == ([gone] if app.info.caps.deletes is Deletes.FEED else [])
    assert gone not in records
    assert set(everything(app)[0]) == {still}


# ---- cursors


def test_a_cursor_that_is_no_longer_good_is_never_an_empty_answer(bench: Bench, app: App) -> None:
    ids = {bench.person_adds(somebody()) for _ in range(2)}
    bench.wait()
    _, cursor = everything(app)
    bench.wait()

    for bad in [*garbage(cursor), *bench.past_cursors(cursor)]:
        assert _listed(bench.app(), bad) in (None, ids), bad


def _listed(app: App, cursor: Cursor) -> set[str] | None:
    """Whom a complete answer shows; None for one that says that the cursor expired."""
    try:
        records, pages = pulled(app.pull(cursor))
    except CursorExpired:
        return None
    assert all(page.complete for page in pages), cursor
    return set(records)


def _cursor(cursor: Cursor | None) -> Cursor:
    assert cursor is not None
    return cursor


# ---- point reads


def test_the_present_the_gone_and_the_unknown_are_told_apart(bench: Bench, app: App) -> None:
    there, gone = bench.person_adds(somebody()), bench.person_adds(somebody())
    bench.wait()
    known, _ = everything(app)
    bench.person_deletes(gone)

    answers = list(app.fetch([Ref(there, known[there].ref), Ref(gone, known[gone].ref), Ref(bench.unknown_id)]))

    assert len(answers) == 3
    found = {a.id: a for a in answers}
    presences = {i: a.presence for i, a in found.items()}
    assert presences == {there: Presence.PRESENT, gone: Presence.GONE, bench.unknown_id: Presence.GONE}
    assert found[there].record is not None
    assert found[gone].record is None
    assert list(app.fetch([])) == []


def test_contacts_are_found_by_key_where_the_app_searches(bench: Bench, app: App) -> None:
    if app.info.caps.batch.find == 0:
        return  # that it is refused then is told in test_declared.py
    person = somebody()
    wanted = bench.person_adds(person)
    bench.person_adds(somebody())
    bench.wait()
    name = f"uma {person['names.family'].lower()}"

    for keys in ({"email": ["nobody@example.org", *person["emails"]]}, {"full_name": [name]}):
        assert {r.id for r in app.find(keys)} == {wanted}, keys
    assert list(app.find({"email": ["nobody@example.org"]})) == []
    assert list(app.find({"email": [], "phone": ["+493012345"]})) == []


def test_a_new_contact_has_no_marker_of_ours(bench: Bench, app: App) -> None:
    bench.person_adds(somebody())
    bench.wait()
    (record,) = everything(app)[0].values()

    assert record.marker == ()
    assert not set(somebody_new(app)) - set(record.fields)
