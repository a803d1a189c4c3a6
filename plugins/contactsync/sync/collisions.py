"""A match key that another contact of the target already carries is held, not written (core 10)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from contactsync.contact import Values
from contactsync.model.link import Apart, ApartReason, Link
from contactsync.model.plan import HoldReason
from contactsync.model.spec import SIDES, MatchSpec, Side
from contactsync.sync.conflicts import FieldState, Settled
from contactsync.sync.readings import key_hashes, now_values

Owner = Callable[[Side, Values, Values], Mapping[str, frozenset[str]]]
"""(side, a contact's values now, its values after a write) -> match key gained -> who carries it there already."""

_FIELDS = {
    "email": ("emails",),
    "phone": ("phones",),
    "full_name": ("names.given", "names.family", "names.full"),
    "company": ("company",),
}


def nobody(side: Side, before: Values, after: Values) -> dict[str, frozenset[str]]:
    """An Owner that knows of no one."""
    del side, before, after
    return {}


@dataclass(frozen=True)
class Carriers:
    """An Owner: who carries which key hash, by side, key and hash."""

    match: MatchSpec
    salt: str
    held: Mapping[tuple[Side, str, int], frozenset[str]]

    def __call__(self, side: Side, before: Values, after: Values) -> dict[str, frozenset[str]]:
        """Only what a write would add counts: who shares a key already goes on sharing it."""
        had = key_hashes(self.salt, self.match, before)
        out = {}
        for key, hashes in key_hashes(self.salt, self.match, after).items():
            gained = set(hashes) - set(had.get(key, ()))
            out[key] = frozenset(i for h in gained for i in self.held.get((side, key, h), ()))
        return out


def without_collisions(
    link: Link, settled: Mapping[str, Settled], states: Mapping[str, FieldState], owner: Owner
) -> dict[str, Settled]:
    """What is settled, but for the fields that would give the target another contact's key: those are held."""
    out = dict(settled)
    for target in SIDES:
        writes = {f: s.write[target] for f, s in out.items() if target in s.write}
        half = link.side(target)
        found = colliding(target, half.contact_id, now_values(half), writes, owner)
        out.update({f: _held(states[f], others) for f, others in found.items()})
    return out


def colliding(side: Side, contact_id: str, before: Values, writes: Values, owner: Owner) -> dict[str, list[str]]:
    """Fields whose write would give a contact the key of others there, and who these are."""
    if not any(f in writes for fields in _FIELDS.values() for f in fields):
        return {}
    out: dict[str, list[str]] = {}
    for key, ids in owner(side, before, {**before, **writes}).items():
        others = sorted(ids - {contact_id})
        parts = {f for part in key.split("+") for f in _FIELDS[part]} if others else set()
        out.update(dict.fromkeys(sorted(parts & writes.keys()), others))
    return out


def _held(state: FieldState, others: list[str]) -> Settled:
    rule = f"another contact there ({', '.join(others)}) already has it"
    return Settled(apart=held_apart(state), held=HoldReason.KEY_COLLISION, rule=rule)


def held_apart(state: FieldState) -> Apart:
    """The field waits as both sides show it now."""
    waiting = state.apart.dropped if state.apart else {}
    return Apart(ApartReason.HELD, state.now[Side.LEFT], state.now[Side.RIGHT], waiting)
