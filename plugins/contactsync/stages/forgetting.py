"""Forgetting a person: tombstones first, then everything that is stored goes; and lifting that again.

Each step may be done again, and what a killed one left is found by the tombstones alone. Nothing is asked of any app.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, fields, replace
from datetime import timedelta

from contactsync.contact import Values
from contactsync.errors import ConfigError, LedgerBusy
from contactsync.ledger.store import LedgerReader
from contactsync.model.decisions import Decided
from contactsync.model.exchange import Verb
from contactsync.model.forgotten import Tombstone, Traces
from contactsync.model.ledger import FoldBatch
from contactsync.model.spec import SIDES
from contactsync.model.stages import RunRequest
from contactsync.record import SETTLED
from contactsync.stages.artefact_sweep import Held, held, linked_now, sweep
from contactsync.stages.persons import Archive, Found, Key, Place
from contactsync.stages.small_run import SmallRun, small_run
from contactsync.stages.stored import Stored, stored
from contactsync.stages.sweeping import covered, forgotten_by, keep_copy, sweep_ledger
from contactsync.sync.forgotten import BLOCKING, EMAIL, NAME, NUMBER, Forgotten, Trace, id_trace, key_traces
from contactsync.sync.readings import now_values

_BEAT = timedelta(minutes=1)


@dataclass(frozen=True)
class Portion:
    """What one sync stores of the person.

    fresh      tombstones that do not stand yet
    contacts   the person's own; traces: what they and the tombstones cover, whoever shares a key without a partner too
    stored     every row of the ledger under these traces; artefacts: those that name the person, where looked for
    before     forgotten already: what is stored was left by a killed command, or came back with a backup
    """

    sync_id: str
    fresh: tuple[Tombstone, ...]
    contacts: frozenset[Place]
    traces: Traces
    stored: Stored
    artefacts: tuple[Held, ...]
    before: bool

    @property
    def empty(self) -> bool:
        """True where nothing tells that there ever was such a person."""
        rows = (getattr(self.stored, part.name) for part in fields(self.stored))
        return not (self.contacts or self.artefacts or self.before or any(rows))

    @property
    def beside(self) -> frozenset[Place]:
        """Who goes with the person."""
        return self.traces.contacts - self.contacts


@dataclass(frozen=True)
class Erased:
    """What was done. artefacts: how many were rewritten; compacted: False where others used the ledger's file."""

    portions: tuple[Portion, ...]
    artefacts: int
    compacted: bool


# ---- what would go


def look(found: Iterable[Found], key: Key, *, artefacts: bool = True) -> list[Portion]:
    """What each sync stores of the person, and the tombstones that would stand for it. Writes nothing."""
    concerned = [one for one in found if one.contacts or one.forgotten or key.mail or key.number]
    person = next((p for one in concerned for p in sorted(one.forgotten)), "") or secrets.token_hex(8)
    values = [v for one in concerned for v in _values(one)]
    return [_portion(one, key, person, values, artefacts=artefacts) for one in concerned]


def _portion(one: Found, key: Key, person: str, values: Iterable[Values], *, artefacts: bool) -> Portion:
    archive, ledger = one.archive, one.archive.ledger
    now = forgotten_by(ledger, archive.sync_id)
    wanted = _ids(one, now.salt) | _keys(one, now.salt, key, values)
    fresh = tuple(Tombstone(*t, person, archive.clock()) for t in sorted(wanted) if not now.knows(t))
    then = replace(now, tombstones=(*now.tombstones, *fresh))
    kept = held(archive.shelf, then, linked_now(ledger, archive.sync_id), _nothing) if artefacts else []
    traces = covered(ledger, archive.sync_id, then)
    found, contacts = stored(ledger, archive.sync_id, traces), frozenset(one.contacts)
    return Portion(archive.sync_id, fresh, contacts, traces, found, tuple(kept), bool(one.forgotten))


