"""An undo decided: what of earlier actions is taken back, what stays and why. A plan like any other. Pure (core 30)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from contactsync.contact import kind_of
from contactsync.model.exchange import Verb
from contactsync.model.link import ApartReason, Link, LinkStatus
from contactsync.model.plan import Bucket, Counted, Intent, Plan
from contactsync.model.spec import SIDES, Side
from contactsync.model.undo import Stay, Stays
from contactsync.sync.collisions import colliding
from contactsync.sync.decisions import relinked, unlinked
from contactsync.sync.elements import agree, by_id
from contactsync.sync.past import Deed, Means, Past, Place
from contactsync.sync.readings import now_values, operation_key
from contactsync.sync.reconcile import plan_hash
from contactsync.sync.taking_back import Back, taken_back, write_of
from contactsync.sync.undoing_contacts import standing_deeds, undone_create, undone_delete


@dataclass
class _Draft:
    intents: list[Intent] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    stays: list[Stays] = field(default_factory=list)

    def take(self, decided: Intent | Stays) -> None:
        if isinstance(decided, Intent):
            self.intents.append(decided)
        else:
            self.stays.append(decided)


def undo(past: Past, means: Means) -> Plan:
    """Everything that an undo does. Fields of a contact that is deleted with its create are not restored first."""
    draft = _Draft()
    draft.stays.extend(d.stays(Stay.UNSETTLED) for d in past.deeds if d.chosen and not d.settled)
    if not means.fields:
        _contacts(past, means, draft)
    deleted = {(i.side, i.target_id) for i in draft.intents if i.verb is Verb.DELETE}
    for place in dict.fromkeys(d.place for d in past.deeds if _is_update(d) and d.chosen):
        if place not in deleted:
            _fields(place, past, means, draft)
    if not means.fields:
        _links(past, draft, deleted)
    intents = tuple(sorted(draft.intents, key=lambda i: (i.side, i.verb, i.key)))
    counted = tuple(_counted(intents, draft.stays, past))
    plan = Plan(
        intents=intents, links=tuple(draft.links), stays=tuple(_once(draft.stays)), counted=counted, undo=means.what
    )
    return replace(plan, hash=plan_hash(plan))


def _is_update(deed: Deed) -> bool:
    return deed.intent.verb is Verb.UPDATE and deed.settled


def _contacts(past: Past, means: Means, draft: _Draft) -> None:
    for deed in standing_deeds(past.deeds):
        back = undone_create if deed.intent.verb is Verb.CREATE else undone_delete
        draft.take(back(deed, past, means))


# ---- fields


def _fields(place: Place, past: Past, means: Means, draft: _Draft) -> None:
    """One update of one contact: every field that our chosen writes changed, as far as it is still as we left it."""
    deeds = [d for d in past.deeds if d.place == place and _is_update(d)]
    chosen = [d for d in deeds if d.chosen]
    names = dict.fromkeys(n for d in chosen for n in d.intent.patch if means.wants(n))
    if not names:
        return
    newest = chosen[-1]
    if why := _stays_whole(newest, past):
        draft.stays.append(newest.stays(why))
        return
    link, shown = newest.link, past.now[place]
    assert link is not None  # nosec B101 # noqa: S101  # _stays_whole says so
    backs: dict[str, Back] = {}
    texts: dict[str, str] = {}
    for name in names:
        back, stays = _field(name, deeds, shown.values.get(name), means)
        draft.stays.extend(stays)
        if back.text is not None:
            backs[name], texts[name] = back, back.text
    for name, others in colliding(*place, shown.values, texts, means.owner).items():
        draft.stays.append(newest.stays(Stay.KEY_TAKEN, name, ", ".join(others)))
        del backs[name]
    if backs:
        draft.intents.append(_update(link, newest, backs, past, means))


def _stays_whole(deed: Deed, past: Past) -> Stay | None:
    """Why nothing of a contact is restored."""
    link = deed.link
    if deed.foreign:
        return Stay.OTHER_ACCOUNT
    if link is None:
        return Stay.FORGOTTEN
    if link.status is LinkStatus.MERGED:
        return Stay.MERGED
    if deed.place in past.away:
        return past.away[deed.place]
    if deed.place not in past.now or link.side(deed.place[0]).contact_id != deed.place[1]:
        return Stay.GONE
    if past.elsewhere(deed.place, link):
        return Stay.DECIDED
    return Stay.UNSETTLED if link.id in past.frozen else None


def _field(name: str, deeds: Sequence[Deed], now: str | None, means: Means) -> tuple[Back, list[Stays]]:
    written = [d for d in deeds if name in d.intent.patch]
    of = next(d for d in reversed(written) if d.chosen)
    side = of.place[0]
    held = means.holding.get((side, name))
    if held is None or not held.writable:
        return Back(), [of.stays(Stay.NOT_MAPPED if held is None else Stay.READ_ONLY, name)]
    if now is None:
        return Back(), [of.stays(Stay.UNREADABLE, name)]
    back = taken_back(name, now, [write_of(d.row, name, chosen=d.chosen) for d in reversed(written)], held)
    stays = [of.stays(why, name, run_id) for why, run_id in back.stays]
    if back.text is not None and means.loosens(side, name, now, back.text):
        return Back(), [*stays, of.stays(Stay.CONSENT, name)]
    return back, stays


def _update(link: Link, deed: Deed, backs: Mapping[str, Back], past: Past, means: Means) -> Intent:
    target, shown = deed.place[0], past.now[deed.place]
    keys = tuple(dict.fromkeys(k for b in backs.values() for k in b.keys))
    runs = dict.fromkeys(d.row.run_id for d in past.deeds if d.key in keys)
    return Intent(
        key=operation_key(means.sync_id, target, Verb.UPDATE, f"undo {link.id}", link.version),
        side=target,
        verb=Verb.UPDATE,
        link_id=link.id,
        source_id=link.side(target.other).contact_id,
        target_id=shown.id,
        link_version=link.version,
        patch={name: b.text for name, b in backs.items() if b.text is not None},
        before={name: shown.values[name] for name in backs},
        touched={name: b.touched for name, b in backs.items() if b.touched},
        apart={n: ApartReason.UNDONE.value for n, b in backs.items() if _differs(n, b.text or "", link, target, means)},
        undoes=keys,
        version=shown.version,
        ref=shown.ref,
        observed_at=shown.observed_at,
        reason=f"undo: written by {', '.join(runs)}",
    )


def _differs(name: str, text: str, link: Link, target: Side, means: Means) -> bool:
    """True where the two sides are not alike once the field is restored."""
    other = now_values(link.side(target.other)).get(name)
    pair = next((p for p in means.pairs if p.field == name), None)
    if other is None or pair is None or not kind_of(name).several:
        return text != other
    mine, theirs = by_id(text), by_id(other)
    holding = pair.holding(target), pair.holding(target.other)
    return mine.keys() != theirs.keys() or any(not agree(mine[i], theirs[i], *holding) for i in mine)


# ---- links


def _links(past: Past, draft: _Draft, deleted: Iterable[Place]) -> None:
    """A link made by matching is kept apart; one that an undo parted is joined again."""
    gone = set(deleted)
    for link in past.met:
        left, right = ((s, link.side(s).contact_id) for s in SIDES)
        if link.status is not LinkStatus.LIVE or {left, right} & gone:
            continue
        if (left[1], right[1]) in past.same:
            draft.stays.append(Stays(Side.LEFT, left[1], Stay.DECIDED, detail="the link"))
        else:
            draft.links.append(unlinked(link))
    draft.links.extend(relinked(k) for k in past.parted if k.status is LinkStatus.PARTED)


# ---- telling


def _once(stays: Iterable[Stays]) -> Iterable[Stays]:
    return dict.fromkeys(stays)


_BUCKETS = {Verb.UPDATE: Bucket.UPDATED, Verb.CREATE: Bucket.CREATED, Verb.DELETE: Bucket.DELETED}


def _counted(intents: Iterable[Intent], stays: Iterable[Stays], past: Past) -> Iterable[Counted]:
    """Per direction, by the contact on the other side of the one that is written or left as it is."""
    source = {d.place: d.source[1] for d in past.deeds}
    for intent in intents:
        yield Counted(intent.side.other, intent.source_id, _BUCKETS[intent.verb], intent.key)
    for one in stays:
        contact_id = source.get((one.side, one.contact_id), one.contact_id)
        yield Counted(one.side.other, contact_id, Bucket.SKIPPED, reason=one.why.value)
