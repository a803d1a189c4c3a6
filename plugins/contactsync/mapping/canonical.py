"""App frame -> canonical frame: the default mapping column by column, as mapping.fields.to_contact maps one contact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from contactsync.contact import EMPTY_LIST, Kind, hashed, kind_of, list_text, normal_text, pieces
from contactsync.mapping.app_frame import META, list_column, lists_of, single_column
from contactsync.mapping.coded import Coded, coded_texts, nothing
from contactsync.mapping.element_texts import ElementTexts
from contactsync.mapping.normal_values import known_day
from contactsync.mapping.parts_frame import HeldOf, apart
from contactsync.mapping.side_map import SideMap
from contactsync.model.app import FieldInfo

if TYPE_CHECKING:
    import pandas as pd

Bad = dict[int, str]
"""Row -> why it cannot be mapped."""

_UNEXPECTED = "a field has an unexpected form ({})"
_MALFORMED = (TypeError, ValueError, AttributeError, KeyError)


def canonical_frame(frame: pd.DataFrame, side: SideMap, held: HeldOf) -> tuple[pd.DataFrame, dict[str, str]]:
    """Canonical frame of an app frame: META, fingerprint, one text column a mapped field (null = MISSING).

    held: what contacts are known to hold of the elements that pairs pick.
    Also the ids of rows that could not be mapped, with the reason.
    """
    import pandas as pd

    bad: Bad = {}
    found = contact_columns(apart(frame, side.parts, held), side.fields, side.columns, side.region, bad)
    found.update({name: found[name].each(form.get) for name, form in side.forms.items() if name in found})
    texts = {name: pd.Series(found[name].texts(), index=frame.index, dtype=object) for name in found}
    prints = pd.Series(fingerprints(found, len(frame)), index=frame.index, dtype="int64")
    out = pd.concat([frame[list(META)], pd.DataFrame({"fingerprint": prints, **texts}, index=frame.index)], axis=1)
    if bad:
        out = out.drop(index=frame.index[sorted(bad)])
    ids = frame["id"].tolist() if bad else []
    return out.reset_index(drop=True), {ids[n]: why for n, why in bad.items()}


def contact_columns(
    frame: pd.DataFrame, fields: Sequence[FieldInfo], mapped: Sequence[str], region: str | None, bad: Bad
) -> dict[str, Coded]:
    """The mapped columns. What is found in a form that it must not have is added to `bad`."""
    columns = dict.fromkeys(mapped, nothing(len(frame)))
    for info in fields:
        if info.contact in columns and not info.slot:
            columns[info.contact] = _column(frame, info, region, bad).over(columns[info.contact])
    for name in mapped:
        slots = [info for info in fields if info.contact == name and info.slot]
        if slots:
            columns[name] = _slots(frame, slots, region, bad).over(columns[name])
    return columns


def _column(frame: pd.DataFrame, info: FieldInfo, region: str | None, bad: Bad) -> Coded:
    kind = kind_of(info.contact)
    singles, lists = single_column(frame, info.name), list_column(frame, info.name)
    shown, other = (lists, singles) if kind.several else (singles, lists)
    if other is not None:
        bad.update((row, _UNEXPECTED.format("list or single value")) for row in rows_of(other.codes >= 0))
    if shown is None:
        return nothing(len(frame))
    if kind.several:
        return _lists(shown, ElementTexts(kind, info, region), bad)
    return shown.read(known_day) if kind is Kind.DATE else shown.each(normal_text)


def rows_of(mask: Any) -> list[int]:
    """The rows for which it holds."""
    import numpy as np

    found: list[int] = np.flatnonzero(mask).tolist()
    return found


def _lists(shown: Coded, elements: ElementTexts, bad: Bad) -> Coded:
    done = [elements.plain(text) for text in shown.values]
    others = [n for n, text in enumerate(done) if text is None]
    for n, items in zip(others, lists_of(shown.values[n] for n in others), strict=True):
        try:
            done[n] = elements.listed(items)
        except _MALFORMED as error:
            bad.update((row, _UNEXPECTED.format(type(error).__name__)) for row in rows_of(shown.codes == n))
    return Coded(shown.codes, [text or EMPTY_LIST for text in done])


def _slots(frame: pd.DataFrame, slots: Sequence[FieldInfo], region: str | None, bad: Bad) -> Coded:
    """Several single values that together are one list; MISSING where none of them came."""
    shown = [(info, texts) for info in slots if (texts := single_column(frame, info.name)) is not None]
    for info in slots:
        if (lists := list_column(frame, info.name)) is not None:
            bad.update((row, _UNEXPECTED.format("list")) for row in rows_of(lists.codes >= 0))
    if not shown:
        return nothing(len(frame))
    elements = [ElementTexts(kind_of(info.contact), info, region) for info, _ in shown]
    return coded_texts([_slotted(elements, row) for row in zip(*(c.texts() for _, c in shown), strict=True)])


def _slotted(elements: Sequence[ElementTexts], row: Sequence[str | None]) -> str | None:
    found: dict[str, str] = {}
    for one, value in zip(elements, row, strict=True):
        identity, text = one.in_slot(value) if value else ("", "")
        if identity and identity not in found:
            found[identity] = text
    return None if all(value is None for value in row) else list_text(found)


def fingerprints(columns: Mapping[str, Coded], size: int) -> Any:
    """contact.fingerprint of each row, as signed 64-bit integers."""
    import numpy as np

    shown = sorted(name for name, column in columns.items() if column.values)
    said = [Coded(columns[n].codes, pieces(n, columns[n].values)).texts(missing="").tolist() for n in shown]
    join = "".join
    rows = (hashed(join(row)) for row in zip(*said, strict=True)) if said else [hashed("")] * size
    return np.fromiter(rows, dtype=np.uint64, count=size).view(np.int64)
