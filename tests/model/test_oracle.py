"""What the oracle holds against a program and what it lets pass, where histories have shown it wrong."""

from __future__ import annotations

import pytest
from oracle import Broken
from story import Story


def merged(*fields: str) -> Story:
    """Two persons on the right, one of them kept equal with the left; he is merged into the other one."""
    story = Story()
    story.play([("add", "right", 0, "none", list(fields)), ("add", "left", 1, "own", ["company"]), ("run", 60.0)])
    story.play([("enter", "left", 0, "tags"), ("run", 60.0), ("merge", "right", 1, 0)])
    return story


def test_a_merge_is_no_deletion_to_carry_over() -> None:
    story = merged()
    vendor = story.vendors[next(iter(story.vendors))]
    with pytest.raises(Broken, match="no deletion that nobody asked for"):
        vendor.delete(vendor.row_of(vendor.recs()[0]))


def test_whoever_merges_two_saw_what_both_held() -> None:
    merged("company").play([("settle",)])


def test_whoever_merges_two_takes_away_what_the_winner_lacks() -> None:
    story = merged()
    story.play([("settle",)])
    assert [row.values["company"] for row in story.vendors[next(iter(story.vendors))].rows.values()] != [""]


def test_an_edit_after_a_merge_that_loses_unseen_is_a_lost_edit() -> None:
    story = merged("company")
    story.play([("type", "left", 0, "company", "")])
    left, right = (vendor.row_of(vendor.recs()[0]) for vendor in story.vendors.values())
    story.vendors[next(iter(story.vendors))].update(left, {"company": right.values["company"]})
    with pytest.raises(Broken, match="no lost edit"):
        story.oracle.check_lost(set())


def again(*between: object) -> Story:
    """Somebody known on both sides, entered anew on the left after having been deleted there."""
    story = Story("cards", "crm")
    anew = [("delete", "left", 0), ("add", "left", 1, "own", [])]
    story.play([("add", "left", 1, "own", []), ("run", 60.0), *anew, *between])  # type: ignore[list-item]
    return story


def test_somebody_entered_anew_who_never_had_a_partner_is_not_back_from_the_dead() -> None:
    story = again(("run", 60.0, True), ("delete", "right", 0))
    story.play([("settle",)])
    assert [len(vendor.rows) for vendor in story.vendors.values()] == [1, 1]


def test_a_partner_who_is_deleted_is_not_made_anew() -> None:
    story = Story()
    story.play([("add", "left", 1, "own", []), ("settle",), ("delete", "right", 0)])
    left, right = story.vendors.values()
    with pytest.raises(Broken, match="nobody back from the dead"):
        right.create(dict(left.row_of(left.recs()[0]).values), "another")


@pytest.mark.parametrize(
    ("noted", "written", "promise"),
    [
        ("opted_in", "opted_in", "consent only tightens"),
        ("opted_in", "opted_out", "nobody opted out"),
        ("opted_out", "opted_out", "stays where the file says so"),
    ],
)
def test_whose_consent_a_program_may_write(noted: str, written: str, promise: str) -> None:
    story = Story()
    policy = "ignore" if "file" in promise else "carry"
    story.play([("add", "left", 1, "own", []), ("settle",), ("unsubscribes", policy), ("opt", "left", 0, noted)])
    right = list(story.vendors.values())[1]
    with pytest.raises(Broken, match=promise):
        right.update(right.row_of(right.recs()[0]), {"consent": written})


@pytest.mark.parametrize(
    ("written", "promise"),
    [
        (("+49 30 901001", "+4930901001"), "nothing twice"),
        (("*+49 30 901001",), "nobody made"),
        (("+49 (30) 901001",), "never spelled so"),
        ((), "nobody did that"),
    ],
)
def test_how_a_program_may_write_numbers(written: tuple[str, ...], promise: str) -> None:
    story = Story()
    story.play([("add", "left", 1, "own", []), ("enter", "left", 0, "phones"), ("settle",)])
    right = list(story.vendors.values())[1]
    with pytest.raises(Broken, match=promise):
        right.update(right.row_of(right.recs()[0]), {"phones": written})
