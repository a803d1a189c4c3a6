"""Creates and deletes taken back: a contact that we made is deleted, one that we deleted is made anew (core 30)."""

from __future__ import annotations

from collections.abc import Sequence

from contactsync.contact import CONSENT, Values, is_empty, key_values
from contactsync.model.exchange import State, Verb
from contactsync.model.link import Link, LinkStatus, Standing
from contactsync.model.plan import Intent
from contactsync.model.undo import Stay, Stays
from contactsync.sync.collisions import colliding
from contactsync.sync.consent import strictest
from contactsync.sync.creates import link_id
from contactsync.sync.past import Deed, Means, Past
from contactsync.sync.readings import now_values, operation_key


def standing_deeds(deeds: Sequence[Deed]) -> list[Deed]:
    """The chosen ones that a later undo, or an undo of that, has not taken back already."""
    gone: set[str] = set()
    out = []
    chosen = {d.key for d in deeds if d.chosen}
    for deed in reversed([d for d in deeds if d.settled and d.intent.verb is not Verb.UPDATE]):
        if deed.key in gone:
            continue
        gone.update(deed.intent.undoes)
        if deed.chosen and not (deed.intent.undoes and chosen.issuperset(deed.intent.undoes)):
            out.append(deed)
    return out[::-1]


def undone_create(deed: Deed, past: Past, means: Means) -> Intent | Stays:
    """Delete what we made, where nobody touched it since."""
    if why := _stays_made(deed, past, means):
        return deed.stays(why)
    link, shown = deed.link, past.now[deed.place]
    assert link is not None  # nosec B101 # noqa: S101  # _stays_made says so
    target, source = deed.place[0], link.side(deed.place[0].other)
    there = past.now.get((target.other, source.contact_id))
    return Intent(
        key=operation_key(means.sync_id, target, Verb.DELETE, f"undo {link.id}", link.version),
        side=target,
        verb=Verb.DELETE,
        link_id=link.id,
        source_id=source.contact_id,
        target_id=shown.id,
        link_version=link.version,
        before=dict(shown.values),
        undoes=(deed.key,),
        version=shown.version,
        ref=shown.ref,
        source_ref=source.ref,
        source_fingerprint=there.fingerprint if there else None,
        observed_at=shown.observed_at,
        reason=f"undo: made by {deed.row.run_id}",
    )


def _stays_made(deed: Deed, past: Past, means: Means) -> Stay | None:
    """Why a contact that we made is not deleted."""
    link, target = deed.link, deed.place[0]
    if deed.foreign:
        return Stay.OTHER_ACCOUNT
    if deed.row.outcome.state is not State.DONE or not deed.row.outcome.created:
        return Stay.FOUND
    if deed.place in past.away:
        return past.away[deed.place]
    if link is None or deed.place not in past.now:
        return Stay.FORGOTTEN
    if link.status is LinkStatus.MERGED:
        return Stay.MERGED
    if link.id in past.frozen:
        return Stay.UNSETTLED
    if link.side(target).contact_id != deed.place[1] or not _same_link(deed, link, means):
        return Stay.DECIDED
    if past.elsewhere(deed.place, link):
        return Stay.DECIDED
    # Whoever merges another contact into it touches it, also where that changes none of its values.
    return Stay.EDITED if deed.place in past.joined or touched(deed, past, means) else None


def _same_link(deed: Deed, link: Link, means: Means) -> bool:
    """True for the link that the create made, whatever ids its contacts have by now; an undo's keeps its old one."""
    left, right = sorted((deed.place, deed.source))
    return link.id in (deed.intent.link_id, link_id(means.sync_id, left[1], right[1]))


def touched(deed: Deed, past: Past, means: Means) -> bool:
    """True where somebody else changed the contact since we made it: by version, else by what it holds.

    Our own later writes are no touch, but each must have found what the one before had left.
    """
    outcome, shown = deed.row.outcome, past.now[deed.place]
    held, version, modified = dict(outcome.values or {}), outcome.version, outcome.modified_at
    for later in (d for d in past.deeds if d.place == deed.place and d.settled and d.intent.verb is Verb.UPDATE):
        intent, done = later.intent, later.row.outcome
        answer = dict(done.values or {})
        beside = {f: v for f, v in answer.items() if f not in intent.patch}
        other_version = bool(version and intent.version and intent.version != version)
        if other_version or _differs(held, intent.before) or _differs(held, beside):
            return True
        held.update(answer)
        version, modified = done.version, done.modified_at
    if version and shown.version:
        return version != shown.version
    later_by = (shown.modified_at - modified).total_seconds() if shown.modified_at and modified else 0.0
    return not held or later_by > means.lag.get(deed.place[0], 0.0) or _differs(held, shown.values)


def _differs(held: Values, shown: Values) -> bool:
    return any(held[f] != text for f, text in shown.items() if f in held)


def undone_delete(deed: Deed, past: Past, means: Means) -> Intent | Stays:
    """Make the contact anew that we deleted, with the fields that this sync knew of it."""
    if why := _stays_deleted(deed, past):
        return deed.stays(why)
    link, target = deed.link, deed.place[0]
    assert link is not None  # nosec B101 # noqa: S101  # _stays_deleted says so
    there = link.side(target.other)
    patch = _as_it_was(deed, link, means)
    if not patch:
        return deed.stays(Stay.READ_ONLY)
    taken = colliding(*deed.place, {}, patch, means.owner)
    if others := sorted({i for ids in taken.values() for i in ids}):
        return deed.stays(Stay.KEY_TAKEN, detail=", ".join(others))
    return Intent(
        key=operation_key(means.sync_id, target, Verb.CREATE, f"undo {link.id}", link.version),
        side=target,
        verb=Verb.CREATE,
        link_id=link.id,
        source_id=there.contact_id,
        link_version=link.version,
        patch=patch,
        keys={k: found for k in ("email", "phone") if (found := key_values(patch, k))},
        undoes=(deed.key,),
        reason=f"undo: deleted by {deed.row.run_id}",
    )


def _stays_deleted(deed: Deed, past: Past) -> Stay | None:
    """Why a contact that we deleted is not made anew."""
    link, target = deed.link, deed.place[0]
    if deed.foreign:
        return Stay.OTHER_ACCOUNT
    if link is None:
        return Stay.FORGOTTEN
    if deed.place in past.now or link.side(target).standing is not Standing.GONE:
        return Stay.THERE
    if past.away.get(deed.place, Stay.GONE) is not Stay.GONE:
        return past.away[deed.place]
    if link.id in past.frozen:
        return Stay.UNSETTLED
    return Stay.DECIDED if past.elsewhere((target.other, link.side(target.other).contact_id), link) else None


def _as_it_was(deed: Deed, link: Link, means: Means) -> dict[str, str]:
    """What may be written of what the contact held; consent as strict as either side last knew it."""
    target = deed.place[0]
    last = {**now_values(link.side(target)), **deed.intent.before}
    patch: dict[str, str] = {}
    for (side, name), held in means.holding.items():
        text = last.get(name)
        if side is not target or text is None or not held.writable or name == CONSENT:
            continue
        if not is_empty(text) and not means.loosens(target, name, "", text):
            patch[name] = text
    if patch and (target, CONSENT) in means.holding and means.holding[target, CONSENT].writable:
        known = (last.get(CONSENT, ""), now_values(link.side(target.other)).get(CONSENT, ""))
        patch.update({CONSENT: told} if (told := strictest(known)) else {})
    return patch
