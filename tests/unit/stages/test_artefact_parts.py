"""A plan without some contacts: every part of it that tells of them goes, by id, link or action, and no other."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import pandas as pd
import pytest
from contactsync.frames import plan_artefact, plan_from
from contactsync.model.exchange import State, Verb
from contactsync.model.link import Known, Link, LinkSide
from contactsync.model.plan import Bucket, Conflict, Counted, Hold, HoldReason, Intent, Outcome, Plan
from contactsync.model.undo import Stay, Stays
from contactsync.stages.artefact_parts import _LISTS, _MAPPINGS, CANONICAL, PLAN, Whose, part, without
from factories import LEFT, RIGHT

_NO_ITEMS = {"hash", "matched", "matched_by", "problems", "undo", "union"}


def items(who: str) -> dict[str, Any]:
    """One item of each part that tells of this person; the create's outcome by its key alone."""
    link = Link(f"link-{who}", LinkSide(f"l-{who}", {"nickname": who}), LinkSide(f"r-{who}"))
    return {
        "intents": Intent(f"key-{who}", RIGHT, Verb.CREATE, None, f"l-{who}", patch={"nickname": who}),
        "links": link,
        "holds": Hold(LEFT, f"l-{who}", HoldReason.AMBIGUOUS, f"held {who}"),
        "conflicts": Conflict(link.id, "nickname", LEFT, who, "", "", "", "rule"),
        "counted": Counted(LEFT, f"l-{who}", Bucket.HELD),
        "known": (LEFT, Known(f"l-{who}", 1, 2)),
        "forgotten": (RIGHT, f"r-{who}"),
        "settled": Outcome(f"key-{who}", State.DONE, values={"nickname": who}),
        "listed": f"key-{who}",
        "rekeyed": (LEFT, f"was-{who}", f"l-{who}"),
        "put_off": (LEFT, f"l-{who}"),
        "stays": Stays(LEFT, f"l-{who}", Stay.GONE),
    }


def plan_of(*persons: str) -> Plan:
    told = [items(who) for who in persons]
    return Plan(**{name: [one[name] for one in told] for name in told[0]}, hash="hash", matched=2)


def whole_plan(plan: Plan, about: dict[str, Any]) -> tuple[pd.DataFrame, dict[str, Any]]:
    pieces, header = plan_artefact(plan, about)
    return pd.concat(pieces, ignore_index=True), header


def test_every_part_of_a_plan_is_looked_through() -> None:
    assert set(items("zoe")) == {f.name for f in fields(Plan)} - _NO_ITEMS


def test_nothing_of_a_person_is_left_in_a_plan_and_all_of_the_other() -> None:
    about = {"sync": "pair", "run": "run", "cursors": {"left": {"uids": {"zoe.vcf": "l-zoe"}}, "right": None}}
    frame, header = whole_plan(plan_of("zoe", "uma"), about)
    parted = part(PLAN, frame, header, Whose(lambda side, i: (side, i) in {(LEFT, "l-zoe"), (RIGHT, "r-zoe")}))
    left = without(frame, parted)
    assert "zoe" not in left.to_json()
    assert "zoe" not in json.dumps(parted.header)
    expected, _ = whole_plan(plan_of("uma"), about)
    assert plan_from([left], parted.header) == plan_from([expected], {**header, "cursors": {}})


def test_somebody_elses_hold_no_longer_has_the_person_beside_it() -> None:
    hold = Hold(LEFT, "l-uma", HoldReason.AMBIGUOUS, "same as l-zoe (linked)", candidates=("left:l-zoe", "right:r-1"))
    frame, header = whole_plan(Plan(holds=[hold]), {"cursors": {}})
    parted = part(PLAN, frame, header, Whose(lambda side, i: (side, i) == (LEFT, "l-zoe")))
    (found,) = plan_from([without(frame, parted)], parted.header).holds
    assert (found.detail, found.candidates) == ("same as (forgotten) (linked)", ("right:r-1",))


@pytest.mark.parametrize("uid", ["Quixwort, Zoe", "zoe (Quixwort)", "O'Quixwort"])
def test_an_id_goes_from_somebody_elses_hold_whatever_it_is_made_of(uid: str) -> None:
    words = f"same as left:{uid}, right:r-1 and others"
    hold = Hold(LEFT, "l-uma", HoldReason.AMBIGUOUS, words, candidates=(f"left:{uid}", "right:r-1"))
    frame, header = whole_plan(Plan(holds=[hold]), {"cursors": {}})
    parted = part(PLAN, frame, header, Whose(lambda side, i: (side, i) == (LEFT, uid)))
    (found,) = plan_from([without(frame, parted)], parted.header).holds
    assert found.detail == "same as left:(forgotten), right:r-1 and others"


def test_what_does_not_tell_of_anybody_stays_as_it_is() -> None:
    frame, header = whole_plan(plan_of("zoe", "uma"), {"cursors": {"left": {"seq": 1}}})
    parted = part(PLAN, frame, header, Whose(lambda side, i: False))
    assert (parted.rows, parted.texts, parted.header) == ([False] * len(frame), {}, header)
    assert without(frame, parted).equals(frame)


def test_what_the_store_says_of_both_readings_together_stays() -> None:
    reading = {name: [] for name in _LISTS} | {name: {} for name in _MAPPINGS} | {"cursor": None}
    header = {"left": reading, "right": reading, "shape": 1}
    frame = pd.DataFrame({"side": ["left", "right"], "id": ["l-zoe", "r-uma"]})
    parted = part(CANONICAL, frame, header, Whose(lambda side, i: (side, i) == (LEFT, "l-zoe")))
    assert (parted.rows, parted.header) == ([True, False], header)
