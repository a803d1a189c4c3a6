"""What docs/configuration.md says around its tables."""

from __future__ import annotations

from collections.abc import Mapping

from contactsync.model.rules import Compare

COMPARISONS: Mapping[Compare, str] = {
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

RULES = """
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

TRANSFORMS = """\
What a pair's `transforms: [...]` may name, in the order in which they are to be applied on the way from the sender. An
empty value stays empty, and a value that a transform can make nothing of stays as it is. Where there is no way back, a
pair that flows both ways loses something."""

KINDS = """\
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

TESTS = """
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

CONTACT = """
A contact of a test is written in [contact fields](#contact-fields), those that its app has: `names: {given: Uma,
family: Beispiel}`; fields of one value as text; fields of several as a list, `[uma@example.org]` or
`[{value: uma@example.org, label: work, primary: true}]`; an address as `{street: Musterweg 1, city: Berlin, label:
home}`. Further fields go by the app's own names: `custom: {cf_tier: Gold}` and `own: {lead_score: 80}`, as `field`
conditions name them. What is not given is empty; in `expect` what is not named is not compared, and `''` or `[]` asks
for an empty field. The first run begins at noon of `today`.
"""

PROOFS = """\
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

ACTIONS = """
An action applies `on_enter` (the default: once, when the contact starts matching, or is linked or created while it
does; a later edit by a person stands), `on_create` (only with the create), or `always` (with every run; what it
overwrites is logged as a conflict). Of two rules that write one field the first in the file has it. A `value` may name
contact fields of the sender in braces: `"{names.given} {names.family}"`; `{{` and `}}` are braces. Nothing is
evaluated.
"""


INTRODUCTION = """
Two kinds of YAML file configure contactsync: one file a sync in `include/mappings/` (sub-folders are allowed), and
`include/contactsync.yaml` once. Secrets stand in neither: they live in [Airflow connections](#connections).
`contactsync validate` checks all files and names file, line, key, value, what is allowed and what to do.

Values are read as YAML 1.2 reads them, narrowed: only `true` and `false` are booleans, and `NO`, `on`, `12:30` or
`0123` stay text. Tags, anchors and aliases, a key twice, more than 1 MiB or 20 levels are errors.
"""

FIELDS = """
The names that a contact's fields have everywhere. `names` stands for all six that begin with it. Which of them two apps
share: [apps.md](apps.md#what-flows-between-two-apps).
"""

SYNC = """
Required: `version`, `dag.schedule`, `left` and `right`. A shipped example with a comment at every key:
[freshsales-google.yaml](../include/mappings/freshsales-google.yaml).
"""

COMPOSE = """
[docker-compose.yaml](../docker-compose.yaml) takes these from the file `.env`: {names}. What each is for stands in
[.env.example](../.env.example).
"""

CONNECTIONS = """
A side names the id of an Airflow connection. Airflow looks it up in its order: secrets backend, environment
(`AIRFLOW_CONN_<ID in capitals>`), database (Admin > Connections). Which fields each type has, and its JSON form, stands
in [apps.md](apps.md).

The ledger is the database of the connection `contactsync_ledger` (or the one named under `ledger.connection`), of type
`postgres`, `postgresql` or `sqlite`. Without that connection it is the file `contactsync/ledger.db` in `AIRFLOW_HOME`;
with an executor other than LocalExecutor both that connection and `artefacts.root` are required, for tasks may run on
machines that share no disk ([scaling out](scaling-out.md)).

```sh
export AIRFLOW_CONN_CONTACTSYNC_LEDGER='{"conn_type": "postgres", "host": "db.example.org", "port": 5432,
  "login": "contactsync", "password": "...", "schema": "contactsync"}'
contactsync db upgrade
```
"""
