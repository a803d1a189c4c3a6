"""The keys of a sync file: what each means, which words it takes, and what the refusal says."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from contactsync.contact import FIELDS
from contactsync.errors import ConfigError
from contactsync.mapping.as_data import spec_as_json, spec_from_json
from contactsync.mapping.loader import AppsPort, load_sync
from contactsync.model.spec import (
    ConflictPolicy,
    DagSpec,
    DeletionPolicy,
    Direction,
    FieldsSpec,
    FirstRun,
    Limit,
    Limits,
    MatchSpec,
    Side,
    SideSpec,
    SyncSpec,
)

Write = Callable[..., Path]
Load = Callable[[str], SyncSpec]

FULL = """\
version: 1
id: acme-team
title: CRM <-> "Team" {{ 7*7 }}
description: |
  First line.
  Second {{ line }}.
dag:
  schedule: "0 7 * * MON-FRI"
  timezone: Europe/Berlin
  owner: revops
  tags: [crm, crm, book]
  pool: slow
left:
  app: crm
  connection: crm_acme
  options: {view: "{{ 7*7 }}", page: 2}
right: {app: book, connection: book_team}
direction: left_to_right
match:
  keys: [email, phone, [full_name, company]]
  default_region: DE
  without_key: create
  plus_tags: ignore
  first_match: hold
conflicts: newest
fields:
  exclude: [names, birthday]
full_every: 12h
deletions: {left_to_right: delete}
limits:
  deletes: {count: 0}
  updates: {count: 5, percent: 2.5}
  new_holds: {percent: 10}