def _nothing() -> None:
    return


def _ids(one: Found, salt: str) -> frozenset[Trace]:
    return frozenset(id_trace(salt, *at) for at in one.contacts)


def _keys(one: Found, salt: str, key: Key, values: Iterable[Values]) -> frozenset[Trace]:
    """The traces of the person's keys: of every value that is stored, of the index, and of what was named."""
    traces = {trace for held in values for trace in key_traces(salt, held)}
    for side in SIDES:
        ids = [i for s, i in one.contacts if s is side]
        rows = one.archive.ledger.known(one.archive.sync_id, side, ids).values()
        traces |= {(EMAIL, number) for row in rows for number in row.keys.get(EMAIL, ())}
    traces |= {trace for trace in key.traces(salt) if trace[0] not in SIDES}
    if any(kind in (EMAIL, NUMBER) for kind, _ in traces):
        traces = {trace for trace in traces if trace[0] != NAME}  # a namesake is somebody else
    return frozenset(traces)


def _values(one: Found) -> list[Values]:
    """What is stored of the contacts' values: by their links; of those that had none, by what runs read of them."""
    archive, out = one.archive, list[Values]()
    alone: set[Place] = set()
    for side, contact_id in one.contacts:
        links = archive.ledger.links_of(archive.sync_id, side, [contact_id])
        out += [values for k in links for values in (k.side(side).base, now_values(k.side(side)))]
        alone |= set() if links else {(side, contact_id)}
    if alone:
        salt, now = forgotten_by(archive.ledger, archive.sync_id).salt, archive.clock()
        only = Forgotten(salt, tuple(Tombstone(*id_trace(salt, *at), "alone", now) for at in alone))
        out += [values for one in held(archive.shelf, only, frozenset(), _nothing) for values in one.values]
    return out


def check_known(portions: Iterable[Portion]) -> None:
    """Errors: ConfigError, where no sync has anything of the person: it may be misspelt."""
    if all(one.empty for one in portions):
        raise ConfigError(
            "No sync of this ledger has anything of a person with that address or number.",
            next_step="look at its spelling (contactsync person shows what is stored); with --in-advance it is blocked "
            "before any sync has read it",
        )


# ---- doing it


def forget(found: Sequence[Found], key: Key, request: RunRequest) -> Erased:
    """Erase the person from every sync in `found`, in their order. Their locks are held all the while.

    Errors: LockBusy, ConfigError (an action has no answer yet and the person no key), ArtefactError, FenceLost.
    """
    archives = {one.archive.sync_id: one.archive for one in found}
    with ExitStack() as stack:
        wanted = [portion.sync_id for portion in look(found, key, artefacts=False)]
        runs = {name: stack.enter_context(small_run(archives[name], request)) for name in wanted}
        portions = look(found, key, artefacts=False)  # anew, for nobody else writes now
        for portion in portions:
            _stop_unsettled(archives[portion.sync_id].ledger, portion)
        for portion in portions:  # all of them before anything goes: who is left is found by them
            run = runs[portion.sync_id]
            run.desk.ledger.bury(portion.sync_id, portion.fresh, fence=run.fence)
            keep_copy(run.desk)
        rewritten = sum(
            _erase(archives[portion.sync_id], runs[portion.sync_id], portion, request.by) for portion in portions
        )
    return Erased(tuple(portions), rewritten, _compacted(found))


def lines(erased: Erased) -> list[str]:
    """For people: what was erased, and what is left to do."""
    count = sum(len(one.traces.contacts) for one in erased.portions)
    names = ", ".join(one.sync_id for one in erased.portions)
    told = [
        f"Forgotten in {names}: {count} contacts; {erased.artefacts} artefacts rewritten.",
        "The contacts in the apps are as they were, and are not synced any more. Take it back with --lift "
        "(in a form: lift).",
    ]
    if not erased.compacted:
        told.append(
            "The ledger's file could not be compacted, for another process uses it: erased rows may still stand in its "
            "free space. Say the same again when no run is on."
        )
    return told


