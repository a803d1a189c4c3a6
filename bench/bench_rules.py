"""CPU of rules and mapping, inputs in memory: 25 fields and 5 rules over all contacts of one side.

Of the fields 8 are custom ones in pairs: choices with options, a number against a text, and texts.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
from contactsync.apps import load_app
from contactsync.contact import Kind
from contactsync.mapping.app_frame import records_frame
from contactsync.mapping.canonical import canonical_frame
from contactsync.mapping.defaults import pair_fields
from contactsync.mapping.judging import matching
from contactsync.mapping.side_maps import side_map
from contactsync.mapping.value_tests import Moment
from contactsync.model.app import FieldInfo
from contactsync.model.exchange import Record
from contactsync.model.rules import FIELD, Compare, Condition, Join, Rule
from contactsync.model.spec import DagSpec, FieldsSpec, MatchSpec, PairSpec, Side, SideSpec, SyncSpec

NOW = datetime(2026, 1, 5, tzinfo=UTC)
LIMIT = 15.0  # microseconds a contact, for rules and mapping together
OWN = ("cf_tier", "cf_region", "cf_branch", "cf_since", "cf_plan", "cf_partner", "cf_size", "cf_note")
CUSTOM = tuple(FieldInfo(f"custom.{n}", Kind.NUMBER if n == "cf_size" else Kind.TEXT, n, custom=True) for n in OWN)
MEMORY = load_app("memory").info
DECLARED = tuple(f for f in MEMORY.fields if f.contact)[: 25 - len(CUSTOM)]
FIELDS = (*DECLARED, *CUSTOM)
THERE = (*DECLARED, *(FieldInfo(f"custom.{n}", Kind.TEXT, n, custom=True) for n in OWN))
TIERS = {"Gold": "gold", "Silver": "silver", "Bronze": "bronze"}
PAIRS = tuple(
    PairSpec((f"custom.{n}",), (f"custom.{n}",), options=TIERS if n == "cf_tier" else {}) for n in OWN
)  # choices, a number, and texts
SPEC = SyncSpec(
    "bench", SideSpec("memory", "l"), SideSpec("memory", "r"), DagSpec(None), fields=FieldsSpec(pairs=PAIRS),
    match=MatchSpec(default_region="DE"),
)  # fmt: skip
APP = replace(MEMORY, fields=FIELDS)
COLUMNS = tuple(p.field for p in pair_fields(SPEC, FIELDS, THERE))
MAP = side_map(SPEC, Side.LEFT, {Side.LEFT: FIELDS, Side.RIGHT: THERE}, COLUMNS)
GIVEN = ("Ada", "Uma", "Zoë", "Jürgen", "Noor", "Łucja", "Ana", "Ben")
FAMILY = ("Beispiel", "Muster", "Probe", "Größe", "Ejemplo", "Exemple", "Esempio", "Vzorová")


def own_fields(n: int) -> dict[str, Any]:
    given, family = GIVEN[n % 8], f"{FAMILY[n // 8 % 8]}-{n % 5000}"
    return {
        "names.given": given,
        "names.family": family,
        "names.middle": "",
        "emails": [{"value": f"Person{n}@example.org", "label": "work", "primary": True}],
        "phones": [{"value": f"+49 30 {n:07d}", "label": "work"}],
        "addresses": [{"value": {"street": f"Probeweg {n % 900}", "city": "Berlin"}, "label": "work"}],
        "company": f"Company {n % 3000}",
        "department": "Sales",
        "job_title": ("Buyer", "Lead", "Editor")[n % 3],
        "birthday": f"19{n % 90 + 10}-05-04",
        "notes": f"Met at the fair, table {n}",
        "urls": [],
        "tags": [{"value": ("Customer", "VIP", "Prospect")[n % 3]}],
        "custom.cf_tier": ("Gold", "Silver", "Bronze")[n % 3],
        "custom.cf_region": ("North", "South")[n % 2],
        "custom.cf_since": (NOW - timedelta(days=n % 2000)).date().isoformat(),
        "custom.cf_size": str(n % 10_000),
    }


def leaf(field: str, compare: Compare, *values: str) -> Condition:
    return Condition(Join.LEAF, FIELD, field, compare, values)


GOLD = leaf("custom.cf_tier", Compare.IN, "Gold", "Silver")
RULES = (
    Rule("gold", (GOLD, leaf("custom.cf_size", Compare.GREATER_THAN, "500"))),
    Rule("vip", (leaf("tags", Compare.HAS, "VIP"), Condition(Join.NOT, parts=(GOLD,)))),
    Rule("new", (leaf("custom.cf_since", Compare.WITHIN_DAYS, "90"),)),
    Rule("acme", (leaf("emails", Compare.CONTAINS, "@example.org"), leaf("job_title", Compare.EQUALS, "lead"))),
    Rule("big", (Condition(Join.ANY, parts=(leaf("custom.cf_size", Compare.BETWEEN, "9000", "9999"), GOLD)),)),
)


def records(contacts: int) -> list[Record]:
    return [Record(f"id{n}", own_fields(n), n, str(n), NOW) for n in range(contacts)]


def timed(what: str, contacts: int, call: Callable[[], Any]) -> tuple[Any, float]:
    started = time.process_time()
    result = call()
    spent = (time.process_time() - started) * 1e6 / contacts
    print(f"{what:45} {spent:8.1f} us a contact ({contacts} contacts)")
    return result, spent


def main(contacts: int) -> int:
    # Made inside: each stage is a process of its own, and only the frame goes from one to the other.
    frame, _ = timed("contacts to app frame (extract)", contacts, lambda: records_frame(records(contacts)))
    with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
        frame.to_parquet(file.name)
        frame = pd.read_parquet(file.name)
    (canonical, bad), mapping = timed("mapping", contacts, lambda: canonical_frame(frame, MAP, {}))
    found, judging = timed("rules", contacts, lambda: matching(frame, RULES, APP, Moment(NOW)))
    assert len(canonical) == len(found) == contacts
    assert not bad
    print(f"{'rules and mapping':45} {mapping + judging:8.1f} us a contact, at most {LIMIT:g}")
    return int(mapping + judging > LIMIT)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
