"""Pairs of own fields keep the laws: what was put is got again, and what was got changes nothing when it is put."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from contactsync.contact import Kind, fold, one_id, one_text, one_value
from contactsync.mapping.app_frame import records_frame
from contactsync.mapping.canonical import canonical_frame
from contactsync.mapping.defaults import pair_fields
from contactsync.mapping.lenses import Form, forms_of
from contactsync.mapping.name_parts import joined, split_name
from contactsync.mapping.pairs import OwnPair, direction_of, own_pairs
from contactsync.mapping.parts import PickedList, Picking
from contactsync.mapping.side_map import SideMap
from contactsync.mapping.side_maps import side_map
from contactsync.mapping.transforms import TRANSFORMS
from contactsync.model.app import FieldInfo
from contactsync.model.exchange import Record
from contactsync.model.spec import SIDES, DagSpec, Direction, FieldsSpec, PairSpec, Pick, Side, SideSpec, SyncSpec
from contactsync.model.unfit import alike, unfit_in
from hypothesis import given, settings
from hypothesis import strategies as st

LEFT, RIGHT = Side.LEFT, Side.RIGHT
SINGLE = (Kind.TEXT, Kind.NUMBER, Kind.BOOLEAN, Kind.DATE, Kind.DATETIME)
ZONES = ("UTC", "Europe/Berlin", "Pacific/Auckland", "Pacific/Honolulu", "Asia/Kolkata")
TYPED = st.one_of(
    st.sampled_from(["", "12.50", "1e3", "007", "+4", "twelve", "true", "Yes", "off", "2024-02-29", "--02-29",
                     "2024-02-29T23:30:00-05:00", "2024-12-31T23:59:59Z", "2024-03-31T02:30:00", "Gold", "gold",
                     "Silver", " a  b ", "<p>x</p>", "Zoe\u0308", "\x1e", "line\nline", "false"]),
    st.text(max_size=6),
)  # fmt: skip
OPTIONS = {"Gold": "gold", "Silver": "silver", "true": "ja", "12.5": "x"}


@st.composite
def pairs(draw: st.DrawFn) -> tuple[OwnPair, Direction, str]:
    """A pair of single values, the way it flows, and the sync's zone."""
    left, right = (
        FieldInfo(name, draw(st.sampled_from(SINGLE)), writable=draw(st.sampled_from((True, True, False))),
                  choices=draw(st.sampled_from(((), (), ("gold", "Gold", "a")))))
        for name in ("l", "r")
    )  # fmt: skip
    form = draw(st.sampled_from(("plain", "options", "transforms")))
    names = draw(st.lists(st.sampled_from(tuple(TRANSFORMS)), min_size=1, max_size=3)) if form == "transforms" else []
    pair = PairSpec(
        ("l",), ("r",), draw(st.sampled_from((None, *Direction))),
        options=OPTIONS if form == "options" else {}, transforms=tuple(names),
        skip_unknown_option=draw(st.booleans()),
    )  # fmt: skip
    zone = draw(st.sampled_from(ZONES))
    spec = sync(pair, zone=zone)
    (own,) = own_pairs(spec, {LEFT: (left,), RIGHT: (right,)})
    return own, direction_of(pair, spec), zone


def sync(*given: PairSpec, zone: str = "UTC") -> SyncSpec:
    sides = (SideSpec("memory", "l"), SideSpec("memory", "r"))
    return SyncSpec("pairs", *sides, DagSpec(None, timezone=zone), fields=FieldsSpec(pairs=given))


def forms(own: OwnPair, direction: Direction, zone: str) -> dict[Side, Form]:
    return forms_of(own, direction, ZoneInfo(zone), "DE") or {side: Form(str, str) for side in SIDES}


def sends(own: OwnPair, side: Side, direction: Direction) -> bool:
    return direction.open_from(side) and own.own(side.other).writable


@settings(max_examples=400, deadline=None)
@given(pairs(), TYPED)
def test_what_may_be_sent_is_got_again_on_the_other_side(drawn: tuple[OwnPair, Direction, str], typed: str) -> None:
    own, direction, _ = drawn
    both = forms(*drawn)
    for side in SIDES:
        found = both[side].get(typed.strip())
        if not sends(own, side, direction) or unfit_in(found) or not found:
            continue
        there = both[side.other]
        sent = there.put(found)
        assert alike(own.column, there.get(sent), found)
        assert not own.own(side.other).choices or own.spec.options or sent in own.own(side.other).choices


@settings(max_examples=400, deadline=None)
@given(pairs(), TYPED)
def test_blank_stays_blank_and_nothing_ever_fails(drawn: tuple[OwnPair, Direction, str], typed: str) -> None:
    both = forms(*drawn)
    for side in SIDES:
        assert both[side].get("") == both[side].put("") == ""
        found = both[side].get(typed.strip())
        assert both[side].get(typed.strip()) == found
        both[side.other].put(found)
        marked = unfit_in(found)
        assert marked is None or marked.text == typed.strip()


