"""What people did to fields of several values: how an element is spelled, which one is the primary one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from edits import OTHER, Broken
from known import Known
from vendor import plain, primary, same


@dataclass(repr=False)
class Elements(Known):
    """An element is what it is however it is spelled; spelling and being the primary one are told by its text."""

    spelled: dict[tuple[str, str], set[str]] = field(default_factory=dict)  # (field, element) -> as people did
    preferred: set[tuple[str, str]] = field(default_factory=set)  # elements that people made the primary one
    altered: dict[tuple[str, str], list[tuple[int, str, int]]] = field(default_factory=dict)  # and in which run
    tidied: set[str] = field(default_factory=set)  # fields that a vendor has ever spelled its own way

    # ---- people

    def note_entered(self, side: str, rec: int, name: str, element: str, at: float) -> None:
        """A person added an element."""
        super().note_entered(side, rec, name, element, at)
        self.spelled.setdefault((name, same(element)), set()).add(plain(element))

    def note_altered(self, side: str, rec: int, name: str, element: str) -> None:
        """A person spelled an element so, and made it the primary one or no longer that."""
        one = (name, same(element))
        self.spelled.setdefault(one, set()).add(plain(element))
        self.altered.setdefault(one, []).append((self.run, side, rec))
        if element == primary(element):
            self.preferred.add(one)

    # ---- programs

    def check_attributes(self, side: str, rec: int, name: str, before: Sequence[str], after: Sequence[str]) -> None:
        """A program wrote a list."""
        first = [e for e in after if e == primary(e)]
        if len(first) > 1 or len({same(e) for e in after}) < len(after):
            raise Broken(f"nothing twice, and one primary at most: {name} of {side} {rec} is {after}")
        for element in set(after) - set(before):
            typed = self.spelled.get((name, same(element)), set())
            if plain(element) not in typed and (plain(element) != same(element) or name not in self.tidied):
                raise Broken(f"provenance: {element} of {side} {rec} was never spelled so: {typed}")
        for element in set(first) - set(before):
            if (name, same(element)) not in self.preferred:
                raise Broken(f"provenance: nobody made {element} the primary one of {side} {rec}")
        told = name in self.vendors[OTHER[side]].traits.primaries or self.undoing
        for element in (e for e in before if e == primary(e) and not told):
            if same(element) in {same(e) for e in after} and not first:
                raise Broken(f"who cannot tell the primary one leaves it: {element} of {side} {rec}")

    def altered_unseen(self, side: str, rec: int, name: str, element: str) -> bool:
        """A person changed it there since the last run began, so that none can have carried that."""
        return any((s, r) == (side, rec) and run + 1 >= self.run for run, s, r in self.altered.get((name, element), ()))

    def altered_beside(self, side: str, rec: int, name: str, element: str) -> bool:
        """A person changed it on the other side: who removed it here may not have known."""
        family = self.family_of(side, rec)
        told = [(s, r) for _, s, r in self.altered.get((name, element), ()) if s == OTHER[side]]
        return any(self.family_of(*place) == family for place in told)
