"""docs/configuration.md: every key of the two kinds of YAML file, from the pydantic models that read them."""

from __future__ import annotations

import re
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin

from contactsync.apps import app_names, load_app
from contactsync.contact import FIELDS
from contactsync.mapping.file_test_sections import TestSection
from contactsync.mapping.pair_section import PairSection
from contactsync.mapping.problems import check_model
from contactsync.mapping.project import ProjectFile
from contactsync.mapping.rule_sections import RuleSection
from contactsync.mapping.spec import Section, SyncFile
from contactsync.mapping.transforms import TRANSFORMS, Transform
from contactsync.model.rules import Compare
from contactsync.model.spec import Limits
from examples import check_example, check_option, smallest_with
from key_meanings import OPTIONS, PAIR, PROJECT, RULE, SYNC, TEST, VARIABLES, Meaning
from page_parts import GENERATED, code, page, plain, table
from pages_of_pairs import pairs_part
from pydantic import BaseModel
from pydantic.fields import FieldInfo

NO_VALUE = "~no such word~"
HEAD = ("Key", "Type", "Default", "Allowed", "Meaning", "Example")


@dataclass(frozen=True)
class Key:
    """One key of a file, and where it stands."""

    path: tuple[str, ...]
    field: FieldInfo

    @property
    def dotted(self) -> str:
        """As people write it."""
        return ".".join(self.path)


def configuration_page() -> str:
    """The whole page. Errors: KeyError for a key without a meaning or a meaning without a key."""
    return page(
        GENERATED,
        "# Configuration",
        _INTRODUCTION,
        "## A sync: include/mappings/*.yaml",
        _SYNC,
        _keys(SyncFile, SYNC),
        "### Rules",
        _RULES,
        _keys(RuleSection, RULE),
        table(("Test", "Holds where the value"), ((code(c), text) for c, text in TESTS.items())),
        _ACTIONS,
        pairs_part(_keys(PairSection, PAIR)),
        "### Transforms",
        _TRANSFORMS,
        table(
            ("Transform", "Takes", "Gives", "What comes of a value", "Way back"), map(_transform, TRANSFORMS.values())
        ),
        "### Values of different kinds",
        _KINDS,
        "### What a pair loses",
        _PROOFS,
        "### Tests",
        _TESTS,
        _keys(TestSection, TEST),
        _CONTACT,
        "### Limits without a key",
        _limits(),
        "### Refused in this version",
        "Planned keys and words. A file that holds one of them is broken, and its error says so:",
        _not_yet(SyncFile),
        "### Contact fields",
        _FIELDS,
        table(("Contact field", "Kind"), ((code(name), kind) for name, kind in FIELDS.items())),
        "## Options of the apps",
        "`options:` of a side belongs to its app; unknown options are errors.",
        *_options(),
        "## The project: include/contactsync.yaml",
        "The file may be absent, and every key but `version` may be left out.",
        _keys(ProjectFile, PROJECT),
        "Refused in this version:",
        _not_yet(ProjectFile),
        "## Environment variables",
        table(("Variable", "Meaning"), ((code(name), text) for name, text in VARIABLES.items())),
        _COMPOSE.format(names=", ".join(code(name) for name in _compose_variables())),
        "## Connections",
        _CONNECTIONS,
    )


def _transform(one: Transform) -> tuple[str, ...]:
    return (code(one.name), str(one.takes), str(one.gives), one.title, "yes" if one.inverse else "no")


# ---- keys


def keys_of(model: type[Section], above: tuple[str, ...] = ()) -> Iterator[Key]:
    """Every key that holds a value, in the order of the file."""
    for name, field in model.model_fields.items():
        path = (*above, field.alias or name)
        inner = _section(field.annotation)
        if inner is None:
            yield Key(path, field)
        else:
            yield from keys_of(inner, path)


def _section(annotation: Any) -> type[Section] | None:
    return annotation if isinstance(annotation, type) and issubclass(annotation, Section) else None


def _keys(model: type[Section], meanings: Mapping[str, Meaning]) -> str:
    keys = list(keys_of(model))
    unknown = set(meanings) ^ {key.dotted for key in keys}
    if unknown:
        raise KeyError(f"tools/key_meanings.py and {model.__name__} differ in: {', '.join(sorted(unknown))}")
    return table(HEAD, (_row(model, key, meanings[key.dotted]) for key in keys))


def _row(model: type[Section], key: Key, meaning: Meaning) -> tuple[str, ...]:
    check_example(model, key.path, meaning)
    default = "required" if key.field.is_required() else meaning.default or _default(key.field)
    allowed = meaning.allowed or ", ".join(code(word) for word in allowed_words(model, key))
    kind = meaning.kind or type_in_words(key.field.annotation)
    return (code(key.dotted), kind, default, allowed, meaning.text, code(meaning.example))


