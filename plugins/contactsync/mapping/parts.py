"""Own fields taken apart and put together again: elements that pairs pick from a list, names of several parts.

`split` gives a picked element and a whole name a field of their own; `merge` puts what is to be written back into what
the contact holds, so that nothing else of it is touched. Which element is picked: the one that is remembered, else the
one of the label, else the first that nobody else holds (core 16).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contactsync.contact import (
    Kind,
    address_id,
    address_text,
    element_id,
    element_text,
    fold,
    normal_text,
    one_id,
    one_value,
)
from contactsync.mapping.name_parts import joined, split_name
from contactsync.model.exchange import OwnValue
from contactsync.model.spec import Pick

Own = Mapping[str, OwnValue]
Item = Mapping[str, Any]
Held = Mapping[str, str]
"""Column of a picked element -> its text, as the contact is known to hold it."""


@dataclass(frozen=True)
class Picking:
    """One pair that picks from a list. name: the field that the element becomes, and its column."""

    name: str
    pick: Pick


@dataclass(frozen=True)
class PickedList:
    """A list from which pairs pick; what is left becomes a field of its own.

    taken: labels (folded) whose elements belong to single fields of the other app
    """

    name: str
    kind: Kind
    region: str | None
    labelled: bool
    primary: bool
    pickings: tuple[Picking, ...]
    taken: frozenset[str] = frozenset()

    @property
    def rest(self) -> str:
        """The field that what is left becomes."""
        return rest_of(self.name)

    def identity(self, item: Item) -> str:
        """What makes two items the same; '' for one without a value."""
        value = item.get("value") or ""
        if isinstance(value, Mapping):
            return address_id(value)
        return element_id(self.kind, normal_text(str(value)), self.region)

    def text(self, item: Item) -> str:
        """The item as the text of a picked element."""
        value = item.get("value") or ""
        raw = address_text(value) if isinstance(value, Mapping) else normal_text(str(value))
        return element_text(self.identity(item), raw, "")

    # ---- which element

    def picked(self, items: Sequence[Item], held: Held) -> dict[str, int]:
        """Name of a picking -> the place of its element; absent where there is none."""
        ids = [self.identity(item) for item in items]
        free = [n for n, identity in enumerate(ids) if identity]
        found: dict[str, int] = {}

        def choose(fits: Callable[[Picking, int], bool]) -> None:
            for one in self.pickings:
                places = [n for n in free if one.name not in found and fits(one, n)]
                if places:
                    found[one.name] = min(places, key=lambda n: self._rank(one, items[n]))
                    free.remove(found[one.name])

        remembered = {one.name: one_id(held.get(one.name, "")) for one in self.pickings}
        choose(lambda one, n: ids[n] == remembered[one.name])
        choose(lambda one, n: _labelled(items[n], one.pick.label))
        choose(lambda one, n: one.pick.first and not self._is_taken(items[n]))
        return found

    def _rank(self, one: Picking, item: Item) -> tuple[bool, bool, bool]:
        """Of several elements that would do, the lowest: they may be alike but for their labels."""
        return not _labelled(item, one.pick.label), self._is_taken(item), not item.get("primary")

    def _is_taken(self, item: Item) -> bool:
        others = self.taken | {fold(p.pick.label) for p in self.pickings if p.pick.label}
        return fold(str(item.get("label") or "")) in others

    # ---- apart and together

    def split(self, items: Sequence[Item], held: Held) -> tuple[list[Item], dict[str, str]]:
        """What is left for the default mapping, and the text of each picked element, '' where there is none."""
        found = self.picked(items, held)
        texts = {p.name: self.text(items[found[p.name]]) if p.name in found else "" for p in self.pickings}
        return [item for n, item in enumerate(items) if n not in found.values()], texts

    def merge(self, items: Sequence[Item], patch: Own, held: Held, settled: Collection[str]) -> list[dict[str, Any]]:
        """The whole list with the patch. settled: columns whose element is known to be the single value's.

        A value that was never settled is added: the element that stands there is another one of the same person.
        """
        found = {place: picking for picking, place in self.picked(items, held).items()}
        written = {p.name: patch[p.name] for p in self.pickings if p.name in patch}
        rest = patch.get(self.rest)
        staying = [
            (found.get(n), kept)
            for n, item in enumerate(items)
            if (kept := self._kept(item, found.get(n), written, settled, whole=rest is None)) is not None
        ]
        texts = {p: str(written.get(p.name, "")) for p in self.pickings}
        added = [
            self._item({}, text, p.pick.label)
            for p, text in texts.items()
            if text and all(self.identity(i) != one_id(text) for of, i in staying if of in (None, p.name))
        ]
        kept_items = [item for _, item in staying]
        return [*kept_items, *(dict(item) for item in rest or () if not isinstance(item, str)), *added]

    def _kept(
        self, item: Item, picking: str | None, written: Own, settled: Collection[str], *, whole: bool
    ) -> dict[str, Any] | None:
        """An item that was there, as it is afterwards; None = gone, or said by the rest of the patch."""
        if picking is None:
            return dict(item) if whole else None
        text = written.get(picking)
        if text is None or (text and picking not in settled):
            return dict(item)
        return self._item(item, str(text)) if text else None

    def _item(self, item: Item, text: str, label: str = "") -> dict[str, Any]:
        raw = one_value(text)
        value: Any = json.loads(raw) if self.kind is Kind.ADDRESSES else raw
        made: dict[str, Any] = {**item, "value": value}
        if self.labelled:
            made.setdefault("label", label)
        if self.primary:
            made.setdefault("primary", False)
        return made


def rest_of(name: str) -> str:
    """The field that is left of a list from which pairs pick."""
    return f"{name} (rest)"


def _labelled(item: Item, label: str) -> bool:
    return bool(label) and fold(str(item.get("label") or "")) == fold(label)


@dataclass(frozen=True)
class WholeName:
    """Parts of a name that together are one field of their own."""

    name: str
    parts: tuple[str, ...]

    def split(self, own: Own) -> str | None:
        """The whole name; None where a part did not come."""
        texts = [own.get(part) for part in self.parts]
        return joined([t for t in texts if isinstance(t, str)]) if None not in texts else None

    def merge(self, text: str, old: Own) -> dict[str, str]:
        """The parts that say the name."""
        return dict(zip(self.parts, split_name(text, [str(old.get(p) or "") for p in self.parts]), strict=True))


@dataclass(frozen=True)
class Parts:
    """Everything of one side that is taken apart. blank: custom fields that a record without them holds empty."""

    lists: tuple[PickedList, ...] = ()
    names: tuple[WholeName, ...] = ()
    blank: tuple[str, ...] = ()

    def split(self, own: Own, held: Held) -> dict[str, OwnValue]:
        """Own fields with picked elements and whole names as fields of their own."""
        out: dict[str, OwnValue] = {**dict.fromkeys(self.blank, ""), **own}
        for each in self.lists:
            if not isinstance(items := own.get(each.name), str | None):
                out[each.rest], texts = each.split(items, held)
                out.update(texts)
        for whole in self.names:
            if (text := whole.split(own)) is not None:
                out[whole.name] = text
        return out

    def touched_by(self, names: Collection[str]) -> bool:
        """True where a patch of these fields can only be written upon what the contact holds."""
        return any(each.rest in names or any(p.name in names for p in each.pickings) for each in self.lists) or any(
            whole.name in names for whole in self.names
        )

    def merge(self, patch: Own, old: Own, held: Held, settled: Collection[str]) -> dict[str, OwnValue]:
        """The patch in real fields, upon what the contact holds."""
        out = dict(patch)
        for each in self.lists:
            names = {each.rest, *(p.name for p in each.pickings)}
            if not names & patch.keys():
                continue
            items = old.get(each.name)
            whole = each.merge(items if items and not isinstance(items, str) else (), patch, held, settled)
            out = {**{k: v for k, v in out.items() if k not in names}, each.name: whole}
        for name in self.names:
            if name.name in patch:
                out = {**{k: v for k, v in out.items() if k != name.name}, **name.merge(str(patch[name.name]), old)}
        return out

    @property
    def columns(self) -> Iterator[str]:
        """Columns of picked elements, which are remembered."""
        return (p.name for each in self.lists for p in each.pickings)
