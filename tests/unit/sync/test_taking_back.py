"""One field taken back: whose value stands there, how far back it goes, and each element by itself."""

from __future__ import annotations

from typing import Any

import pytest
from contactsync.contact import decode
from contactsync.model.exchange import State
from contactsync.model.spec import Holding
from contactsync.model.undo import Stay
from contactsync.sync.taking_back import Back, Write, taken_back, write_of
from factories import FREE, FULL, LABELS, SLOTS, a_row, an_intent, an_outcome, ids, labels, listed, primaries

EMAILS, TITLE = "emails", "job_title"


def a_write(before: str | None, left: str, key: str = "k1", **changes: Any) -> Write:
    given = {"key": key, "run_id": f"run of {key}", "before": before, "sent": left, "left": left}
    touched = tuple(sorted({*ids(before), *ids(left)})) if left.startswith("[") else ()
    return Write(**{**given, "touched": touched, **changes})


def back(now: str, *writes: Write, name: str = TITLE, held: Holding = LABELS) -> Back:
    """`writes` oldest first."""
    return taken_back(name, now, writes[::-1], held)


# ---- one value


def test_what_stands_as_we_left_it_becomes_what_we_found() -> None:
    assert back("Editor", a_write("Clerk", "Editor")) == Back("Clerk", ("k1",))


def test_a_field_that_we_filled_becomes_empty() -> None:
    assert back("Editor", a_write("", "Editor")).text == ""


@pytest.mark.parametrize(
    ("now", "write", "stay"),
    [
        pytest.param("Countess", a_write("Clerk", "Editor"), Stay.EDITED, id="edited"),
        pytest.param("Editor", a_write(None, "Editor"), Stay.UNKNOWN_BEFORE, id="never shown before"),
        pytest.param("Editor", a_write("Clerk", "Editor", proven=False), Stay.UNPROVEN, id="not proven"),
    ],
)
def test_what_is_not_ours_or_not_known_stays_with_the_reason(now: str, write: Write, stay: Stay) -> None:
    assert back(now, write) == Back(stays=((stay, ""),))


@pytest.mark.parametrize("before", ["Clerk", ""])
def test_what_is_back_already_needs_nothing(before: str) -> None:
    assert back(before, a_write(before, "Editor")) == Back()


def test_a_write_that_stored_nothing_is_nothing_to_take_back() -> None:
    assert back("Clerk", a_write("Clerk", "Clerk", sent="Editor")) == Back()


def test_several_of_our_writes_are_walked_back_to_the_oldest() -> None:
    writes = [a_write("a", "b", "k1"), a_write("b", "c", "k2"), a_write("c", "d", "k3")]
    assert back("d", *writes) == Back("a", ("k3", "k2", "k1"))


def test_the_walk_stops_at_what_a_person_typed_between_two_of_our_writes() -> None:
    assert back("c", a_write("a", "b", "k1"), a_write("typed", "c", "k2")) == Back(
        "typed", ("k2",), (), ((Stay.EDITED, ""),)
    )


def test_a_later_write_that_stands_has_to_be_undone_first() -> None:
    later = a_write("b", "c", "k2", chosen=False)
    assert back("c", a_write("a", "b", "k1"), later) == Back(stays=((Stay.WRITTEN, "run of k2"),))
    assert back("typed", a_write("a", "b", "k1"), later) == Back(stays=((Stay.EDITED, ""),))


def test_what_a_person_typed_after_a_later_write_stays_even_where_it_looks_like_ours() -> None:
    assert back("b", a_write("a", "b", "k1"), a_write("b", "c", "k2", chosen=False)).stays == ((Stay.EDITED, ""),)


def test_older_writes_that_nobody_asked_about_do_not_matter() -> None:
    assert back("c", a_write("a", "b", "k1", chosen=False), a_write("b", "c", "k2")) == Back("b", ("k2",))


def test_a_later_undo_counts_together_with_what_it_took_back() -> None:
    first, second = a_write("a", "b", "k1"), a_write("b", "c", "k2", chosen=False)
    undone = a_write("c", "b", "k3", chosen=False, undoes=("k2",))
    assert back("b", first, second, undone) == Back("a", ("k1",))


def test_what_an_undo_took_back_already_needs_nothing() -> None:
    assert back("a", a_write("a", "b", "k1"), a_write("b", "a", "k2", chosen=False, undoes=("k1",))) == Back()


def test_an_undo_is_taken_back_too_and_together_with_what_it_undid_nothing_changes() -> None:
    write, undone = a_write("a", "b", "k1"), a_write("b", "a", "k2", undoes=("k1",))
    assert back("a", a_write("a", "b", "k1", chosen=False), undone) == Back("b", ("k2",))
    assert back("a", write, undone).text is None


# ---- several values


def several(now: str, *writes: Write, held: Holding = LABELS) -> Back:
    return back(now, *writes, name=EMAILS, held=held)


def test_elements_that_we_added_go_and_those_that_we_removed_return_the_others_stay() -> None:
    done = several(listed("b/", "mine/"), a_write(listed("a/home"), listed("b/")))
    assert ids(done.text) == ["a", "mine"]
    assert labels(done.text or "") == {"a": "home", "mine": ""}
    assert done.touched == ("a", "b")
    assert done.stays == ()


