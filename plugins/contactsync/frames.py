"""Artefacts of a run: what an extract read, the canonical frames, the plan; each a frame and a JSON header."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from contactsync.extract import Extracted
from contactsync.mapping.app_frame import META, records_frame
from contactsync.model.link import Known, Link
from contactsync.model.plan import Conflict, Counted, Hold, Intent, Outcome, Plan
from contactsync.model.rules import Matching
from contactsync.model.spec import Side
from contactsync.model.undo import Stays
from contactsync.sync.readings import Reading, Shown

if TYPE_CHECKING:
    import pandas as pd

Header = dict[str, Any]


def extracted_artefact(side: Side, extracted: Extracted) -> tuple[pd.DataFrame, Header]:
    """The raw artefact of one side."""
    header = {
        "side": side.value,
        "complete": extracted.complete,
        "began_at": extracted.began_at.isoformat(),
        "cursor": extracted.cursor,
        "listed": extracted.listed,
        "news": extracted.news,
        "gone": list(extracted.gone),
        "forbidden": list(extracted.forbidden),
        "moved": dict(extracted.moved),
        "ghosts": list(extracted.ghosts),
        "unreadable": {u.id: u.reason for u in extracted.unreadable},
        "unlisted_linked": list(extracted.unlisted_linked),
        "unlisted": list(extracted.unlisted),
        "forgotten": extracted.forgotten,
        "again": {str(number): person for number, person in extracted.again.items()},
    }
    return records_frame(extracted.records.values()), header


def reading(frame: pd.DataFrame, header: Mapping[str, Any], mapped: Sequence[str]) -> Reading:
    """One side as the deciding functions take it, from its canonical frame and header."""
    began_at = datetime.fromisoformat(header["began_at"])
    shown = {s.id: s for s in _shown(frame, began_at, mapped)}
    return Reading(
        side=Side(header["side"]),
        began_at=began_at,
        shown=shown,
        gone=frozenset(header["gone"]),
        missing=frozenset(header["unlisted_linked"]),
        forgotten=frozenset(header["unlisted"]),
        forbidden=frozenset(header["forbidden"]),
        moved=header["moved"],
        ghosts=frozenset(header["ghosts"]),
        unreadable=header["unreadable"],
        complete=header["complete"],
        rows=header["listed"],
    )


def _shown(frame: pd.DataFrame, began_at: datetime, mapped: Sequence[str]) -> list[Shown]:
    columns = {name: frame[name].tolist() for name in (*META, "fingerprint", "matching", *mapped)}
    out = []
    for n, contact_id in enumerate(columns["id"]):
        modified, version = columns["modified_at"][n], columns["version"][n]
        values = {f: columns[f][n] for f in mapped if isinstance(columns[f][n], str)}
        out.append(
            Shown(
                contact_id,
                values,
                int(columns["fingerprint"][n]),
                int(columns["raw"][n]),
                began_at,
                version if isinstance(version, str) else None,
                datetime.fromisoformat(modified) if isinstance(modified, str) else None,
                json.loads(columns["ref"][n]),
                tuple(json.loads(columns["marker"][n])),
                _matching(columns["matching"][n]),
            )
        )
    return out


@functools.lru_cache(maxsize=1024)  # many contacts match the same few rules
def _matching(text: Any) -> Matching | None:
    if not isinstance(text, str):
        return None
    rules, alone = json.loads(text)
    return Matching(tuple(rules), tuple(alone))


def plan_artefact(plan: Plan, header: Mapping[str, Any]) -> tuple[pd.DataFrame, Header]:
    """The plan: one row an item, as JSON text, so that people and tools can query it."""
    import pandas as pd

    rows: list[tuple[str, str]] = []
    for part, adapter in _PARTS.items():
        items = getattr(plan, part)
        rows.extend((part, adapter.dump_json(item).decode()) for item in items)
    totals: Header = {"matched": plan.matched, "hash": plan.hash, "problems": list(plan.problems), "undo": plan.undo}
    totals |= {"matched_by": dict(plan.matched_by), "union": plan.union}
    return pd.DataFrame(rows, columns=["part", "value"], dtype="str"), {**header, **totals}


def plan_from(frame: pd.DataFrame, header: Mapping[str, Any]) -> Plan:
    """The plan of an artefact."""
    parts: dict[str, list[Any]] = {part: [] for part in _PARTS}
    for part, value in zip(frame["part"].tolist(), frame["value"].tolist(), strict=True):
        parts[part].append(_PARTS[part].validate_json(value))
    totals: dict[str, Any] = {k: header[k] for k in ("matched", "hash", "problems", "undo")}
    totals |= {k: header[k] for k in ("matched_by", "union") if k in header}  # plans of earlier versions have neither
    return Plan(**{**parts, **totals})


_PARTS: dict[str, TypeAdapter[Any]] = {
    "intents": TypeAdapter(Intent),
    "links": TypeAdapter(Link),
    "holds": TypeAdapter(Hold),
    "conflicts": TypeAdapter(Conflict),
    "counted": TypeAdapter(Counted),
    "known": TypeAdapter(tuple[Side, Known]),
    "forgotten": TypeAdapter(tuple[Side, str]),
    "settled": TypeAdapter(Outcome),
    "listed": TypeAdapter(str),
    "rekeyed": TypeAdapter(tuple[Side, str, str]),
    "stays": TypeAdapter(Stays),
}
