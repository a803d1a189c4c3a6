"""App frame with fields taken apart: mapping.parts for all contacts of a side at once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from contactsync.contact import Values
from contactsync.mapping.app_frame import LIST, SINGLE, list_column, single_column, to_json
from contactsync.mapping.name_parts import joined
from contactsync.mapping.parts import Parts, PickedList, WholeName

if TYPE_CHECKING:
    import pandas as pd

HeldOf = Mapping[str, Values]
"""Contact id -> column of a picked element -> what the contact is known to hold there."""


def apart(frame: pd.DataFrame, parts: Parts, held: HeldOf) -> pd.DataFrame:
    """The frame with picked elements and whole names as columns of their own."""
    import pandas as pd

    made: dict[str, Sequence[str | None]] = {}
    for name in parts.blank:
        column = f"{SINGLE}{name}"
        shown = frame[column].tolist() if column in frame.columns else [None] * len(frame)
        made[column] = [text if isinstance(text, str) else "" for text in shown]
    for each in parts.lists:
        made.update(_picked(frame, each, held))
    for whole in parts.names:
        made[f"{SINGLE}{whole.name}"] = _whole(frame, whole)
    if not made:
        return frame
    columns = {name: pd.Series(list(texts), index=frame.index, dtype=object) for name, texts in made.items()}
    kept = frame.drop(columns=[name for name in made if name in frame.columns])
    return pd.concat([kept, pd.DataFrame(columns, index=frame.index)], axis=1)


def _picked(frame: pd.DataFrame, each: PickedList, held: HeldOf) -> dict[str, Sequence[str | None]]:
    """Many contacts hold nothing, and the same nothing is taken apart once."""
    shown = list_column(frame, each.name)
    if shown is None:
        return {}
    done: dict[tuple[str, ...], tuple[str | None, ...]] = {}
    names = [picking.name for picking in each.pickings]
    rows: list[tuple[str | None, ...]] = []
    for contact_id, text in zip(frame["id"].tolist(), shown.texts().tolist(), strict=True):
        if text is None:
            rows.append((None,) * (len(names) + 1))
            continue
        known = held.get(contact_id, {})
        key = (text, *(known.get(name, "") for name in names))
        if key not in done:
            done[key] = _taken_apart(each, text, known)
        rows.append(done[key])
    columns = zip(*rows, strict=True) if rows else ((),) * (len(names) + 1)
    wanted = [f"{LIST}{each.rest}", *(f"{SINGLE}{name}" for name in names)]
    return dict(zip(wanted, columns, strict=True))


def _taken_apart(each: PickedList, text: str, known: Values) -> tuple[str | None, ...]:
    """What is left, and the picked elements. A list that is none is left as it is, for whoever maps the rest of it."""
    try:
        rest, texts = each.split(json.loads(text), known)
    except (TypeError, ValueError, AttributeError, KeyError):
        return (text, *(None for _ in each.pickings))
    return (to_json(rest) if rest else "[]", *(texts[picking.name] for picking in each.pickings))


def _whole(frame: pd.DataFrame, whole: WholeName) -> Sequence[str | None]:
    found = [single_column(frame, part) for part in whole.parts]
    shown = [column.texts().tolist() for column in found if column is not None]
    if len(shown) < len(whole.parts):
        return [None] * len(frame)
    return [None if None in row else joined(row) for row in zip(*shown, strict=True)]
