"""App frame -> canonical frame: the default mapping column by column, as mapping.fields.to_contact maps one contact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from contactsync.contact import (
    EMPTY_LIST,
    Kind,
    address_id,
    address_text,
    digest,
    element_id,
    element_text,
    kind_of,
    list_text,
    normal_text,
    piece,
)
from contactsync.mapping.app_frame import META, list_column, lists_of, only_item, single_column
from contactsync.mapping.coded import Coded, coded_texts, nothing
from contactsync.mapping.conversions import known_day
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
    ids = frame["id"].tolist()
    return out.drop(index=frame.index[sorted(bad)]).reset_index(drop=True), {ids[n]: why for n, why in bad.items()}


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
        return _lists(shown, _Elements(kind, info, region), bad)
    return shown.read(known_day) if kind is Kind.DATE else shown.each(normal_text)


def rows_of(mask: Any) -> list[int]:
    """The rows for which it holds."""
    import numpy as np

    found: list[int] = np.flatnonzero(mask).tolist()
    return found


def _lists(shown: Coded, elements: _Elements, bad: Bad) -> Coded:
    done = [elements.plain(text) for text in shown.values]
    others = [n for n, text in enumerate(done) if text is None]
    for n, items in zip(others, lists_of(shown.values[n] for n in others), strict=True):
        try:
            done[n] = elements.listed(items)
        except _MALFORMED as error:
            bad.update((row, _UNEXPECTED.format(type(error).__name__)) for row in rows_of(shown.codes == n))
    return Coded(shown.codes, [text or EMPTY_LIST for text in done])


@dataclass(frozen=True)
class _Elements:
    """Lists of one own field as canonical text."""

    kind: Kind
    info: FieldInfo
    region: str | None

    def plain(self, text: str) -> str | None:
        """A list of none or of one plain value, as most are; None for any other."""
        if text == EMPTY_LIST:
            return EMPTY_LIST
        found = only_item(text)
        if found is None:
            return None
        identity, element = self._one(found[0], found[1], found[2] == "true")
        return f"[{element}]" if identity else EMPTY_LIST

    def listed(self, items: Sequence[Mapping[str, Any]]) -> str:
        """Of two elements that are the same the first counts."""
        found: dict[str, str] = {}
        for item in items:
            raw = item.get("value") or ""
            identity, text = self._one(raw, item.get("label"), bool(item.get("primary")))
            if identity and identity not in found:
                found[identity] = text
        return list_text(found)

    def in_slot(self, value: str) -> tuple[str, str]:
        """Identity and text of a single value, whose label is its slot."""
        text = normal_text(value)
        identity = element_id(self.kind, text, self.region) if text else ""
        return identity, element_text(identity, text, self.info.slot, None)

    def _one(self, raw: Any, label: Any, primary: bool) -> tuple[str, str]:
        """Identity and text of an element."""
        if isinstance(raw, Mapping):
            text, identity = address_text(raw), address_id(raw)
        else:
            text = normal_text(str(raw))
            identity = element_id(self.kind, text, self.region)
        held = normal_text(str(label or "")) if self.info.holds_label else None
        return identity, element_text(identity, text, held, primary if self.info.holds_primary else None)


def _slots(frame: pd.DataFrame, slots: Sequence[FieldInfo], region: str | None, bad: Bad) -> Coded:
    """Several single values that together are one list; MISSING where none of them came."""
    shown = [(info, texts) for info in slots if (texts := single_column(frame, info.name)) is not None]
    for info in slots:
        if (lists := list_column(frame, info.name)) is not None:
            bad.update((row, _UNEXPECTED.format("list")) for row in rows_of(lists.codes >= 0))
    if not shown:
        return nothing(len(frame))
    elements = [_Elements(kind_of(info.contact), info, region) for info, _ in shown]
    return coded_texts([_slotted(elements, row) for row in zip(*(c.texts() for _, c in shown), strict=True)])


def _slotted(elements: Sequence[_Elements], row: Sequence[str | None]) -> str | None:
    found: dict[str, str] = {}
    for one, value in zip(elements, row, strict=True):
        identity, text = one.in_slot(value) if value else ("", "")
        if identity and identity not in found:
            found[identity] = text
    return None if all(value is None for value in row) else list_text(found)


def fingerprints(columns: Mapping[str, Coded], size: int) -> list[int]:
    """contact.fingerprint of each row."""
    shown = {name: column for name, column in columns.items() if column.values}
    pieces = [shown[name].each(partial(piece, name)).texts(missing="").tolist() for name in sorted(shown)]
    join = "".join
    return [digest(join(row)) for row in zip(*pieces, strict=True)] if pieces else [digest("")] * size