@given(st.sampled_from(("both", "left_to_right", "right_to_left")))
def test_choices_go_there_and_back(way: str) -> None:
    own, direction, zone = options(Direction(way))
    both = forms(own, direction, zone)
    for here, there in OPTIONS.items():
        if sends(own, LEFT, direction):
            assert both[RIGHT].put(both[LEFT].get(here)) == there
        if sends(own, RIGHT, direction):
            assert both[LEFT].put(both[RIGHT].get(there)) == here
        assert both[LEFT].get(here) == both[RIGHT].get(there)


def options(direction: Direction) -> tuple[OwnPair, Direction, str]:
    pair = PairSpec(("l",), ("r",), direction, options=OPTIONS)
    (own,) = own_pairs(sync(pair), {LEFT: (FieldInfo("l"),), RIGHT: (FieldInfo("r"),)})
    return own, direction, "UTC"


# ---- one of several


NUMBERS = ("+49 30 1111111", "030 1111111", "+49 170 2222222", "+49 170 3333333", "12", "")
LABELS = ("", "mobile", "Mobile", "home", "work", "fax")
ITEMS = st.lists(
    st.fixed_dictionaries(
        {"value": st.sampled_from(NUMBERS), "label": st.sampled_from(LABELS)}, optional={"primary": st.booleans()}
    ),
    max_size=4,
)
PICKS = st.sampled_from(
    (
        (Picking("one", Pick("mobile", first=True)),),
        (Picking("one", Pick("mobile", first=False)),),
        (Picking("one", Pick()),),
        (Picking("one", Pick("mobile", first=True)), Picking("two", Pick("work", first=False))),
        (Picking("one", Pick("mobile", first=False)), Picking("two", Pick("", first=True))),
    )
)
VALUES = st.sampled_from(("+49 170 9999999", "+49 170 2222222", "+49 30 1111111"))


@st.composite
def lists(draw: st.DrawFn) -> tuple[PickedList, list[dict[str, Any]], dict[str, str]]:
    """A list, its items, and the elements that are remembered."""
    taken = frozenset(draw(st.sampled_from(((), ("fax",)))))
    picked = PickedList("phones", Kind.PHONES, "DE", True, True, draw(PICKS), taken)
    names = [p.name for p in picked.pickings]
    held = {n: one_text(Kind.PHONES, draw(st.sampled_from(NUMBERS)), "DE") for n in names if draw(st.booleans())}
    return picked, draw(ITEMS), held


