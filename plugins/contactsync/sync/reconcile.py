"""All decisions of a run: readings, links and the key index in, a plan out. Pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from contactsync.model.decisions import Wish
from contactsync.model.link import Known, Link, LinkStatus, Standing
from contactsync.model.plan import Bucket, Counted, Hold, HoldReason, Plan
from contactsync.model.spec import SIDES, MatchSpec, Side
from contactsync.packed import Packed, json_form
from contactsync.sync.creates import create_intent, first_link
from contactsync.sync.draft import Draft
from contactsync.sync.link_case import Case, LinkDecision, Rules
from contactsync.sync.links import decide_link, paused
from contactsync.sync.matching import Matched, Node, Verdicts, match, names_of
from contactsync.sync.moves import final_ids
from contactsync.sync.readings import Keys, Reading, Shown, key_hashes
from contactsync.sync.scope import DIRECTION_CLOSED, NOTHING_TO_WRITE, why_not_created
from contactsync.sync.unknowns import Settling

UNSETTLED = "an earlier action is not settled"
REAPPEARED = "its former partner reappeared"
NOT_AGAIN = "its create was undone; it is created again once it is edited"


@dataclass(frozen=True)
class Given:
    """Everything the decisions are made from.

    links      every link that a shown, gone, missing or moved contact belongs to, and those that are due
    known      index rows of the shown contacts and of `others`, as they were before this run
    others     contacts of the index that share a key, now or before, with a contact of this run (shown=False)
    settling   how unknown creates stand
    frozen     link ids and source ids whose action is not settled yet: left alone in this run
    stopped    link id -> why nothing flows over it until a person settled another hold
    union      the ledger was lost: nobody is created until a person decides
    kept_held  contacts that an earlier run left for a person: not created until that hold ends
    verdicts   what persons said of two contacts
    marked     (left id, right id) of which our own mark says that one was made from the other
    keys       key hashes of the shown contacts, by side and id; worked out where they are not given
    """

    rules: Rules
    match: MatchSpec
    salt: str
    readings: Mapping[Side, Reading]
    links: Sequence[Link]
    known: Mapping[Side, Mapping[str, Known]]
    others: Sequence[Node] = ()
    settling: Settling = field(default_factory=Settling)
    frozen: Collection[str] = ()
    stopped: Mapping[str, Hold] = field(default_factory=dict)
    union: bool = False
    kept_held: Mapping[tuple[Side, str], Hold] = field(default_factory=dict)
    verdicts: Verdicts = field(default_factory=Verdicts)
    marked: Collection[tuple[str, str]] = ()
    keys: Mapping[Side, Mapping[str, Keys]] = field(default_factory=dict)

    def keys_of(self, side: Side, contact_id: str) -> Keys:
        """The key hashes of a contact that this run read."""
        found = self.keys.get(side, {}).get(contact_id)
        if found is not None:
            return found
        return key_hashes(self.salt, self.match, self.readings[side].shown[contact_id].values)


def match_keys(spec: MatchSpec) -> tuple[str, ...]:
    """The names of the match keys, composite ones joined by +."""
    return tuple("+".join(k) for k in spec.keys)


def reconcile(given: Given) -> Plan:
    """Decide everything that this run does."""
    draft = Draft()
    links, rekeyed = _moved_links(given, draft)
    _decide_linked(given, links, draft)
    matched = _meet(given, draft, linked={(s, link.side(s).contact_id) for link in links for s in SIDES})
    _unreadable(given, draft)
    plan = Plan(
        intents=draft.sorted_intents(),
        links=draft.links,
        holds=tuple(draft.holds),
        conflicts=tuple(draft.conflicts),
        counted=draft.counted,
        known=_known(given, draft, matched, rekeyed),
        forgotten=tuple((s, i) for s in SIDES for i in sorted(given.readings[s].forgotten)),
        settled=(*given.settling.settled, *given.settling.doubted),
        listed=given.settling.listed,
        rekeyed=rekeyed,
        matched=len(matched.pairs),
        matched_by=dict(sorted(Counter(key for _, _, key in matched.pairs).items())),
        union=given.union,
    )
    return replace(plan, hash=plan_hash(plan))


def plan_hash(plan: Plan) -> str:
    """Bound to exactly these actions upon exactly these values: same intents, same hash."""
    digest = hashlib.sha256()
    for intent in plan.intents:
        patch, held = sorted(intent.patch.items()), sorted(intent.before.items())
        digest.update(repr((intent.key, intent.verb.value, intent.target_id, patch, held)).encode("utf-8", "replace"))
    for link in plan.links if plan.undo else ():  # parted, or joined again
        digest.update(repr((link.id, link.status.value, link.version)).encode())
    return digest.hexdigest()[:16]


# ---- links


def _moved_links(given: Given, draft: Draft) -> tuple[list[Link], tuple[tuple[Side, str, str], ...]]:
    """Links under their contacts' new ids (core 8); one whose new id is linked already becomes merged, or parted."""
    rekeyed: list[tuple[Side, str, str]] = []
    out = list(given.links)
    for side in SIDES:
        holder = {link.side(side).contact_id: n for n, link in enumerate(out)}
        for old, new in final_ids(given.readings[side].moved).items():
            position = holder.get(old)
            if position is not None and out[position].status is LinkStatus.MERGED:
                continue  # vendors name the former ids of a contact again and again
            taken = holder.get(new)
            if position is None:
                rekeyed.append((side, old, new))
            elif taken is None:
                out[position] = _renamed(out[position], side, new)
                holder[new] = position  # a second contact that became the same one finds it taken
                draft.linked_now[side, new] = out[position].id
                rekeyed.append((side, old, new))
            elif out[taken].status is LinkStatus.CLOSED:
                out[position] = _parted(out[position], side)
            else:
                out[position] = _merged(out[position], side, old, new, draft)
    return out, tuple(rekeyed)


