"""A match key that another contact of the target already carries is held, not written (core 10)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from contactsync.contact import KEY_COLUMNS, ONE, Values, decode, encode, kind_of
from contactsync.model.link import Apart, ApartReason, Link
from contactsync.model.plan import HoldReason
from contactsync.model.spec import SIDES, MatchSpec, Side
from contactsync.sync.conflicts import FieldState, Settled
from contactsync.sync.readings import key_hashes, now_values

Owner = Callable[[Side, Values, Values], Mapping[str, frozenset[str]]]
"""(side, a contact's values now, its values after a write) -> match key gained -> who carries it there already."""

Held = dict[tuple[Side, str], dict[int, tuple[str, ...]]]
"""Side and match key -> hash -> who carries it."""

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


def carry(held: Held, side: Side, keys: Mapping[str, Collection[int]], contact_id: str) -> None:
    """Note who carries these hashes. Narrow, for a run has several of each contact; most have one carrier."""
    for key, hashes in keys.items():
        carried = held.setdefault((side, key), {})
        for number in hashes:
            carried[number] = (*(i for i in carried.get(number, ()) if i != contact_id), contact_id)


@dataclass(frozen=True)
class Carriers:
    """An Owner: who carries which key hash, by side and key."""

    match: MatchSpec
    salt: str
    held: Held

    def __call__(self, side: Side, before: Values, after: Values) -> dict[str, frozenset[str]]:
        """Only what a write would add counts: who shares a key already goes on sharing it."""
        had = key_hashes(self.salt, self.match, before)
        out = {}
        for key, hashes in key_hashes(self.salt, self.match, after).items():
            gained = set(hashes) - set(had.get(key, ()))
            held = self.held.get((side, key), {})
            out[key] = frozenset(i for h in gained for i in held.get(h, ()))
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
    """Columns whose write would give a contact the key of others there, and who these are."""
    parts = {f: _parts(f, before, writes) for fields in _FIELDS.values() for f in fields}
    out: dict[str, list[str]] = {}
    if not any(parts.values()):
        return out
    for key, ids in owner(side, before, _after(before, writes, parts)).items():
        others = sorted(ids - {contact_id})
        written = {w for part in key.split("+") for f in _FIELDS[part] for w in parts[f]} if others else set()
        out.update(dict.fromkeys(sorted(written), others))
    return out


def _parts(field: str, before: Values, writes: Values) -> tuple[str, ...]:
    """The columns written that are part of a contact field: itself, and where pairs take elements of it, theirs."""
    kind = kind_of(field)
    shared = kind.several and KEY_COLUMNS[field] in before
    return tuple(w for w in writes if w == field or (shared and kind_of(w.removeprefix(ONE)) is kind))


def in_lists(values: Values) -> dict[str, str]:
    """Every element that pairs carry one by one, in the fields that it would be a key of on the other side."""
    found = {}
    for field in ("emails", "phones"):
        ones = [name for name in values if name.startswith(ONE) and kind_of(name.removeprefix(ONE)) is kind_of(field)]
        found[field] = encode(e for name in ones for e in decode(f"[{values[name]}]"))
    return found


def _after(before: Values, writes: Values, parts: Mapping[str, Collection[str]]) -> dict[str, str]:
    """The target's values after the write; of a field that stands whole in a column for keys, with what it gains."""
    after = {**before, **writes}
    for field, written in parts.items():
        whole = KEY_COLUMNS[field]
        if whole in before and kind_of(field).several:
            gained = [e for w in written for e in decode(f"[{writes[w]}]" if w.startswith(ONE) else writes[w])]
            after[whole] = encode([*decode(before[whole]), *gained])
    return after


def _held(state: FieldState, others: list[str]) -> Settled:
    rule = f"another contact there ({', '.join(others)}) already has it"
    return Settled(apart=held_apart(state), held=HoldReason.KEY_COLLISION, rule=rule)


def held_apart(state: FieldState) -> Apart:
    """The field waits as both sides show it now."""
    waiting = state.apart.dropped if state.apart else {}
    return Apart(ApartReason.HELD, state.now[Side.LEFT], state.now[Side.RIGHT], waiting)
