"""Just before a write: is the target what the plan was made from, is nobody there with that key (core 4, 19, 26)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from contactsync.apps.base import App, pages_of
from contactsync.contact import Values, key_hash, key_values
from contactsync.errors import CursorExpired
from contactsync.ledger.store import Ledger
from contactsync.model.app import Check
from contactsync.model.exchange import Cursor, Op, OwnValue, Presence, Record, Ref, State, Verb
from contactsync.model.plan import STILL_THERE, TARGET_GONE, Intent, Outcome


class Decode(Protocol):
    """Columns of a record; `held`: values that it is taken to hold, those before a write or those just written."""

    def __call__(self, record: Record, held: Values | None = None) -> Values: ...


class Translator(Protocol):
    """Records of one side to columns, and patches back (stages.translating)."""

    def decode(self, record: Record, held: Values | None = None) -> Values:
        """Columns of a record."""
        ...

    def needs_old(self, intent: Intent) -> bool:
        """True where the intent can only be written upon what its target holds just then."""
        ...

    def encode(
        self, intent: Intent, old: Mapping[str, OwnValue]
    ) -> tuple[Mapping[str, OwnValue], Mapping[str, OwnValue]]:
        """(own fields to write, the same as they were). old: what the target holds."""
        ...


@dataclass(frozen=True)
class Target:
    """The side written: its app, how its records are read, and this run's own reading of it: cursor, and when."""

    app: App
    translator: Translator
    account: str
    cursor: Cursor | None
    read_at: datetime


@dataclass(frozen=True)
class Checked:
    """ready: intents that may be sent, with the version and ref to send; stopped: outcomes of those that may not.

    held: what targets hold, by the key of the intent, where that was read
    """

    ready: tuple[Intent, ...]
    stopped: tuple[Outcome, ...]
    held: Mapping[str, Mapping[str, OwnValue]] = field(default_factory=dict)


def check_targets(target: Target, intents: Sequence[Intent], now: datetime) -> Checked:
    """Compare what the targets of updates and deletes hold now with what the plan was made from.

    Those that are written upon what the target holds are always read: a list of this morning would undo a later edit.
    """
    whole = [i for i in intents if i.verb is Verb.UPDATE and target.translator.needs_old(i)]
    others = [i for i in intents if i not in whole]
    first = _by_fetch(target, whole, now, fresh_version=True) if whole else Checked((), ())
    then = _by_capability(target, others, now) if others else Checked((), ())
    return Checked((*first.ready, *then.ready), (*first.stopped, *then.stopped), {**first.held, **then.held})


def _by_capability(target: Target, intents: Sequence[Intent], now: datetime) -> Checked:
    match target.app.info.caps.check:
        case Check.VERSION:
            return _by_version(target, intents, now)
        case Check.DELTA if target.cursor is not None:
            return _by_delta(target, intents, now)
        case check:
            return _by_fetch(target, intents, now, fresh_version=check is Check.FETCHED_VERSION)


def _by_version(target: Target, intents: Sequence[Intent], now: datetime) -> Checked:
    """The version is the condition of the write; of contacts that have none, what they hold is read again."""
    bare = [i for i in intents if i.version is None]
    read = _by_fetch(target, bare, now, fresh_version=True) if bare else Checked((), ())
    return Checked((*(i for i in intents if i.version is not None), *read.ready), read.stopped, read.held)


def _by_fetch(target: Target, intents: Sequence[Intent], now: datetime, *, fresh_version: bool) -> Checked:
    answers = {f.id: f for f in target.app.fetch([Ref(i.target_id, i.ref) for i in intents])}
    ready, stopped, held = [], [], {}
    for intent in intents:
        answer = answers.get(intent.target_id)
        record = answer.record if answer else None
        if answer is None or answer.presence is Presence.FORBIDDEN:
            stopped.append(Outcome(intent.key, State.NOT_SENT, intent.target_id, reason="could not be read", at=now))
        elif record is None or answer.presence is Presence.MOVED:
            stopped.append(Outcome(intent.key, State.OVERTAKEN, intent.target_id, reason=TARGET_GONE, at=now))
        elif (outcome := _differs(target, intent, record, now)) is not None:
            stopped.append(outcome)
        else:
            ready.append(replace(intent, version=record.version, ref=record.ref) if fresh_version else intent)
            held[intent.key] = record.fields
    return Checked(tuple(ready), tuple(stopped), held)


def _by_delta(target: Target, intents: Sequence[Intent], now: datetime) -> Checked:
    """One more delta pull: whoever is not in it is as this run read it."""
    changed: dict[str, Record] = {}
    away: set[str] = set()
    unreadable: set[str] = set()
    try:
        for page in pages_of(target.app, target.cursor):
            changed.update({r.id: r for r in page.records})
            away.update((*page.deleted, *page.moved))
            unreadable.update(u.id for u in page.unreadable)
    except CursorExpired:
        return _by_fetch(target, intents, now, fresh_version=False)
    ready, stopped = [], []
    for intent in intents:
        record = changed.get(intent.target_id)
        outcome = _differs(target, intent, record, now) if record is not None else None
        if intent.target_id in away:
            outcome = Outcome(intent.key, State.OVERTAKEN, intent.target_id, reason=TARGET_GONE, at=now)
        elif intent.target_id in unreadable:
            outcome = Outcome(intent.key, State.NOT_SENT, intent.target_id, reason="could not be read", at=now)
        if outcome is not None:
            stopped.append(outcome)
        else:
            ready.append(replace(intent, ref=record.ref) if record is not None else intent)
    return Checked(tuple(ready), tuple(stopped))


