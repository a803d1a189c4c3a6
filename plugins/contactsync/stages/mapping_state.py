"""What is remembered of how a sync's fields were mapped, so that a change of the file is noticed (core 7).

A JSON object: column -> hash of its mapping and, where the vendor tells them, of the ids of its two custom fields. One
that was removed stays there with a minus sign before its name: if it returns unchanged its bases are used again, if it
returns as something else they mean nothing any more. Something else is also a field that was deleted in the vendor's
app and made anew under the same name: that everybody has it empty there is nobody's doing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence

from contactsync.contact import Kind
from contactsync.ledger.codec import values_from_json
from contactsync.ledger.damage import row_of
from contactsync.mapping.pairs import OwnPair, direction_of
from contactsync.mapping.transforms import TRANSFORMS
from contactsync.model.app import FieldInfo
from contactsync.model.spec import SIDES, FieldPair, PairSpec, Side, SyncSpec

State = Mapping[str, str]
_GONE = "-"
_WITH_IDS = ":"


def mapping_of(
    spec: SyncSpec, flowing: Iterable[FieldPair], own: Sequence[OwnPair], fields: Mapping[Side, Sequence[FieldInfo]]
) -> dict[str, str]:
    """Column -> hash of how it is mapped now, and of whose ids."""
    taken = {side: {f.contact: _taken(own, side, f.contact, fields[side]) for f in fields[side]} for side in SIDES}
    meanings: dict[str, tuple[object, ...]] = {pair.column: _meaning(pair, spec) for pair in own}
    for pair in flowing:
        if pair.field not in meanings:
            parts = [taken[side].get(pair.field, ()) for side in SIDES]
            region = spec.match.default_region if pair.kind is Kind.PHONES else None  # others' forms know none
            meanings[pair.field] = (pair.field, pair.kind.value, region, *(parts if any(parts) else ()))
    ids = {pair.column: [pair.own(side).identity for side in SIDES] for pair in own}
    return {name: _state(short(repr(meaning)), ids.get(name, ())) for name, meaning in meanings.items()}


def _state(meaning: str, ids: Sequence[str]) -> str:
    return _WITH_IDS.join([meaning, *(i and short(i) for i in ids)]) if any(ids) else meaning


def _meaning(pair: OwnPair, spec: SyncSpec) -> tuple[object, ...]:
    """What decides what the texts of a pair's column are."""
    file = pair.spec
    kinds = tuple((pair.own(side).kind.value, pair.own(side).slot) for side in SIDES)
    direction = direction_of(file, spec).value if file.options or file.transforms else ""
    dated = spec.dag.timezone if any(kind.startswith("date") for kind, _ in kinds) else ""
    pick = repr(file.pick) if file.pick else ""
    return (
        pair.column, pair.element, kinds, sorted(file.options.items()), file.transforms, pick, direction, dated,
        spec.match.default_region if pair.element or pair.kind.several or _is_local(file) else "",
    )  # fmt: skip


def _is_local(file: PairSpec) -> bool:
    """Whether a transform of the pair reads national phone numbers."""
    return any(TRANSFORMS[name].local for name in file.transforms)


def _taken(own: Sequence[OwnPair], side: Side, contact: str, fields: Sequence[FieldInfo]) -> tuple[object, ...]:
    """What pairs take of a contact field on one side."""
    names = {f.name for f in fields if contact and f.contact == contact}
    found = (pair.spec for pair in own if names & set(pair.spec.names(side)))
    return tuple((pair.names(side), repr(pair.pick) if pair.pick else "") for pair in found)


def policies_of(spec: SyncSpec) -> tuple[object, ...]:
    """What of the pairs decides what is done with values, though not what they are: a change means a complete read."""
    return tuple(
        (p.left, p.right, p.direction, p.conflicts, p.skip_unknown_option, p.shorten, p.clear_blanks)
        for p in spec.fields.pairs
    )


# ---- compared with what was recorded


@row_of("sync")
def read(text: str) -> dict[str, str]:
    """The recorded state; {} before the first complete read."""
    return dict(values_from_json(text)) if text else {}


def differs(recorded: str, now: State) -> bool:
    """True where the last complete read was recorded with another mapping."""
    return {name: state for name, state in read(recorded).items() if name[:1] != _GONE} != dict(now)


def changed(recorded: str, now: State) -> frozenset[str]:
    """Columns whose bases mean something else than they say now."""
    before = read(recorded)
    old = {name: before.get(name, before.get(f"{_GONE}{name}")) for name in now}
    return frozenset(name for name, state in now.items() if _is_other(old[name], state))


def _is_other(before: str | None, now: str) -> bool:
    """An id that was not told, before or now, says nothing."""
    if before is None:
        return False
    (old, *old_ids), (new, *new_ids) = (state.split(_WITH_IDS) for state in (before, now))
    return old != new or any(a and b and a != b for a, b in zip(old_ids, new_ids, strict=False))


def identified(state: str) -> bool:
    """True where the vendor told which very field it is."""
    return _WITH_IDS in state


def to_record(recorded: str, now: State) -> str:
    """The state to record after a complete read."""
    before = {name.removeprefix(_GONE): state for name, state in read(recorded).items()}
    gone = {f"{_GONE}{name}": state for name, state in before.items() if name not in now}
    return json.dumps({**gone, **now}, sort_keys=True)


def short(text: str) -> str:
    """A hash of it."""
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
