"""Values that lost, as the journal tells of them where the run that wrote died before it could list them."""

from __future__ import annotations

import pytest
from contactsync.model.exchange import State
from contactsync.model.plan import Conflict
from contactsync.model.spec import Side
from contactsync.model.unfit import Unfit, Why, unfit
from contactsync.sync.losers import losers, with_losers
from factories import LEFT, RIGHT, a_link, an_intent, an_outcome


def lost(field: str, winner: Side | None, rule: str = "newest wins") -> Conflict:
    return Conflict("link-1", field, winner, "Muster", "Beispiel", "Muster", "Muster", rule)


def test_an_action_remembers_what_it_overwrites_and_by_which_rule() -> None:
    intent = an_intent(RIGHT, patch={"company": "Muster", "job_title": "Clerk"})
    conflicts = (
        lost("company", LEFT, "left wins"),
        lost("job_title", RIGHT),
        lost("nickname", LEFT),
        lost("company", None),
    )
    assert with_losers(intent, conflicts).overwrites == {"company": "left wins"}
    assert with_losers(intent, conflicts[1:]) == intent
    assert with_losers(intent, ()) == intent


@pytest.mark.parametrize("target", [LEFT, RIGHT])
def test_what_was_overwritten_is_listed_with_both_values_and_bases_on_their_own_sides(target: Side) -> None:
    intent = an_intent(
        target,
        patch={"company": "Muster"},
        before={"company": "Beispiel"},
        source={"company": "Muster AG"},
        overwrites={"company": "newest wins"},
    )
    link = a_link({"company": "old left"}, {"company": "old right"})
    values = ("Beispiel", "Muster AG") if target is LEFT else ("Muster AG", "Beispiel")
    for state in (State.DONE, State.ADOPTED):
        found = losers(link, intent, an_outcome(state))
        assert found == (Conflict("link-1", "company", target.other, *values, "old left", "old right", "newest wins"),)
    assert losers(None, intent, an_outcome()) == (
        Conflict("link-1", "company", target.other, *values, None, None, "newest wins"),
    )


@pytest.mark.parametrize("state", [s for s in State if s not in (State.DONE, State.ADOPTED)])
def test_nothing_lost_where_nothing_was_written(state: State) -> None:
    intent = an_intent(patch={"company": "Muster"}, overwrites={"company": "newest wins"})
    assert losers(a_link(), intent, an_outcome(state)) == ()


def test_a_value_is_listed_as_it_was_typed_and_one_that_nobody_saw_as_none() -> None:
    marked = unfit(Unfit(Why.OPTION, "not a choice there", "gold"))
    intent = an_intent(patch={"own.tier": "silver"}, before={"own.tier": marked}, overwrites={"own.tier": "left wins"})
    (found,) = losers(a_link(), intent, an_outcome())
    assert (found.left, found.right) == ("silver", "gold")
    (unseen,) = losers(None, an_intent(patch={"a": "1"}, overwrites={"a": "r"}, link_id=None), an_outcome())
    assert (unseen.link_id, unseen.left, unseen.right) == ("", "1", None)