def _renamed(link: Link, side: Side, new: str) -> Link:
    half = replace(link.side(side), contact_id=new)
    moved = replace(link, left=half) if side is Side.LEFT else replace(link, right=half)
    return replace(moved, version=link.version + 1)


def _parted(link: Link, side: Side) -> Link:
    """What it became was deleted on both sides before: nothing flows any more."""
    half = replace(link.side(side), standing=Standing.GONE)
    parted = replace(link, left=half) if side is Side.LEFT else replace(link, right=half)
    return replace(parted, status=LinkStatus.PARTED, version=link.version + 1)


def _merged(link: Link, side: Side, old: str, new: str, draft: Draft) -> Link:
    other = link.side(side.other).contact_id
    detail = f"its partner {old} was merged into {new}, which belongs to another contact"
    draft.holds.append(Hold(side.other, other, HoldReason.MERGED, detail, link.id))
    draft.swallowed[side, old] = link.id
    return replace(link, status=LinkStatus.MERGED, version=link.version + 1)


def _decide_linked(given: Given, links: Sequence[Link], draft: Draft) -> None:
    for link in links:
        ids = {s: link.side(s).contact_id for s in SIDES}
        shown = {s: given.readings[s].shown[ids[s]] for s in SIDES if ids[s] in given.readings[s].shown}
        if link.status is LinkStatus.MERGED:
            words = "its partner became another contact's"
            counted = tuple(Counted(s, ids[s], Bucket.SKIPPED, reason=words) for s in shown)
            draft.take(LinkDecision(link, counted=counted))
            continue
        case = Case(
            link,
            shown,
            frozenset(s for s in SIDES if ids[s] in given.readings[s].gone),
            frozenset(s for s in SIDES if ids[s] in given.readings[s].missing),
        )
        if link.id in given.frozen:
            draft.take(paused(case, Bucket.FAILED, UNSETTLED, given.rules.effects))
        elif link.id in given.stopped:
            draft.holds.append(given.stopped[link.id])
            draft.take(paused(case, Bucket.HELD, REAPPEARED, given.rules.effects))
        else:
            draft.take(decide_link(case, given.rules))


# ---- first meetings


