"""Two pretend apps in plain Python and a sync between them: no ledger, no wire, only what is decided and folded.

Apps differ by data: what each field can hold (slots or free lists, read-only, lengths), and where an app cuts a text
off without saying so. People type, delete and add; `run` does what one run of a sync does. Rules judge by `judge`; what
their actions write stands in columns beside the mapped fields (`extra`).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from contactsync.contact import decode, fingerprint, is_empty, kind_of, normal_text
from contactsync.model.app import Deletes
from contactsync.model.exchange import State, Verb
from contactsync.model.link import ApartReason, Known, Link, LinkStatus, Standing
from contactsync.model.plan import Intent, JournalRow, Outcome, Plan
from contactsync.model.rules import Contacts, Matching
from contactsync.model.spec import SIDES, DeletionPolicy, Direction, FieldPair, Holding, MatchSpec, Side
from contactsync.model.undo import Stay
from contactsync.sync.collisions import Carriers, Held, carry
from contactsync.sync.created import fold_create
from contactsync.sync.entering import rules_wait
from contactsync.sync.fold import When, back_off, fold_link, is_pending
from contactsync.sync.link_case import Rules
from contactsync.sync.matching import Node, Verdicts
from contactsync.sync.past import TOOK_PLACE, Deed, Means, Past
from contactsync.sync.readings import Reading, Shown, key_hashes
from contactsync.sync.reconcile import Given, reconcile
from contactsync.sync.recreated import fold_recreated, not_again
from contactsync.sync.scope import Effects, in_scope
from contactsync.sync.undoing import undo
from factories import SYNC, minutes

Judge = Callable[[Side, Mapping[str, str]], Matching | None]
SALT = "salt"
KEYS = MatchSpec()


@dataclass(repr=False)
class PretendApp:
    """One side: contacts by id, and which of them changed since they were last read."""

    side: Side
    pairs: Mapping[str, FieldPair]
    cut: Mapping[str, int]  # field -> characters that are kept, silently
    judge: Judge
    extra: tuple[str, ...] = ()
    contacts: dict[str, dict[str, str]] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    made: int = 0

    def add(self, values: Mapping[str, str]) -> str:
        self.made += 1
        contact_id = f"{self.side}-{self.made}"
        names = (*self.pairs, *self.extra)
        self.contacts[contact_id] = {name: "[]" if kind_of(name).several else "" for name in names}
        self.put(contact_id, values)
        return contact_id

    def put(self, contact_id: str, values: Mapping[str, str]) -> None:
        self.contacts[contact_id].update({name: self.stored(name, text) for name, text in values.items()})
        self.changed.add(contact_id)

    def remove(self, contact_id: str) -> None:
        del self.contacts[contact_id]
        self.changed.discard(contact_id)
        self.deleted.add(contact_id)

    def stored(self, name: str, text: str) -> str:
        """What the app makes of a text; nothing it cannot hold may ever be asked of it."""
        if name not in self.pairs:
            return text if kind_of(name).several else normal_text(text[: self.cut.get(name)])
        pair, held = self.pairs[name], self.pairs[name].holding(self.side)
        if not pair.kind.several:
            assert held.max_length is None or len(text) <= held.max_length
            return normal_text(text[: self.cut.get(name)])
        elements = decode(text)
        assert held.max_items is None or len(elements) <= held.max_items
        assert all((e.label is not None) == held.label for e in elements)
        assert all((e.primary is not None) == held.primary for e in elements)
        assert sum(bool(e.primary) for e in elements) <= 1
        if held.slots:
            assert {e.label for e in elements} <= set(held.slots)
            assert len({e.label for e in elements}) == len(elements)
        return text

    def shown(self, contact_id: str, round_: int) -> Shown:
        values = dict(self.contacts[contact_id])
        mark = fingerprint(values)
        at, matching = minutes(round_), self.judge(self.side, values)
        return Shown(contact_id, values, mark, mark, at, version=str(mark), modified_at=at, matching=matching)


@dataclass
class Troubles:
    """How often a write does not go as planned, by a seeded dice."""

    dice: random.Random
    refused: float = 0.0
    not_sent: float = 0.0
    overtaken: float = 0.0


@dataclass(repr=False)
class World:
    """Two apps and what the sync remembers of them."""

    pairs: tuple[FieldPair, ...]
    cut: Mapping[Side, Mapping[str, int]]
    direction: Direction = Direction.BOTH
    deletions: Mapping[Side, DeletionPolicy] = field(default_factory=dict)
    effects: Effects = field(default_factory=dict)
    judge: Judge = lambda _side, _values: None
    extra: tuple[str, ...] = ()
    apps: dict[Side, PretendApp] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)
    known: dict[Side, dict[str, Known]] = field(default_factory=lambda: {s: {} for s in SIDES})
    journal: list[JournalRow] = field(default_factory=list)
    apart: set[tuple[str, str]] = field(default_factory=set)  # what a person said of two contacts
    parted_in: dict[str, int] = field(default_factory=dict)  # link that an undo parted -> run
    met_in: dict[str, int] = field(default_factory=dict)  # link that matching made -> run
    seq: int = 0

    def __post_init__(self) -> None:
        by_name = {p.field: p for p in self.pairs}
        self.apps = {s: PretendApp(s, by_name, self.cut[s], self.judge, self.extra) for s in SIDES}

    def __repr__(self) -> str:
        held = {p.field: (p.left, p.right) for p in self.pairs if p.kind.several}
        return f"World({self.direction}, {self.pairs[0].conflicts}, {held}, {self.deletions})"

    # ---- one run

    def run(self, complete: Mapping[Side, bool] | None = None, troubles: Troubles | None = None) -> Plan:
        """Read, decide, write, remember. Returns the plan."""
        self.seq += 1
        given = self.given(complete or dict.fromkeys(SIDES, False))
        plan = reconcile(given)
        self.met_in.update({k.id: self.seq for k in plan.links if k.id not in self.links})
        self.links.update({k.id: k for k in plan.links})
        for side, row in plan.known:
            self.known[side][row.contact_id] = row
        for side, contact_id in plan.forgotten:
            self.known[side].pop(contact_id, None)
        for intent in plan.intents:
            self.watch(intent)
        self.carry_out(plan, troubles)
        return plan

    def carry_out(self, plan: Plan, troubles: Troubles | None) -> None:
        """Write every action and fold what came of it."""
        for intent in plan.intents:
            outcome = self._write(intent, troubles)
            self.journal.append(JournalRow(intent, outcome, f"run {self.seq}", minutes(self.seq)))
            self._fold(intent, outcome)
        for link_id in {i.link_id for i in plan.intents if i.link_id}:
            link = self.links[link_id]
            if link.due_run is None and is_pending(link, self.pairs, self.direction):
                self.links[link_id] = replace(link, due_run=0)

    def undo(self, since: int, until: int, troubles: Troubles | None = None) -> Plan:
        """Take back the runs of these numbers, as a run of its own."""
        self.seq += 1
        runs = {f"run {n}" for n in range(since, until + 1)}
        rows = [r for r in self.journal if r.outcome.state in TOOK_PLACE and int(r.run_id.split()[1]) >= since]
        deeds = [Deed(r, self._link_of(r), r.run_id in runs) for r in rows]
        met = [self.links[i] for i, n in self.met_in.items() if since <= n <= until]
        now = {(s, i): self.apps[s].shown(i, self.seq) for s in SIDES for i in self.apps[s].contacts}
        away = {d.place: Stay.GONE for d in deeds if d.place not in now}
        known = {(s, i): row for s in SIDES for i, row in self.known[s].items()}
        parted = [self.links[i] for i, n in self.parted_in.items() if since <= n <= until]
        plan = undo(Past(deeds, now, away, known, met, parted), self.means())
        self.links.update({k.id: k for k in plan.links})
        for link in plan.links:
            both = (link.left.contact_id, link.right.contact_id)
            if link.status is LinkStatus.PARTED:
                self.apart.add(both)
                self.parted_in[link.id] = self.seq
            else:
                self.apart.discard(both)
        self.carry_out(plan, troubles)
        return plan

    def means(self) -> Means:
        holding = {(s, p.field): p.holding(s) for s in SIDES for p in self.pairs}
        holding.update({(s, name): Holding() for s in SIDES for name in self.extra})

        held: Held = {}
        for side in SIDES:
            for contact_id, contact in self.apps[side].contacts.items():
                carry(held, side, key_hashes(SALT, KEYS, contact), contact_id)
        return Means(SYNC, "runs", self.pairs, holding, owner=Carriers(KEYS, SALT, held))

    def _link_of(self, row: JournalRow) -> Link | None:
        if row.intent.link_id:
            return self.links[row.intent.link_id]
        known = self.known[row.intent.side].get(row.outcome.target_id)
        return self.links.get(known.link_id or "") if known else None

    def given(self, complete: Mapping[Side, bool]) -> Given:
        readings = {s: self._read(s, complete=complete[s]) for s in SIDES}
        shown = {s: readings[s].shown for s in SIDES}
        others = [
            Node(s, i, row.keys, linked=row.link_id is not None, shown=False)
            for s in SIDES
            for i, row in self.known[s].items()
            if i not in shown[s] and not row.tombstone
        ]
        others += [
            Node(s, i, key_hashes(SALT, KEYS, contact.values), linked=True)
            for s in SIDES
            for i, contact in shown[s].items()
            if i in self.known[s] and self.known[s][i].link_id and not self.known[s][i].tombstone
        ]
        return Given(
            rules=self.rules(retry=any(complete.values())),
            match=KEYS,
            salt=SALT,
            readings=readings,
            links=[self.links[i] for i in sorted(self._touched(readings, retry=any(complete.values())))],
            known={s: dict(rows) for s, rows in self.known.items()},
            others=others,
            verdicts=Verdicts(apart=frozenset(self.apart)),
        )

    def rules(self, *, retry: bool = False) -> Rules:
        detects = dict.fromkeys(SIDES, Deletes.FEED)
        return Rules(SYNC, self.pairs, self.direction, self.deletions, detects, retry=retry, effects=self.effects)

    def _touched(self, readings: Mapping[Side, Reading], *, retry: bool) -> Iterable[str]:
        """Links that are read or due; on a complete read also those with something refused.

        An ended one that its contact no longer belongs to is none of these.
        """
        for link in self.links.values():
            sides = [s for s in SIDES if link.status is LinkStatus.LIVE or self._belongs(link, s)]
            halves = [(readings[s], link.side(s).contact_id) for s in sides]
            due = link.due_run is not None and link.due_run <= self.seq and link.status in _OPEN
            due = due or (retry and any(a.reason is ApartReason.REFUSED for a in link.apart.values()))
            if due or any(i in r.shown or i in r.gone or i in r.missing for r, i in halves):
                yield link.id

    def _belongs(self, link: Link, side: Side) -> bool:
        row = self.known[side].get(link.side(side).contact_id)
        return row is not None and row.link_id == link.id

    def _read(self, side: Side, *, complete: bool) -> Reading:
        """A delta or a complete listing, and point reads of who is missing or due."""
        app, known = self.apps[side], self.known[side]
        listed = set(app.contacts) if complete else app.changed & set(app.contacts)
        due = {i for i, row in known.items() if row.due_run is not None and row.due_run <= self.seq}
        missing_before = {
            k.side(side).contact_id
            for k in self.links.values()
            if k.status in _OPEN and k.side(side).standing is Standing.MISSING
        }
        asked = due | missing_before
        shown = {i: app.shown(i, self.seq) for i in listed | (asked & set(app.contacts))}
        shown = {i: s for i, s in shown.items() if i in asked or not self._is_known(side, s)}
        deleted = {i for i in app.deleted if i in known and not known[i].tombstone}
        gone = (asked - set(app.contacts)) & set(known) if complete else deleted
        unlisted = {i for i in known if i not in app.contacts and not known[i].tombstone} - gone if complete else set()
        if not complete:
            app.deleted.clear()
        app.changed.clear()
        return Reading(
            side,
            minutes(self.seq),
            shown,
            frozenset(gone),
            missing=frozenset(i for i in unlisted if known[i].link_id),
            forgotten=frozenset(i for i in unlisted if not known[i].link_id),
            complete=complete,
            rows=len(listed),
        )

    def _is_known(self, side: Side, shown: Shown) -> bool:
        row = self.known[side].get(shown.id)
        return row is not None and row.link_id is not None and not row.tombstone and row.raw == shown.raw

    # ---- writing

    def watch(self, intent: Intent) -> None:
        """What the rules must have allowed before it is sent."""
        source, target = intent.side.other, intent.side
        link = self.links.get(intent.link_id or "")
        fields = [f for f in intent.patch if f not in intent.acts]
        if link is not None and fields:
            assert in_scope(link, self.direction), "a field flows out of scope"
        if link is not None and intent.verb is Verb.DELETE:
            assert link.scope[source], "a deletion in a closed direction"
        if intent.verb is Verb.CREATE:
            matching = self.judge(source, self.apps[source].contacts[intent.source_id])
            rules = self.effects.get(source, {})
            creating = matching is None or any(rules[n].contacts is Contacts.CREATE_AND_UPDATE for n in matching.alone)
            assert creating, f"created in {target} though no rule says so"

    def _write(self, intent: Intent, troubles: Troubles | None) -> Outcome:
        app, at = self.apps[intent.side], minutes(self.seq + 0.5)
        there = app.contacts.get(intent.target_id)
        if there is not None:
            assert all(there[f] == text for f, text in intent.before.items())
        trouble = _trouble(intent, troubles)
        if trouble is State.OVERTAKEN and there is not None:
            values = dict(there)
            return Outcome(intent.key, trouble, intent.target_id, raw=fingerprint(values), values=values, at=at)
        if trouble is not None and trouble is not State.OVERTAKEN:
            return Outcome(intent.key, trouble, intent.target_id, reason="as the dice fell", at=at)
        match intent.verb:
            case Verb.DELETE:
                app.remove(intent.target_id)
                return Outcome(intent.key, State.DONE, intent.target_id, at=at)
            case Verb.CREATE:
                assert all(not is_empty(text) for name, text in intent.patch.items() if name not in intent.acts)
                contact_id = app.add(intent.patch)
            case _:
                contact_id = intent.target_id
                app.put(contact_id, intent.patch)
        shown = app.shown(contact_id, self.seq)
        return Outcome(
            intent.key,
            State.DONE,
            contact_id,
            created=intent.verb is Verb.CREATE,
            version=shown.version,
            raw=shown.raw,
            values=shown.values,
            at=at,
        )

    def _fold(self, intent: Intent, outcome: Outcome) -> None:
        """What `record` does with one settled action."""
        when = When(self.seq, minutes(self.seq))
        if intent.verb is Verb.CREATE and intent.undoes:
            self._fold_recreated(intent, outcome)
            return
        if intent.verb is Verb.CREATE:
            self._fold_create(intent, outcome, when)
            return
        link = self.links[intent.link_id or ""]
        self.links[link.id], _ = fold_link(link, intent, outcome, when)
        rows = self.known[intent.side]
        if outcome.state is State.DONE and intent.verb is Verb.DELETE:
            rows[intent.target_id] = replace(rows[intent.target_id], tombstone=True, raw=None, keys={})
            there = self.known[intent.side.other]
            if intent.undoes:
                there[intent.source_id] = not_again(there[intent.source_id], intent)
        elif outcome.values is not None:
            rows[intent.target_id] = self._row(intent.side, rows[intent.target_id], outcome)

    def _fold_create(self, intent: Intent, outcome: Outcome, when: When) -> None:
        source = self.known[intent.side.other][intent.source_id]
        if outcome.state is State.DONE:
            link = fold_create(SYNC, intent, outcome, self.pairs, self.effects)
            self.links[link.id] = replace(link, due_run=0) if rules_wait(link) else link
            new = self._row(intent.side, Known(outcome.target_id, None, None), outcome)
            self.known[intent.side][outcome.target_id] = replace(new, link_id=link.id)
            source = replace(source, link_id=link.id, due_run=None, due_at=None, attempts=0)
        elif outcome.state is State.REFUSED:
            source = replace(source, generation=source.generation + 1)
        else:
            due_run, due_at = back_off(source.attempts, when)
            source = replace(source, due_run=due_run, due_at=due_at, attempts=source.attempts + 1)
        self.known[intent.side.other][intent.source_id] = source

    def _fold_recreated(self, intent: Intent, outcome: Outcome) -> None:
        link = self.links[intent.link_id or ""]
        self.links[link.id] = fold_recreated(link, intent, outcome, self.pairs)
        if outcome.state is not State.DONE:
            return
        new = self._row(intent.side, Known(outcome.target_id, None, None), outcome)
        self.known[intent.side][outcome.target_id] = replace(new, link_id=link.id)
        source = self.known[intent.side.other][intent.source_id]
        if not source.tombstone:
            self.known[intent.side.other][intent.source_id] = replace(source, link_id=link.id, wish="")

    def _row(self, side: Side, row: Known, outcome: Outcome) -> Known:
        values = outcome.values or {}
        raw = None if self.effects.get(side) else outcome.raw
        return replace(
            row, raw=raw, fingerprint=fingerprint(values), keys=key_hashes(SALT, KEYS, values), tombstone=False
        )


_OPEN = (LinkStatus.LIVE, LinkStatus.PARTED)


def _trouble(intent: Intent, troubles: Troubles | None) -> State | None:
    if troubles is None:
        return None
    roll = troubles.dice.random()
    for chance, state in (
        (troubles.refused, State.REFUSED),
        (troubles.not_sent, State.NOT_SENT),
        (troubles.overtaken, State.OVERTAKEN),
    ):
        roll -= chance
        if roll < 0:
            return state if intent.verb is Verb.UPDATE or state is not State.OVERTAKEN else State.NOT_SENT
    return None
