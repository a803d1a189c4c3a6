"""Mapping all contacts of a side column by column says the same as mapping each by itself."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

import pandas as pd
import pytest
from contactsync.apps import app_names, load_app
from contactsync.contact import Element, Kind, encode, fingerprint
from contactsync.mapping.app_frame import own_rows, records_frame
from contactsync.mapping.canonical import canonical_frame
from contactsync.mapping.fields import to_contact
from contactsync.mapping.side_map import SideMap
from contactsync.model.app import FieldInfo
from contactsync.model.exchange import Record
from hypothesis import given, settings
from hypothesis import strategies as st

TEXT = st.one_of(
    st.sampled_from(["", "Ada", " Zoë ", "Zoe\u0308", "a@B.example", "mailto:A@b.example", "+49 30 1234567", "030 99",
                     'quo"te', "back\\slash", "line\r\nline", "\ud800", "\x00", "https://B.example/", "[]", "null",
                     "1990-02-28", "1990-02-30", "--0229", "19900228"]),
    st.text(max_size=8),
)  # fmt: skip
ADDRESS = st.dictionaries(st.sampled_from(["street", "city", "region", "country"]), TEXT, max_size=3)


def values_of(info: FieldInfo) -> st.SearchStrategy[Any]:
    if not info.kind.several:
        return TEXT
    value = ADDRESS if info.kind is Kind.ADDRESSES else TEXT
    more = {"label": st.sampled_from(["", "work", "Büro"]), "primary": st.booleans()}
    return st.lists(st.fixed_dictionaries({"value": value}, optional=more), max_size=3)


def rows_of(app: str) -> st.SearchStrategy[list[dict[str, Any]]]:
    fields = {info.name: values_of(info) for info in load_app(app).info.fields}
    return st.lists(st.fixed_dictionaries({}, optional=fields), max_size=5)


def stored(frame: pd.DataFrame) -> pd.DataFrame:
    """As the next stage reads it."""
    file = io.BytesIO()
    frame.to_parquet(file)
    return pd.read_parquet(file)


@pytest.mark.parametrize("app", app_names())
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_columns_say_what_single_contacts_say(app: str, data: st.DataObject) -> None:
    fields, rows = load_app(app).info.fields, data.draw(rows_of(app))
    mapped = tuple(dict.fromkeys(info.contact for info in fields if info.contact))
    frame = stored(records_frame(Record(f"c{n}", row, n) for n, row in enumerate(rows)))
    canonical, bad = canonical_frame(frame, SideMap(fields, mapped, "DE"), {})
    assert not bad
    for found, row in zip(canonical.to_dict("records"), rows, strict=True):
        wanted = to_contact(row, fields, mapped, "DE")
        assert {name: found[name] for name in mapped if isinstance(found[name], str)} == wanted
        assert found["fingerprint"] == fingerprint(wanted)


@pytest.mark.parametrize("text", ["0000-00-00", "2023-02-29", "631152000", "31/12/1990", "1990-05-01T00:00:00+14:00"])
def test_what_says_no_day_is_not_known_rather_than_carried_over(text: str) -> None:
    rows = [{"birthday": text}, {"birthday": "1990-05-01"}, {"birthday": ""}]
    frame = stored(records_frame(Record(f"c{n}", row, n) for n, row in enumerate(rows)))
    found, bad = canonical_frame(frame, SideMap(load_app("memory").info.fields, ("birthday",)), {})
    assert not bad
    assert found["birthday"].fillna("missing").tolist() == ["missing", "1990-05-01", ""]


@settings(max_examples=60, deadline=None)
@given(rows_of("memory"))
def test_an_app_frame_gives_back_what_the_contacts_showed(rows: list[dict[str, Any]]) -> None:
    frame = stored(records_frame(Record(f"c{n}", row, n) for n, row in enumerate(rows)))
    assert own_rows(frame) == json.loads(json.dumps(rows, ensure_ascii=False).replace("\ud800", "\ufffd"))


@pytest.mark.parametrize(
    "own",
    [{"emails": "a@b.example"}, {"emails": ["a@b.example"]}, {"notes": [{"value": "x"}]}, {"emails": [[]]}],
)  # fmt: skip
def test_a_contact_in_an_unexpected_form_costs_only_itself(own: Mapping[str, Any]) -> None:
    good = Record("good", {"notes": "x", "emails": [{"value": "a@b.example"}]}, 1)
    fields = load_app("memory").info.fields
    frame = stored(records_frame([Record("bad", own, 0), good]))
    canonical, bad = canonical_frame(frame, SideMap(fields, ("notes", "emails")), {})
    assert canonical["id"].tolist() == ["good"]
    assert list(bad) == ["bad"]
    assert "unexpected form" in bad["bad"]


@given(st.lists(st.builds(Element, st.text(max_size=4), st.text(max_size=6), st.none() | st.text(max_size=3),
                          st.none() | st.booleans()), max_size=4))  # fmt: skip
def test_canonical_text_of_elements_is_plain_json(elements: list[Element]) -> None:
    first = {e.id: e for e in reversed(elements)}
    wanted = [{k: getattr(e, k) for k in ("id", "value", "label", "primary") if getattr(e, k) is not None}
              for _, e in sorted(first.items())]  # fmt: skip
    assert encode(elements) == json.dumps(wanted, ensure_ascii=False, separators=(",", ":"))