def _meet(given: Given, draft: Draft, linked: set[tuple[Side, str]]) -> Matched:
    adopted = {o.target_id for o in given.settling.settled if o.target_id}
    shown = {s: given.readings[s].shown for s in SIDES}
    fresh = {
        (s, i)
        for s in SIDES
        for i in shown[s]
        if (s, i) not in linked and i not in adopted and not _tombstone(given, s, i)
    }
    for side in SIDES:
        found = sorted(adopted & shown[side].keys())
        draft.counted.extend(Counted(side, i, Bucket.UNCHANGED, reason="an earlier create made it") for i in found)
    waiting = {row.intent.source_id for row in given.settling.unknown}
    free = {k for k in fresh if k[1] not in waiting and k[1] not in given.frozen}
    for side, contact_id in fresh - free:
        draft.counted.append(Counted(side, contact_id, Bucket.FAILED, reason="its create is not settled"))
    # Who moved is seen under another id; who is known to be gone since this reading has no key any more.
    away = {side: given.readings[side].moved.keys() | given.readings[side].gone for side in SIDES}
    others = [n for n in given.others if n.id not in away[n.side]]
    nodes = [_node(given, side, shown[side][i]) for side, i in free] + others
    keys = match_keys(given.match)
    without_key = given.match.create_without_key
    matched = match(nodes, keys, without_key=without_key, verdicts=given.verdicts, marked=given.marked)
    for left, right, _key in matched.pairs:
        _link(given, draft, shown[Side.LEFT][left], shown[Side.RIGHT][right])
    for side, contact_id in matched.alone:
        _create(given, draft, side, shown[side][contact_id])
    for hold in matched.holds:
        if why := _nobody_waits(given, hold, free):
            draft.counted.append(Counted(hold.side, hold.contact_id, Bucket.SKIPPED, reason=why))
            continue
        draft.holds.append(hold)
        draft.counted.append(Counted(hold.side, hold.contact_id, Bucket.HELD, reason=hold.reason.value))
    for side, contact_id in matched.reread:
        if (side, contact_id) in free:
            draft.counted.append(Counted(side, contact_id, Bucket.SKIPPED, reason="its partner is read next"))
    for (side, contact_id), why in sorted(matched.kept_out.items()):
        if (side, contact_id) in free:
            draft.counted.append(Counted(side, contact_id, Bucket.SKIPPED, reason=why))
    return matched


def _nobody_waits(given: Given, hold: Hold, free: Collection[tuple[Side, str]]) -> str:
    """Why a contact that no rule would let through need not be held: nobody on the other side may be its partner."""
    if any(not c.startswith(f"{hold.side}:") for c in hold.candidates):
        return ""
    if (hold.side, hold.contact_id) not in free:
        return ""
    shown = given.readings[hold.side].shown[hold.contact_id]
    return why_not_created(shown.matching, given.rules.effects.get(hold.side, {}))


def _tombstone(given: Given, side: Side, contact_id: str) -> bool:
    row = given.known[side].get(contact_id)
    return row is not None and row.tombstone and row.link_id is not None


def _node(given: Given, side: Side, shown: Shown) -> Node:
    row = given.known[side].get(shown.id)
    return Node(
        side, shown.id, given.keys_of(side, shown.id), names=names_of(shown.values), wish=row.wish if row else Wish.NONE
    )


def _link(given: Given, draft: Draft, left: Shown, right: Shown) -> None:
    link = first_link(given.rules.sync_id, left, right)
    draft.linked_now[Side.LEFT, left.id] = draft.linked_now[Side.RIGHT, right.id] = link.id
    draft.take(decide_link(Case(link, {Side.LEFT: left, Side.RIGHT: right}), given.rules))


def _create(given: Given, draft: Draft, side: Side, shown: Shown) -> None:
    """Nobody matches: created on the other side, where that is open and nothing speaks against it."""
    rules = given.rules
    row = given.known[side].get(shown.id)
    if row is not None and _undone(row, shown):
        draft.counted.append(Counted(side, shown.id, Bucket.SKIPPED, reason=NOT_AGAIN))
        return
    hold = None if row and row.wish == Wish.CREATE else _why_not(given, side, shown)
    if hold is not None:
        draft.holds.append(hold)
        draft.counted.append(Counted(side, shown.id, Bucket.HELD, reason=hold.reason.value))
        return
    if not rules.direction.open_from(side):
        draft.counted.append(Counted(side, shown.id, Bucket.SKIPPED, reason=DIRECTION_CLOSED))
        return
    effects = rules.effects.get(side, {})
    asked = row is not None and row.wish == Wish.CREATE
    if why := "" if asked else why_not_created(shown.matching, effects):
        draft.counted.append(Counted(side, shown.id, Bucket.SKIPPED, reason=why))
        return
    keys, generation = match_keys(given.match), row.generation if row else 0
    intent = create_intent(rules.sync_id, shown, side.other, rules.pairs, keys, generation, effects)
    if intent is not None:
        draft.act(intent)
        draft.counted.append(Counted(side, shown.id, Bucket.CREATED, intent.key))
    else:
        draft.counted.append(Counted(side, shown.id, Bucket.SKIPPED, reason=NOTHING_TO_WRITE))


def _undone(row: Known, shown: Shown) -> bool:
    """Its create was taken back, and it was not edited since. Another mapping alone is no edit."""
    as_it_was = shown.raw == row.raw or shown.fingerprint == row.fingerprint
    return row.wish == Wish.NOT_AGAIN and as_it_was