first_run: apply
limit: 10
"""


@pytest.fixture
def load(write: Write, tmp_path: Path, apps: AppsPort) -> Load:
    return lambda text: load_sync(write(text), tmp_path, apps)


@pytest.fixture
def refusal(load: Load, minimal: str) -> Callable[[str], str]:
    """What is said to the minimal file with these lines added (5 is the first)."""

    def refused(lines: str) -> str:
        with pytest.raises(ConfigError) as caught:
            load(minimal + lines)
        return str(caught.value)

    return refused


def test_the_shortest_file_means_the_defaults(load: Load, minimal: str) -> None:
    assert load(minimal) == SyncSpec(
        id="crm-book",
        left=SideSpec("crm", "crm_acme"),
        right=SideSpec("book", "book_team"),
        dag=DagSpec("*/15 * * * *"),
        file="crm-book.yaml",
        deletions={Side.LEFT: DeletionPolicy.IGNORE, Side.RIGHT: DeletionPolicy.IGNORE},
        first_run=FirstRun.REVIEW,
    )


def test_every_key_reaches_the_spec(load: Load) -> None:
    assert load(FULL) == SyncSpec(
        id="acme-team",
        title='CRM <-> "Team" {{ 7*7 }}',
        description="First line.\nSecond {{ line }}.",
        left=SideSpec("crm", "crm_acme", {"view": "{{ 7*7 }}", "page": 2}),
        right=SideSpec("book", "book_team"),
        dag=DagSpec("0 7 * * MON-FRI", "Europe/Berlin", "revops", ("crm", "book"), "slow"),
        file="crm-book.yaml",
        direction=Direction.LEFT_TO_RIGHT,
        match=MatchSpec((("email",), ("phone",), ("full_name", "company")), "DE", True, True, False),
        conflicts=ConflictPolicy.NEWEST,
        fields=FieldsSpec(True, (), ("names", "birthday")),
        full_every=timedelta(hours=12),
        deletions={Side.LEFT: DeletionPolicy.DELETE, Side.RIGHT: DeletionPolicy.IGNORE},
        limits=Limits(deletes=Limit(0, None), updates=Limit(5, 2.5), new_holds=Limit(None, 10)),
        first_run=FirstRun.APPLY,
        limit=10,
    )


@pytest.mark.parametrize("schedule", ["null", '"@hourly"', '"0 0 29 2 *"', '"*/5 8-17 * * 1-5"', '"0  7 * * *"'])
def test_schedules(load: Load, minimal: str, schedule: str) -> None:
    found = load(minimal.replace('"*/15 * * * *"', schedule)).dag.schedule
    assert found == (None if schedule == "null" else " ".join(schedule.strip('"').split()))


@pytest.mark.parametrize(
    "schedule",
    [
        '"60 * * * *"',
        '"* * * * * *"',
        '"0 0 31 2 *"',
        '""',
        "5",
        '"@once"',
        '"@continuous"',
        '"R * * * *"',
        '"H 1 * * *"',
        "[1]",
        '"every day"',
        '"1-99 * * * *"',
        '"{{ 7*7 }} * * * *"',
        f'"{"0," * 200}0 * * * *"',
    ],
)
def test_schedules_that_name_no_time_are_refused(load: Load, minimal: str, schedule: str) -> None:
    with pytest.raises(ConfigError, match=r"crm-book\.yaml:4: dag\.schedule: .*@daily.* Next: ") as caught:
        load(minimal.replace('"*/15 * * * *"', schedule))
    assert len(str(caught.value)) < 600


# added lines, where it is said, what is said
REFUSED = {
    "unknown key": ("matc: {}\n", ":5: matc: ", "Did you mean 'match'?"),
    "unknown inner key": ("match:\n  kees: [email]\n", ":6: match.kees: ", "Did you mean 'keys'? Allowed: keys, "),
    "unknown deepest key": ("limits: {deletes: {coun: 5}}\n", ":5: limits.deletes.coun: ", "Allowed: count, percent."),
    "direction": ("direction: left-to-right\n", ":5: direction: ", "Allowed: both, left_to_right, right_to_left."),
    "conflicts": (
        "conflicts: no\n",
        ":5: conflicts: ",
        '"no" is not allowed here. Allowed: left, right, newest, hold.',
    ),
    "boolean policy": ("conflicts: true\n", ":5: conflicts: ", "true is not allowed here."),
    "match key": ("match: {keys: [emial]}\n", ":5: match.keys[0]: ", "Did you mean 'email'?"),
    "composite key": ("match:\n  keys:\n  - email\n  - [phone, x]\n", ":8: match.keys[1]: ", '"x" is not allowed'),
    "part twice": ("match: {keys: [[phone, phone]]}\n", ":5: match.keys[0]: ", "twice"),
    "first_run": ("first_run: wait\n", ":5: first_run: ", "Allowed: review, apply."),
    "limit": ("limit: 0\n", ":5: limit: ", "1"),
    "no match key": ("match: {keys: []}\n", ":5: match.keys: ", "at least 1 entry"),
    "no part": ("match: {keys: [[]]}\n", ":5: match.keys[0]: ", "at least one"),
    "region": ("match: {default_region: Germany}\n", ":5: match.default_region: ", "DE, AT or US"),
    "Norway": ("match: {default_region: no}\n", ":5: match.default_region: ", "capital letters"),
    "without_key": ("match: {without_key: skip}\n", ":5: match.without_key: ", "Allowed: hold, create."),
    "plus_tags": ("match: {plus_tags: drop}\n", ":5: match.plus_tags: ", "Allowed: keep, ignore."),
    "first_match": ("match: {first_match: left}\n", ":5: match.first_match: ", "Allowed: fill_blanks, hold."),
    "no value": ("match:\n", ":5: match: ", "has no value"),
    "not a mapping": ("match: email\n", ":5: match: ", "must hold keys"),
    "not a list": ("fields: {only: emails}\n", ":5: fields.only: ", "must be a list"),
    "field": ("fields: {only: [email]}\n", ":5: fields.only[0]: ", "Did you mean 'emails'?"),
    "custom field": ("fields: {only: [custom.tier]}\n", ":5: fields.only[0]: ", "not yet in this version"),
    "only nothing": ("fields: {only: []}\n", ":5: fields.only: ", "at least 1 entry"),
    "only blank": ("fields:\n  only:\n", ":6: fields.only: ", "has no value"),
    "endless list": (
        f"fields: {{only: [{'x,' * 90_000}]}}\n",
        ":5: fields.only: ",
        "has 90000 entries; at most 100",
    ),
    "more keys and values than anybody reads": (
        f"fields: {{only: [{'x,' * 300_000}]}}\n",
        ":5: ",
        "holds more than 100000 keys and values",
    ),
    "only and exclude": ("fields: {only: [names], exclude: [notes]}\n", ":5: fields: ", "cannot stand together"),
    "all excluded": (f"fields: {{exclude: [names, {', '.join(FIELDS)}]}}\n", ":5: fields: ", "leaves no field"),
    "no defaults": ("fields: {defaults: false}\n", ":5: fields: ", "no field flows"),
    "not a boolean": ("fields: {defaults: yes}\n", ":5: fields.defaults: ", 'must be true or false. This is "yes".'),
    "duration": ("full_every: 1w\n", ":5: full_every: ", "30m, 12h, 6d"),
    "no duration": ("full_every: 0d\n", ":5: full_every: ", "whole number"),
    "long duration": ("full_every: 99999d\n", ":5: full_every: ", "at most 366d"),
    "number for duration": ("full_every: 6\n", ":5: full_every: ", "6 is not a length of time"),
    "policy": (
        "deletions: {left_to_right: remove}\n",
        ":5: deletions.left_to_right: ",
        "Allowed: ignore, tag, archive, delete.",
    ),
    "policy of a closed direction": (
        "direction: right_to_left\ndeletions: {left_to_right: delete}\n",
        ":6: deletions.left_to_right: ",
        "direction is right_to_left",
    ),
    "unsubscribes": ("unsubscribes: yes\n", ":5: unsubscribes: ", "Allowed: ignore, carry."),
    "count": ("limits: {deletes: {count: -1}}\n", ":5: limits.deletes.count: ", "at least 0"),
    "count as text": ('limits: {deletes: {count: "5"}}\n', ":5: limits.deletes.count: ", "whole number"),
    "count as boolean": ("limits: {deletes: {count: true}}\n", ":5: limits.deletes.count: ", "whole number"),
    "percent": ("limits: {deletes: {percent: 101}}\n", ":5: limits.deletes.percent: ", "at most 100"),
    "percent sign": ("limits: {deletes: {percent: 5%}}\n", ":5: limits.deletes.percent: ", "must be a number"),
    "empty limit": ("limits: {deletes: {}}\n", ":5: limits.deletes: ", "count, percent or both"),
    "reserved id": ("id: manage\n", ":5: id: ", "DAG of contactsync itself"),
    "id": ("id: Acme_Sync\n", ":5: id: ", "small letters"),
    "long id": (f"id: {'a' * 64}\n", ":5: id: ", "at most 63"),
    "empty id": ('id: ""\n', ":5: id: ", "cannot be an id"),
    "number as title": ("title: 2024\n", ":5: title: ", 'must be text. This is 2024. Next: Put it in quotes: "...".'),
    "title of two lines": ('title: "a\\nb"\n', ":5: title: ", "one line"),
    "long description": (f"description: {'x ' * 1001}\n", ":5: description: ", "2000"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_wrong_value_is_named_with_its_place_and_what_is_allowed(refusal: Callable[[str], str], case: str) -> None:
    lines, place, words = REFUSED[case]
    message = refusal(lines)
    assert f"crm-book.yaml{place}" in message
    assert words in message
    assert "Next: " in message
    assert "\n" not in message


def test_planned_keys_are_refused_by_name(load: Load, minimal: str) -> None:
    text = minimal.replace("crm_acme}", "crm_acme, options: {authority_field: x}}")
    said = r":2: left\.options\.authority_field: .* is not yet in this version\. .*Next: Remove it"
    with pytest.raises(ConfigError, match=said):
        load(text)


@pytest.mark.parametrize("key", ["version", "left", "right", "dag"])
def test_required_keys(load: Load, minimal: str, key: str) -> None:
    text = "".join(row + "\n" for row in minimal.splitlines() if not row.startswith(key))
    with pytest.raises(ConfigError, match=rf":1: {key}: is required and missing\. Next: Add `{key}:` here"):
        load(text)


def test_schedule_is_required_even_if_it_is_null(load: Load, minimal: str) -> None:
    with pytest.raises(ConfigError, match=r":4: dag\.schedule: is required and missing"):
        load(minimal.replace('{schedule: "*/15 * * * *"}', "{owner: revops}"))


@pytest.mark.parametrize("version", ["0", '"1"', "1.0", "true", "null", "[1]"])
def test_a_version_that_is_none(load: Load, minimal: str, version: str) -> None:
    with pytest.raises(ConfigError, match=r":1: version: .*Next: "):
        load(minimal.replace("version: 1", f"version: {version}"))


def test_a_newer_file_is_not_judged_by_todays_keys(load: Load, minimal: str) -> None:
    with pytest.raises(ConfigError, match=r"crm-book\.yaml:1: version: .*newer contactsync.* Next: Upgrade") as caught:
        load(minimal.replace("version: 1", "version: 2") + "something_new: 1\nconflicts: vote\n")
    assert "something_new" not in str(caught.value)


@pytest.mark.parametrize(
    ("dag", "key"),
    [
        ("timezone: Europe/Berlln", "timezone"),
        ("timezone: +02:00", "timezone"),
        ("timezone: ../../etc/passwd", "timezone"),
        ("timezone: Europe", "timezone"),
        ('owner: ""', "owner"),
        ("tags: [2024]", "tags[0]"),
        (f"tags: [{'x' * 101}]", "tags[0]"),
        ("pool: null", "pool"),
    ],
)
def test_words_of_airflow(load: Load, minimal: str, dag: str, key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(minimal.replace("dag: {", f"dag: {{{dag}, "))
    assert f":4: dag.{key}: " in str(caught.value)


def test_connections_are_ids_and_never_templates(load: Load, minimal: str) -> None:
    for connection in ('"{{ conn.x }}"', '"a b"', '""', "7"):
        with pytest.raises(ConfigError, match=r":2: left\.connection: "):
            load(minimal.replace("crm_acme", connection))


def test_specs_survive_the_way_through_json(load: Load, minimal: str) -> None:
    for text in (minimal, FULL):
        spec = load(text)
        as_json = spec_as_json(spec)
        assert spec_from_json(as_json) == spec
    data = json.loads(as_json)
    assert data["title"] == 'CRM <-> "Team" {{ 7*7 }}'
    assert data["left"]["options"] == {"view": "{{ 7*7 }}", "page": 2}
