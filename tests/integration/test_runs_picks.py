"""One value and several, a whole name and its parts, through whole runs between two memory books: nothing is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from contactsync.apps.base import Access, App
from contactsync.apps.memory import Memory
from contactsync.errors import LimitExceeded
from contactsync.model.exchange import Fetched, Ref
from contactsync.model.plan import HoldReason
from contactsync.model.spec import Limits, MatchSpec, Side
from paired import ada, edit, fields, of, paired, quiet
from world import WIDE, World, mail, memory_spec

LEFT, RIGHT = Side.LEFT, Side.RIGHT
MOBILE = {"left": "custom.mobile", "right": "phones", "pick": {"label": "mobile", "else": "first"}}
WORK = {"left": "custom.work", "right": "phones", "pick": {"label": "work"}}


def phone(value: str, label: str = "mobile", *, primary: bool = False) -> dict[str, Any]:
    return {"value": value, "label": label, "primary": primary}


def phones(*given: str) -> list[dict[str, Any]]:
    """mobile:+49..., in the order of the app."""
    return [phone(value, label) for label, _, value in (text.partition(":") for text in given)]


def numbers(world: World, side: Side = RIGHT) -> set[str]:
    return {f"{p['label']}:{p['value']}" for p in of(world, side).get("phones", ())}


def meanwhile(world: World, action: Callable[[], object]) -> None:
    """Somebody does something once, just before our check of a target."""
    actions = [action]

    class Interrupted(Memory):
        def fetch(self, refs: Sequence[Ref]) -> Iterator[Fetched]:
            if actions:
                actions.pop()()
            return super().fetch(refs)

    def opened(side: Side) -> App:
        half = world.spec.side(side)
        assert world.services is not None
        return Interrupted(Access(half.connection, {}, services=world.services), Memory.Options(**half.options))

    world.open_app = opened


@pytest.fixture
def world(tmp_path: Path) -> World:
    return paired(tmp_path, MOBILE, match=MatchSpec(default_region="DE"))


def test_the_single_value_becomes_an_element_with_the_label(world: World) -> None:
    world.left.put("l1", ada(**{"custom.mobile": "+49 170 1111111", "phones": phones("home:+49 30 1111111")}))
    quiet(world)
    assert numbers(world) == {"mobile:+49 170 1111111", "home:+49 30 1111111"}
    assert numbers(world, LEFT) == {"home:+49 30 1111111"}


def test_the_element_of_the_label_feeds_the_single_value_and_the_others_flow_on(world: World) -> None:
    world.right.put("r1", ada(phones=phones("home:+49 30 1111111", "mobile:+49 170 1111111", "work:+49 30 2222222")))
    quiet(world)
    assert of(world, LEFT)["custom.mobile"] == "+49 170 1111111"
    assert numbers(world, LEFT) == {"home:+49 30 1111111", "work:+49 30 2222222"}


def test_without_the_label_the_first_element_does(world: World) -> None:
    world.right.put("r1", ada(phones=phones("home:+49 30 1111111", "work:+49 30 2222222")))
    quiet(world)
    assert of(world, LEFT)["custom.mobile"] == "+49 30 1111111"
    assert numbers(world, LEFT) == {"work:+49 30 2222222"}
    edit(world, RIGHT, phones=phones("home:+49 30 1111111", "work:+49 30 2222222", "mobile:+49 170 1111111"))
    quiet(world)
    assert of(world, LEFT)["custom.mobile"] == "+49 30 1111111", "the element that feeds it is remembered"
    assert numbers(world, LEFT) == {"work:+49 30 2222222", "mobile:+49 170 1111111"}


def test_an_edit_of_the_single_value_replaces_that_element_only(world: World) -> None:
    world.right.put("r1", ada(phones=phones("home:+49 30 1111111", "mobile:+49 170 1111111", "mobile:+49 170 2222222")))
    quiet(world)
    assert of(world, LEFT)["custom.mobile"] == "+49 170 1111111"
    edit(world, LEFT, **{"custom.mobile": "+49 170 3333333"})
    quiet(world)
    assert numbers(world) == {"home:+49 30 1111111", "mobile:+49 170 3333333", "mobile:+49 170 2222222"}
    assert of(world, LEFT)["custom.mobile"] == "+49 170 3333333"


def test_the_remembered_element_keeps_its_label(world: World) -> None:
    world.right.put("r1", ada(phones=phones("home:+49 30 1111111")))
    quiet(world)
    edit(world, LEFT, **{"custom.mobile": "+49 170 3333333"})
    quiet(world)
    assert numbers(world) == {"home:+49 170 3333333"}


def test_an_edit_of_the_element_is_carried_back(world: World) -> None:
    world.right.put("r1", ada(phones=phones("home:+49 30 1111111", "mobile:+49 170 1111111")))
    quiet(world)
    edit(world, RIGHT, phones=phones("home:+49 30 1111111", "mobile:+49 170 9999999"))
    quiet(world)
    assert of(world, LEFT)["custom.mobile"] == "+49 170 9999999"
    assert numbers(world, LEFT) == {"home:+49 30 1111111"}


@pytest.mark.parametrize("policy", ["keep", "clear"])
def test_clearing_the_single_value_removes_its_element_only_where_the_pair_says_so(tmp_path: Path, policy: str) -> None:
    world = paired(tmp_path, {**MOBILE, "blanks": policy})
    world.right.put("r1", ada(phones=phones("home:+49 30 1111111", "mobile:+49 170 1111111")))
    quiet(world)
    edit(world, LEFT, **{"custom.mobile": ""})
    quiet(world)
    kept = {"mobile:+49 170 1111111"} if policy == "keep" else set()
    assert numbers(world) == {"home:+49 30 1111111"} | kept
    assert numbers(world, LEFT) == {"home:+49 30 1111111"}


@pytest.mark.parametrize("policy", ["keep", "clear"])
def test_removing_the_last_element_clears_the_single_value_only_where_the_pair_says_so(
    tmp_path: Path, policy: str
) -> None:
    world = paired(tmp_path, {**MOBILE, "blanks": policy})
    world.right.put("r1", ada(phones=phones("mobile:+49 170 1111111")))
    quiet(world)
    edit(world, RIGHT, phones=[])
    quiet(world)
    assert of(world, LEFT)["custom.mobile"] == ("+49 170 1111111" if policy == "keep" else "")


def test_two_forms_of_one_number_are_one(world: World) -> None:
    world.left.put("l1", ada(**{"custom.mobile": "0170 1111111"}))
    world.right.put("r1", ada(phones=phones("mobile:+49 170 1111111")))
    assert world.run().ok
    assert world.writes() == 0


def test_two_numbers_that_meet_for_the_first_time_are_both_kept(world: World) -> None:
    world.left.put("l1", ada(**{"custom.mobile": "+49 170 1111111"}))
    world.right.put("r1", ada(phones=phones("home:+49 30 1111111")))
    quiet(world)
    assert of(world, LEFT)["custom.mobile"] == "+49 170 1111111"
    assert numbers(world) == {"home:+49 30 1111111", "mobile:+49 170 1111111"}
    assert numbers(world, LEFT) == {"home:+49 30 1111111"}


def test_a_number_that_stands_there_already_under_another_label_is_taken(world: World) -> None:
    world.left.put("l1", ada(**{"custom.mobile": "+49 30 1111111"}))
    world.right.put("r1", ada(phones=phones("home:+49 30 1111111", "mobile:+49 170 2222222")))
    quiet(world)
    assert numbers(world) == {"home:+49 30 1111111", "mobile:+49 170 2222222"}
    assert of(world, LEFT)["custom.mobile"] == "+49 30 1111111"


def test_both_edited_at_once_the_policy_of_the_pair_decides(tmp_path: Path) -> None:
    world = paired(tmp_path, {**MOBILE, "conflicts": "right"})
    world.right.put("r1", ada(phones=phones("home:+49 30 1111111", "mobile:+49 170 1111111")))
    quiet(world)
    edit(world, LEFT, **{"custom.mobile": "+49 170 2222222"})
    edit(world, RIGHT, phones=phones("home:+49 30 5555555", "mobile:+49 170 3333333"))
    quiet(world)
    assert of(world, LEFT)["custom.mobile"] == "+49 170 3333333"
    assert numbers(world) == {"home:+49 30 5555555", "mobile:+49 170 3333333"}
    assert numbers(world, LEFT) == {"home:+49 30 5555555"}


def test_an_element_added_between_reading_and_writing_survives(world: World) -> None:
    world.right.put("r1", ada(phones=phones("home:+49 30 1111111", "mobile:+49 170 1111111")))
    quiet(world)
    edit(world, LEFT, **{"custom.mobile": "+49 170 2222222"})
    faxed = phones("home:+49 30 1111111", "mobile:+49 170 1111111", "fax:+49 30 3333333")
    meanwhile(world, lambda: edit(world, RIGHT, phones=faxed))
    quiet(world)
    assert numbers(world) == {"home:+49 30 1111111", "mobile:+49 170 2222222", "fax:+49 30 3333333"}


def test_several_pairs_pick_from_one_list_and_the_rest_flows_on(tmp_path: Path) -> None:
    world = paired(tmp_path, MOBILE, WORK)
    world.right.put("r1", ada(phones=phones("work:+49 30 2222222", "home:+49 30 1111111", "fax:+49 30 3333333")))
    quiet(world)
    assert (of(world, LEFT)["custom.work"], of(world, LEFT)["custom.mobile"]) == ("+49 30 2222222", "+49 30 1111111")
    assert numbers(world, LEFT) == {"fax:+49 30 3333333"}
    edit(world, LEFT, **{"custom.work": "+49 30 7777777", "custom.mobile": "+49 170 1111111"})
    quiet(world)
    assert numbers(world) == {"work:+49 30 7777777", "home:+49 170 1111111", "fax:+49 30 3333333"}


def test_a_match_key_sees_all_numbers_whatever_pairs_take(tmp_path: Path) -> None:
    world = paired(tmp_path, MOBILE, match=MatchSpec(keys=(("phone",),)))
    world.left.put("l1", {"names.given": "Ada", "phones": phones("mobile:+49 170 1111111")})
    world.right.put("r1", {"names.given": "Ada", "phones": phones("home:+49 30 1111111", "mobile:+49 170 1111111")})
    quiet(world)
    assert (len(world.left.contacts()), len(world.right.contacts())) == (1, 1)


def test_a_single_mail_and_a_list_of_mails(tmp_path: Path) -> None:
    world = paired(tmp_path, {"left": "custom.mail", "right": "emails", "pick": "first"})
    world.left.put("l1", ada(**{"custom.mail": "ada@work.example.org"}))
    quiet(world)
    assert {m["value"] for m in of(world, RIGHT)["emails"]} == {"ada@example.org", "ada@work.example.org"}
    edit(world, LEFT, **{"custom.mail": "beispiel@work.example.org"})
    quiet(world)
    assert {m["value"] for m in of(world, RIGHT)["emails"]} == {"ada@example.org", "beispiel@work.example.org"}
    assert {m["value"] for m in of(world, LEFT)["emails"]} == {"ada@example.org"}


# ---- names


WHOLE = {"left": "custom.name", "right": ["names.given", "names.family"]}


@pytest.mark.parametrize(
    ("whole", "parts"),
    [
        ("Ada Beispiel", ("Ada", "Beispiel")),
        ("Ada Maria Beispiel", ("Ada Maria", "Beispiel")),
        ("Ludwig van Beispiel", ("Ludwig", "van Beispiel")),
        ("Ada", ("Ada", "")),
    ],
)
def test_a_whole_name_is_split_and_joined(tmp_path: Path, whole: str, parts: tuple[str, str]) -> None:
    world = World(tmp_path, memory_spec(fields=fields(WHOLE, exclude=["names"])))
    world.left.put("l1", {"emails": mail("ada@example.org"), "custom.name": whole})
    quiet(world)
    found = of(world, RIGHT)
    assert (found["names.given"], found.get("names.family", "")) == parts
    edit(world, RIGHT, **{"names.family": "Muster"})
    quiet(world)
    assert of(world, LEFT)["custom.name"] == f"{parts[0]} Muster"
    assert (of(world, RIGHT)["names.given"], of(world, RIGHT)["names.family"]) == (parts[0], "Muster")


def test_parts_that_still_fit_stay(tmp_path: Path) -> None:
    world = paired(tmp_path, WHOLE)
    world.right.put("r1", {"emails": mail("ada@example.org"), "names.given": "Ada", "names.family": "Beispiel Muster"})
    quiet(world)
    edit(world, LEFT, **{"custom.name": "Adele Beispiel Muster"})
    quiet(world)
    assert (of(world, RIGHT)["names.given"], of(world, RIGHT)["names.family"]) == ("Adele", "Beispiel Muster")


# ---- lengths


SUMMARY = {"left": "custom.note", "right": "custom.Summary", "direction": "left_to_right"}
SHORT = {"lengths": {"custom.Summary": 12}}


def apart(world: World) -> dict[str, str]:
    """Field -> why it rightly differs."""
    (link,) = world.known.all_links(world.spec.id)
    return {name: a.reason.value for name, a in link.apart.items()}


@pytest.mark.parametrize("there_before", [True, False])
def test_what_is_too_long_is_shortened_in_sight_and_compared_so(tmp_path: Path, there_before: bool) -> None:
    world = paired(tmp_path, {**SUMMARY, "too_long": "shorten"}, options=SHORT)
    world.left.put("l1", ada(**{"custom.note": "Met at the fair in Berlin"}))
    if there_before:
        world.right.put("r1", ada())
    quiet(world)
    assert of(world, RIGHT)["custom.Summary"] == "Met at the f"
    assert apart(world) == {"custom.note <-> custom.Summary": "shortened"}
    before = world.writes()
    edit(world, LEFT, **{"custom.note": "Met at the fair in Hamburg"})
    quiet(world)
    assert world.writes() == before, "what the other side can hold of it did not change"
    edit(world, LEFT, **{"custom.note": "Call again"})
    quiet(world)
    assert of(world, RIGHT)["custom.Summary"] == "Call again"
    assert apart(world) == {}


def test_what_is_too_long_is_held_whole_where_nobody_asked_for_less(tmp_path: Path) -> None:
    world = paired(tmp_path, SUMMARY, options=SHORT)
    world.left.put("l1", ada(**{"custom.note": "Met at the fair in Berlin"}))
    quiet(world)
    assert not of(world, RIGHT).get("custom.Summary")
    assert [(h.reason, h.field) for h in world.held()] == [(HoldReason.TOO_LONG, "custom.note <-> custom.Summary")]
    edit(world, LEFT, **{"custom.note": "Short"})
    quiet(world)
    assert of(world, RIGHT)["custom.Summary"] == "Short"
    assert not world.held()


# ---- mapping changed


def test_a_pair_added_later_fills_blanks_and_stops_before_it_changes_many(tmp_path: Path) -> None:
    world = World(tmp_path, memory_spec(limits=Limits()))
    for n in range(6):
        world.left.put(f"l{n}", {"emails": mail(f"p{n}@example.org"), "custom.a": f"left {n}", "custom.c": f"c {n}"})
        world.right.put(f"r{n}", {"emails": mail(f"p{n}@example.org"), "custom.b": f"right {n}"})
    quiet(world)
    before = world.writes()
    world.with_spec(fields=fields({"left": "custom.a", "right": "custom.b"}))
    with pytest.raises(LimitExceeded, match="6 updates"):
        world.run()
    assert world.writes() == before
    assert world.right.contacts()["r3"]["custom.b"] == "right 3"
    world.with_spec(limits=WIDE)
    quiet(world)
    assert world.right.contacts()["r3"]["custom.b"] == "left 3"
    assert len(world.known.conflicts(world.spec.id)) == 6, "who lost is kept"


def test_a_pair_removed_and_returned_goes_on_where_it_was(tmp_path: Path) -> None:
    pair = {"left": "custom.a", "right": "custom.b", "conflicts": "hold"}
    world = paired(tmp_path, pair)
    world.left.put("l1", ada(**{"custom.a": "was"}))
    quiet(world)
    world.with_spec(fields=fields())
    quiet(world)
    edit(world, RIGHT, **{"custom.b": "edited meanwhile"})
    quiet(world)
    assert of(world, LEFT)["custom.a"] == "was"
    world.with_spec(fields=fields(pair))
    quiet(world)
    assert of(world, LEFT)["custom.a"] == "edited meanwhile"
    assert not world.held()


def test_a_pair_returned_as_something_else_meets_as_for_the_first_time(tmp_path: Path) -> None:
    pair = {"left": "custom.a", "right": "custom.b"}
    world = paired(tmp_path, pair)
    world.left.put("l1", ada(**{"custom.a": "Gold"}))
    quiet(world)
    world.with_spec(fields=fields())
    quiet(world)
    edit(world, RIGHT, **{"custom.b": "silver"})
    world.with_spec(fields=fields({**pair, "options": {"Gold": "gold", "Silver": "silver"}}))
    quiet(world)
    assert (of(world, LEFT)["custom.a"], of(world, RIGHT)["custom.b"]) == ("Gold", "gold"), "left is preferred"


def test_picking_added_later_loses_no_number(tmp_path: Path) -> None:
    world = World(tmp_path, memory_spec())
    world.left.put("l1", ada(phones=phones("mobile:+49 170 1111111", "home:+49 30 1111111")))
    quiet(world)
    edit(world, LEFT, **{"custom.mobile": "+49 170 2222222"})
    world.with_spec(fields=fields(MOBILE))
    quiet(world)
    held = {n.partition(":")[2] for side in (LEFT, RIGHT) for n in numbers(world, side)} | {
        of(world, LEFT)["custom.mobile"]
    }
    assert held == {"+49 170 1111111", "+49 30 1111111", "+49 170 2222222"}


def test_a_number_that_is_somebody_elses_key_is_held(tmp_path: Path) -> None:
    world = paired(tmp_path, MOBILE, match=MatchSpec(keys=(("email",), ("phone",))))
    world.left.put("l1", ada(**{"custom.mobile": "+49 170 1111111"}))
    world.left.put("l2", {"emails": mail("ben@example.org"), "names.given": "Ben", "custom.mobile": "+49 170 2222222"})
    quiet(world)
    world.left.put("l1", {"custom.mobile": "+49 170 2222222"})
    quiet(world)
    ((number,),) = [c["phones"] for c in world.right.contacts().values() if c["names.given"] == "Ada"]
    assert number["value"] == "+49 170 1111111"
    assert [h.reason for h in world.held()] == [HoldReason.KEY_COLLISION]