def _why_not(given: Given, side: Side, shown: Shown) -> Hold | None:
    """Why a contact that matches nobody is not created, unless a person says so."""
    if (side, shown.id) in given.kept_held:
        return given.kept_held[side, shown.id]
    if given.union:
        return Hold(side, shown.id, HoldReason.UNION, "the ledger was lost; a person decides who is new")
    if any(row.intent.side is side for row in given.settling.unknown):
        return Hold(side, shown.id, HoldReason.MAY_BE_RESULT, "may be what a create with unknown outcome made")
    return None


def _unreadable(given: Given, draft: Draft) -> None:
    for side in SIDES:
        reading = given.readings[side]
        why = {**reading.unreadable, **dict.fromkeys(reading.forbidden, "these credentials may no longer see it")}
        for contact_id, reason in sorted(why.items()):
            row = given.known[side].get(contact_id)
            if row is not None and row.wish == Wish.SKIP:
                draft.counted.append(Counted(side, contact_id, Bucket.SKIPPED, reason="left out by a person"))
                continue
            draft.holds.append(Hold(side, contact_id, HoldReason.UNREADABLE, reason))
            draft.counted.append(Counted(side, contact_id, Bucket.HELD, reason=HoldReason.UNREADABLE))


# ---- the key index


def _known(
    given: Given, draft: Draft, matched: Matched, rekeyed: Sequence[tuple[Side, str, str]]
) -> Packed[tuple[Side, Known]]:
    """Index rows as this run saw its contacts; gone ids stay as tombstones; who is to be read again is due."""
    rows: Packed[tuple[Side, Known]] = Packed(form=json_form(tuple[Side, Known]))
    again = {*matched.reread, *_left_behind(given)}
    for side in SIDES:
        reading, before = given.readings[side], given.known[side]
        for shown in reading.shown.values():
            old = before.get(shown.id) or Known(shown.id, None, None, first_seen_at=shown.observed_at)
            row = _as_shown(given, draft, side, shown, old)
            rows.append((side, replace(row, due_run=0) if (side, shown.id) in again else row))
        unread = [i for s, i in again if s is side and i not in reading.shown and i in before]
        rows.extend((side, replace(before[i], due_run=0)) for i in sorted(unread))
        for contact_id in sorted(reading.gone):
            gone = before.get(contact_id)
            if gone is not None:
                generation = gone.generation + (0 if gone.tombstone else 1)
                rows.append((side, replace(gone, tombstone=True, raw=None, keys={}, generation=generation)))
        # Told of once: vendors name the former ids of a contact again and again.
        former = {*reading.ghosts, *(old for s, old, _ in rekeyed if s is side)} - reading.shown.keys()
        rows.extend((side, Known(i, None, None, tombstone=True)) for i in sorted(former))
        swallowed = sorted((i, link_id) for (s, i), link_id in draft.swallowed.items() if s is side)
        rows.extend((side, Known(i, None, None, link_id, tombstone=True)) for i, link_id in swallowed)
    return rows


def _as_shown(given: Given, draft: Draft, side: Side, shown: Shown, old: Known) -> Known:
    return replace(
        old,
        raw=shown.raw,
        fingerprint=shown.fingerprint,
        link_id=draft.linked_now.get((side, shown.id), old.link_id),
        tombstone=False,
        ref=shown.ref,
        wish=Wish.NONE if old.wish == Wish.NOT_AGAIN and not _undone(old, shown) else old.wish,
        due_run=None,
        due_at=None,
        first_seen_at=old.first_seen_at or shown.observed_at,
        keys=given.keys_of(side, shown.id),
    )


def _left_behind(given: Given) -> set[tuple[Side, str]]:
    """Unlinked contacts of a key group that a contact has left, by an edit or for good: judged again (core 4)."""
    left: set[tuple[str, int]] = set()
    for side in SIDES:
        for contact_id in given.readings[side].shown.keys() & given.known[side].keys():
            now = given.keys_of(side, contact_id)
            for key, hashes in given.known[side][contact_id].keys.items():
                left.update((key, h) for h in set(hashes) - set(now.get(key, ())))
        for contact_id in given.readings[side].gone:
            gone = given.known[side].get(contact_id)
            left.update((key, h) for key, hashes in (gone.keys if gone else {}).items() for h in hashes)
    unlinked = [n for n in given.others if not n.linked and not n.shown]
    return {(n.side, n.id) for n in unlinked if any((k, h) in left for k, hs in n.hashes.items() for h in hs)}