def shown(picked: PickedList, items: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return sorted((picked.identity(i), fold(i.get("label", ""))) for i in items if picked.identity(i))


@settings(max_examples=300, deadline=None)
@given(lists())
def test_what_was_picked_and_is_put_back_changes_nothing(drawn: Any) -> None:
    picked, items, held = drawn
    rest, texts = picked.split(items, held)
    patch: dict[str, Any] = {**texts, picked.rest: rest}
    assert shown(picked, picked.merge(items, patch, texts, texts.keys())) == shown(picked, items)
    assert picked.merge(items, {}, texts, texts.keys()) == items


@settings(max_examples=300, deadline=None)
@given(lists(), VALUES)
def test_an_edit_replaces_the_element_and_leaves_the_others(drawn: Any, value: str) -> None:
    picked, items, held = drawn
    rest, texts = picked.split(items, held)
    name = picked.pickings[0].name
    wanted = one_text(Kind.PHONES, value, "DE")
    after = picked.merge(items, {name: wanted}, texts, texts.keys())
    rest_after, texts_after = picked.split(after, {**texts, name: wanted})
    assert one_id(texts_after[name]) == one_id(wanted)
    ids_of_others = [picked.identity(i) for i in rest if picked.identity(i) != one_id(wanted)]
    assert [picked.identity(i) for i in rest_after if picked.identity(i) != one_id(wanted)] == ids_of_others
    labels = {picked.identity(i): i["label"] for i in items}
    if texts[name] and one_id(texts[name]) in labels:
        assert len(after) == len(items)


@settings(max_examples=300, deadline=None)
@given(lists())
def test_a_clear_removes_that_element_only(drawn: Any) -> None:
    picked, items, held = drawn
    _, texts = picked.split(items, held)
    name = picked.pickings[0].name
    after = picked.merge(items, {name: ""}, texts, texts.keys())
    assert len(after) == len(items) - bool(texts[name])
    gone = [] if not texts[name] else [one_id(texts[name])]
    assert sorted([*(picked.identity(i) for i in after), *gone]) == sorted(picked.identity(i) for i in items)


@settings(max_examples=300, deadline=None)
@given(lists(), VALUES)
def test_a_value_that_was_never_settled_replaces_nothing(drawn: Any, value: str) -> None:
    picked, items, held = drawn
    _, texts = picked.split(items, held)
    wanted = one_text(Kind.PHONES, value, "DE")
    after = picked.merge(items, {picked.pickings[0].name: wanted}, texts, ())
    assert {picked.identity(i) for i in after} == {picked.identity(i) for i in items} | {one_id(wanted)}
    assert one_value(wanted) == value


@settings(max_examples=300, deadline=None)
@given(lists())
def test_each_element_is_picked_once_and_the_rest_is_the_rest(drawn: Any) -> None:
    picked, items, held = drawn
    rest, texts = picked.split(items, held)
    again = [picked.identity(i) for i in rest] + [one_id(t) for t in texts.values() if t]
    assert sorted(again) == sorted(picked.identity(i) for i in items)


# ---- names


NAMES = st.lists(st.sampled_from(("Ada", "Maria", "van", "der", "Beispiel", "Muster", "O'Neil")), max_size=5)


@settings(max_examples=300, deadline=None)
@given(NAMES, st.lists(NAMES, min_size=2, max_size=3))
def test_a_name_that_was_split_joins_again_and_an_unchanged_one_keeps_its_parts(
    words: list[str], parts: list[list[str]]
) -> None:
    old = [" ".join(part) for part in parts]
    found = split_name(" ".join(words), old)
    assert len(found) == len(old)
    assert joined(found) == " ".join(words)
    assert split_name(joined(old), old) == tuple(old)


# ---- all contacts at once


FIELDS = (
    FieldInfo("given", contact="names.given"),
    FieldInfo("family", contact="names.family"),
    FieldInfo("mobile", contact="phones", slot="mobile"),
    FieldInfo("work", contact="phones", slot="work"),
    FieldInfo("phones", Kind.PHONES, contact="phones", holds_label=True),
    FieldInfo("mails", Kind.EMAILS, contact="emails"),
    FieldInfo("custom.tier", custom=True),
    FieldInfo("custom.size", Kind.NUMBER, custom=True),
)
BOOK = tuple(f for f in FIELDS if not f.slot)
CRM = tuple(f for f in FIELDS if f.name != "phones")
SYNC = sync(
    PairSpec(("custom.tier",), ("custom.tier",), options=OPTIONS),
    PairSpec(("custom.size",), ("custom.text",)),
    PairSpec(("mobile",), ("phones",), pick=Pick("mobile", first=True)),
    PairSpec(("given", "family"), ("custom.name",)),
)
ROW = st.fixed_dictionaries(
    {},
    optional={
        "given": TYPED, "family": TYPED, "mobile": st.sampled_from(NUMBERS), "work": st.sampled_from(NUMBERS),
        "phones": ITEMS, "mails": st.lists(st.fixed_dictionaries({"value": TYPED}), max_size=2),
        "custom.tier": TYPED, "custom.size": TYPED, "custom.name": TYPED, "custom.text": TYPED,
    },
)  # fmt: skip


def mapped(side: Side) -> SideMap:
    fields = {LEFT: CRM, RIGHT: (*BOOK, FieldInfo("custom.text", custom=True), FieldInfo("custom.name", custom=True))}
    columns = tuple(p.field for p in pair_fields(SYNC, fields[LEFT], fields[RIGHT]))
    return side_map(SYNC, side, fields, columns, any_custom=side is RIGHT)


@pytest.mark.parametrize("side", SIDES)
@settings(max_examples=150, deadline=None)
@given(rows=st.lists(ROW, max_size=5), held=st.dictionaries(st.sampled_from(("c0", "c1")), st.sampled_from(NUMBERS)))
def test_columns_of_pairs_say_what_single_contacts_say(
    side: Side, rows: list[dict[str, Any]], held: Mapping[str, str]
) -> None:
    the_map = mapped(side)
    file = io.BytesIO()
    records_frame(Record(f"c{n}", row, n) for n, row in enumerate(rows)).to_parquet(file)
    (column,) = [c for c in the_map.columns if c.startswith("one ")]
    known = {i: {column: one_text(Kind.PHONES, number)} for i, number in held.items()}
    found, bad = canonical_frame(pd.read_parquet(file), the_map, known)
    assert not bad
    for got, (n, row) in zip(found.to_dict("records"), enumerate(rows), strict=True):
        wanted = the_map.contact(row, known.get(f"c{n}", {}))
        assert {name: got[name] for name in the_map.columns if isinstance(got[name], str)} == wanted


@settings(max_examples=200, deadline=None)
@given(ROW, ROW)
def test_a_patch_of_all_columns_is_shown_again(left: dict[str, Any], old: dict[str, Any]) -> None:
    """What one side shows is written upon whatever the other holds, and reads there as it was."""
    wanted = mapped(LEFT).contact(left, {})
    patch = {c: t for c, t in wanted.items() if not unfit_in(t) and "key" not in c and t not in ("", "[]")}
    there = mapped(RIGHT)
    before = there.contact(old, {})
    after = {**old, **there.own(patch, old, before, before.keys())}
    shown_now = there.contact(after, {**before, **patch})
    for column, text in patch.items():
        if column.startswith("one "):
            assert one_id(shown_now[column]) == one_id(text)
        elif column not in ("phones", "emails"):
            assert shown_now[column] == text