def _differs(target: Target, intent: Intent, record: Record, now: datetime) -> Outcome | None:
    """An overtaken outcome where a patched field (a delete: any mapped field) is not what the plan was made from."""
    values = target.translator.decode(record, intent.before)
    if all(values.get(name, before) == before for name, before in intent.before.items()):
        return None
    return observed(intent.key, State.OVERTAKEN, record, values, now, reason="edited meanwhile")


def observed(
    key: str, state: State, record: Record, values: Values, now: datetime, *, reason: str = "", created: bool = False
) -> Outcome:
    """An outcome that carries what the target showed."""
    return Outcome(
        key,
        state,
        record.id,
        created,
        record.version,
        record.modified_at,
        record.ref,
        record.raw,
        values,
        reason,
        at=now,
    )


def check_sources(source: App, intents: Sequence[Intent], now: datetime) -> Checked:
    """A delete also reads its source just before: not gone = not sent. An undone create's source may well be there."""
    asked = [Ref(i.source_id, i.source_ref) for i in intents if not i.undoes]
    answers = {f.id: f.presence for f in source.fetch(asked)} if asked else {}
    there = [i for i in intents if not i.undoes and answers.get(i.source_id) is not Presence.GONE]
    gone = [i for i in intents if i not in there]
    return Checked(
        tuple(gone),
        tuple(Outcome(i.key, State.NOT_SENT, i.target_id, reason=STILL_THERE, at=now) for i in there),
    )


# ---- creates


def check_creates(target: Target, ledger: Ledger, intents: Sequence[Intent], now: datetime) -> Checked:
    """Ask the journal (all syncs of this account) and, where the vendor refuses no double, the vendor itself."""
    ready = list(intents)
    stopped = _made_by_others(target, ledger, ready, now)
    stopped += _already_there(target, [i for i in ready if i.key not in {o.key for o in stopped}], now)
    keys = {o.key for o in stopped}
    return Checked(tuple(i for i in ready if i.key not in keys), tuple(stopped))


def check_absent(target: Target, intents: Sequence[Intent], now: datetime) -> Checked:
    """Before creates that would write onto whoever holds their unique key: is anybody there with it (core 22)."""
    if not intents:
        return Checked((), ())
    asked = [Op(i.key, i.verb, keys=i.keys, ref=i.ref) for i in intents]
    hits = [target.translator.decode(record) for record in target.app.look_up_all(asked)]
    there = [i for i in intents if any(_shares_key(i, values) for values in hits)]
    return Checked(tuple(i for i in intents if i not in there), tuple(_not_sent(i, now) for i in there))


def account_keys(account: str, intent: Intent) -> dict[str, list[str]]:
    """Hashed key values of a create, comparable between all syncs that write to this account."""
    return {k: [f"{key_hash(account, k, v):x}" for v in values] for k, values in intent.keys.items()}


def _made_by_others(target: Target, ledger: Ledger, intents: Sequence[Intent], now: datetime) -> list[Outcome]:
    """Creates that this run's own reading cannot have shown: sent since, or so shortly before that it lagged behind."""
    wanted: dict[str, set[str]] = {}
    for intent in intents:
        for key, hashes in account_keys(target.account, intent).items():
            wanted.setdefault(key, set()).update(hashes)
    if not wanted:
        return []
    since = target.read_at - target.app.info.caps.lag
    rows = ledger.creates(target.account, {k: sorted(v) for k, v in wanted.items()}, since)
    made: dict[tuple[str, str], tuple[str, State]] = {}
    for row in rows:
        for key, hashes in account_keys(target.account, row.intent).items():
            made.update({(key, h): (row.outcome.target_id, row.outcome.state) for h in hashes})
    return [o for i in intents if (o := _other_create(target, i, made, now)) is not None]


def _other_create(
    target: Target, intent: Intent, made: Mapping[tuple[str, str], tuple[str, State]], now: datetime
) -> Outcome | None:
    pairs = ((k, h) for k, hashes in account_keys(target.account, intent).items() for h in hashes)
    hit = next((made[p] for p in pairs if p in made), None)
    if hit is None:
        return None
    contact_id, _ = hit
    answers = list(target.app.fetch([Ref(contact_id)])) if contact_id else []
    record = next((f.record for f in answers if f.record is not None), None)
    if intent.undoes and any(f.presence is Presence.GONE for f in answers):
        return None  # an undo deleted it, and this one makes it anew
    if record is None:
        return Outcome(intent.key, State.NOT_SENT, reason="another sync is creating this contact", at=now)
    values = target.translator.decode(record)
    return observed(intent.key, State.ADOPTED, record, values, now, reason="made by another sync")


def _already_there(target: Target, intents: Sequence[Intent], now: datetime) -> list[Outcome]:
    caps = target.app.info.caps
    if not caps.batch.find:
        return []
    asked = [i for i in intents if i.verb is Verb.CREATE and any(k not in caps.unique_keys for k in i.keys)]
    stopped = []
    for start in range(0, len(asked), caps.batch.find):
        chunk = asked[start : start + caps.batch.find]
        keys: dict[str, list[str]] = {}
        for intent in chunk:
            for key in ("email", "phone"):
                keys.setdefault(key, []).extend(intent.keys.get(key, ()))
        wanted = {k: v for k, v in keys.items() if v}
        hits = [target.translator.decode(r) for r in target.app.find(wanted)] if wanted else []
        stopped += [_not_sent(i, now) for i in chunk if any(_shares_key(i, values) for values in hits)]
    return stopped


def _shares_key(intent: Intent, values: Values) -> bool:
    return any(set(intent.keys.get(k, ())) & set(key_values(values, k)) for k in ("email", "phone"))


def _not_sent(intent: Intent, now: datetime) -> Outcome:
    return Outcome(intent.key, State.NOT_SENT, reason="a contact with this key is there already", at=now)
