"""One side of a sync: which own field is read into which column, and how a patch of columns is written back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from contactsync.contact import Values
from contactsync.mapping.fields import to_contact, to_own
from contactsync.mapping.lenses import Form
from contactsync.mapping.parts import Held, Own, Parts
from contactsync.model.app import FieldInfo
from contactsync.model.exchange import OwnValue


@dataclass(frozen=True)
class SideMap:
    """fields: own fields, and those made of parts, with their column as `contact`. columns: those that are read.

    forms: how the texts of pairs' columns are read and written; parts: what is taken apart before, together after.
    """

    fields: tuple[FieldInfo, ...]
    columns: tuple[str, ...]
    region: str | None = None
    forms: Mapping[str, Form] = field(default_factory=dict)
    parts: Parts = field(default_factory=Parts)

    def contact(self, own: Own, held: Held) -> dict[str, str]:
        """Columns of one contact. held: the picked elements that it is known to have."""
        found = to_contact(self.parts.split(own, held), self.fields, self.columns, self.region)
        return {name: self.forms[name].get(text) if name in self.forms else text for name, text in found.items()}

    def own(self, patch: Values, old: Own, held: Held, settled: Collection[str]) -> dict[str, OwnValue]:
        """Own fields for a patch, upon what the contact holds (`old`). settled: see parts.PickedList.merge."""
        return self.parts.merge(self.written(patch), old, held, settled)

    def needs_old(self, patch: Values) -> bool:
        """True where the patch can only be written upon what the contact holds now."""
        return self.parts.touched_by(self.written(patch).keys())

    def written(self, patch: Values) -> dict[str, OwnValue]:
        """Own fields for a patch, those made of parts by their own names."""
        texts = {name: self.forms[name].put(text) if name in self.forms else text for name, text in patch.items()}
        return to_own(texts, self.fields)
