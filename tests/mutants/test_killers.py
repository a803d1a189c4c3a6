"""Short histories for faults that no other test sees by itself; each is told in full (tests/model/story.py)."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "model"))

import pytest
from contactsync import pipeline
from contactsync.apps.base import Access
from contactsync.apps.freshsales import Freshsales
from contactsync.model.plan import Plan
from contactsync.rest.services import Services
from contactsync.sandbox.freshsales import FreshsalesSandbox
from contactsync.stages import planning
from contactsync.sync.reconcile import Given
from story import Story
from world import Clock


def told(*steps: object, left: str = "plain", right: str = "plain") -> Story:
    """The history of these steps, brought to rest."""
    story = Story(left, right)
    story.play([*steps, ("settle",)])  # type: ignore[list-item]
    return story


def test_the_answers_to_a_batch_may_come_in_any_order() -> None:
    told(("add", "left", 0, "own", []), ("add", "left", 1, "own", []), ("run", 60.0), right="late")


def test_the_second_edit_of_a_contact_is_another_action_than_the_first() -> None:
    edit = ("type", "left", 0, "company", "")
    told(("add", "left", 0, "own", []), ("run", 60.0), edit, ("run", 60.0), edit)


def test_a_run_that_dies_before_it_is_recorded_leaves_the_cursor_where_it_was() -> None:
    edit, death = ("type", "left", 0, "company", ""), ("crash", 300.0, "request:before", 1)
    told(("add", "left", 0, "own", []), ("run", 60.0), edit, death)


def test_a_dry_run_leaves_the_next_run_everything_to_do() -> None:
    story = told(("add", "left", 0, "own", []))
    story.play([("type", "left", 0, "company", "")])
    assert not isinstance(story.rig.run(dry_run=True), str)
    story.play([("settle",)])


def test_a_create_that_was_refused_or_not_sent_links_nobody() -> None:
    story = Story("plain", "strict")
    long = ("type", "left", 0, "company", "abcdefghijklmnop")
    story.play([("add", "left", 0, "own", []), long, ("run", 60.0)])
    assert not story.rig.ledger.all_links("pair")
    story.play([("type", "left", 0, "company", ""), ("settle",)])
    told(("add", "left", 0, "own", []), ("bad_write", "right", "refused_connection"), ("run", 60.0))


def test_what_the_other_app_makes_of_a_value_is_not_carried_back() -> None:
    told(("add", "left", 0, "own", ["nickname", "company"]), ("run", 60.0), right="strict")
    told(("add", "left", 0, "own", []), ("run", 60.0), ("type", "left", 0, "nickname", "Abc"), right="strict")


def test_an_account_that_another_sync_writes_to_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "ACCOUNT_PATIENCE", 0.0)
    story = told(("add", "left", 0, "own", []))
    story.rig.ended = False
    story.rig.ledger.take_account("pretend:right", "another sync", ended=lambda _owner: False)
    story.play([("type", "left", 0, "company", "")])
    before = story.rig.writes()
    assert story.rig.run() == "AccountBusy"
    assert story.rig.writes() == before


def test_who_was_deleted_is_not_made_again_when_a_late_listing_still_shows_the_partner() -> None:
    steps = [("add", "left", 0, "own", []), ("settle",), ("delete", "left", 0)]
    told(*steps, ("run", 300.0), ("run", 60.0), ("run", 60.0), right="late")


def test_the_order_in_which_contacts_are_read_decides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    story, decide = told(("add", "left", 0, "own", []), ("add", "left", 1, "own", [])), planning.decide
    actions = []

    def both_ways(given: Given) -> Plan:
        plan, again = decide(given), decide(replace(given, links=given.links[::-1]))
        assert (plan.intents, plan.hash) == (again.intents, again.hash)
        actions.append(len(plan.intents))
        return plan

    monkeypatch.setattr(planning, "decide", both_ways)
    story.play([("type", "left", 0, "company", ""), ("type", "left", 1, "company", ""), ("settle",)])
    assert max(actions) > 1


def test_a_create_whose_answer_was_lost_is_not_made_again_while_listings_lag_behind() -> None:
    told(("add", "left", 0, "own", []), ("crash", 60.0, "request:no_response", 1), ("run", 60.0), right="late")


def test_a_cursor_goes_by_the_vendors_clock_where_ours_is_ahead(tmp_path: Path) -> None:
    clock = Clock()
    with FreshsalesSandbox(clock=clock.seconds) as vendor:
        contact = vendor.add_contact({"first_name": "Ada", "emails": ["ada@example.org"]})
        ahead = Services(clock=lambda: clock() + timedelta(hours=1), sleep=clock.sleep)
        access = Access("crm", {"subdomain": f"{vendor.url}/crm/sales", "api_key": vendor.api_key}, services=ahead)
        app = Freshsales(access, Freshsales.Options())
        cursor = list(app.pull(None))[-1].cursor
        clock.forward(minutes=5)
        vendor.edit_contact(str(contact["id"]), {"job_title": "Lighthouse keeper"})
        assert [r.id for page in app.pull(cursor) for r in page.records] == [str(contact["id"])]


def test_who_left_the_filter_is_left_alone() -> None:
    steps = [("filter", "left", "nickname"), ("direction", "left_to_right"), ("add", "left", 0, "own", ["nickname"])]
    told(*steps, ("run", 60.0), ("clear", "left", 0, "nickname"), ("run", 60.0), ("type", "left", 0, "company", ""))


def test_who_is_deleted_outside_the_filter_stays_on_the_other_side() -> None:
    steps = [("filter", "left", "tags"), ("add", "right", 0, "own", []), ("run", 60.0), ("run", 60.0)]
    story = told(*steps, ("delete", "left", 0))
    assert [len(vendor.rows) for vendor in story.vendors.values()] == [0, 1]


def test_who_is_outside_the_filter_is_not_made() -> None:
    told(("filter", "left", "tags"), ("add", "left", 0, "own", []), ("run", 60.0), ("run", 60.0))


def test_what_is_declared_too_long_or_no_choice_is_held() -> None:
    steps = [("add", "left", 0, "own", ["company", "grade"]), ("run", 60.0)]
    story = told(*steps, ("type", "left", 0, "nickname", "abcdefghijklmnop"), right="picky")
    held = {(h.field.partition(" ")[0], h.reason) for h, _ in story.rig.ledger.holds("pair")}
    assert held == {("nickname", "too_long"), ("grade", "unknown_option")}


def test_a_vendor_without_batches_and_searches_gets_one_at_a_time() -> None:
    people = [("add", "left", person, "own", ["company"]) for person in range(3)]
    told(*people, ("run", 60.0), *[("type", "left", n, "company", "") for n in range(3)], right="picky")


def test_an_edit_after_an_undo_replaces_nothing_unlisted() -> None:
    edit = [("type", "left", 0, "company", ""), ("run", 60.0), ("undo", 60.0, 0), ("type", "right", 0, "company", "")]
    told(("add", "right", 0, "own", ["company"]), ("run", 60.0), *edit)


CARRIED = (("unsubscribes", "carry"), ("add", "left", 0, "own", []), ("run", 60.0))


@pytest.mark.parametrize("conflicts", ["left", "right", "hold"])
def test_an_opt_out_wins_whatever_the_file_says_of_conflicts(conflicts: str) -> None:
    story = Story("plain", "plain", conflicts)
    story.play([*CARRIED, ("opt", "left", 0, "opted_out"), ("opt", "right", 0, "opted_in"), ("settle",)])
    assert consents(story) == ["opted_out", "opted_out"]


def test_an_opt_out_that_somebody_took_back_does_not_return() -> None:
    story = told(*CARRIED, ("opt", "left", 0, "opted_out"), ("run", 60.0), ("opt", "right", 0, ""), ("run", 60.0))
    assert consents(story) == ["opted_out", ""]


def test_an_opt_out_stays_where_the_file_says_so() -> None:
    story = told(*CARRIED, ("unsubscribes", "ignore"), ("opt", "left", 0, "opted_out"))
    assert consents(story) == ["opted_out", ""]


NUMBERS = (("add", "left", 0, "own", []), ("enter", "left", 0, "phones"), ("enter", "left", 0, "phones"), ("run", 60.0))


def test_of_two_numbers_made_the_primary_one_on_either_side_one_is() -> None:
    story = told(*NUMBERS, ("prefer", "left", 0, "phones", 0), ("prefer", "right", 0, "phones", 1))
    assert numbers(story) == [("*+49 30 901001", "+49 30 901002")] * 2


def test_an_element_that_was_edited_while_it_was_removed_stays() -> None:
    story = told(*NUMBERS, ("respell", "right", 0, "phones", 1), ("drop", "left", 0, "phones", 1))
    assert numbers(story) == [("+49 30 901001", "+4930901002")] * 2


def test_a_number_that_is_spelled_otherwise_on_the_other_side_is_there_once() -> None:
    story = told(*NUMBERS, ("enter", "left", 0, "phones"), ("echo", "left", 0, "phones", 2))
    assert numbers(story) == [("+49 30 901001", "+49 30 901002", last) for last in ("+49 30 901003", "+4930901003")]


def numbers(story: Story) -> list[object]:
    """What every contact of both sides holds."""
    return [row.values["phones"] for vendor in story.vendors.values() for row in vendor.rows.values()]


def consents(story: Story) -> list[object]:
    """What every contact of both sides holds."""
    return [row.values["consent"] for vendor in story.vendors.values() for row in vendor.rows.values()]
