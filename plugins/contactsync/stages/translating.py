"""Records to columns and patches back, with what the ledger remembers of the elements that pairs pick."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from contactsync.contact import Values
from contactsync.mapping.side_map import SideMap
from contactsync.model.exchange import OwnValue, Record
from contactsync.model.plan import Intent

Bases = Callable[[Collection[str]], Mapping[str, Values]]
"""Ids of contacts -> what their side held when each field was last settled."""


class Translator:
    """Reads and writes contacts of one side.

    picked  columns of picked elements whose remembered element is still the one meant
    """

    def __init__(self, side: SideMap, bases: Bases, picked: Collection[str]) -> None:
        self._side, self._bases, self._picked = side, bases, frozenset(picked)
        self._elements_of = frozenset(side.parts.columns)
        self._known: dict[str, Values] = {}

    def expect(self, ids: Collection[str]) -> Mapping[str, Values]:
        """Contact id -> column -> the element that feeds the single value there; asked for once."""
        absent = [i for i in ids if i not in self._known] if self._picked else []
        if absent:
            found = self._bases(absent)
            self._known.update({i: self._of(found.get(i, {})) for i in absent})
        return self._known

    def _of(self, base: Values) -> Values:
        return {name: text for name, text in base.items() if name in self._picked}

    def _settled(self, contact_id: str) -> Values:
        return self.expect([contact_id]).get(contact_id, {}) if contact_id else {}

    def decode(self, record: Record, held: Values | None = None) -> dict[str, str]:
        """Columns of a record. held: values that it is taken to hold: those before a write, or those just written."""
        return self._side.contact(record.fields, {**self._settled(record.id), **self._elements(held)})

    def _elements(self, held: Values | None) -> Values:
        return {name: text for name, text in (held or {}).items() if name in self._elements_of}

    def needs_old(self, intent: Intent) -> bool:
        """True where the intent can only be written upon what its target holds just then."""
        return self._side.needs_old(intent.patch)

    def encode(self, intent: Intent, old: Mapping[str, OwnValue]) -> tuple[dict[str, OwnValue], dict[str, OwnValue]]:
        """(own fields to write, the same as they were) of an intent. old: what its target holds."""
        settled = self._settled(intent.target_id)
        elements = {**settled, **self._elements(intent.before)}
        patch = self._side.own(intent.patch, old, elements, settled.keys())
        planned = self._side.written(intent.before, old)
        return patch, {name: held for name in patch if (held := planned.get(name, old.get(name))) is not None}
