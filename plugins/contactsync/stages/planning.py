"""reconcile: from canonical frames and the ledger to a plan, and the limits before the first write."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from functools import cached_property

from contactsync.errors import StopError
from contactsync.frames import plan_artefact, readings
from contactsync.ledger.store import LedgerReader
from contactsync.model.approval import When
from contactsync.model.decisions import Decided
from contactsync.model.exchange import State, Verb
from contactsync.model.ledger import FoldBatch, SyncRow
from contactsync.model.link import Known, Link, LinkStatus
from contactsync.model.plan import Hold, HoldReason, JournalRow, Plan
from contactsync.model.spec import SIDES, Side
from contactsync.model.stages import ArtefactRef, Opened, Planned, RunRequest, Waits
from contactsync.record import SETTLED
from contactsync.stages.carriers import carriers
from contactsync.stages.fields_again import with_fields_of_now
from contactsync.stages.letting_pass import how_to_release, judge, part_of, who_decides
from contactsync.stages.mapping_state import changed
from contactsync.stages.plans_waiting import asked_or_next, for_whom, without_waiting
from contactsync.stages.rivals import rivals
from contactsync.stages.run_count import in_union, unchanged_sides
from contactsync.stages.same_file import FILE, check_file, file_state
from contactsync.stages.workplace import Workplace, sync_row
from contactsync.sync.decisions import unasked
from contactsync.sync.guards import bound_to, exceeded, flipping, too_short
from contactsync.sync.link_case import Rules
from contactsync.sync.matching import Node, Verdicts
from contactsync.sync.moves import at_its_end, final_ids, with_wishes
from contactsync.sync.own_marks import made_from
from contactsync.sync.readings import Reading, key_hashes
from contactsync.sync.reconcile import Given, plan_hash
from contactsync.sync.reconcile import reconcile as decide
from contactsync.sync.unknowns import Settling, Told, settle_unknown

log = logging.getLogger(__name__)


def reconcile(place: Workplace, request: RunRequest, opened: Opened, frames: ArtefactRef) -> Planned:
    """Plan the run. Errors: LimitExceeded (names the plan's hash), PlanMismatch, FenceLost, FileChanged."""
    if not request.dry_run:
        place.ledger.renew_lock(place.spec.id, request.owner, opened.fence)
    pieces, headers = place.artefacts.read_pieces(frames)
    for side in SIDES:
        check_file(place, headers[side.value], compares=request.every_row)
    plan, waits = make_plan(place, request, opened, readings(pieces, headers, {s: place.columns(s) for s in SIDES}))
    about = {
        "sync": place.spec.id,
        "run": request.run_id,
        FILE: file_state(place.spec),
        "cursors": {s.value: headers[s.value]["cursor"] for s in SIDES},
        "began_at": {s.value: headers[s.value]["began_at"] for s in SIDES},
    }
    ref = place.artefacts.write_pieces("plan", *plan_artefact(plan, about))
    waiting = Counter(i.side for i in plan.intents)
    left, right = (waiting[side] for side in SIDES)
    log.info("Plan %s: %d actions left, %d right, %d matched", plan.hash, left, right, plan.matched)
    if request.dry_run:
        waits = Waits.NOBODY
    elif waits is Waits.NOBODY:
        if plan.problems:  # so that a person can look at it, and let it pass, also when accounts are edited meanwhile
            place.ledger.note_plan(place.spec.id, request.run_id, plan.hash, asdict(ref))
        sync, passes = place.spec.id, how_to_release(place.spec.id, plan.hash)
        judge(request, plan, look=f"contactsync plan {sync}", passes=passes)
        if request.apply_plan and request.by:
            let_pass = Decided(f"plan {plan.hash}", "release", request.by)
            place.ledger.fold(sync, request.run_id, FoldBatch(decided=[let_pass]), fence=opened.fence)
    return Planned(ref, plan.hash, left, right, waits)


def _is_first(place: Workplace, opened: Opened) -> bool:
    """True for a sync that has no links yet, and did not lose them: where it did, nobody is created anyway."""
    row = sync_row(place)
    return not (place.reader.has_links(place.spec.id) or opened.lost or (row is not None and row.union > 0))


def make_plan(
    place: Workplace, request: RunRequest, opened: Opened, readings: dict[Side, Reading]
) -> tuple[Plan, Waits]:
    """Everything this run decides and the limits it exceeds, and for whom it waits."""
    gathered = _Gathering(place, place.reader, request, opened, readings, _row(place, request, opened))
    plan = decide(gathered.given())
    if (fresh := with_fields_of_now(place, plan)) is not None:
        plan = decide(replace(gathered, place=fresh).given())
    known = {side: place.reader.known_count(place.spec.id, side) for side in SIDES}
    plan = replace(plan, hash=bound_to(plan.hash, readings, known))
    waits = who_decides(place, request, plan, first=_is_first(place, opened))
    if waits is Waits.RELEASE and request.can_ask and place.spec.approval.when is not When.NEVER:
        waits = asked_or_next(place, request)
    if waits is Waits.NOBODY:  # a first plan that waits is shown, and stored, as a whole
        part = part_of(place, request, without_waiting(place, request, plan), too_short(readings, known))
        released = part.hash == request.apply_plan
        plan = part if released or not part.put_off else replace(part, hash=bound_to(plan_hash(part), readings, known))
    has_links = place.reader.has_links(place.spec.id)
    plan = replace(plan, problems=exceeded(plan, place.spec.limits, known, readings, has_links=has_links))
    return plan, waits if waits is not Waits.NOBODY else for_whom(place, request, plan)


def _row(place: Workplace, request: RunRequest, opened: Opened) -> SyncRow:
    row = sync_row(place)
    if row is None and request.dry_run:
        row = SyncRow(place.spec.id, "dry run", {s: place.account_id(s) for s in SIDES})
    if row is not None:
        return in_union(row, place.clock()) if opened.lost and not row.union else row
    raise StopError(f"The ledger does not know sync {place.spec.id!r}.", next_step="run it again from its first task")


@dataclass
class _Gathering:
    """Collects from the ledger what the decisions are made from."""

    place: Workplace
    reader: LedgerReader
    request: RunRequest
    opened: Opened
    readings: dict[Side, Reading]
    row: SyncRow

    def given(self) -> Given:
        spec = self.place.spec
        links = self._links()
        more, stopped = rivals(self.reader, spec.id, links, self.readings)
        links = [*{k.id: k for k in (*links, *more)}.values()]
        if self.opened.lost:
            links = [unasked(k) for k in links]
        rows = self.reader.unfolded(spec.id)
        known = {s: self.reader.known(spec.id, s, list(self.readings[s].shown)) for s in SIDES}
        for side in SIDES:
            r = self.readings[side]
            known[side].update(self.reader.known(spec.id, side, [*r.gone, *r.unreadable, *r.forbidden]))
            former = self.reader.known(spec.id, side, list(self._ends[side]))
            known[side] = with_wishes(known[side], former, self._ends[side])
        settling = self._settle(rows, known)
        others, other_known = self._others(known)
        for side in SIDES:
            known[side] = {**other_known[side], **known[side]}
            if self.opened.lost:
                known[side] = {i: unasked(row) for i, row in known[side].items()}
        return Given(
            rules=self._rules(links),
            match=spec.match,
            salt=self.row.salt,
            readings=self.readings,
            links=links,
            known=known,
            others=others,
            settling=settling,
            frozen=_frozen(rows, settling),
            stopped=stopped,
            union=self.row.union > 0,
            kept_held={
                (h.side, at_its_end(self._ends, h.side, h.contact_id)): h
                for h in self._holds
                if h.reason in (HoldReason.UNION, HoldReason.MAY_BE_DELETED)
            },
            verdicts=self._verdicts(),
            marked=self._marked(),
            keys=self._seen_keys,
        )

    def _marked(self) -> frozenset[tuple[str, str]]:
        """Who was made from whom, where the ledger no longer knows it and the marks speak of the accounts of now."""
        if not self.row.union:
            return frozenset()
        own_id = {s: self.place.app(s).own_id for s in SIDES}
        sure = unchanged_sides(self.place.artefacts, self.row)
        return made_from(self.place.spec.id, self.readings, own_id, sure)

    def _links(self) -> list[Link]:
        sync_id = self.place.spec.id
        found: dict[str, Link] = {}
        for side in SIDES:
            r = self.readings[side]
            ids = {*r.shown, *r.gone, *r.missing, *r.moved, *r.moved.values()}
            links = self.reader.links_of(sync_id, side, sorted(ids))
            found.update({k.id: k for k in self._held_by(side, links)})
        due = self.reader.due_links(sync_id, self.opened.seq, self.place.clock())
        found.update({k.id: k for k in due})
        found.update({k.id: k for k in self._held_links() if k.id not in found})
        return [found[i] for i in sorted(found)]

    def _held_by(self, side: Side, links: Sequence[Link]) -> list[Link]:
        """Leave out ended links that a contact no longer belongs to: a person took it for new, or it was made anew."""
        ended = [k.side(side).contact_id for k in links if k.status is not LinkStatus.LIVE]
        rows = self.reader.known(self.place.spec.id, side, ended) if ended else {}
        own = {i: row.link_id for i, row in rows.items()}
        return [k for k in links if k.status is LinkStatus.LIVE or own.get(k.side(side).contact_id) == k.id]

    def _verdicts(self) -> Verdicts:
        same, apart = set[tuple[str, str]](), set[tuple[str, str]]()
        for v in self.reader.verdicts(self.place.spec.id):
            left, right = (at_its_end(self._ends, s, i) for s, i in zip(SIDES, (v.left_id, v.right_id), strict=True))
            (same if v.same else apart).add((left, right))
        return Verdicts(frozenset(same), frozenset(apart))

    def _held_links(self) -> list[Link]:
        """Held and refused fields are tried again at a complete read, also where nobody edited them (core 2)."""
        complete = any(r.complete for r in self.readings.values())
        held = {h.link_id for h in self._holds if h.link_id and (complete or h.reason in _WITH_OTHERS)}
        return [k for k in self.reader.links(self.place.spec.id, sorted(held)) if k.status is LinkStatus.LIVE]

    def _rules(self, links: Sequence[Link]) -> Rules:
        place = self.place
        caps = {s: place.app(s).info.caps for s in SIDES}
        union = self.row.union > 0
        return Rules(
            sync_id=place.spec.id,
            pairs=place.pairs,
            direction=place.spec.direction,
            deletions={} if union else place.spec.deletions,
            detects={s: caps[s].deletes for s in SIDES},
            granularity=max(c.granularity.total_seconds() for c in caps.values()),
            retry=any(self.readings[s].complete for s in SIDES),
            hold_first=place.spec.match.hold_differences,
            lost=union,
            owner=carriers(place, links, self.readings, self._seen_keys, self.row.salt),
            collided=frozenset((h.link_id or "", h.field) for h in self._holds if h.reason in _WITH_OTHERS),
            flipping=self._flipping(links),
            effects=place.effects,
            marks={} if union else place.marks,
            baseless=frozenset(p.field for p in place.pairs) if union else self._changed_fields(),
        )

    def _flipping(self, links: Sequence[Link]) -> frozenset[tuple[str, str]]:
        since = self.place.clock() - timedelta(days=1)
        rows = self.reader.writes_of(self.place.spec.id, [k.id for k in links], since)
        decided = {(d.link_id, d.field): at for at, _, d in reversed(self.reader.decisions(self.place.spec.id, since))}
        return flipping(rows, decided)

    def _changed_fields(self) -> frozenset[str]:
        """Fields whose mapping changed since it was last recorded: their bases mean something else."""
        return changed(self.row.mapping, self.place.mapping)

    def _settle(self, rows: Sequence[JournalRow], known: Mapping[Side, Mapping[str, Known]]) -> Settling:
        apps = {s: self.place.app(s).info.caps for s in SIDES}
        unknown = [r for r in rows if r.outcome.state not in SETTLED and r.intent.verb is Verb.CREATE]
        strangers = {
            s: {
                i: row.first_seen_at if row else None
                for i in self.readings[s].shown
                if (row := known[s].get(i)) is None or row.link_id is None
            }
            for s in SIDES
        }
        return settle_unknown(
            unknown,
            self.readings,
            {s: c.adopt for s, c in apps.items()},
            {s: c.lag for s, c in apps.items()},
            strangers,
            Told(
                looked_up=self.opened.looked_up,
                own_ids={r.intent.key: self.place.app(r.intent.side).own_id(r.intent.key) for r in unknown},
            ),
        )

    @cached_property
    def _ends(self) -> dict[Side, dict[str, str]]:
        """Where the ids lead that moved."""
        return {s: final_ids(self.readings[s].moved) for s in SIDES}

    @cached_property
    def _holds(self) -> list[Hold]:
        return [h for h, _ in self.reader.holds(self.place.spec.id)]

    @cached_property
    def _seen_keys(self) -> dict[Side, dict[str, dict[str, tuple[int, ...]]]]:
        """The key hashes of every contact of this run."""
        match, salt = self.place.spec.match, self.row.salt
        return {s: {i: key_hashes(salt, match, c.values) for i, c in self.readings[s].shown.items()} for s in SIDES}

    def _others(self, known: Mapping[Side, Mapping[str, Known]]) -> tuple[list[Node], dict[Side, dict[str, Known]]]:
        """Contacts of the index in the key groups of this run's unlinked contacts, now or before."""
        wanted: dict[str, set[int]] = {}
        carried = [keys for side in SIDES for keys in self._seen_keys[side].values()]
        for keys in (*carried, *(row.keys for rows in known.values() for row in rows.values())):
            for key, hashes in keys.items():
                wanted.setdefault(key, set()).update(hashes)
        found: dict[Side, dict[str, Known]] = {s: {} for s in SIDES}
        for _ in range(4):  # a group grows by the other keys of its members
            members = self.reader.key_members(self.place.spec.id, wanted)
            fresh: dict[Side, set[str]] = {s: set() for s in SIDES}
            for m in members:
                reading = self.readings[m.side]
                away = m.contact_id in reading.gone or m.contact_id in reading.forgotten
                if m.contact_id not in found[m.side] and m.contact_id not in reading.shown and not away:
                    fresh[m.side].add(m.contact_id)
            if not any(fresh.values()):
                break
            for side in SIDES:
                rows = self.reader.known(self.place.spec.id, side, sorted(fresh[side]))
                found[side].update(rows)
                for row in rows.values():
                    for key, hashes in row.keys.items():
                        wanted.setdefault(key, set()).update(hashes)
        nodes = [
            Node(side, i, row.keys, linked=row.link_id is not None, shown=False, wish=row.wish)
            for side in SIDES
            for i, row in found[side].items()
        ]
        nodes += self._linked_shown(known)
        return nodes, found

    def _linked_shown(self, known: Mapping[Side, Mapping[str, Known]]) -> list[Node]:
        return [
            Node(side, i, keys, linked=True)
            for side in SIDES
            for i, keys in self._seen_keys[side].items()
            if (row := known[side].get(i)) is not None and row.link_id is not None and not row.tombstone
        ]


_WITH_OTHERS = (
    HoldReason.KEY_COLLISION,
)  # judged again in every run that works on somebody: it may be who is in the way


def _frozen(rows: Sequence[JournalRow], settling: Settling) -> frozenset[str]:
    """Links and source contacts of actions that are not settled."""
    now = {o.key for o in settling.settled}
    open_rows = [r for r in rows if r.outcome.state not in SETTLED and r.intent.key not in now]
    open_rows = [r for r in open_rows if r.outcome.state is not State.PLANNED]
    return frozenset(r.intent.link_id or r.intent.source_id for r in open_rows)