def _stop_unsettled(ledger: LedgerReader, portion: Portion) -> None:
    """What such an action made would be a stranger by whom nobody is known."""
    if portion.before or any(t.kind in BLOCKING for t in portion.fresh):
        return
    rows = (r for r in ledger.unfolded(portion.sync_id) if r.outcome.state not in SETTLED)
    if any(
        r.intent.verb is Verb.CREATE and (r.intent.side.other, r.intent.source_id) in portion.contacts for r in rows
    ):
        raise ConfigError(
            f"In sync {portion.sync_id!r} an action for this contact has no answer yet, and the contact has no address "
            "by which its result could be known again.",
            next_step=f"let it be settled first: contactsync run {portion.sync_id}",
        )


def _erase(archive: Archive, run: SmallRun, portion: Portion, by: str) -> int:
    """Artefacts first: what is in them is found by what the ledger still says."""
    ledger, sync_id = archive.ledger, archive.sync_id
    linked = linked_now(ledger, sync_id)
    rewritten = sweep(archive.shelf, forgotten_by(ledger, sync_id), linked, ledger.note_rewritten, _beat(run))
    sweep_ledger(run.desk, run.fence)
    persons = sorted({t.person for t in portion.fresh}) or ["forgotten before"]
    run.fold(FoldBatch(decided=[Decided(f"person {person}", "forget", by) for person in persons]))
    run.message = f"{by} had a person forgotten: {len(portion.traces.contacts)} contacts, {rewritten} artefacts"
    return rewritten


def _beat(run: SmallRun) -> Callable[[], None]:
    """Keeps the lock of a sync, at most once a minute."""
    renewed = run.desk.clock()

    def beat() -> None:
        nonlocal renewed
        if run.desk.clock() - renewed >= _BEAT:
            renewed = run.desk.clock()
            run.renew()

    return beat


def _compacted(found: Sequence[Found]) -> bool:
    try:
        for one in found[:1]:  # one ledger for all
            one.archive.ledger.compact()
    except LedgerBusy:
        return False
    return True


# ---- taking it back


def lift(archives: Iterable[Archive], key: Key, request: RunRequest) -> tuple[str, ...]:
    """Let the person be synced again; in which syncs. The next run reads both sides completely, and so meets it anew.

    All their locks are held before anything is lifted: what was lifted in one sync is not found any more in another.
    Errors: LockBusy, ConfigError (nobody like that was forgotten).
    """
    known = [(archive, forgotten_by(archive.ledger, archive.sync_id)) for archive in archives]
    persons = {t.person for _, f in known for t in f.tombstones if (t.kind, t.hash) in key.traces(f.salt)}
    lifted = [archive for archive, f in known if any(t.person in persons for t in f.tombstones)]
    if not lifted:
        raise ConfigError(
            "Nobody like that was forgotten.",
            next_step="name the person by an id, or by an e-mail address, as it was when it was forgotten",
        )
    with ExitStack() as stack:
        runs = [(archive, stack.enter_context(small_run(archive, request))) for archive in lifted]
        for archive, run in runs:
            _lift(archive, run, persons, request.by)
    return tuple(archive.sync_id for archive in lifted)


def _lift(archive: Archive, run: SmallRun, persons: Collection[str], by: str) -> None:
    row = archive.ledger.sync(archive.sync_id)
    if row is not None:
        archive.ledger.save_sync(replace(row, scope=""))  # as after a change of rules: everybody is looked at anew
    archive.ledger.lift(archive.sync_id, persons, fence=run.fence)
    keep_copy(archive)
    run.fold(FoldBatch(decided=[Decided(f"person {person}", "lift", by) for person in sorted(persons)]))
    run.message = f"{by} lifted the forgetting of {len(persons)} persons"
