"""The form of contactsync__manage: which values make which order, and why others make none."""

from __future__ import annotations

from typing import Any

import pytest
from contactsync.errors import ConfigError
from contactsync.model.acts import TAKES, Act, Order
from contactsync.model.spec import Side
from contactsync.stages.manage_form import bare_id, order_of

EMPTY: dict[str, Any] = {
    "act": None, "sync": None, "yes": False, "run": None, "since": "", "contact": None, "fields": [], "apply_plan": "",
    "limit": None, "contacts": None, "left": None, "right": None, "hold": None, "answer": None, "of": None,
    "reason": "", "lost": None,
}  # fmt: skip
"""What Airflow hands over of a form in which nothing was filled in."""

LEAST: dict[Act, dict[str, Any]] = {
    Act.UNDO: {"sync": "pair", "run": "scheduled__2026-01-05"},
    Act.LINK: {"sync": "pair", "left": "l1", "right": "r1"},
    Act.KEEP_APART: {"sync": "pair", "left": "l1", "right": "r1"},
    Act.DECIDE: {"sync": "pair", "hold": "a1b2c3", "answer": "skip"},
    Act.RETRY: {"sync": "pair"},
    Act.RELEASE: {"sync": "pair", "apply_plan": "0123456789abcdef"},
    Act.FORGET: {"contact": "left:l1"},
    Act.LIFT: {"contact": "left:l1"},
    Act.RELINK: {"sync": "pair", "yes": True},
    Act.RESET: {"sync": "pair", "yes": True},
}
SOME: dict[str, Any] = {
    "sync": "pair", "run": "a", "since": "2h", "contact": "l1", "fields": ["phones"], "apply_plan": "0f", "limit": 1,
    "contacts": ["l1"], "left": "l1", "right": "r1", "hold": "a1b2", "answer": "keep", "of": "r1", "reason": "no_key",
    "lost": True,
}  # fmt: skip


def form(act: str, **filled: Any) -> dict[str, Any]:
    return {**EMPTY, "act": act, **filled}


def refused(**filled: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        order_of({**EMPTY, **filled})
    return str(caught.value)


@pytest.mark.parametrize("act", Act)
def test_the_least_that_an_act_needs_is_enough(act: Act) -> None:
    assert order_of(form(act, **LEAST[act])) == Order(act, **LEAST[act])


@pytest.mark.parametrize("act", Act)
def test_without_any_value_that_it_needs_an_act_is_refused_and_told_which(act: Act) -> None:
    for name in TAKES[act].needs:
        words = refused(**{**form(act), **LEAST[act], name: "  "})
        assert f"lacks `{name}`, without which {act} is not done" in words
        assert f"`{name}`" in words.partition("Next:")[2]


@pytest.mark.parametrize("act", Act)
def test_a_value_that_the_act_does_not_take_is_refused_rather_than_ignored(act: Act) -> None:
    taken = {*TAKES[act].needs, *TAKES[act].may}
    strange = sorted({*SOME} - taken)
    assert strange
    for name in strange:
        words = refused(**{**form(act), **LEAST[act], name: SOME[name]})
        assert f"{act} does not take `{name}`" in words
        assert "left empty" in words


def test_who_is_not_sure_gets_a_dry_run_of_what_has_one_and_nothing_of_what_has_none() -> None:
    assert {act for act in Act if order_of(form(act, **{**LEAST[act], "yes": True})).only_shown} == set()
    shown = {act for act in Act if act not in (Act.RELINK, Act.RESET) and order_of(form(act, **LEAST[act])).only_shown}
    assert shown == {Act.UNDO, Act.FORGET}
    for act in (Act.RELINK, Act.RESET):
        assert "only if the form says `yes`" in refused(act=act, sync="pair")


def test_an_undo_is_of_a_run_or_since_a_time() -> None:
    for filled in ({}, {"run": "a", "since": "2h"}):
        assert "in a form: since" in refused(act="undo", sync="pair", **filled)


def test_an_act_that_there_is_not_is_refused_with_those_there_are() -> None:
    for act in ("", "delete", None):
        assert "Allowed: undo, link, keep-apart" in refused(act=act, sync="pair")


def test_a_name_that_the_form_does_not_have_is_refused() -> None:
    words = refused(**form("undo", sync="pair", run="a"), dry_run=True)
    assert "The form has no `dry_run`" in words


@pytest.mark.parametrize("name", ["contact", "left", "right", "of", "contacts"])
@pytest.mark.parametrize(
    "text",
    [
        "ada@example.org", "left:ada@example.org", "ada@localhost", "+4930123456", "right:+49-30/12.34", "030123456",
        "(030)123456", "Ada Beispiel", "+49 30 123456",
    ],
)  # fmt: skip
def test_nobody_is_named_by_address_number_or_name_and_the_refusal_does_not_repeat_it(name: str, text: str) -> None:
    words = refused(**{"act": "forget", name: [text] if name == "contacts" else text})
    assert f"`{name}` looks like an address" in words
    assert "Airflow keeps what stands in a form" in words
    assert "contactsync explain" in words
    assert text.removeprefix("left:").removeprefix("right:") not in words


@pytest.mark.parametrize(
    "text", ["17008066468", "people/c7316", "left:l1", "9B1D-4C2F-77AA", "urn:uuid:4f2a", "0b3d", "a1b2c3"]
)
def test_ids_as_the_apps_give_them_pass(text: str) -> None:
    assert order_of(form("forget", contact=text)).contact == text


def test_blanks_around_a_value_and_empty_lines_are_nothing() -> None:
    order = order_of(form("undo", sync=" pair ", run=" a ", fields=[" phones ", "", " "]))
    assert (order.sync, order.run, order.fields) == ("pair", "a", ("phones",))


def test_an_id_may_name_its_side_but_not_the_other_one() -> None:
    assert (bare_id("left:l1", Side.LEFT), bare_id("r:1", Side.RIGHT), bare_id("left:l1")) == ("l1", "r:1", "l1")
    with pytest.raises(ConfigError, match="`right` in the form names a contact of the left side"):
        bare_id("left:l1", Side.RIGHT)
