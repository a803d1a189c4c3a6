"""A history, step by step: people, runs and mishaps as plain data, so that every one can be written down and replayed.

`Story.play` takes a list of steps; each is the name of a method and its arguments, as JSON holds them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bounds import Happened, runs_until_rest
from connector import Faults
from contactsync.errors import LimitExceeded
from contactsync.model.exchange import Verb
from contactsync.model.link import LinkStatus
from contactsync.model.plan import JournalRow
from contactsync.model.spec import (
    SIDES,
    ConflictPolicy,
    DagSpec,
    DeletionPolicy,
    Direction,
    FieldsSpec,
    Side,
    SideSpec,
    SyncSpec,
)
from contactsync.model.stages import Summary
from contactsync.model.undo import UndoOrder
from oracle import Broken, Oracle
from rig import Process, Rig
from vendor import SINGLE, Row, Vendor
from vendor_kinds import KINDS
from world import WIDE, Clock

Step = Sequence[Any]


@dataclass
class Story:
    """One history under way, with its two accounts, its runs and its oracle."""

    left: str = "plain"
    right: str = "plain"
    conflicts: str = "left"
    deletions: str = "delete"
    steps: list[Step] = field(default_factory=list)
    keys: dict[int, str] = field(default_factory=dict)  # person -> own | none | shared
    settled_after: list[int] = field(default_factory=list)
    excused: set[tuple[str, str]] = field(default_factory=set)  # (field or *, reason): what may rightly be apart
    happened: Happened = field(default_factory=Happened)  # what settling may take longer for
    kept: bytes = b""
    listed_whole: bool = False
    touched: bool = True  # something happened since all was at rest
    parting: bool = False  # a run was taken back: links that it made may be kept apart

    def __post_init__(self) -> None:
        self.clock, self.oracle = Clock(), Oracle()
        kinds = dict(zip(("left", "right"), (self.left, self.right), strict=True))
        self.vendors = {s: Vendor(s.value, KINDS[kinds[s]], self.clock.seconds, self.oracle) for s in SIDES}
        self.oracle.vendors = {s.value: self.vendors[s] for s in SIDES}
        self.faults = {s: Faults() for s in SIDES}
        policy = DeletionPolicy(self.deletions)
        spec = SyncSpec(
            "pair",
            SideSpec("pretend", "one"),
            SideSpec("pretend", "other"),
            DagSpec(None),
            conflicts=ConflictPolicy(self.conflicts),
            deletions=dict.fromkeys(SIDES, policy),
            limits=WIDE,
        )
        self.rig = Rig(spec, self.clock, self.vendors, self.faults)
        self._note_setting()

    @property
    def script(self) -> str:
        """The history so far, to be replayed."""
        setting = [self.left, self.right, self.conflicts, self.deletions]
        return json.dumps({"setting": setting, "steps": self.steps})

    def play(self, steps: Sequence[Step]) -> None:
        """Take these steps."""
        for name, *rest in steps:
            self.steps.append([name, *rest])
            getattr(self, name)(*rest)

    # ---- people

    def add(self, side: str, person: int, key: str, fields: Sequence[str]) -> None:
        """A new contact. key: own | none | shared; a person without a key of his own is on one side only."""
        vendor, oracle = self.vendors[Side(side)], self.oracle
        here = any(oracle.who[side, r] == person for r in vendor.recs())
        if here or (person in self.keys and (key, self.keys[person]) != ("own", "own")):
            return
        self.keys[person] = key
        self.touched = True
        row = vendor.add({})
        oracle.note_contact(side, row.rec, person, self.clock.seconds())
        for other in (p for p, k in self.keys.items() if key == k == "shared"):
            oracle.unite(person, other)
        for name in ("names.given", *(f for f in fields if f != "names.given")):
            self._type(vendor, row.rec, name, "abc")
        if key != "none":
            self._enter(vendor, row.rec, "emails", f"p{person}@own.test" if key == "own" else "family@shared.test")

    def type(self, side: str, pick: int, name: str, tail: str) -> None:
        """Somebody types a new single value."""
        if (row := self._picked(side, pick)) is not None:
            self._type(self.vendors[Side(side)], row.rec, name, tail)

    def clear(self, side: str, pick: int, name: str) -> None:
        """Somebody empties a single value; a name stays."""
        row = self._picked(side, pick)
        if row is None or name == "names.given" or not row.values[name]:
            return
        self.touched = True
        now = self.clock.seconds()
        self.oracle.note_typed(side, row.rec, name, "", str(row.values[name]), now)
        self.vendors[Side(side)].edit(row.rec, {name: ""})

    def enter(self, side: str, pick: int, name: str) -> None:
        """Somebody adds one more element."""
        if (row := self._picked(side, pick)) is not None:
            person = self.oracle.who[side, row.rec]
            number = sum(len(v) for v in self.oracle.entered.values())
            element = f"p{person}n{number}" + ("@more.test" if name == "emails" else "")
            self._enter(self.vendors[Side(side)], row.rec, name, element)

    def drop(self, side: str, pick: int, name: str, at: int) -> None:
        """Somebody removes an element; the address by which a person is known stays."""
        row = self._picked(side, pick)
        there = [e for e in row.values[name] if not e.endswith(("@own.test", "@shared.test"))] if row else []
        if row is None or not there:
            return
        self.touched = True
        out = there[at % len(there)]
        self.oracle.note_removed(side, row.rec, name, out, self.clock.seconds())
        self.vendors[Side(side)].edit(row.rec, {name: tuple(e for e in row.values[name] if e != out)})

    def delete(self, side: str, pick: int) -> None:
        """Somebody deletes a contact."""
        if (row := self._picked(side, pick)) is not None:
            self.touched = True
            self.oracle.note_deleted(side, row.rec, dict(row.values), self.clock.seconds())
            self.vendors[Side(side)].remove(row.rec)

    def _picked(self, side: str, pick: int) -> Row | None:
        vendor = self.vendors[Side(side)]
        recs = vendor.recs()
        return vendor.row_of(recs[pick % len(recs)]) if recs else None

    def _type(self, vendor: Vendor, rec: int, name: str, tail: str) -> None:
        self.touched = True
        person, before = self.oracle.who[vendor.side, rec], str(vendor.row_of(rec).values[name])
        text = self.oracle.text(person, tail)
        self.oracle.note_typed(vendor.side, rec, name, text, before, self.clock.seconds())
        vendor.edit(rec, {name: vendor.traits.form(name, text)})

    def _enter(self, vendor: Vendor, rec: int, name: str, element: str) -> None:
        now = vendor.row_of(rec).values[name]
        if element not in now:
            self.touched = True
            self.oracle.note_entered(vendor.side, rec, name, element, self.clock.seconds())
            vendor.edit(rec, {name: (*now, element)})

    # ---- mishaps

    def expire(self, side: str) -> None:
        """The vendor accepts no cursor that it has given so far."""
        self.vendors[Side(side)].expire()

    def bad_listing(self, side: str, fault: str) -> None:
        """The next listing fails, or shows too little."""
        self.faults[Side(side)].pulls[:] = [fault]

    def bad_write(self, side: str, fault: str) -> None:
        """The next write fails, or its answer is lost."""
        self.touched = True
        self.faults[Side(side)].pushes[:] = [fault]

    def rename(self, side: str, pick: int) -> None:
        """The vendor gives a contact another id."""
        if (row := self._picked(side, pick)) is not None:
            self.touched = True
            self.vendors[Side(side)].rename(row.rec)

    def merge(self, side: str, pick: int, into: int) -> None:
        """Somebody merges two contacts: who they are is for a person to say from now on."""
        loser, winner = self._picked(side, pick), self._picked(side, into)
        if loser is None or winner is None or loser.rec == winner.rec:
            return
        self.touched = True
        self.oracle.note_merged(side, loser.rec, winner.rec, self.clock.seconds())
        self.vendors[Side(side)].merge(loser.rec, winner.rec)

    # ---- changes of the file and of the accounts

    def policy(self, conflicts: str) -> None:
        """The file names another winner."""
        self._respell(conflicts=ConflictPolicy(conflicts))

    def deleting(self, deletions: str) -> None:
        """The file says something else of deletions."""
        self._respell(deletions=dict.fromkeys(SIDES, DeletionPolicy(deletions)))

    def fields(self, exclude: Sequence[str]) -> None:
        """The file leaves out other fields."""
        self._respell(fields=FieldsSpec(exclude=tuple(exclude)))

    def direction(self, direction: str) -> None:
        """The file opens other directions."""
        self._respell(direction=Direction(direction))

    def schema(self, side: str, kind: str) -> None:
        """The account's administrator changes what its fields hold."""
        self.touched = True
        fresh, vendor = KINDS[kind], self.vendors[Side(side)]
        vendor.traits = replace(vendor.traits, forms=fresh.forms, refuses=fresh.refuses, lengths=fresh.lengths)
        self._note_setting()

    def _respell(self, **changes: Any) -> None:
        self.touched = True
        self.rig.spec = replace(self.rig.spec, **changes)
        self._note_setting()

    def _note_setting(self) -> None:
        """What the file and the accounts say now, and which fields may rightly differ for it, also later."""
        spec, told = self.rig.spec, {s for s in SIDES if self.vendors[s].traits.deletes != "none"}
        deletes = {s for s in told if spec.deletions[s] is DeletionPolicy.DELETE and spec.direction.open_from(s)}
        self.oracle.deleting |= {s.value for s in deletes}
        for side in SIDES:
            traits = self.vendors[side].traits
            whys = ("unproven", "not_representable", "held", "refused")
            self.excused |= {(name, why) for name in (*traits.forms, *traits.refuses, *traits.lengths) for why in whys}
            if traits.refuses:  # with one field, all fields of the action are refused
                self.excused.add(("*", "refused"))
            if traits.check in ("fetch", "delta") or not traits.returns_record:
                self.excused.add(("*", "unproven"))
        if spec.conflicts is ConflictPolicy.HOLD:
            self.excused.add(("*", "held"))
        if spec.direction is not Direction.BOTH:
            self.excused.add(("*", "one_way"))

    # ---- the ledger

    def backup(self) -> None:
        """Somebody keeps a copy of the ledger."""
        self.kept = self.rig.snapshot()

    def restore(self) -> None:
        """The ledger is as it was at the last backup: what it listed since is no longer there."""
        if self.kept:
            self.touched = True
            self.rig.restore(self.kept)
            self.happened.restored += 1
            self.oracle.lost.clear()
            self.excused |= {("*", why) for why in ("ledger_lost", "held", "unproven")}
            self.oracle.trusting = False

    # ---- runs

    def during(self, wait: float, number: int, step: Step) -> None:
        """A run; somebody does something just before its n-th request. Not where the app cannot notice that at all."""
        if self.vendors[Side(step[1])].traits.check in ("version", "fetched_version"):
            name, *rest = step
            self._run(wait, Process(meanwhile={number: lambda: getattr(self, name)(*rest)}))

    def stall(self, wait: float, number: int, pause: float) -> None:
        """A run stands still before its n-th request, another one takes over; then the first goes on."""
        self.touched = True
        process = Process()

        def meanwhile() -> None:
            process.overtaken = True
            self._run(pause, None)

        process.meanwhile[number] = meanwhile
        self._run(wait, process)
        self.happened.failed += process.overtaken

    def undo(self, wait: float, back: int) -> None:
        """Somebody takes back a run, counted from the newest."""
        runs = self.rig.ledger.runs(self.rig.spec.id)
        if back >= len(runs):
            return
        self.touched = self.parting = self.oracle.undoing = True
        self.excused |= {("*", why) for why in ("undone", "unproven")}
        self.clock.forward(seconds=wait)
        self.rig.undo(UndoOrder(run_id=runs[back].run_id))
        self.oracle.undoing = False

    def run(self, wait: float, full: bool = False) -> Summary | str:
        """A run, so many seconds later."""
        return self._run(wait, None, full_read=full)

    def crash(self, wait: float, place: str, number: int) -> None:
        """A run that dies at its n-th request or commit."""
        self.touched = True
        process = Process(dies=(place, number))
        self._run(wait, process)
        self.happened.failed += process.dead

    def _run(self, wait: float, process: Process | None, **asked: Any) -> Summary | str:
        self.clock.forward(seconds=wait)
        self.oracle.run += 1
        return self.rig.run(process, **asked)

    # ---- at rest

    def settle(self) -> None:
        """Runs until nothing is left to do; then everything must be as promised, and one more run writes nothing."""
        if not self.touched:
            return
        for faults in self.faults.values():
            faults.pulls[:], faults.pushes[:] = [], []
        allowed, most = "", runs_until_rest(self._happened())
        for done in range(most):
            before = self.rig.writes()
            ended = self._run(self._pause(), None, full_read=self._scans(done, allowed), apply_plan=allowed)
            stale = bool(allowed) and ended == "PlanMismatch"  # read otherwise than the plan that was let pass
            allowed = self._allowed(ended)
            if not allowed and not stale and (isinstance(ended, str) or not ended.ok):
                raise Broken(f"a run on quiet accounts ends well: {ended}")
            if self.rig.writes() == before and not allowed and not stale and not self._waiting():
                break
        else:
            raise Broken(f"it comes to rest: after {most} runs it still writes, or waits for {self._waiting()}")
        self.settled_after.append(done)
        before = self.rig.writes()
        self._run(self._pause(), None)
        if self.rig.writes() != before:
            raise Broken("it stays at rest: one more run writes again")
        self.touched = False
        self.check()

    def _happened(self) -> Happened:
        """All that settling has to get over."""
        failed = self.happened.failed + sum(f.failed for f in self.faults.values())
        scanned = any(v.traits.deletes != "feed" for v in self.vendors.values())
        return replace(self.happened, failed=failed, emptied=self._emptied(), scanned=scanned)

    def _emptied(self) -> bool:
        """People took away more of a side than they left, by hand or by undo."""
        oracle = self.oracle
        taken = {s: oracle.gone_from(s.value) + oracle.taken_back.count(s.value) for s in SIDES}
        return any(taken[s] > len(self.vendors[s].rows) for s in SIDES)

    def _pause(self) -> float:
        return 300.0 + max(2 * max(v.traits.lag, v.traits.find_lag) for v in self.vendors.values())

    def _allowed(self, ended: Summary | str) -> str:
        """A plan that a limit stopped: people emptied a side, and one of them lets that very plan pass."""
        stopped = self.rig.stopped
        over = ended == "LimitExceeded" and self._emptied()
        return stopped.plan_hash if over and isinstance(stopped, LimitExceeded) else ""

    def _scans(self, done: int, allowed: str) -> bool:
        """Some vendors tell of deletions in complete listings only; a plan that was let pass is made as before."""
        if allowed:
            return self.listed_whole
        self.listed_whole = done == 0 and any(v.traits.deletes != "feed" for v in self.vendors.values())
        return self.listed_whole

    def _waiting(self) -> list[str]:
        rig = self.rig
        seq, sync = rig.last().seq + 1, rig.spec.id
        waits = [f"{r.intent.verb} {r.outcome.state}" for r in rig.ledger.unfolded(sync) if not self._for_a_person(r)]
        later = seq + 100
        waits += [f"{s} {k.contact_id}" for s in SIDES for k in rig.ledger.due_contacts(sync, s, later, self.clock())]
        waits += [f"missing {k.id}" for s in SIDES for k in rig.ledger.missing_links(sync, s)]
        return waits + [f"link {k.id}" for k in rig.ledger.due_links(sync, later, self.clock())]

    def _for_a_person(self, row: JournalRow) -> bool:
        """An unknown create that the vendor has no way to find again: nothing but a person settles it."""
        return row.intent.verb is Verb.CREATE and self.vendors[row.intent.side].traits.adopt == "none"

    def check(self) -> None:
        """Everything that has to be true of quiet accounts."""
        oracle = self.oracle
        oracle.check_lost(self._conflicts())
        held = self._held()
        linked: set[tuple[str, int]] = set()
        # People who edit a field in turn three times a day look like two apps that do.
        calmed = {(h.link_id, h.field) for h, _ in self.rig.ledger.holds(self.rig.spec.id) if h.reason == "flipping"}
        for link in self.rig.ledger.all_links(self.rig.spec.id):
            rows = [self.vendors[s].rows.get(link.side(s).contact_id) for s in SIDES]
            if link.status is LinkStatus.LIVE and all(rows):
                left, right = (row.rec for row in rows if row is not None)
                linked |= {("left", left), ("right", right)}
                oracle.paired |= linked
                apart = {name: why.reason.value for name, why in link.apart.items()}
                apart |= dict.fromkeys(self.rig.spec.fields.exclude, "not mapped")
                held_fields = {(name, "held") for at, name in calmed if at == link.id}
                oracle.check_pair(left, right, apart, self.excused | held_fields)
                if oracle.alone(oracle.family_of("left", left)):
                    oracle.met.add(oracle.family_of("left", left))
        if self.rig.spec.direction is Direction.BOTH:
            oracle.check_people(linked, held)
        for side in SIDES:
            for row in self.vendors[side].rows.values():
                for name in SINGLE:
                    if row.values[name]:
                        oracle.check_value(side.value, row.rec, name, str(row.values[name]))

    def _conflicts(self) -> set[tuple[str, str, str]]:
        logged = set()
        for _, _, c in self.rig.ledger.conflicts(self.rig.spec.id):
            logged |= {(c.field, "left", c.left or ""), (c.field, "right", c.right or "")}
        return logged

    def _held(self) -> dict[tuple[str, int], str]:
        held = {}
        for hold, _ in self.rig.ledger.holds(self.rig.spec.id):
            row = self.vendors[hold.side].rows.get(hold.contact_id)
            if row is not None:
                held[hold.side.value, row.rec] = hold.reason.value
        for entry in filter(self._for_a_person, self.rig.ledger.unfolded(self.rig.spec.id)):
            source = entry.intent.side.other
            row = self.vendors[source].rows.get(entry.intent.source_id)
            if row is not None:
                held[source.value, row.rec] = "unknown"
        return held | self._kept_apart()

    def _kept_apart(self) -> dict[tuple[str, int], str]:
        """Whom an undo took for two persons: neither matched nor made for, until somebody says otherwise."""
        if not self.parting:
            return {}
        told = [v for v in self.rig.ledger.verdicts(self.rig.spec.id) if not v.same]
        ids = [(Side.LEFT, v.left_id) for v in told] + [(Side.RIGHT, v.right_id) for v in told]
        rows = [(s, row) for s, i in ids if (row := self.vendors[s].rows.get(i)) is not None]
        return {(s.value, row.rec): "kept apart" for s, row in rows}


def replay(script: str) -> Story:
    """Play a history that was written down."""
    told: Mapping[str, Any] = json.loads(script)
    story = Story(*told["setting"])
    story.play(told["steps"])
    return story
