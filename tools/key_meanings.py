"""What each key of the YAML files means, beside what the models say themselves. A key without an entry is an error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from contactsync.model.spec import Limits


@dataclass(frozen=True)
class Meaning:
    """Text and example for one key; `kind`, `default` and `allowed` where the model's own words are not a person's."""

    text: str
    example: str
    allowed: str = ""
    default: str = ""
    kind: str = ""
    beside: Mapping[str, Any] = field(default_factory=dict)  # what the file must hold for the example to make sense
    within: Mapping[str, Any] = field(default_factory=dict)  # the same of the entry that it stands in


APP = "an app's name, see [apps](apps.md)"
CONTACT_FIELD = "[contact fields](#contact-fields)"
CONNECTION = "as Airflow shows it, 1 to 200 characters"
POLICY = (
    "What a deletion on the {side} does to its partner: nothing, a tag (label, category), the archive where the app "
    "has one, or deletion. All but `ignore` need an app there that reports deletions."
)


def limit_meanings(name: str, text: str) -> dict[str, Meaning]:
    """The two bounds of one limit."""
    limit = getattr(Limits(), name)
    count, percent = ("none" if b is None else f"`{b:g}`" for b in (limit.count, limit.percent))
    same = "The same in percent of the contacts known there. The larger of the two bounds; one alone is the only bound."
    return {
        f"limits.{name}.count": Meaning(text, "10", "0 or more", default=count),
        f"limits.{name}.percent": Meaning(same, "2.5", "0 to 100", default=percent),
    }


SYNC: Mapping[str, Meaning] = {
    "version": Meaning("Version of this format.", "1", kind="whole number"),
    "id": Meaning(
        "The sync's identity: the ledger knows it by this, and its DAG is `contactsync__<id>`. It stays if the file is "
        "renamed.",
        "freshsales-google",
        allowed="small letters, digits, hyphens; at most 63; no hyphen first; "
        "not `manage`, `housekeeping`, `freshness`",
        default="the file's name",
    ),
    "title": Meaning("The name that Airflow shows.", "Customers", "one line, at most 200", default="the apps' titles"),
    "description": Meaning("Shown on the DAG's page.", "Who buys is in the phone.", "at most 2000 characters"),
    "dag.schedule": Meaning(
        "When it runs: five cron fields in quotes, a preset, or null for by hand only.",
        '"*/15 * * * *"',
        allowed="a cron line, `@hourly`, `@daily`, `@weekly`, `@monthly`, `@quarterly`, `@yearly`, `null`",
    ),
    "dag.timezone": Meaning("Of the schedule.", "Europe/Berlin", "a name of the time zone database"),
    "dag.owner": Meaning("Airflow's owner of the tasks.", "revops", "one line, at most 100"),
    "dag.tags": Meaning("Tags beside `contactsync` and the two apps.", "[crm, address-book]", "at most 100"),
    "dag.pool": Meaning("Airflow pool of the tasks. Of a pool that does not exist, a run ends red at once.", "crm"),
    "left.app": Meaning("The app of the left side.", "freshsales", APP),
    "left.connection": Meaning("Id of the Airflow connection of its account.", "freshsales_acme", CONNECTION),
    "left.options": Meaning("[Options of that app](#options-of-the-apps).", "{view: Customers}"),
    "right.app": Meaning("The app of the right side.", "google_contacts", APP),
    "right.connection": Meaning("Id of the Airflow connection of its account.", "google_alex", CONNECTION),
    "right.options": Meaning("[Options of that app](#options-of-the-apps).", "{rate_per_minute: 60}"),
    "direction": Meaning("Which way changes flow.", "left_to_right"),
    "rules.left_to_right": Meaning(
        "IF ... THEN for contacts of the left app, see [rules](#rules). Several rules are OR-ed; without any, every "
        "contact is in.",
        "[{name: gold, if: [{field: {name: custom.cf_tier, equals: Gold}}]}]",
        kind="list of rules",
    ),
    "rules.right_to_left": Meaning(
        "The same for contacts of the right app.",
        "[{name: shared, if: [{has_label: Freshsales}], then: {contacts: update_only}}]",
        kind="list of rules",
    ),
    "unsubscribes": Meaning(
        "What an opt-out does, where both apps hold consent: `carry` takes it to the other side, whatever `conflicts` "
        "says. An opt-in is never carried.",
        "carry",
    ),
    "match.keys": Meaning(
        "By what two contacts that meet for the first time are known to be one person, tried in this order. Two words "
        "in brackets are needed together.",
        "[email, phone, [full_name, company]]",
        kind="list of words",
    ),
    "match.default_region": Meaning(
        "The country of phone numbers without a country code, for comparing them and for the transform `e164`. Where "
        "it is not set, only numbers that begin with + are compared in their international form.",
        "DE",
        allowed="two capital letters of a country",
    ),
    "match.without_key": Meaning("A contact with a value for none of the keys is held, or created.", "hold"),
    "match.plus_tags": Meaning(
        "Whether ada+news@example.org is another key value than ada@example.org. Under `ignore` they are the same, for "
        "matching only: what is stored and sent keeps its tag. A change means a complete read.",
        "ignore",
    ),
    "match.first_match": Meaning(
        "Fields of two contacts that meet for the first time: blanks are filled and `conflicts` decides the rest, or "
        "fields that differ are held.",
        "fill_blanks",
    ),
    "conflicts": Meaning(
        "Who wins a field that both sides changed. `newest` trusts the apps' times only if both are later than our "
        "last write and clearly apart, else left wins; under `hold` the field waits for a person.",
        "newest",
    ),
    "fields.defaults": Meaning(
        "The default mapping: all fields that both apps have ([which](apps.md#what-flows-between-two-apps)). `false` "
        "leaves only the [pairs](#pairs).",
        "true",
    ),
    "fields.only": Meaning(
        "Only these contact fields flow; not together with `exclude`.", "[names, emails, phones]", CONTACT_FIELD
    ),
    "fields.exclude": Meaning("These contact fields do not flow.", "[notes, birthday]", CONTACT_FIELD),
    "fields.pairs": Meaning(
        "Own fields of both apps that flow beside or instead of the defaults, see [pairs](#pairs).",
        "[{left: custom.cf_tier, right: custom.Tier, options: {Gold: gold, Silver: silver}}]",
        kind="list of pairs",
    ),
    "full_every": Meaning(
        "How often everything is read, not only what changed.", "12h", "a whole number and m, h or d; at most 366d"
    ),
    "deletions.left_to_right": Meaning(POLICY.format(side="left"), "delete"),
    "deletions.right_to_left": Meaning(POLICY.format(side="right"), "delete"),
    "deletions.tag": Meaning(
        "The tag, label or category that `tag` sets.",
        "Deleted in Google",
        beside={"deletions": {"right_to_left": "tag"}},
    ),
    **limit_meanings("deletes", "How many deletions one run may make on a side."),
    **limit_meanings("creates", "How many contacts one run may create on a side; not judged before the first links."),
    **limit_meanings("updates", "How many contacts one run may change on a side; not judged before the first links."),
    **limit_meanings("blanked", "How many fields that hold something one run may empty on a side."),
    **limit_meanings("new_holds", "How many contacts of a side one run may newly hold before it counts as failed."),
    "first_run": Meaning(
        "What the sync does before it has links. `review`: its runs write nothing and end with a report, until a "
        "person lets a plan pass ([how](first-run.md)). `apply`: the first run writes.",
        "apply",
    ),
    "limit": Meaning(
        "At most so many contacts a side are written by one run; the others are planned again by the next. For trying "
        "out; remove it afterwards.",
        "10",
        "1 or more",
        default="all",
    ),
    "approval.when": Meaning(
        "When a plan waits for a person under Airflow's [Required Actions](approval.md): `never` (a plan over a limit "
        "stops the run), `over_limits` (and the first plan, under `first_run: review`), `always` (every plan that "
        "writes).",
        "always",
        default="`over_limits` where `approval` is given, else `never`",
    ),
    "approval.approvers": Meaning(
        "Airflow's users who may answer, by the id that its auth manager gives them; empty = whoever may edit the DAG.",
        "[maria.sample]",
        "at most 100",
        kind="list of texts",
    ),
    "approval.timeout": Meaning(
        "How long a plan waits; then it counts as rejected.",
        "4h",
        "a whole number and m, h or d; at most 366d",
        default="`8h`",
    ),
    "approval.while_waiting": Meaning(
        "What later runs do meanwhile: `hold_excess` leaves out the contacts of the waiting plan and goes on, `stop` "
        "ends them skipped.",
        "stop",
    ),
    "freshness.warn_after": Meaning(
        "Age of the newest complete run after which the sync is stale: whoever wants `stale` is told once "
        "([freshness](runbook.md#freshness-and-alerts)).",
        "1h",
        "a whole number and m, h or d; at most 366d",
        default="never",
        kind="length of time",
    ),
    "freshness.error_after": Meaning(
        "Age after which that is told once more, and the DAG `contactsync__freshness` is red.",
        "4h",
        "as above; longer than `warn_after`",
        default="never",
        kind="length of time",
    ),
    "alerts": Meaning(
        "Who is told of this sync: names of `alerts` in [the project file](#the-project-includecontactsyncyaml).",
        "[revops-slack]",
        "names of that file",
        kind="list of names",
    ),
    "tests": Meaning(
        "What must stay true, see [tests](#tests).",
        "[{name: nobody, given: {left: {names: {given: Uma}}}, expect: {right: null, why: no_key}}]",
        kind="list of tests",
    ),
}

OPTIONS: Mapping[str, Mapping[str, str]] = {
    "freshsales": {
        "view": "Customers",
        "flavour": "suite",
        "authority_field": "custom.cf_has_authority",
        "do_not_disturb_field": "custom.cf_do_not_disturb",
        "hourly_limit": "2000",
        "recycle_bin": "Recycle Bin",
        "minute_limit": "200",
        "lag_seconds": "300",
        "bulk_jobs": "false",
    },
    "google_contacts": {"rate_per_minute": "60", "lag_seconds": "600"},
    "carddav": {"book": "Team"},
    "memory": {
        "path": "/tmp/contacts.json",
        "bulk": "0",
        "page_size": "100",
        "kinds": "{custom.score: number}",
        "lengths": "{custom.summary: 200}",
    },
}
"""An example for each option of each app."""

PROJECT: Mapping[str, Meaning] = {
    "version": Meaning("Version of this format.", "1", kind="whole number"),
    "environments": Meaning(
        "Where contactsync runs, by name. The variable `CONTACTSYNC_ENV` says which of them an installation is; where "
        "it is not set, that is `dev`, which may write nowhere unless it is named here. In one with `writes: never` "
        "every run is a dry run, whatever was asked for. Without this key writes are allowed and nothing is checked.",
        "{dev: {writes: never}, prod: {writes: allowed}}",
        "`writes: allowed` or `writes: never` for each",
    ),
    "accounts": Meaning(
        "Where each connection must lead, by environment: the account's host, its owner or its id, as `contactsync "
        "accounts` prints them. Anything else stops the run before it reads, and so does an environment that is left "
        "out. A connection that is not named is not checked.",
        "{freshsales_acme: {dev: acme-sandbox.freshsales.io, prod: acme.freshsales.io}}",
        "environments of this file",
        beside={"environments": {"dev": {"writes": "never"}, "prod": {"writes": "allowed"}}},
    ),
    "artefacts.root": Meaning(
        "Where runs keep what they read, mapped and planned, and the state file by which a lost ledger is noticed. The "
        "files hold contacts.",
        "s3://aws_default@acme-sync/contactsync",
        allowed="an absolute path, or a URL with an Airflow connection's id in it",
        default="`contactsync/artefacts` in `AIRFLOW_HOME`",
    ),
    "artefacts.shared": Meaning(
        "The folder under `artefacts.root` is mounted on every machine that runs tasks. Said only where it is: with an "
        "executor other than LocalExecutor a folder without it is refused ([scaling out](scaling-out.md)).",
        "true",
    ),
    "artefacts.keep": Meaning(
        "How long artefacts are kept, counted from the last file of a run. Those of the newest run, of the newest plan "
        "and of runs that wait or are not ended stay ([housekeeping](runbook.md#housekeeping)).",
        "14d",
        "a whole number and m, h or d; 1d to 3660d",
        default="`7d`",
    ),
    "ledger.connection": Meaning("Id of the Airflow connection of the ledger's database.", "contactsync_ledger"),
    "ledger.encrypt_values": Meaning(
        "Whether values of people are encrypted in the ledger, with the key that encrypts tokens "
        "([how](security.md#encrypt-values-in-the-ledger)). Say `contactsync db reseal` after changing it.",
        "true",
    ),
    "ledger.keep_values": Meaning(
        "How long the journal keeps the values that were written, and values that lost a conflict: as far as "
        "`contactsync undo` reaches. Runs that had nothing to do go with them.",
        "90d",
        "as above; not longer than `keep_journal`",
        default="`30d`",
    ),
    "ledger.keep_journal": Meaning(
        "How long the ledger says which run did what to which contact, and what persons decided.",
        "800d",
        "as above",
        default="`400d`",
    ),
    "rate.share": Meaning(
        "The part of each account's vendor limit that all syncs together may use; the rest is for others.",
        "0.5",
        "more than 0, at most 1",
    ),
    "alerts": Meaning(
        "Airflow notifiers by name: `notifier: slack` (with a connection to an incoming webhook, or to Slack's API and "
        "a `channel`) or `notifier: smtp` (with `to` and `from`), and the `events` that it is told of (all). "
        "Install `contactsync[slack]` or `contactsync[smtp]` for them. Syncs name them in their own `alerts`.",
        "{ops: {notifier: smtp, connection: post, to: [ops@acme.example], from: sync@acme.example, events: [failed]}}",
        "events: `failed`, `reauthorise`, `new_holds`, `approval`, `stale`, `recovered`",
    ),
    "defaults": Meaning(
        "Keys of a sync file that hold in every sync which does not say otherwise. Sections are put together key by "
        "key: a sync with its own `dag.schedule` still has the default `dag.owner`.",
        "{dag: {owner: revops, timezone: Europe/Berlin}}",
        "any key of a sync file but `version`, `id`, `title`, `description`, `left`, `right`, `tests`",
    ),
}

VARIABLES: Mapping[str, str] = {
    "AIRFLOW_HOME": "Airflow's folder; the ledger and the artefacts lie in its sub-folder `contactsync` unless set "
    "otherwise.",
    "AIRFLOW_CONN_<ID>": "An Airflow connection as JSON or URL, found before those in Airflow's database.",
    "AIRFLOW__CORE__FERNET_KEY": "With it Airflow encrypts its connections, and contactsync the tokens in the ledger.",
    "AIRFLOW__CORE__TEST_CONNECTION": "`Enabled` gives the connection forms their Test button; Airflow itself has "
    "`Disabled`.",
    "CONTACTSYNC_ENV": "Which of the `environments` of the project file this installation is. The same for every "
    "component.",
    "CONTACTSYNC_KEY": "One Fernet key, or several parted by commas, for tokens in the ledger, and for values where "
    "`ledger.encrypt_values` is true, instead of Airflow's; the first seals, all open. The same on every host.",
    "CONTACTSYNC_INCLUDE": "For the command line: the folder with `mappings/` and `contactsync.yaml`. `--include` goes "
    "before it; without either it is the nearest `include` folder, from the current one upwards.",
    "CONTACTSYNC_CLIENT_ID": "For `contactsync authorise`: the id of your OAuth client, instead of typing it.",
    "CONTACTSYNC_CLIENT_SECRET": "For `contactsync authorise`: its secret, instead of typing it.",
    "CONTACTSYNC_CRASH_AT": "For crash tests only: kills the process at one chosen request or commit.",
}
