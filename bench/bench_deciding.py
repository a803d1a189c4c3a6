"""CPU of mapping and deciding, inputs in memory: records to canonical frame, and the plan for changed links."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from contactsync.apps import load_app
from contactsync.contact import fingerprint
from contactsync.mapping.app_frame import records_frame
from contactsync.mapping.canonical import canonical_frame
from contactsync.mapping.defaults import pair_fields
from contactsync.mapping.side_map import SideMap
from contactsync.model.exchange import Record
from contactsync.model.link import Link, LinkSide
from contactsync.model.spec import SIDES, DagSpec, MatchSpec, Side, SideSpec, SyncSpec
from contactsync.sync.link_case import Rules
from contactsync.sync.readings import Reading, Shown
from contactsync.sync.reconcile import Given, reconcile

NOW = datetime(2026, 1, 5, tzinfo=UTC)
FIELDS = load_app("memory").info.fields
SPEC = SyncSpec("bench", SideSpec("memory", "l"), SideSpec("memory", "r"), DagSpec(None))
PAIRS = pair_fields(SPEC, FIELDS, FIELDS)
MAPPED = tuple(p.field for p in PAIRS)
MAP = SideMap(FIELDS, MAPPED, "DE")


def record(n: int, title: str = "Buyer") -> Record:
    own: dict[str, Any] = {
        "names.given": f"Given{n}",
        "names.family": f"Beispiel{n}",
        "emails": [{"value": f"person{n}@example.org", "label": "work", "primary": True}],
        "phones": [{"value": f"+4930{n:07d}", "label": "work"}],
        "job_title": title,
    }
    return Record(f"id{n}", own, n, str(n), NOW)


def timed(what: str, contacts: int, call: Callable[[], Any]) -> Any:
    started = time.process_time()
    result = call()
    spent = time.process_time() - started
    print(f"{what:45} {spent * 1e6 / contacts:8.1f} us a contact ({contacts} contacts, {spent:.2f} s CPU)")
    return result


def shown(records: list[Record], values: list[dict[str, str]]) -> dict[str, Shown]:
    return {
        r.id: Shown(r.id, v, fingerprint(v), r.raw, NOW, r.version, r.modified_at)
        for r, v in zip(records, values, strict=True)
    }


def main(contacts: int) -> None:
    records = [record(n) for n in range(contacts)]
    frame = timed("records to app frame", contacts, lambda: records_frame(records))
    canonical, _ = timed("app frame to canonical frame", contacts, lambda: canonical_frame(frame, MAP, {}))
    values = [
        {f: row[f] for f in MAPPED if isinstance(row[f], str)} for row in canonical[list(MAPPED)].to_dict("records")
    ]
    empty = {s: Reading(s, NOW) for s in SIDES}
    given = Given(Rules("bench", PAIRS), MatchSpec(), "salt", empty, (), {s: {} for s in SIDES})

    changed = [{**v, "job_title": "Lead"} for v in values]
    links = [Link(r.id, LinkSide(r.id, v), LinkSide(f"r{r.id}", v)) for r, v in zip(records, values, strict=True)]
    left = {**empty, Side.LEFT: Reading(Side.LEFT, NOW, shown(records, changed))}
    plan = timed(
        "plan, every contact changed on one side",
        contacts,
        lambda: reconcile(Given(given.rules, given.match, given.salt, left, links, given.known)),
    )
    assert len(plan.intents) == contacts

    fresh = {**empty, Side.LEFT: Reading(Side.LEFT, NOW, shown(records, values))}
    plan = timed(
        "plan, every contact created",
        contacts,
        lambda: reconcile(Given(given.rules, given.match, given.salt, fresh, (), given.known)),
    )
    assert len(plan.intents) == contacts


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