def test_only_the_attribute_that_we_changed_is_changed_back() -> None:
    write = a_write(listed("a/home", "b/"), listed("a/work", "b/"))
    assert labels(several(listed("a/work", "b/mobile"), write).text or "") == {"a": "home", "b": "mobile"}


@pytest.mark.parametrize(
    ("now", "before", "left"),
    [
        pytest.param(listed("a/mobile"), listed("a/home"), listed("a/work"), id="relabelled since"),
        pytest.param(listed(), listed("a/home"), listed("a/work"), id="removed since"),
        pytest.param(listed("a/home"), listed(), listed("a/work"), id="added by us, relabelled since"),
    ],
)
def test_an_element_that_was_edited_since_stays(now: str, before: str, left: str) -> None:
    assert several(now, a_write(before, left)) == Back(stays=((Stay.EDITED, ""),))


@pytest.mark.parametrize("now", [listed(), listed("b/")])
def test_an_element_that_is_gone_or_there_again_already_needs_nothing(now: str) -> None:
    write = a_write(listed(), listed("a/")) if now == listed() else a_write(listed("b/"), listed())
    assert several(now, write) == Back()


def test_one_edited_element_does_not_keep_the_others_from_going_back() -> None:
    done = several(listed("a/mobile", "b/work"), a_write(listed(), listed("a/work", "b/work")))
    assert (ids(done.text), done.stays) == (["a"], ((Stay.EDITED, ""),))


def test_each_element_has_its_own_later_writes() -> None:
    later = a_write(listed("a/", "b/"), listed("a/", "b/", "c/"), "k2", chosen=False, touched=("c",))
    done = several(listed("a/", "b/", "c/"), a_write(listed("a/"), listed("a/", "b/"), touched=("b",)), later)
    assert (ids(done.text), done.stays) == (["a", "c"], ())
    relabelled = a_write(listed("a/", "b/"), listed("a/", "b/work"), "k2", chosen=False, touched=("b",))
    done = several(listed("a/", "b/work"), a_write(listed("a/"), listed("a/", "b/"), touched=("b",)), relabelled)
    assert done.stays == ((Stay.WRITTEN, "run of k2"),)


def test_who_comes_back_needs_a_place() -> None:
    two = Holding(max_items=2)
    done = several(listed("b", "c"), a_write(listed("a", "b"), listed("b")), held=two)
    assert (done.text, done.stays) == (None, ((Stay.NO_ROOM, ""),))
    done = several(listed("b", "c"), a_write(listed("a"), listed("b")), held=two)
    assert (ids(done.text), done.stays) == (["a", "c"], ())


def test_who_comes_back_gets_a_free_slot_of_its_own() -> None:
    done = several(listed("b/work"), a_write(listed("a/work"), listed("b/work")), held=SLOTS)
    assert labels(done.text or "") == {"a": "work"}


def test_who_comes_back_takes_nobodys_primary() -> None:
    write = a_write(listed("a/*", "b/"), listed("b/"))
    assert primaries(several(listed("b/*"), write, held=FULL).text or "") == ["b"]
    assert primaries(several(listed("b/"), write, held=FULL).text or "") == ["a"]


def test_that_another_became_primary_is_no_edit_of_what_we_added() -> None:
    from contactsync.contact import Element, encode

    def mails(first: bool) -> str:
        return encode([Element("a", "a", "", first), Element("b", "b", "", not first)])

    write = a_write(encode([Element("b", "b", "", True)]), mails(first=True), touched=("a",))
    assert ids(several(mails(first=False), write, held=FULL).text) == ["b"]


def test_all_of_a_list_may_go() -> None:
    assert several(listed("a"), a_write(listed(), listed("a")), held=FREE).text == listed()


# ---- from the journal


def test_a_journal_row_says_what_was_left_there_as_the_app_showed_it() -> None:
    intent = an_intent(patch={TITLE: "Editor  "}, before={TITLE: "Clerk"})
    row = a_row(intent, outcome=an_outcome(values={TITLE: "Editor"}))
    assert write_of(row, TITLE, chosen=True) == Write("k1", "run-1", "Clerk", "Editor  ", "Editor")
    blind = a_row(intent, outcome=an_outcome())
    assert write_of(blind, TITLE, chosen=True).left == "Editor  "


def test_what_was_found_out_later_is_ours_only_where_it_is_what_we_sent() -> None:
    intent = an_intent(patch={TITLE: "Editor", "company": "Muster"}, before={TITLE: "", "company": ""})
    row = a_row(intent, outcome=an_outcome(State.ADOPTED, values={TITLE: "Editor", "company": "typed"}))
    assert write_of(row, TITLE, chosen=True).proven
    assert not write_of(row, "company", chosen=True).proven


def test_the_apps_own_form_of_a_new_element_is_ours() -> None:
    intent = an_intent(patch={EMAILS: listed("new", "old")}, before={EMAILS: listed("old")}, touched={EMAILS: ("new",)})
    write = write_of(a_row(intent, outcome=an_outcome(values={EMAILS: listed("NEW", "old")})), EMAILS, chosen=True)
    assert set(write.touched) == {"new", "NEW"}
    assert [e.id for e in decode(several(listed("NEW", "old"), write, held=FREE).text or "")] == ["old"]
