"""Artefacts of a run: what an extract read, the canonical frames, the plan; each a frame and a JSON header."""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from contactsync.extract import Extracted
from contactsync.mapping.app_frame import META, records_frame
from contactsync.model.exchange import Record
from contactsync.model.link import Known, Link
from contactsync.model.plan import Conflict, Counted, Hold, Intent, Outcome, Plan
from contactsync.model.rules import Matching
from contactsync.model.spec import Side
from contactsync.model.undo import Stays
from contactsync.packed import Form, Packed, PackedMap, json_form
from contactsync.sync.readings import Reading, Shown

if TYPE_CHECKING:
    import pandas as pd

Header = dict[str, Any]
ROWS = 2000  # that are made of many together


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
    return _frame_of(extracted.records), header


def _frame_of(records: Mapping[str, Record]) -> pd.DataFrame:
    """Part by part, for the records are many and small only while they are packed."""
    import pandas as pd

    if not records:
        return _nobody().copy(deep=False)
    rest = iter(records.values())
    parts = (records_frame(itertools.islice(rest, ROWS)) for _ in range(0, len(records), ROWS))
    texts = [as_texts(part, but=("raw",)) for part in parts]
    return texts[0] if len(texts) == 1 else pd.concat(texts, ignore_index=True)


def as_texts(frame: pd.DataFrame, *, but: Sequence[str]) -> pd.DataFrame:
    """All columns but these as text, also those where no contact has any. The frame itself where they are already."""
    # astype looks at each column anew, however many there are and few the rows.
    others = {name: "str" for name, kind in frame.dtypes.items() if name not in but and str(kind) != "str"}
    return frame.astype(others) if others else frame


@functools.cache
def _nobody() -> pd.DataFrame:
    """Of a side that shows nothing new: most sides of most runs."""
    return as_texts(records_frame(()), but=("raw",))


def readings(
    pieces: Iterable[pd.DataFrame], headers: Mapping[str, Any], mapped: Mapping[Side, Sequence[str]]
) -> dict[Side, Reading]:
    """Both sides as the deciding functions take them, from the canonical frame, piece by piece, and its headers."""
    shown: dict[Side, PackedMap[str, Shown]] = {side: PackedMap() for side in mapped}
    began_at = {side: datetime.fromisoformat(headers[side.value]["began_at"]) for side in mapped}
    for piece in pieces:
        for side, held in shown.items():
            own = piece[piece["side"] == side.value]
            if len(own):
                held.update((s.id, s) for s in _shown(own, began_at[side], mapped[side]))
    return {side: _reading(headers[side.value], began_at[side], held) for side, held in shown.items()}


def _reading(header: Mapping[str, Any], began_at: datetime, shown: Mapping[str, Shown]) -> Reading:
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


def plan_artefact(plan: Plan, header: Mapping[str, Any]) -> tuple[Iterator[pd.DataFrame], Header]:
    """The plan: one row an item, as JSON text, so that people and tools can query it; piece by piece."""
    totals: Header = {"matched": plan.matched, "hash": plan.hash, "problems": list(plan.problems), "undo": plan.undo}
    totals |= {"matched_by": dict(plan.matched_by), "union": plan.union}
    return _pieces(plan), {**header, **totals}


def _pieces(plan: Plan) -> Iterator[pd.DataFrame]:
    import pandas as pd

    rows = ((part, data.decode()) for part in _PARTS for data in _dumped(getattr(plan, part), json_form(_PARTS[part])))
    piece = list(itertools.islice(rows, ROWS))
    while True:  # an empty plan is one piece without rows
        yield pd.DataFrame(piece, columns=["part", "value"], dtype="str")
        piece = list(itertools.islice(rows, ROWS))
        if not piece:
            return


def _dumped(items: Sequence[Any], form: Form[Any]) -> Iterator[bytes]:
    return items.dumped() if isinstance(items, Packed) and items.form is form else map(form.dump, items)


def plan_from(pieces: Iterable[pd.DataFrame], header: Mapping[str, Any], parts: Collection[str] = ()) -> Plan:
    """The plan of an artefact; where `parts` are named, no others of it."""
    held: dict[str, Any] = {part: Packed(form=json_form(kind)) for part, kind in _PARTS.items()}
    for piece in pieces:
        for part, text in zip(piece["part"].tolist(), piece["value"].tolist(), strict=True):
            if not parts or part in parts:
                held[part].add_dumped(text.encode())
    totals: dict[str, Any] = {k: header[k] for k in ("matched", "hash", "problems", "undo")}
    totals |= {k: header[k] for k in ("matched_by", "union") if k in header}  # plans of earlier versions have neither
    return Plan(**held, **totals)


_PARTS: dict[str, Any] = {
    "intents": Intent,
    "links": Link,
    "holds": Hold,
    "conflicts": Conflict,
    "counted": Counted,
    "known": tuple[Side, Known],
    "forgotten": tuple[Side, str],
    "settled": Outcome,
    "listed": str,
    "rekeyed": tuple[Side, str, str],
    "stays": Stays,
    "put_off": tuple[Side, str],
}
