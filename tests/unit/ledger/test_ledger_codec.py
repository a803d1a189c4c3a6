"""What goes into the ledger as text comes out as it was."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone
from types import MappingProxyType
from typing import Any

import pytest
from contactsync.ledger import codec, journal
from contactsync.ledger.instants import WIDTH, Instant, to_text
from contactsync.model.link import Apart, ApartReason
from contactsync.model.plan import Intent, Outcome
from contactsync.model.spec import Side
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite

TEXTS = st.text(st.characters(), max_size=12)
VALUES = st.dictionaries(TEXTS, TEXTS, max_size=3)
IDS = st.lists(TEXTS, max_size=3).map(tuple)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=5,
)
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIMES = st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=ZONES)  # noqa: DTZ001


@given(
    patch=VALUES,
    touched=st.dictionaries(TEXTS, IDS, max_size=2),
    ref=st.dictionaries(TEXTS, JSON, max_size=2),
    version=st.none() | TEXTS,
    observed_at=st.none() | TIMES,
    link_version=st.integers(0, 2**62),
)
def test_an_intent_survives(**parts: Any) -> None:
    from contactsync.model.exchange import Verb

    columns = {"key": "k", "side": Side.LEFT, "verb": Verb.UPDATE, "link_id": None, "source_id": "s"}
    intent = Intent(**columns, target_id="t", **parts)
    text = codec.pack(intent, journal.INTENT_COLUMNS)
    assert text.isascii()
    back = codec.unpack(
        Intent, text, times=journal.INTENT_TIMES, tuples=journal.INTENT_TUPLES, **columns, target_id="t"
    )
    assert back == intent


@given(left=st.none() | TEXTS, right=st.none() | TEXTS, dropped=st.dictionaries(st.sampled_from(Side), IDS))
def test_fields_apart_survive(left: str | None, right: str | None, dropped: dict[Side, tuple[str, ...]]) -> None:
    apart = {f"custom.{reason}": Apart(reason, left, right, dropped) for reason in ApartReason}
    assert codec.unpack_apart(codec.pack_apart(apart)) == apart


def test_known_and_unknown_emptiness_stay_apart() -> None:
    for values in (None, {}, {"notes": ""}):
        outcome = Outcome("k", "done", values=values)
        text = codec.pack(outcome, ("key", "state"))
        assert codec.unpack(Outcome, text, key="k", state="done") == outcome


def test_every_time_of_an_intent_is_read_back_as_one() -> None:
    times = {one.name for one in fields(Intent) if "datetime" in str(one.type)}
    tuples = {one.name for one in fields(Intent) if "tuple" in str(one.type)}
    assert times == set(journal.INTENT_TIMES)
    assert tuples == set(journal.INTENT_TUPLES)


def test_equal_contents_give_equal_text() -> None:
    assert codec.to_json({"b": 1, "a": {"d": 1, "c": 2}}) == codec.to_json(
        MappingProxyType({"a": {"c": 2, "d": 1}, "b": 1})
    )


def test_what_json_cannot_say_is_refused() -> None:
    with pytest.raises(TypeError, match="set"):
        codec.to_json({"a": {1}})


@given(TIMES, TIMES)
def test_times_are_exact_and_sort_as_text(first: datetime, second: datetime) -> None:
    column, dialect = Instant(), sqlite.dialect()
    texts = [to_text(first), to_text(second)]
    assert [len(text) for text in texts] == [WIDTH, WIDTH]
    assert column.process_result_value(texts[0], dialect) == first
    assert (texts[0] < texts[1]) == (first < second)


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        to_text(datetime.now(UTC).replace(tzinfo=None))
