"""Whatever a trigger form holds is what was meant, or refused with what is allowed: nothing is taken for its opposite.

Airflow's own check of the form is left out here, as of runs that got by it.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from functools import partial
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from contactsync.errors import ConfigError
from contactsync.model.acts import Act, Order
from contactsync.model.stages import RunRequest
from contactsync.orchestration.run_context import RunContext
from contactsync.stages.manage_form import order_of
from contactsync.stages.run_form import NAMES
from contactsync.stages.undo_orders import since_when
from hypothesis import example, given, settings
from hypothesis import strategies as st

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
ODD = (
    ["true", "false", "True", "no", "yes", "0", "1", "on", "null", "[]", " ", "\n", "0f1e\n", "-1", "1e9", "\ud800"],
    ["left:l1", "right:r1", "ada@example.org", "../../etc/passwd", "{{ 7*7 }}", "\x1b[2J", "a\x00b", "x" * 100_000],
)
TEXTS = st.text(st.characters()) | st.sampled_from([text for some in ODD for text in some])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3))
SETTINGS = settings(max_examples=300, deadline=None, derandomize=True, database=None)

# What each box of a sync's form may hold, and what is meant by it.
FLAGS = {"dry_run", "full_read"}
SENSIBLE = {
    **dict.fromkeys(FLAGS, st.booleans()),
    "apply_plan": st.none() | st.from_regex("[0-9a-f]{1,16}", fullmatch=True),
    "limit": st.none() | st.integers(1, 10**6),
    "contacts": st.none() | st.lists(st.from_regex("(left:)?l[0-9]{1,3}", fullmatch=True), max_size=3),
}


def forms(sensible: dict[str, Any], names: tuple[str, ...]) -> Any:
    """Some boxes filled in sensibly, some with anything; sometimes names that the form does not have."""
    strange = {name: box | JSON for name, box in sensible.items()}
    others = st.dictionaries(
        st.sampled_from(["dryrun", "dry-run", "DRY_RUN", "sure", *names]) | TEXTS, JSON, max_size=1
    )
    right, wrong = (st.fixed_dictionaries({}, optional=boxes) for boxes in (sensible, strange))
    return right | wrong | st.builds(lambda a, b: {**a, **b}, right, others)


def asked(form: dict[str, Any]) -> RunRequest | None:
    """What a task takes the form for, None where it refuses it as a person is to be told."""
    run = SimpleNamespace(dag_id="contactsync__pair", run_id="r", run_type="manual", conf=form)
    return clearly(lambda: RunContext({"dag_run": run, "params": form}).request())  # type: ignore[typeddict-item]


def clearly(read: Any, *, quotes: bool = False) -> Any:
    """What is read, None where it is refused as a person is to be told. No other error gets by.

    quotes: the refusal may repeat what was given, as it does to whoever typed it into a command.
    """
    refused = None
    try:
        return read()
    except ConfigError as error:
        refused = error
    words = str(refused)
    assert words.isprintable(), words
    assert len(words) < 1500, words
    assert refused.next_step, words
    assert quotes or "ada@example.org" not in words
    return None


def meant(name: str, value: Any) -> Any:
    """What is asked for by a value that was accepted."""
    match name:
        case "contacts":
            return tuple(one.strip() for one in value or ())
        case "apply_plan":
            return (value or "").strip()
        case _:
            return value


@SETTINGS
@given(forms(SENSIBLE, NAMES))
@example({"dry_run": "false"})
@example({"dry_run": "true"})
@example({"dry_run": 0})
@example({"dry_run": None})
@example({"dry_run": []})
@example({"dryrun": True})
@example({"dry-run": True})
@example({"limit": 0})
@example({"limit": False})
@example({"limit": float("nan")})
@example({"contacts": "l1"})
@example({"contacts": [""]})
@example({"contacts": {"l1": 1}})
@example({"ada@example.org": True})
@example({"apply_plan": "\n"})
@example({"apply_plan": "../other"})
def test_a_sync_is_asked_for_what_its_form_says_or_the_form_is_refused(form: dict[str, Any]) -> None:
    request = asked(form)
    if request is None:
        return
    assert {*form} <= {*NAMES}
    for name in NAMES:
        told = getattr(request, name)
        if name not in form:
            assert told == getattr(RunRequest, name)
        elif name in FLAGS:
            assert told is form[name]
        else:
            assert told == meant(name, form[name])
    assert request.limit is None or (type(request.limit) is int and request.limit >= 1)


@SETTINGS
@given(st.fixed_dictionaries({}, optional=SENSIBLE))
def test_a_sensible_form_is_taken(form: dict[str, Any]) -> None:
    assert asked(form) is not None


TAKEN = {one.name: one.default for one in fields(Order) if one.name != "act"}
LIKE: dict[Any, Any] = {
    "": st.sampled_from(["", "pair", "l1", " a "]),
    (): st.lists(st.sampled_from(["phones", "l1"]), max_size=2),
    False: st.booleans(),
    None: st.integers(1, 9),
}
BOXES = {"act": st.sampled_from(list(Act)), **{name: st.none() | LIKE[empty] for name, empty in TAKEN.items()}}


@SETTINGS
@given(forms(BOXES, tuple(TAKEN)))
@example({"act": "relink", "sync": "pair", "yes": "false"})
@example({"act": "forget", "contact": "l1", "yes": "no"})
@example({"act": "forget", "contact": "l1", "yes": [False]})
@example({"act": "reset", "sync": "pair", "yes": 1})
@example({"act": "relink", "sync": "pair", "yes": True, "lost": "false"})
@example({"act": "release", "sync": "pair", "apply_plan": "0f", "limit": 0})
@example({"act": "release", "sync": "pair", "apply_plan": "0f", "contacts": [""]})
@example({"act": ["undo"]})
def test_an_act_is_done_as_its_form_says_or_the_form_is_refused(form: dict[str, Any]) -> None:
    order = clearly(lambda: order_of(form))
    if order is None:
        return
    assert {*form} <= {"act", *TAKEN} or all(form[name] is None for name in {*form} - {"act", *TAKEN})
    for name, empty in TAKEN.items():
        told, value = getattr(order, name), form.get(name)
        assert type(told) is type(empty) or name == "limit"
        assert told == (empty if value is None else value.strip() if isinstance(value, str) else told)
        if isinstance(empty, bool):
            assert told is bool(value)
            assert value in (None, True, False)


@SETTINGS
@given(TEXTS | st.datetimes().map(str) | st.datetimes(timezones=st.timezones()).map(str) | st.from_regex("[0-9]+[mhd]"))
@example("0001-01-01")
@example("0001-01-01T00:00+23:59")
@example("9999-12-31T23:59:59-23:59")
@example("99999d")
@example("10000-01-01")
def test_a_time_is_one_that_has_passed_or_is_refused(text: str) -> None:
    for zone in ("UTC", "Europe/Berlin", "Pacific/Apia", "America/Los_Angeles"):
        since = clearly(partial(since_when, text, ZoneInfo(zone), NOW), quotes=True)
        assert since is None or since <= NOW
