"""Folding what a run saw and did into the ledger (core 20, 23)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from contactsync.contact import fingerprint
from contactsync.ledger.store import LedgerReader
from contactsync.model.decisions import Wish
from contactsync.model.exchange import State, Verb
from contactsync.model.ledger import FoldBatch
from contactsync.model.link import Known, Link, LinkStatus, Standing
from contactsync.model.plan import (
    MAY_BE_GONE,
    NEVER_HAPPENED,
    Conflict,
    Hold,
    HoldReason,
    Intent,
    JournalRow,
    Outcome,
    Plan,
)
from contactsync.model.spec import SIDES, Direction, FieldPair, MatchSpec, Side
from contactsync.packed import PackedMap
from contactsync.sync.created import fold_create, met_link
from contactsync.sync.creates import left_out
from contactsync.sync.doubts import doubts
from contactsync.sync.fold import When, back_off, fold_link, is_pending, with_standing
from contactsync.sync.losers import losers
from contactsync.sync.open_holds import stands
from contactsync.sync.readings import key_hashes, now_values
from contactsync.sync.recreated import fold_recreated, is_there, not_again
from contactsync.sync.scope import Effects

SETTLED = (State.DONE, State.ADOPTED, State.REFUSED, State.OVERTAKEN, State.NOT_SENT)
AT_ONCE = 1000  # links a transaction
Place = tuple[Side, str]


@dataclass
class Folding:
    """What is folded together: starts from a plan (record) or from nothing (open), and takes in journal rows."""

    sync_id: str
    salt: str
    match: MatchSpec
    pairs: Sequence[FieldPair]
    when: When
    reader: LedgerReader
    links: PackedMap[str, Link] = field(default_factory=PackedMap)
    known: PackedMap[Place, Known] = field(default_factory=PackedMap)
    holds: list[Hold] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)  # values that nobody can prove to be ours, or that lost
    listed: set[tuple[str, str, str]] = field(default_factory=set)  # what the plan itself lists as lost
    folded: list[str] = field(default_factory=list)
    requeued: list[str] = field(default_factory=list)
    effects: Effects = field(default_factory=dict)
    direction: Direction = Direction.BOTH
    buried: set[Place] = field(default_factory=set)  # contacts that the plan saw gone: there is nothing to decide
    freed: dict[str, set[int]] = field(default_factory=dict)  # key hashes that contacts lost with our writes
    worked: set[Place] = field(default_factory=set)  # contacts whose holds are told anew
    ended: set[Place] = field(default_factory=set)  # contacts with a hold that no longer stands
    stored: dict[Place, list[Link]] = field(default_factory=dict)  # links that hold what a create made
    held: dict[Place, list[str]] = field(default_factory=dict)  # the same among `links`, by their ids

    def start(self, plan: Plan) -> None:
        """Take the plan's own observations. An undo judges nobody: holds that stand stay."""
        self._keep(plan.links)
        for side, row in plan.known:
            self.known[side, row.contact_id] = row
            if row.tombstone:
                self.buried.add((side, row.contact_id))
        self.holds.extend(plan.holds)
        self.listed.update((c.link_id, c.field, c.rule) for c in plan.conflicts)
        self.worked |= {(c.source, c.contact_id) for c in plan.counted if not plan.undo} - {*plan.put_off}
        self._ask_again([h for h in plan.holds if h.reason is HoldReason.UNREADABLE and h.contact_id])

    def _ask_again(self, holds: Sequence[Hold]) -> None:
        """Who could not be read is asked for by id after a while: no listing need show him again (core 2)."""
        for side in SIDES:
            ids = [h.contact_id for h in holds if h.side is side]
            found = self.reader.known(self.sync_id, side, ids) if ids else {}
            for contact_id in ids:
                row = found.get(contact_id) or Known(contact_id, None, None, first_seen_at=self.when.now)
                due_run, due_at = back_off(row.attempts, self.when)
                changed = replace(row, due_run=due_run, due_at=due_at, attempts=row.attempts + 1)
                self.known[side, contact_id] = changed

    def fold(self, rows: Collection[JournalRow]) -> None:
        """Take in settled rows; unsettled ones stay for a later run."""
        self._load(r for r in rows if r.outcome.state in SETTLED)
        worked: set[str] = set()
        for row in (r for r in rows if r.outcome.state in SETTLED):
            worked.add(row.intent.link_id or "")
            if row.intent.verb is Verb.CREATE and row.intent.undoes:
                self._recreate(row)
            elif row.intent.verb is Verb.CREATE:
                self._create(row)
            else:
                self._link(row)
        for link_id in worked & self.links.keys():
            link = self.links[link_id]
            if link.due_run is None and is_pending(link, self.pairs, self.direction):
                self._keep([replace(link, due_run=0)])
        self._judge_again()
        self._keep_holds()

    def _keep(self, links: Iterable[Link]) -> None:
        for link in links:
            self.links[link.id] = link
            self._note_holder(link)

    def _note_holder(self, link: Link) -> None:
        for side in SIDES:
            holders = self.held.get((side, link.side(side).contact_id))
            if holders is not None and link.id not in holders:
                holders.append(link.id)

    def _judge_again(self) -> None:
        """Who was held beside a contact that now lost the key, or was deleted, is read and judged again (core 4)."""
        if not self.freed:
            return
        self._collided_again()
        members = [m for m in self.reader.key_members(self.sync_id, self.freed) if m.link_id is None]
        for side in SIDES:
            absent = [m.contact_id for m in members if m.side is side and (side, m.contact_id) not in self.known]
            found = self.reader.known(self.sync_id, side, absent)
            self.known.update({(side, i): k for i, k in found.items()})
        for key, row in self.known.items():
            same = any(self.freed.get(name, set()) & {*hashes} for name, hashes in row.keys.items())
            if same and row.link_id is None and not row.tombstone and row.wish != Wish.NOT_AGAIN:
                self.known[key] = replace(row, due_run=0)

    def _collided_again(self) -> None:
        """Links with a field held for a key that its carrier has lost are due."""
        held = {h.link_id or "" for h, _ in self.reader.holds(self.sync_id) if h.reason is HoldReason.KEY_COLLISION}
        held |= {h.link_id or "" for h in self.holds if h.reason is HoldReason.KEY_COLLISION}
        absent = self.reader.links(self.sync_id, sorted(held - self.links.keys())) if held else []
        for link in (*absent, *(self.links[i] for i in held & self.links.keys())):
            keys = [key_hashes(self.salt, self.match, now_values(link.side(s))) for s in SIDES]
            if any(self.freed.get(k, set()) & {*hashes} for found in keys for k, hashes in found.items()):
                self._keep([replace(link, due_run=0, version=link.version + 1)])

    def _keep_holds(self) -> None:
        """What is worked on gets its holds anew; one whose reason still stands is not lost by an edit elsewhere.

        One that was settled by an edit of the partner ends too, though its own contact was not worked on.
        """
        told = {(h.side, h.contact_id, h.reason, h.field) for h in self.holds}
        open_holds = [h for h, _ in self.reader.holds(self.sync_id)]
        open_holds = [h for h in open_holds if (h.side, h.contact_id, h.reason, h.field) not in told]
        anew = {(h.link_id, h.field) for h in self.holds if h.field}  # a field waits for one reason at a time
        open_holds = [h for h in open_holds if not h.field or (h.link_id, h.field) not in anew]
        for hold in (h for h in open_holds if h.link_id in self.links):
            row = self.known.get((hold.side, hold.contact_id))
            if stands(hold, self.links[hold.link_id or ""]) and not (row and row.tombstone):
                self.holds.append(hold)
            else:
                self.ended.add((hold.side, hold.contact_id))
        judged = (self.ended | {(h.side, h.contact_id) for h in self.holds}) - self.worked
        others = [h for h in open_holds if h.link_id not in self.links]
        self.holds.extend(h for h in others if (h.side, h.contact_id) in judged)

    def _load(self, rows: Iterable[JournalRow]) -> None:
        """What the ledger holds of those whom the rows name."""
        links: set[str] = set()
        ids: dict[Side, set[str]] = {side: set() for side in SIDES}
        made: set[Place] = set()
        for intent, outcome in ((r.intent, r.outcome) for r in rows):
            links.add(intent.link_id or "")
            ids[intent.side.other].add(intent.source_id)
            ids[intent.side].add(outcome.target_id or intent.target_id)
            if intent.verb is Verb.CREATE:
                made.add((intent.side, outcome.target_id))
        self._keep(self.reader.links(self.sync_id, sorted(links - {""} - self.links.keys())))
        self._find_holders(made)
        for side in SIDES:
            absent = sorted(i for i in ids[side] if i and (side, i) not in self.known)
            found = self.reader.known(self.sync_id, side, absent)
            self.known.update({(side, i): k for i, k in found.items()})

    def _find_holders(self, made: Collection[Place]) -> None:
        """Who holds what creates made or found, for all of them at once: they may be a hundred thousand."""
        for side in SIDES:
            ids = sorted(i for s, i in made if s is side and i)
            for link in self.reader.links_of(self.sync_id, side, ids) if ids else ():
                self.stored.setdefault((side, link.side(side).contact_id), []).append(link)
        self.held.update({at: [] for at in made})
        for link in self.links.values() if made else ():
            self._note_holder(link)

    def _link(self, row: JournalRow) -> None:
        intent, outcome = row.intent, row.outcome
        link = self.links.get(intent.link_id or "")
        lost = losers(link, intent, outcome)
        link = link or self._met(intent, outcome)
        self.conflicts.extend(c for c in lost if (c.link_id, c.field, c.rule) not in self.listed)
        if link is not None:
            folded, holds = fold_link(link, intent, outcome, self.when)
            self._keep([folded])
            self.holds.extend(holds)
            self.conflicts.extend(doubts(link, folded, outcome))
            self._look_again(link, folded, intent)
        self.folded.append(intent.key)
        key = (intent.side, intent.target_id)
        if outcome.state in (State.DONE, State.ADOPTED) and intent.verb is Verb.DELETE and key in self.known:
            gone = self.known[key]
            self._free(gone, {})
            self.known[key] = replace(gone, tombstone=True, raw=None, keys={}, generation=gone.generation + 1)
            there = (intent.side.other, intent.source_id)
            if intent.undoes and there in self.known:
                self.known[there] = not_again(self.known[there], intent)
        elif outcome.values is not None:
            observed, before = self._as_observed(key, outcome), self.known.get(key)
            if before is not None:
                self._free(before, observed.keys)
            # Whom a dead run wrote for a match that stands no more: matched anew when it is listed.
            self.known[key] = observed if link is not None else replace(observed, raw=None)

    def _met(self, intent: Intent, outcome: Outcome) -> Link | None:
        """The match by which a run wrote that died before it stored it; None where nothing speaks for it any more.

        Forgotten, the two would be strangers: whoever is deleted next would be made anew from the other.
        """
        at = {intent.side: intent.target_id, intent.side.other: intent.source_id}
        rows = [self.known.get(place) or Known(place[1], None, None) for place in at.items()]
        if intent.verb is Verb.DELETE or intent.undoes or outcome.state not in (State.DONE, State.ADOPTED):
            return None
        elsewhere = any(row.link_id or row.tombstone or row.wish == Wish.SKIP for row in rows)
        if elsewhere or self._kept_apart(at[Side.LEFT], at[Side.RIGHT]):
            return None
        link = met_link(intent)
        for place, row in zip(at.items(), rows, strict=True):
            self.known[place] = replace(row, link_id=link.id, wish=Wish.NONE, due_run=None, due_at=None, attempts=0)
        return link

    def _kept_apart(self, left: str, right: str) -> bool:
        return any((v.left_id, v.right_id, v.same) == (left, right, False) for v in self.reader.verdicts(self.sync_id))

    def _look_again(self, link: Link, folded: Link, intent: Intent) -> None:
        """A run that died stored what it read of the source with its action alone: the index knows an older row.

        Whoever takes the edit back, so that the row is as the index knows it, has edited once more.
        """
        at = (intent.side.other, intent.source_id)
        source = self.known.get(at)
        if source is not None and now_values(link.side(at[0])) != now_values(folded.side(at[0])):
            self.known[at] = replace(source, raw=None)

    def _free(self, row: Known, kept: Mapping[str, Sequence[int]]) -> None:
        for name, hashes in row.keys.items():
            if lost := set(hashes) - set(kept.get(name, ())):
                self.freed.setdefault(name, set()).update(lost)

    def _recreate(self, row: JournalRow) -> None:
        """A contact that an undo made anew: its link is parted, or flows again where the other contact is there."""
        intent, outcome = row.intent, row.outcome
        self.folded.append(intent.key)
        link = self.links.get(intent.link_id or "")
        if link is None or (is_there(outcome) and self._taken(intent, outcome) is not None):
            return
        self._keep([fold_recreated(link, intent, outcome, self.pairs)])
        if not is_there(outcome):
            return
        key, there = (intent.side, outcome.target_id), (intent.side.other, intent.source_id)
        self.known[key] = replace(self._as_observed(key, outcome), link_id=link.id, due_run=None, due_at=None)
        source = self.known.get(there)
        if source is not None and not source.tombstone:
            self.known[there] = replace(source, link_id=link.id, wish=Wish.NONE, due_run=None, due_at=None)

    def _as_observed(self, key: tuple[Side, str], outcome: Outcome) -> Known:
        """The index row after our own write. Which rules it matches now is judged when a listing shows it."""
        (side, contact_id), old = key, self.known.get(key)
        values = outcome.values or {}
        row = old or Known(contact_id, None, None, first_seen_at=outcome.at)
        return replace(
            row,
            raw=None if self.effects.get(side) else outcome.raw,
            fingerprint=fingerprint(values),
            tombstone=False,
            ref=outcome.ref,
            keys=key_hashes(self.salt, self.match, values),
        )

    def _create(self, row: JournalRow) -> None:
        intent, outcome = row.intent, row.outcome
        source_key = (intent.side.other, intent.source_id)
        self.worked.add(source_key)  # what was held about it is held anew, or over
        source = self.known.get(source_key) or Known(intent.source_id, None, None, ref=intent.source_ref)
        match outcome.state:
            case State.DONE | State.ADOPTED:
                self._created(row, source)
                return
            case State.REFUSED:
                self.known[source_key] = replace(source, generation=source.generation + 1)
                self.holds.append(Hold(source_key[0], source_key[1], HoldReason.REFUSED, outcome.reason))
                self._anew(intent, wish=Wish.NONE)
            case _ if outcome.reason.startswith(MAY_BE_GONE):
                self.known[source_key] = replace(source, due_run=None, due_at=None, attempts=0)
                if not source.tombstone:
                    self.holds.append(Hold(*source_key, HoldReason.MAY_BE_DELETED, f"its create got {outcome.reason}"))
                self._anew(intent, wish=Wish.NONE)
            case _ if outcome.reason == NEVER_HAPPENED:
                self.known[source_key] = replace(source, due_run=0)
                self._anew(intent, due_run=0)
                self.requeued.append(intent.key)
            case _:
                due_run, due_at = back_off(source.attempts, self.when)
                self.known[source_key] = replace(source, due_run=due_run, due_at=due_at, attempts=source.attempts + 1)
                self._anew(intent, due_run=due_run, due_at=due_at)
        self.folded.append(intent.key)

    def _anew(self, intent: Intent, **changes: Any) -> None:
        """The parted link of a contact that is created anew because a person said so."""
        link = self.links.get(intent.link_id or "")
        if link is not None:
            self._keep([replace(link, version=link.version + 1, **changes)])

    def _created(self, row: JournalRow, source: Known) -> None:
        intent, outcome = row.intent, row.outcome
        self.folded.append(intent.key)
        taken = self._taken(intent, outcome)
        if taken is not None:
            self._found_taken(intent, outcome, taken, source)
            return
        self._anew(intent, status=LinkStatus.CLOSED, wish=Wish.NONE)
        link = fold_create(self.sync_id, intent, outcome, self.pairs, self.effects)
        if intent.source_fingerprint is not None and source.fingerprint != intent.source_fingerprint:
            link = with_standing(link, intent.side.other, Standing.MISSING)  # edited meanwhile: read by id next
        self._keep([replace(link, due_run=0) if is_pending(link, self.pairs, self.direction) else link])
        self.holds.extend(left_out(link, intent, self.pairs))
        self.conflicts.extend(doubts(None, link, outcome))
        target_key = (intent.side, outcome.target_id)
        self.worked.add(target_key)  # linked now: whatever it was held for before is over
        observed = self._as_observed(target_key, outcome)
        observed = replace(observed, link_id=link.id, due_run=None, due_at=None)
        if link.status is LinkStatus.PARTED:
            observed = replace(observed, tombstone=True, raw=None, keys={})
        self.known[target_key] = observed
        self.known[intent.side.other, intent.source_id] = replace(
            source, link_id=link.id, due_run=None, due_at=None, attempts=0, wish=Wish.NONE
        )

    def _taken(self, intent: Intent, outcome: Outcome) -> Link | None:
        """The live link of another contact with what a create made; ids may have moved in this very run (core 8)."""
        at = (intent.side, outcome.target_id)
        links = [self.links.get(k.id, k) for k in self.stored.get(at, ())]
        if outcome.state is State.ADOPTED:  # nobody else can know of what was made just now
            links += [self.links[i] for i in self.held.get(at, ())]
        for link in links:
            mine = link.side(intent.side.other).contact_id == intent.source_id
            if link.status is LinkStatus.LIVE and link.side(intent.side).contact_id == outcome.target_id and not mine:
                return link
        return None

    def _found_taken(self, intent: Intent, outcome: Outcome, taken: Link, source: Known) -> None:
        """Its source is held; where the two were merged, with both names and until a person decides."""
        at, made = (intent.side.other, intent.source_id), outcome.target_id
        former = {k.side(intent.side).contact_id for k in self.reader.links(self.sync_id, [taken.id])} - {made}
        if former:
            words = f"what its create made ({made}) and {former.pop()}, which is linked, became one contact"
            self.known[at] = replace(source, generation=source.generation + 1, due_run=None, due_at=None)
            self.holds.append(Hold(*at, HoldReason.MAY_BE_DELETED, words))
        else:
            words = f"what its create found ({made}) belongs to another contact already"
            self.holds.append(Hold(*at, HoldReason.AMBIGUOUS, words, taken.id))


def batches(folding: Folding, plan: Plan | None) -> Iterable[FoldBatch]:
    """The fold in transactions of about a thousand links; the first carries what belongs to the run as a whole."""
    plan = plan or Plan()
    scope = folding.worked | folding.ended | {(h.side, h.contact_id) for h in folding.holds}
    scope |= {*plan.forgotten, *folding.buried}
    yield FoldBatch(
        rekeyed=plan.rekeyed,
        forgotten=plan.forgotten,
        hold_scope=sorted(scope),
        holds=folding.holds,
        conflicts=(*plan.conflicts, *folding.conflicts),
    )
    links, known = iter(folding.links.values()), ((s, k) for (s, _), k in folding.known.items())
    while part := (list(islice(links, AT_ONCE)), list(islice(known, AT_ONCE))):
        if not any(part):
            break
        yield FoldBatch(links=part[0], known=part[1])
    # Marked as folded last: a fold that was cut off is done again as a whole.
    yield FoldBatch(folded=folding.folded, requeued=folding.requeued)
