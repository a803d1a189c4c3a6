"""What must be true of two accounts, whatever program works between them. Not a word of that program is used here.

It keeps a ledger of everything that people typed, removed and deleted, and is told of everything that a program wrote.
Every single value that people type is unique, so that each value found anywhere tells who typed it, where and when.

A broken promise is raised at once (`Broken`), with the promise's name in front.
"""

from __future__ import annotations

from collections.abc import Sequence

from demands import Demands
from edits import OTHER, Broken, Lost, Typed, by_merge, saw, token
from vendor import CONSENT, SEVERAL, SINGLE, Values, same

__all__ = ["Broken", "Oracle"]


class Oracle(Demands):
    """Is told what programs write, and raises where they must not."""

    # ---- programs: what a vendor's witness is told

    def written(self, side: str, rec: int, before: Values | None, after: Values) -> None:
        """A program wrote."""
        self.events += 1
        if before is None:
            self._created(side, rec, after)
            before = {**dict.fromkeys((*SINGLE, CONSENT), ""), **dict.fromkeys(SEVERAL, ())}
        elif self._is_outside(side, rec) and not self.undoing:
            raise Broken(f"who is outside is left alone: {side} {rec} is written")
        self.check_consent(side, rec, str(before[CONSENT]), str(after[CONSENT]))
        self.met.add(self.family_of(side, rec))
        self.paired.add((side, rec))
        for name in SINGLE:
            if after[name] != before[name]:
                self._overwritten(side, rec, name, str(before[name]), str(after[name]))
        for name in SEVERAL:
            self._elements(side, rec, name, before[name], after[name])

    def unfit(self, side: str, name: str, value: str) -> None:
        """A program sends what the vendor declares not to hold."""
        raise Broken(f"only what a side declares to hold is sent: {name} to the {side} side, {value!r}")

    def dropped(self, side: str, rec: int, before: Values) -> None:
        """A program deleted."""
        self.events += 1
        family = self.family_of(side, rec)
        if self.undoing:
            if (side, rec) in self.made_by_people:
                raise Broken(f"undo deletes only what the sync made: {side} {rec}")
            if any((s, r) == (side, rec) for s, r, _ in self.last) and not self._showed_nothing(side, rec):
                raise Broken(f"undo leaves what people typed: {side} {rec} is deleted")
            self.untold.add(family)
            self.taken_back.append(side)
            self._note_undone(side, rec)
            return
        known = [d for d in self.deleted if d.side == OTHER[side] and self.family[d.person] == family]
        asked = [d for d in known if not (d.outside and self.alone(family))]
        if not asked or OTHER[side] not in self.deleting:
            raise Broken(f"no deletion that nobody asked for: {side} {rec} {before}")
        if not self.alone(family):
            return
        for name in sorted({*SINGLE} - self.unmapped):
            mine = self.last.get((side, rec, name))
            stands = mine is not None and mine.text and token(str(before[name])) == mine.serial
            told = self.vendors[OTHER[side]].traits.offers(name, str(before[name]))  # else listed as not carried
            if stands and told and not any(saw(mine, d.last.get(name), d.values[name]) for d in asked):
                raise Broken(f"an edit beats a delete: {name} of {side} {rec}: {before}")
        for name in sorted({*SEVERAL} - self.unmapped):
            for element in map(same, before[name]):
                here = any((s, r) == (side, rec) for _, s, r in self.entered.get((side, name, element), ()))
                known = any(element in map(same, d.values[name]) or (name, element) in d.removed for d in asked)
                if here and not known:
                    raise Broken(f"an edit beats a delete: {element} of {side} {rec}")

    def _created(self, side: str, rec: int, values: Values) -> None:
        typed = self.typed.get(token(str(values["names.given"])))
        if typed is None:
            raise Broken(f"provenance: {side} {rec} was made of nothing that anybody typed: {values}")
        self.who[side, rec] = typed.person
        self.unread.add((side, rec))
        family = self.family[typed.person]
        if not self.alone(family):
            return
        there = [r for r in self.vendors[side].recs() if r != rec and self.family_of(side, r) == family]
        hidden = [r for r in there if self._hidden(side, r)]
        if there and hidden == there:
            self.doubled.add(family)  # no listing and no look-up could show the other one
        elif there:
            raise Broken(f"nobody twice: person {typed.person} is {there} on the {side} side, and now also {rec}")
        gone = [d.at for d in self.deleted_on(side) if self.family[d.person] == family and not d.unread]
        sources = [r for r in self.vendors[OTHER[side]].recs() if self.family_of(OTHER[side], r) == family]
        new = any(self._new(OTHER[side], r, max(gone, default=0)) for r in sources)
        if gone and family in self.met and not new and not self.undoing and self.trusting:
            raise Broken(f"nobody back from the dead: person {typed.person} on the {side} side")
        if sources and not self.undoing and all(self._stays_out(OTHER[side], r) for r in sources):
            raise Broken(f"who is outside is not made: {side} {rec} of {OTHER[side]} {sources}")
        if not self.undoing and self.trusting and sources and all((OTHER[side], r) in self.undone for r in sources):
            raise Broken(f"what an undo took away stays away: {side} {rec} is made of {OTHER[side]} {sources} again")
        self.made_of[side, rec] = {(OTHER[side], r): dict(self.vendors[OTHER[side]].row_of(r).values) for r in sources}
        self.paired |= {(OTHER[side], r) for r in sources if self._holds(OTHER[side], r, typed)}

    def _note_undone(self, side: str, rec: int) -> None:
        """Whoever is as he was when that contact was made of him: nobody asks to have it again."""
        for (where, source), values in self.made_of.get((side, rec), {}).items():
            if source in self.vendors[where].recs() and dict(self.vendors[where].row_of(source).values) == values:
                self.undone[where, source] = values

    def _stays_out(self, side: str, rec: int) -> bool:
        """Nothing ever let it through, or a run has seen that nothing does any more."""
        return (side, rec) in self.outside or (side, rec) not in self.inside

    def _is_outside(self, side: str, rec: int) -> bool:
        """Somebody who is alone there, and outside on both sides."""
        family = self.family_of(side, rec)
        others = [r for r in self.vendors[OTHER[side]].recs() if self.family_of(OTHER[side], r) == family]
        both = ((side, rec), *((OTHER[side], r) for r in others))
        return self.alone(family) and bool(others) and all(one in self.outside for one in both)

    def _new(self, side: str, rec: int, gone: float) -> bool:
        """People entered it since that deletion; or after they deleted the one before it, and it met nobody."""
        made = self.made_by_people.get((side, rec), -1.0)
        family = self.family_of(side, rec)
        again = any(d.at <= made for d in self.deleted_on(side) if self.family[d.person] == family)
        return made >= gone or (again and (side, rec) not in self.paired)

    def _holds(self, side: str, rec: int, typed: Typed) -> bool:
        return token(str(self.vendors[side].row_of(rec).values[typed.name])) == typed.serial

    def _forgotten(self, when: Sequence[float]) -> bool:
        """The last time is one of which the program lost its memory: a blank is filled then, as at a first meeting."""
        return any(start <= max(when, default=-1.0) <= end for start, end in self.forgotten)

    def _overwritten(self, side: str, rec: int, name: str, before: str, after: str) -> None:
        mine = self.last.get((side, rec, name))
        stood = mine is not None and (token(before) == mine.serial or (not before and not mine.text))
        if after:
            self.check_value(side, rec, name, after)
        elif not self.clearing and not self.undoing:
            raise Broken(f"absent is not empty: {name} of {side} {rec} was {before!r} and is cleared")
        brought = (side, rec, name) in self.placed
        self.placed.add((side, rec, name))
        if (
            self.undoing and brought and mine is not None and mine.text and by_merge(mine)
        ):  # a merge let stand what a run had brought: it was typed elsewhere
            return
        if stood and mine is not None and (mine.text or self.undoing):
            if self.undoing and not brought:  # what an undo brought back, another one may take away again
                raise Broken(f"undo leaves what people typed: {name} of {side} {rec} was {before!r}")
            self.lost.append(Lost(mine, before, token(after), self.run))

    def _elements(self, side: str, rec: int, name: str, before: Sequence[str], after: Sequence[str]) -> None:
        self.check_attributes(side, rec, name, before, after)
        family = self.family_of(side, rec)
        was, now = ({same(e) for e in elements} for elements in (before, after))
        for element in was - now:
            if self.altered_unseen(side, rec, name, element) and not self.undoing:
                raise Broken(f"no lost edit: {element} of {side} {rec} was edited, and is removed")
            asked = [r for _, s, r in self.removed.get((name, element), ()) if s == OTHER[side]]
            if not self.undoing and not any(self.family_of(OTHER[side], r) == family for r in asked):
                raise Broken(f"no lost edit: {element} of {side} {rec} was removed, and nobody did that")
        for element in now - was:
            sources = [*self.entered.get(("left", name, element), ()), *self.entered.get(("right", name, element), ())]
            mine = [at for at, s, r in sources if self.family_of(s, r) == family]
            if not mine:
                raise Broken(f"provenance: {element} was never typed for {side} {rec}")
            gone = [at for at, s, r in self.removed.get((name, element), ()) if (s, r) == (side, rec)]
            again = [at for at, s, _ in sources if s == OTHER[side]]
            kept = self.undoing or self.altered_beside(side, rec, name, element)
            kept = kept or (side, rec, name, element) in self.as_before
            kept = kept or (not before and self._forgotten(gone))
            if gone and not kept and max(again, default=-1) < max(gone):
                raise Broken(f"no lost edit: {element} was removed from {side} {rec}, and is back")