def _default(field: FieldInfo) -> str:
    text = plain(field.default)
    return code(text) if text not in ("", "null", "{}", "[]") else "none"


def type_in_words(annotation: Any) -> str:
    """What a person writes there."""
    if get_origin(annotation) is Annotated:
        return type_in_words(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        words = [type_in_words(part) for part in get_args(annotation) if part is not type(None)]
        return " or ".join([*words, "null"] if type(None) in get_args(annotation) else words)
    if get_origin(annotation) is list:
        return f"list of {type_in_words(get_args(annotation)[0])}s"
    simple = {str: "text", bool: "true or false", int: "whole number", float: "number", timedelta: "length of time"}
    if annotation in simple:
        return simple[annotation]
    return "word" if isinstance(annotation, type) and issubclass(annotation, StrEnum) else "keys and values"


def allowed_words(model: type[Section], key: Key) -> tuple[str, ...]:
    """The words that the reader itself names when a wrong one stands there."""
    for wrong in (NO_VALUE, [NO_VALUE]):
        for problem in check_model(model, smallest_with(model, key.path, wrong))[1]:
            if problem.key[: len(key.path)] == key.path and problem.allowed:
                return problem.allowed
    return ()


TESTS: Mapping[Compare, str] = {
    Compare.EQUALS: "is this; case and spaces do not matter, numbers are compared as numbers",
    Compare.IN: "is one of these",
    Compare.CONTAINS: "contains this text, or one of these",
    Compare.STARTS_WITH: "starts with this text, or one of these",
    Compare.GREATER_THAN: "is a greater number",
    Compare.LESS_THAN: "is a smaller number",
    Compare.BETWEEN: "lies between two numbers, dates or times, the ends included",
    Compare.EMPTY: "is empty (`true`), or holds something (`false`)",
    Compare.BEFORE: "is an earlier date or time, in the sync's time zone",
    Compare.AFTER: "is a later date or time",
    Compare.WITHIN_DAYS: "is at most so many days from now, past or to come",
    Compare.HAS: "of several values one is this (labels, categories); stands behind `has_label` and the like",
}

_RULES = """
A rule has a `name`, conditions (`if`), what follows (`then`) and, where wanted, what follows when a contact stops
matching (`on_leave`). A list of conditions is AND; `any`, `all` and `not` nest. A contact is in scope of a direction
while one rule of it matches. Who leaves is never deleted or blanked; edits made meanwhile are reconciled when he comes
back.

```yaml
rules:
  left_to_right:
    - name: alex-customers
      if:
        - owned_by: alex.sample@acme.example
        - any: [has_open_deals, {won_deals_revenue: {greater_than: 0}}]
        - not: do_not_disturb
        - field: {name: custom.cf_tier, in: [Gold, Silver]}
      then:
        contacts: create_and_update     # create_and_update | update_only | none (only the actions)
        actions:
          - add_label: {value: Freshsales, apply: on_enter}
      on_leave:
        - remove_label: Freshsales
```

Which conditions and actions there are is the apps' to say: [apps](apps.md). All have `field` (any own field, custom
ones too) and `already_exists` (the contact has a partner in the other app). A field that the app did not show is
neither true nor false: it matches no test, and no `not` of one. The same holds for a value that a test cannot read (a
text where a number is asked for, a birthday without a year). An empty field is known: it equals nothing, is neither
greater nor earlier, and a `not` of such a test matches it; a checkbox that was never ticked is `false`.
"""

_TRANSFORMS = """\
What a pair's `transforms: [...]` may name, in the order in which they are to be applied on the way from the sender. An
empty value stays empty, and a value that a transform can make nothing of stays as it is. Where there is no way back, a
pair that flows both ways loses something."""
_KINDS = """\
A value goes from a field of one kind to one of another as follows; what cannot be held is not guessed, and not written.

- **Date and date-time**: a date-time becomes the day that the calendars of `dag.timezone` show then. A day becomes a
  date-time of the same day there: at the time of day that stood there before, so that none is lost, else 10:00 UTC
  where that is one (the same day from Honolulu to Auckland). An edit of the time alone writes no day. A day without a
  year is no date-time, and no value of a date field of Freshsales, which holds whole dates. A date-time without an
  offset is one of `dag.timezone`.
- **Numbers** are compared by value and to the last digit: 12.50 is 12.5, 1e3 is 1000. A comma is not guessed at
  (1,234.50 is a text), and a text with leading zeros or a plus sign is no number: it would lose them.
- **True or false**: true, yes, y, on and 1 are true; false, no, n, off and 0 are false, in capitals too.
- **Text** takes all of them, in the forms above; from a text only what is written in one of these forms is taken, and
  no time of day is cut off from it or added to it."""
_TESTS = """
A test says what must stay true: given these contacts, the sync does this. `contactsync test` plays it without any
network, account or connection: real runs between stand-ins of the two apps, until nothing is left to do, then the
edits, then runs again. Only what `expect` names is compared.

```yaml
tests:
  - name: a private contact never reaches the CRM
    given: {right: {names: {given: Uma, family: Beispiel}, tags: [Family]}}
    expect: {left: null, why: no_rule_matches}
  - name: where both edit one field, Freshsales wins
    given:
      left: {names: {given: Uma}, emails: [uma@example.org], job_title: Buyer}
      right: {names: {given: Uma}, emails: [uma@example.org], job_title: Buyer}
    linked: true
    edits: {left: {job_title: Head of buying}, right: {job_title: Boss}}
    expect: {right: {job_title: Head of buying}, conflicts: {job_title: left}}
```
"""

_CONTACT = """
A contact of a test is written in [contact fields](#contact-fields), those that its app has: `names: {given: Uma,
family: Beispiel}`; fields of one value as text; fields of several as a list, `[uma@example.org]` or
`[{value: uma@example.org, label: work, primary: true}]`; an address as `{street: Musterweg 1, city: Berlin, label:
home}`. Further fields go by the app's own names: `custom: {cf_tier: Gold}` and `own: {lead_score: 80}`, as `field`
conditions name them. What is not given is empty; in `expect` what is not named is not compared, and `''` or `[]` asks
for an empty field. The first run begins at noon of `today`.
"""

_PROOFS = """\
`contactsync validate` takes each pair through round trips: a value is read on its side, written to the other, read
there, and given back. It does so with generated values of the fields' kinds (the choices of the account where its field
list is kept: `contactsync snapshot`), and with `--live` with contacts of both accounts, which are only read. Of each
`--sample` (200) are taken by chance, by at most `--calls` (25) requests: of CardDAV and Freshsales from everywhere, of
Google among the first 1,000 for each request. It prints a number, and `--seed` with it takes the same contacts again.
Per pair and way it says how many values arrive whole, and lists

- **held**: a value that the other side cannot hold; it is not written, and waits with the reason;
- **lost**: a value that would not come back as it was. Such a pair has to flow one way, or say `lossy: true`; else the
  file is broken. It is lossy to shorten, or to use a transform without a way back. How a value is written is no loss:
  12.50 in a text field comes back as 12.5;
- **broken**: a value that the other side would show as another one, so that the two never agree. The file is broken.

With `--live` it also says of which fields of the default mapping the other app cannot take all: a third phone number,
where it has two. No values are shown, unless you ask with `--examples`."""
_ACTIONS = """
An action applies `on_enter` (the default: once, when the contact starts matching, or is linked or created while it
does; a later edit by a person stands), `on_create` (only with the create), or `always` (with every run; what it
overwrites is logged as a conflict). Of two rules that write one field the first in the file has it. A `value` may name
contact fields of the sender in braces: `"{names.given} {names.family}"`; `{{` and `}}` are braces. Nothing is
evaluated.
"""


def _limits() -> str:
    rows = []
    for name in ("deletes", "creates", "updates", "blanked"):
        limit = getattr(Limits(), name)
        has_key = "`limits.deletes`" if name == "deletes" else "not yet"
        count = "no bound" if limit.count is None else str(limit.count)
        percent = "no bound" if limit.percent is None else f"{limit.percent:g} %"
        rows.append((name, count, percent, has_key))
    told = """
A run that would change more than this on one side stops before its first write. Of count and percent the larger holds;
percent is of the contacts known on that side. Creates and updates are not judged before a sync has its first links. A
complete listing of less than half of the known contacts stops the run too. What to do then:
[runbook](runbook.md#limitexceeded).
"""
    return page(told, table(("Changes", "Count", "Percent", "Key"), rows)).strip()


def _not_yet(model: type[Section]) -> str:
    return (
        ", ".join(code(name) for name in (*planned_keys(model), *(_PLANNED_WORDS if model is SyncFile else ()))) + "."
    )


def planned_keys(model: type[Section], above: str = "") -> Iterator[str]:
    """Keys that the models name as planned."""
    yield from (f"{above}{name}" for name in sorted(model.not_yet))
    for name, field in model.model_fields.items():
        inner = _section(field.annotation)
        if inner is not None:
            yield from planned_keys(inner, f"{above}{field.alias or name}.")


_PLANNED_WORDS = ("fields: custom.<key>",)


# ---- options of the apps


def _options() -> Iterator[str]:
    for name in app_names():
        app = load_app(name)
        fields = app.Options.model_fields
        yield f"### {app.info.title} ({code(name)})"
        if not fields:
            yield "No options."
            continue
        said = meanings_in(app.Options)
        rows = [
            (
                code(key),
                _option_type(field),
                _default(field),
                _option_allowed(field),
                said[key],
                _option_example(name, key),
            )
            for key, field in fields.items()
        ]
        yield table(("Option", "Type", "Default", "Allowed", "Meaning", "Example"), rows)
        if planned := getattr(app.Options, "not_yet", ()):
            yield f"Refused in this version: {', '.join(code(key) for key in sorted(planned))}."


def meanings_in(options: type[BaseModel]) -> dict[str, str]:
    """Option -> what the docstring says of it (`name: text`, `one, other: text`). Errors: KeyError for a silent one."""
    names = "|".join(map(re.escape, options.model_fields))
    parts = re.split(rf"(?<!\S)((?:{names})(?:, (?:{names}))*): ", " ".join((options.__doc__ or "").split()))
    said = {
        name: text.strip() for group, text in zip(parts[1::2], parts[2::2], strict=True) for name in group.split(", ")
    }
    silent = set(options.model_fields) - set(said)
    if silent:
        raise KeyError(f"the docstring of {options.__name__} says nothing of: {', '.join(sorted(silent))}")
    return said


def _option_example(app: str, key: str) -> str:
    """Errors: KeyError for an option without an example, ValueError for one that is refused."""
    example = OPTIONS[app][key]
    check_option(app, key, example)
    return code(example)


def _option_type(field: FieldInfo) -> str:
    return "word" if _literals(field.annotation) else type_in_words(field.annotation)


def _option_allowed(field: FieldInfo) -> str:
    bounds = [f"{words} {getattr(m, key)}" for m in field.metadata for key, words in _BOUNDS.items() if hasattr(m, key)]
    return ", ".join([*(code(word) for word in _literals(field.annotation)), *bounds])


def _literals(annotation: Any) -> tuple[Any, ...]:
    return tuple(a for a in get_args(annotation) if isinstance(a, str))


_BOUNDS = {"gt": "more than", "ge": "at least", "lt": "less than", "le": "at most"}


# ---- the rest


def _compose_variables() -> list[str]:
    text = (Path(__file__).parent.parent / ".env.example").read_text("utf-8")
    return re.findall(r"^([A-Z_]+)=", text, re.MULTILINE)


_INTRODUCTION = """
Two kinds of YAML file configure contactsync: one file a sync in `include/mappings/` (sub-folders are allowed), and
`include/contactsync.yaml` once. Secrets stand in neither: they live in [Airflow connections](#connections).
`contactsync validate` checks all files and names file, line, key, value, what is allowed and what to do.

Values are read as YAML 1.2 reads them, narrowed: only `true` and `false` are booleans, and `NO`, `on`, `12:30` or
`0123` stay text. Tags, anchors and aliases, a key twice, more than 1 MiB or 20 levels are errors.
"""

_FIELDS = """
The names that a contact's fields have everywhere. `names` stands for all six that begin with it. Which of them two apps
share: [apps.md](apps.md#what-flows-between-two-apps).
"""

_SYNC = """
Required: `version`, `dag.schedule`, `left` and `right`. A shipped example with a comment at every key:
[freshsales-google.yaml](../include/mappings/freshsales-google.yaml).
"""

_COMPOSE = """
[docker-compose.yaml](../docker-compose.yaml) takes these from the file `.env`: {names}. What each is for stands in
[.env.example](../.env.example).
"""

_CONNECTIONS = """
A side names the id of an Airflow connection. Airflow looks it up in its order: secrets backend, environment
(`AIRFLOW_CONN_<ID in capitals>`), database (Admin > Connections). Which fields each type has, and its JSON form, stands
in [apps.md](apps.md).

The ledger is the database of the connection `contactsync_ledger` (or the one named under `ledger.connection`), of type
`postgres`, `postgresql` or `sqlite`. Without that connection it is the file `contactsync/ledger.db` in `AIRFLOW_HOME`;
with an executor other than LocalExecutor both that connection and `artefacts.root` are required, for tasks may run on
machines that share no disk.

```sh
export AIRFLOW_CONN_CONTACTSYNC_LEDGER='{"conn_type": "postgres", "host": "db.example.org", "port": 5432,
  "login": "contactsync", "password": "...", "schema": "contactsync"}'
contactsync db upgrade
```
"""
