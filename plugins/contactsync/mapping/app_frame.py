"""App frame: what a side showed, one row a contact and one column an own field; null = MISSING.

A field of single values stands in the column `own:<name>` as its text, one of lists in `own[]:<name>` as JSON text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from contactsync.mapping.coded import Coded, coded
from contactsync.model.exchange import OwnValue, Record

if TYPE_CHECKING:
    import pandas as pd

META = ("id", "version", "modified_at", "ref", "raw", "marker")
SINGLE, LIST = "own:", "own[]:"

_SURROGATE = re.compile("[\ud800-\udfff]")
_TEXT = r'"([^"\\]*)"'
_ONLY = re.compile(rf'\[\{{"value":{_TEXT}(?:,"label":{_TEXT})?(?:,"primary":(true|false))?\}}\]')
to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def records_frame(records: Iterable[Record]) -> pd.DataFrame:
    """The frame of some records; ref and marker as JSON text, modified_at as ISO text."""
    rows = list(records)
    columns: dict[str, list[Any]] = {
        "id": [r.id for r in rows],
        "version": [r.version for r in rows],
        "modified_at": [r.modified_at.isoformat() if r.modified_at else None for r in rows],
        "ref": [to_json(r.ref) if r.ref else "{}" for r in rows],
        "marker": [to_json(list(r.marker)) if r.marker else "[]" for r in rows],
    }
    for name in dict.fromkeys(name for r in rows for name in r.fields):
        columns.update(_columns(name, [r.fields.get(name) for r in rows]))
    return _frame(columns, [r.raw for r in rows])


def _frame(columns: Mapping[str, list[Any]], raw: list[int]) -> pd.DataFrame:
    """As one block of objects: a quiet run makes two small frames, and column by column took most of its time."""
    import numpy as np
    import pandas as pd

    cells = np.empty((len(columns), len(raw)), dtype=object)
    for number, values in enumerate(columns.values()):
        cells[number] = values
    frame = pd.DataFrame(cells.T, columns=list(columns), dtype=object, copy=False)
    frame.insert(META.index("raw"), "raw", np.array(raw, dtype="int64"))
    return frame


def _columns(name: str, values: list[OwnValue | None]) -> Iterator[tuple[str, list[str | None]]]:
    single = [v if isinstance(v, str) else None for v in values]
    if any(v is not None for v in single):
        yield f"{SINGLE}{name}", _storable(single)
    if any(v is not None and not isinstance(v, str) for v in values):
        # Most lists are empty, and of those there is only one.
        texts = [None if v is None or isinstance(v, str) else to_json(list(v)) if v else "[]" for v in values]
        yield f"{LIST}{name}", _storable(texts)


def _storable(texts: list[str | None]) -> list[str | None]:
    """No store can hold lone surrogates, which some vendors' JSON brings; they become U+FFFD."""
    try:
        "".join([t for t in texts if t]).encode()
    except UnicodeEncodeError:
        return [_SURROGATE.sub("\ufffd", t) if t else t for t in texts]
    return texts


# ---- reading it


def single_column(frame: pd.DataFrame, name: str) -> Coded | None:
    """The texts of an own field; None where no contact shows any."""
    column = f"{SINGLE}{name}"
    return coded(frame[column]) if column in frame.columns else None


def list_column(frame: pd.DataFrame, name: str) -> Coded | None:
    """The lists of an own field as JSON text; None where no contact shows any."""
    column = f"{LIST}{name}"
    return coded(frame[column]) if column in frame.columns else None


def lists_of(texts: Iterable[str]) -> list[list[dict[str, Any]]]:
    """What the texts of lists say, read at once."""
    found: list[list[dict[str, Any]]] = json.loads(f"[{','.join(texts)}]")
    return found


def only_item(text: str) -> tuple[str, str | None, str | None] | None:
    """(value, label, 'true' | 'false') of a list of one plain value, without the detour of JSON; None for any other."""
    found = _ONLY.fullmatch(text)
    return found.groups() if found else None  # type: ignore[return-value]


def own_rows(frame: pd.DataFrame) -> list[dict[str, OwnValue]]:
    """Each contact's own fields."""
    rows: list[dict[str, OwnValue]] = [{} for _ in range(len(frame))]
    for column in frame.columns:
        if column.startswith((SINGLE, LIST)):
            read = json.loads if column.startswith(LIST) else str
            name = column.removeprefix(SINGLE).removeprefix(LIST)
            for row, text in zip(rows, frame[column].tolist(), strict=True):
                if isinstance(text, str):
                    row[name] = read(text)
    return rows
