"""One test, played: given contacts, runs until the sync comes to rest, edits, runs again; all in this process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from contactsync.contact import Values
from contactsync.errors import LimitExceeded
from contactsync.ledger.store import Ledger
from contactsync.mapping.fields import to_contact
from contactsync.mapping.loader import SyncDocument
from contactsync.mapping.named_fields import named_fields
from contactsync.model.exchange import OwnValue
from contactsync.model.file_tests import FileTest
from contactsync.model.ledger import FoldBatch
from contactsync.model.link import Known, Link, LinkSide, LinkStatus
from contactsync.model.plan import Conflict, JournalRow, Plan
from contactsync.model.rules import RuleEffects
from contactsync.model.spec import SIDES, FirstRun, Limit, Limits, ProjectSpec, Side, SyncSpec
from contactsync.model.stages import RunKind, RunRequest
from contactsync.pipeline import Workplace, open_run, run_sync
from contactsync.rehearsal.artefacts import MemoryArtefacts
from contactsync.rehearsal.standin import Standin, as_own, shown_by
from contactsync.rest.services import Services
from contactsync.sync.creates import link_id

MOST_RUNS = 8
_STEP = timedelta(hours=1)  # more than any app's listings lag
_ENDLESS = Limit(10**9)


@dataclass(frozen=True)
class Played:
    """What became of it.

    contacts   per side, in the order in which they came: own fields, and the contact's values
    plans      of the runs after the last thing that a person did
    rules      of both directions, as their actions are written
    at_rest    False: the runs went on and on
    """

    contacts: Mapping[Side, list[tuple[Mapping[str, OwnValue], Values]]]
    plans: list[Plan]
    journal: list[JournalRow]
    conflicts: list[Conflict]
    rules: list[RuleEffects]
    linked: bool
    at_rest: bool


@contextmanager
def memory() -> Iterator[str]:
    """The address of a ledger for some tests, gone afterwards."""
    from contactsync.ledger.migrate import upgrade

    with TemporaryDirectory(prefix="contactsync-test-") as folder:
        url = f"sqlite:///{folder}/ledger.db"
        upgrade(url)
        yield url


@dataclass
class _Clock:
    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class Stage:
    """Two stand-ins and a sync between them."""

    spec: SyncSpec
    place: Workplace
    apps: Mapping[Side, Standin]
    clock: _Clock
    artefacts: MemoryArtefacts
    number: int = 0
    ids: dict[Side, list[str]] = field(default_factory=lambda: {side: [] for side in SIDES})

    def request(self, *, full_read: bool = False, apply_plan: str = "") -> RunRequest:
        """The next run."""
        self.number += 1
        self.clock.now += _STEP
        run_id = f"{self.spec.id}-{self.number}"
        return RunRequest(run_id, run_id, RunKind.CLI, full_read=full_read, apply_plan=apply_plan)

    def run(self, *, full_read: bool = False) -> bool:
        """One run; True where it had anything to decide. A plan over a limit passes: no test is about amounts."""
        before = len(self.artefacts.plans)
        try:
            run_sync(self.place, self.request(full_read=full_read))
        except LimitExceeded as error:
            run_sync(self.place, self.request(full_read=full_read, apply_plan=error.plan_hash))
        return len(self.artefacts.plans) > before

    def come_to_rest(self, *, full_read: bool = False) -> bool:
        """Run until there is nothing left to decide; False where that does not come."""
        return any(not self.run(full_read=full_read and n == 0) for n in range(MOST_RUNS))


def stage(file: SyncDocument, test: FileTest, number: int, ledger: Ledger, clock: _Clock) -> Stage:
    """Everything that a test needs, with what is given in place."""
    sync_id = f"{file.spec.id}-{number}"
    limits = Limits(_ENDLESS, _ENDLESS, _ENDLESS, _ENDLESS, _ENDLESS)
    spec = replace(file.spec, id=sync_id, limits=limits, first_run=FirstRun.APPLY, limit=None)
    services = Services(clock=clock, sleep=clock.sleep)
    apps = {
        side: Standin(shown_by(file.apps[side], named_fields(spec, [test], side)), f"{sync_id}-{side}", services)
        for side in SIDES
    }
    artefacts = MemoryArtefacts()
    place = Workplace(spec, ProjectSpec(), lambda side: apps[side], ledger, artefacts, clock, lambda _owner: True)
    made = Stage(spec, place, apps, clock, artefacts)
    for side in SIDES:
        for n, contact in enumerate(test.given.get(side, ()), 1):
            made.ids[side].append(f"{side}-{n}")
            apps[side].book.put(f"{side}-{n}", as_own(contact, apps[side].info.fields))
    return made


def play(file: SyncDocument, test: FileTest, number: int, ledger: str) -> Played:
    """Play one test; `number` tells the tests of a file apart in the ledger at that address."""
    from contactsync.ledger.connect import DURABLE, make_engine

    clock = _Clock(datetime.combine(test.today, time(12), ZoneInfo(file.spec.dag.timezone)))
    engine = make_engine(ledger).execution_options(**{DURABLE: False})  # nothing of it is needed after a power cut
    try:
        with engine.connect() as kept:
            # The last connection to a SQLite file tidies up when it closes, which takes longer than most runs.
            kept.exec_driver_sql("SELECT COUNT(*) FROM sync")
            return _played(stage(file, test, number, Ledger(engine, clock), clock), test)
    finally:
        engine.dispose()


def _played(on: Stage, test: FileTest) -> Played:
    if test.linked and all(on.ids.values()):
        _link(on)
    at_rest = on.come_to_rest()
    if test.edits:
        before = list(on.artefacts.plans)
        on.artefacts.plans.clear()
        for side, edited in test.edits.items():
            _edit(on, side, as_own(edited, on.apps[side].info.fields) if edited else None, before)
        at_rest = on.come_to_rest(full_read=None in test.edits.values()) and at_rest
    ledger, sync_id = on.place.ledger, on.spec.id
    links = ledger.all_links(sync_id)
    return Played(
        {side: _contacts(on, side) for side in SIDES},
        list(on.artefacts.plans),
        ledger.journal(sync_id),
        [conflict for _, _, conflict in ledger.conflicts(sync_id)],
        [rule for rules in on.place.effects.values() for rule in rules.values()],
        any(link.status is LinkStatus.LIVE for link in links),
        at_rest,
    )


def _edit(on: Stage, side: Side, own: Mapping[str, OwnValue] | None, plans: Sequence[Plan]) -> None:
    """What a person does to the only contact of a side. Errors: NobodyToEdit."""
    ids = list(on.apps[side].book.contacts())
    if len(ids) != 1:
        raise NobodyToEdit(side, len(ids), plans)
    if own is None:
        on.apps[side].book.remove(ids[0])
    else:
        on.apps[side].book.put(ids[0], own)


class NobodyToEdit(Exception):
    """A test edits a side that does not hold exactly one contact by then."""

    def __init__(self, side: Side, contacts: int, plans: Sequence[Plan]) -> None:
        self.side, self.contacts, self.plans = side, contacts, plans
        super().__init__(f"{contacts} contacts on the {side} side")


def _link(on: Stage) -> None:
    """As if an earlier run had linked the two and settled every field as it is given."""
    request = on.request()
    opened = open_run(on.place, request)
    halves = {side: _half(on, side) for side in SIDES}
    ids = {side: half.contact_id for side, half in halves.items()}
    link = Link(link_id(on.spec.id, ids[Side.LEFT], ids[Side.RIGHT]), halves[Side.LEFT], halves[Side.RIGHT])
    known = tuple((side, Known(ids[side], None, None, link.id, first_seen_at=on.clock())) for side in SIDES)
    ledger = on.place.ledger
    ledger.fold(on.spec.id, request.run_id, FoldBatch(links=(link,), known=known), fence=opened.fence)
    ledger.release_lock(on.spec.id, request.owner, opened.fence)


def _half(on: Stage, side: Side) -> LinkSide:
    (contact_id,) = on.ids[side]
    record = on.apps[side].record(contact_id, on.apps[side].book.state["contacts"][contact_id])
    return LinkSide(
        contact_id, on.place.translator(side).decode(record), version=record.version, observed_at=on.clock()
    )


def _contacts(on: Stage, side: Side) -> list[tuple[Mapping[str, OwnValue], Values]]:
    app = on.apps[side]
    rows = app.book.state["contacts"]
    ordered = sorted(rows, key=lambda contact_id: rows[contact_id]["created"])
    own = [app.record(contact_id, rows[contact_id]).fields for contact_id in ordered]
    every = tuple(dict.fromkeys(f.contact for f in app.info.fields if f.contact))
    region = on.spec.match.default_region
    return [(fields, to_contact(fields, app.info.fields, every, region)) for fields in own]
