"""What a side can hold of a single value: as it is, shortened, or not at all and why."""

from __future__ import annotations

import pytest
from contactsync.model.plan import HoldReason
from contactsync.model.spec import Holding
from contactsync.model.unfit import Unfit, Why, unfit
from contactsync.sync.fitting import Fitted, agreed, fitted, too_long
from factories import LEFT, RIGHT, a_pair

SHORT = Holding(max_length=6)


def test_a_value_as_long_as_the_app_allows_fits_and_one_longer_is_held_with_both_lengths() -> None:
    pair = a_pair("company", right=SHORT)
    assert fitted(pair, "Muster", RIGHT) == Fitted("Muster")
    assert fitted(pair, "Muster AG", LEFT) == Fitted("Muster AG")
    words = "9 characters; the other app holds 6"
    assert fitted(pair, "Muster AG", RIGHT) == Fitted(None, HoldReason.TOO_LONG, words)
    assert [too_long(text, SHORT) for text in ("Muster", "Muster AG")] == ["", words]


def test_a_value_is_shortened_where_the_file_says_so_to_what_the_target_holds() -> None:
    pair = a_pair("company", left=Holding(max_length=3), right=Holding(max_length=7), shorten=True)
    assert fitted(pair, "Muster AG", RIGHT) == Fitted("Muster")
    assert fitted(pair, "Muster AG", LEFT) == Fitted("Mus")


@pytest.mark.parametrize(
    ("why", "held"),
    [(Why.OPTION, HoldReason.UNKNOWN_OPTION), (Why.FORM, HoldReason.NOT_REPRESENTABLE), (Why.SKIPPED, None)],
)
def test_a_value_that_does_not_go_over_is_held_with_its_reason_or_left_in_silence(
    why: Why, held: HoldReason | None
) -> None:
    assert fitted(a_pair("company"), unfit(Unfit(why, "not a choice there", "gold")), RIGHT) == Fitted(
        None, held, "not a choice there"
    )


def test_two_agree_where_one_holds_the_other_cut() -> None:
    cut = a_pair("company", right=SHORT, shorten=True)
    assert agreed(cut, "Muster AG", "Muster")
    assert not agreed(cut, "Muster AG", "Beispi")
    assert not agreed(cut, "Muster", "Muster AG"), "the left side could have held it"
    assert not agreed(cut, "Muster AG", "")
    whole = a_pair("company", right=SHORT)
    assert not agreed(whole, "Muster AG", "Muster")
    assert agreed(whole, "Muster AG", "Muster AG")
