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

NOTHING: Own = {}


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
        return self.parts.merge(self.written(patch, old), old, held, settled)

    def needs_old(self, patch: Values) -> bool:
        """True where the patch can only be written upon what the contact holds now."""
        keeping = any(text and name in self.forms and self.forms[name].put_upon for name, text in patch.items())
        return keeping or self.parts.touched_by(self.written(patch).keys())

    def written(self, patch: Values, old: Own = NOTHING) -> dict[str, OwnValue]:
        """Own fields for a patch, those made of parts by their own names."""
        return to_own({name: self._put(name, text, old) for name, text in patch.items()}, self.fields)

    def _put(self, name: str, text: str, old: Own) -> str:
        form = self.forms.get(name)
        if form is None:
            return text
        held = next((old.get(info.name) for info in self.fields if info.contact == name), None)
        return form.put_upon(text, held) if form.put_upon and held and isinstance(held, str) else form.put(text)
