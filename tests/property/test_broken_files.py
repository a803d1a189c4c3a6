"""Whatever stands in a file of include/mappings: it is read, or one ConfigError says file, line and remedy."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from contactsync.apps.memory import Memory
from contactsync.errors import ConfigError
from contactsync.mapping.as_data import spec_as_json, spec_from_json
from contactsync.mapping.loader import Loaded, load_folder
from contactsync.mapping.problems import Problem
from contactsync.mapping.project import load_project
from contactsync.model.app import AppInfo
from hypothesis import given, settings
from hypothesis import strategies as st
from mistakes import KeyPath, paths, replaced

FULL = """\
version: 1
id: acme
title: A <-> B
dag: {schedule: "*/15 * * * *", timezone: UTC, owner: revops, tags: [crm], pool: p}
left:
  app: crm
  connection: a
  options: {view: All}
right: {app: book, connection: b}
direction: both
match: {keys: [email, [full_name, company]], default_region: DE, without_key: hold, first_match: hold}
conflicts: left
fields:
  exclude: [notes, tags]
  pairs:
    - {left: nickname, right: department, options: {Gold: gold, Silver: silver}, unknown_option: skip, conflicts: right}
    - {left: phones, right: job_title, direction: left_to_right, pick: {label: mobile, else: first}, lossy: true}
    - {left: [names.given, names.family], right: company, blanks: clear, lossy: true}
rules:
  left_to_right:
    - name: gold
      if: [{works_at: [Gold, Silver]}, {not: {any: [has_title, {score: {between: [1, 9]}}]}}]
      then: {contacts: update_only, actions: [{add_tag: {value: "{company} x", apply: always}}]}
      on_leave: [{remove_tag: x}]
full_every: 6d
deletions: {left_to_right: ignore, right_to_left: delete}
limits: {deletes: {count: 5, percent: 5}}
tests:
  - name: gold comes over
    given: {left: {names: {given: Uma}, emails: [{value: uma@example.org, label: work}], nickname: Gold}}
    linked: false
    edits: {left: {nickname: Silver}}
    expect: {right: {names: {given: Uma}, own: {department: silver}}, why: no_rule_matches, conflicts: {urls: left}}
    today: 2026-03-01
"""
GOOD = FULL.replace("acme", "good").replace("connection: b", "connection: c")
JUNK = [
    "",
    " ",
    "\t",
    "  ",
    "\n",
    ":",
    ": ",
    "- ",
    "[",
    "]",
    "{",
    "}",
    "&a ",
    "*a",
    "!x ",
    "? ",
    "%",
    "@",
    "`",
    "'",
    '"',
]
JUNK += [
    "|",
    ">",
    "#",
    "---\n",
    "...\n",
    "\x00",
    "\x85",
    "\u2028",
    "\ufeff",
    "null",
    "1",
    "{{ 7*7 }}",
    "<<: ",
    "é",
    "🙂",
]


class Apps:
    def names(self) -> tuple[str, ...]:
        return ("crm", "book")

    def declared(self, app: str, options: Any) -> AppInfo:
        return Memory.info

    def check_options(self, app: str, options: Any) -> Sequence[Problem]:
        return [Problem((key,), "unknown key.", "Remove it.") for key in options if key != "view"]


def load(raw: bytes) -> Loaded:
    """The bytes as one file beside a good one, and as the project's file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "some-file.yaml")
        path.write_bytes(raw)
        Path(folder, "good.yaml").write_text(GOOD)
        loaded = load_folder(Path(folder), Apps())
        try:
            load_project(path)
        except ConfigError as error:
            says_where_and_what_next(error, path)
        for broken in loaded.broken:
            says_where_and_what_next(broken.error, broken.path)
    return loaded


def says_where_and_what_next(error: ConfigError, path: Path) -> None:
    rows = str(error).splitlines()
    problems = rows if len(rows) == 1 else [row for row in rows[1:] if not re.fullmatch(r"  and \d+ more", row)]
    for row in problems:
        assert re.match(rf"\s*{re.escape(str(path))}:\d+: .+ Next: .+\.$", row), row
        assert row.isprintable()
        assert len(row) < 1000


def accounted_for(loaded: Loaded) -> None:
    ids = [spec.id for spec in loaded.specs] + [broken.id for broken in loaded.broken]
    assert len(ids) == len(set(ids)) == 2
    if {broken.path.name for broken in loaded.broken} <= {"some-file.yaml"}:
        assert "good" in ids
    for spec in loaded.specs:
        assert spec_from_json(spec_as_json(spec)) == spec


def test_the_file_that_slips_are_made_in_is_right() -> None:
    assert load(FULL.encode()).broken == ()


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300))
def test_any_text(text: str) -> None:
    accounted_for(load(text.encode("utf-8", "surrogatepass")))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes(raw: bytes) -> None:
    accounted_for(load(raw))


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, len(FULL)), st.integers(0, 8), st.sampled_from(JUNK) | st.text(max_size=4)),
        min_size=1,
        max_size=4,
    )
)
def test_a_good_file_with_slips(slips: list[tuple[int, int, str]]) -> None:
    text = FULL
    for at, cut, junk in slips:
        text = text[:at] + junk + text[at + cut :]
    accounted_for(load(text.encode("utf-8", "surrogatepass")))


WORDS = ["version", "id", "dag", "left", "right", "app", "keys", "schedule", "count", "pairs", "options", "pick"]
WORDS += ["name", "names", "given", "expect", "custom", "own", "today", "if", "then", "actions", "value", "label"]
PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["both", "email", "6d"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(WORDS) | st.text(max_size=3),
            inner,
        )
    ),
    max_leaves=6,
)
KEYS = [
    "version",
    "id",
    "title",
    "dag",
    "left",
    "right",
    "match",
    "fields",
    "deletions",
    "limits",
    "full_every",
    "rules",
    "tests",
]


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), PLAIN, max_size=8))
def test_any_values_under_the_known_keys(data: dict[str, Any]) -> None:
    base = {"version": 1, "dag": {"schedule": None}, "left": {"app": "crm", "connection": "x"}}
    accounted_for(load(json.dumps(base | data).encode()))


RIGHT: dict[str, Any] = yaml.load(FULL, yaml.BaseLoader)
PLACES = sorted(paths(RIGHT), key=str)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PLACES), PLAIN)
def test_any_value_at_any_place(place: KeyPath, value: Any) -> None:
    accounted_for(load(json.dumps(replaced({**RIGHT, "version": 1}, place, value)).encode()))
