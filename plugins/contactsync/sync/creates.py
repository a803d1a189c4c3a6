"""Creates and first links: what a new contact becomes on the other side, and the link of two that met (core 10, 20)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contactsync.contact import CONSENT, KEY_COLUMNS, OPTED_OUT, Values, decode, is_empty, key_values
from contactsync.model.exchange import Verb
from contactsync.model.link import ApartReason, Link, LinkSide
from contactsync.model.plan import Hold, HoldReason, Intent
from contactsync.model.rules import RuleEffects
from contactsync.model.spec import FieldPair, Side
from contactsync.sync.acting import on_create
from contactsync.sync.effects import Acts
from contactsync.sync.elements import Changes, apply, changes
from contactsync.sync.fitting import fitted
from contactsync.sync.readings import Shown, operation_key


def link_id(sync_id: str, left: str, right: str) -> str:
    """The id of the link of these two contacts: the same two always have the same."""
    return hashlib.blake2b(f"{sync_id}\x1f{left}\x1f{right}".encode(), digest_size=12).hexdigest()


def first_link(sync_id: str, left: Shown, right: Shown) -> Link:
    """A link without bases: the field rules of a first match follow."""
    sides = {s.id: LinkSide(s.id, {}, {}, version=s.version, ref=s.ref) for s in (left, right)}
    return Link(link_id(sync_id, left.id, right.id), sides[left.id], sides[right.id], version=0)


def taken(pair: FieldPair, text: str, target: Side) -> tuple[str | None, tuple[str, ...]]:
    """What the target can hold of one field of a new contact (None = nothing), and ids of elements it cannot take."""
    if pair.kind.several:
        nothing: Changes = changes(None, None)
        applied = apply(changes(None, text), None, nothing, pair.holding(target), source_wins=True)
        return (applied.text if decode(applied.text) else None), applied.dropped
    found = fitted(pair, text, target)
    return (None, (text,)) if found.text is None else (found.text, ())


def left_out(link: Link, intent: Intent, pairs: Sequence[FieldPair]) -> tuple[Hold, ...]:
    """Holds of the link that a create made: single values that the new contact could not take (core 24), and
    actions of rules that it answered as done and did not store."""
    apart = {f for f, a in link.apart.items() if f in intent.dropped and a.reason is ApartReason.NOT_REPRESENTABLE}
    why = {p.field: fitted(p, intent.source.get(p.field, ""), intent.side) for p in pairs if not p.kind.several}
    left = link.left.contact_id
    holds = [
        Hold(Side.LEFT, left, found.held, found.words, link.id, name)
        for name, found in why.items()
        if name in apart and found.held
    ]
    unstored = [f for f in intent.acts if f in link.apart and link.apart[f].reason is ApartReason.REFUSED]
    if unstored:
        detail = f"created, but not stored: {', '.join(sorted(unstored))}"
        holds.append(Hold(intent.side.other, intent.source_id, HoldReason.NOT_STORED, detail, link.id))
    return tuple(holds)


def create_intent(
    sync_id: str,
    source: Shown,
    target: Side,
    pairs: Sequence[FieldPair],
    keys: Sequence[str],
    generation: int,
    rules: Mapping[str, RuleEffects] | None = None,
) -> Intent | None:
    """The create of one contact on the other side; None where nothing of it can be written there.

    rules: those of the direction towards the target; what they do to a new contact comes with it
    """
    new = _new_contact(source, target, pairs)
    if not new.patch:
        return None
    acts = on_create(target.other, source, new.patch, rules or {})
    key = operation_key(sync_id, target, Verb.CREATE, source.id, generation)
    return _intent(key, source, target, generation, new, acts, keys)


@dataclass(frozen=True)
class _New:
    """What the target can hold of a new contact: an Intent's patch, dropped and apart."""

    patch: dict[str, str]
    dropped: dict[str, tuple[str, ...]]
    apart: dict[str, str]


def _new_contact(source: Shown, target: Side, pairs: Sequence[FieldPair]) -> _New:
    """Field by field: not sent | sent as it is | sent and some of it dropped | shortened | dropped as a whole."""
    new = _New({}, {}, {})
    for pair in pairs:
        text = _sent(pair, source, target)
        if text is None:
            continue
        value, left_out = taken(pair, text, target)
        if left_out:
            new.dropped[pair.field] = left_out if pair.kind.several else ()
        if value is not None:
            new.patch[pair.field] = value
        if value not in (None, text) and not pair.kind.several:
            new.apart[pair.field] = ApartReason.SHORTENED.value
    return new


def _sent(pair: FieldPair, source: Shown, target: Side) -> str | None:
    """The source's text of a field that a new contact is to get; None for one that it is not."""
    text = source.values.get(pair.field)
    if text is None or is_empty(text) or not pair.open_from(target.other):
        return None
    if pair.field == CONSENT and text != OPTED_OUT:
        return None  # nobody opts in by being created
    return text


def _intent(
    key: str, source: Shown, target: Side, generation: int, new: _New, acts: Acts, keys: Sequence[str]
) -> Intent:
    patch = {**new.patch, **acts.patch}
    return Intent(
        key=key,
        side=target,
        verb=Verb.CREATE,
        link_id=None,
        source_id=source.id,
        link_version=generation,
        patch=patch,
        source=dict(source.values),
        touched=acts.touched,
        dropped=new.dropped,
        apart=new.apart,
        keys=_keys(patch, source.values, keys),
        source_version=source.version,
        source_modified_at=source.modified_at,
        source_ref=source.ref,
        source_fingerprint=source.fingerprint or None,
        source_observed_at=source.observed_at,
        acts=acts.words,
        entering={**acts.entered, **acts.entering},
        matching=source.matching.rules if source.matching else (),
        reason=", ".join(sorted({*acts.words.values()})),
    )


def _keys(patch: Values, source: Values, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Key values of the new contact; where the mapping shows a key field in parts, those of its source."""
    values = {**patch, **{name: source[name] for name in KEY_COLUMNS.values() if name in source}}
    found = {name: key_values(values, name) for name in names if "+" not in name}
    return {name: held for name, held in found.items() if held}
