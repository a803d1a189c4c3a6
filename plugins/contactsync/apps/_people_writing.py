"""Writing Google's persons in batches, one after another; a refused batch is searched until the bad one is alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from contactsync.apps._people_body import labels_in, mask_of, to_fields
from contactsync.apps._people_facts import BATCH, MARKER, PERSON_FIELDS, SOURCE
from contactsync.apps._people_groups import Groups
from contactsync.apps._people_problem import Problem, not_allowed, of_status, problem_of
from contactsync.apps._people_reading import MALFORMED, Reader
from contactsync.apps._people_record import contact_source, own_items
from contactsync.apps._written import texts_in
from contactsync.errors import ContactsyncError, NothingSent, OutcomeUnknown, RecordRefused
from contactsync.model.exchange import Op, Presence, Record, Ref, Result, State, Verb
from contactsync.rest.reply import Reply
from contactsync.rest.session import Api

LOST_IN_A_ROW = 3
READ_BACK = {"readMask": PERSON_FIELDS, "sources": [SOURCE]}  # without a mask not even the new names come back
NO_ROOM = "capacity: the account holds as many contacts as it may; the trash counts too until it is emptied"


@dataclass(frozen=True)
class Draft:
    """An op and the person that says it."""

    op: Op
    person: Mapping[str, Any] = field(default_factory=dict)
    mask: tuple[str, ...] = ()


Send = Callable[[Sequence[Draft]], Reply]
Read = Callable[[Mapping[str, Any], Sequence[Draft]], Iterator[Result]]


class Writer:
    """Writes to one account."""

    def __init__(self, api: Api, groups: Groups, reader: Reader) -> None:
        self._api = api
        self._groups = groups
        self._reader = reader

    def push(self, ops: Sequence[Op]) -> Iterator[Result]:
        """Results as batches settle. Errors: NothingSent."""
        drafts: list[Draft] = []
        for outcome in self._drafts(ops):
            if isinstance(outcome, Result):
                yield outcome
            else:
                drafts.append(outcome)
        yield from self._batches(drafts, Verb.CREATE, BATCH.create, self._create, self._created)
        yield from self._batches(drafts, Verb.UPDATE, BATCH.update, self._update, self._updated)
        yield from self._batches(drafts, Verb.DELETE, BATCH.delete, self._delete, self._deleted)

    def _batches(self, drafts: Sequence[Draft], verb: Verb, size: int, send: Send, read: Read) -> Iterator[Result]:
        """A refused batch is searched by halving, and whoever is set aside meanwhile goes with the next batch.

        One request a step: where the first half is accepted, the other needs none to be known for the bad one's. A
        contact is only held once it was refused alone.
        """
        lost = 0
        for waiting in _alike([d for d in drafts if d.op.verb is verb]):
            search: list[Draft] = []  # one of these, at least, is refused
            while waiting or search:
                if lost == LOST_IN_A_ROW:
                    raise NothingSent(f"Google gave no answer to {lost} writes in a row; the others were not sent.")
                source, most = (search, (len(search) + 1) // 2) if search else (waiting, size)
                batch, rest = source[:most], source[most:]
                search, waiting = (rest, waiting) if search else ([], rest)
                try:
                    reply = send(batch)
                except OutcomeUnknown as unknown:
                    lost += 1
                    yield from (Result(d.op.key, State.UNKNOWN, id=d.op.id, reason=unknown.message) for d in batch)
                    search, waiting = [], [*search, *waiting]
                    continue
                lost = 0
                if reply.status < 300:
                    yield from _accounted(batch, read(_body(reply), batch))
                else:
                    waiting = [*search, *waiting]  # whether there is another one among them nobody knows
                    settled, others, search = self._refused(reply, batch)
                    yield from settled
                    waiting = [*others, *waiting]

    # ---- what is sent

    def _drafts(self, ops: Sequence[Op]) -> Iterator[Draft | Result]:
        """Errors: NothingSent where what it takes to write cannot be read."""
        try:
            held = self._held([op for op in ops if op.verb is Verb.UPDATE])
            seen: set[str] = set()
            for op in ops:
                if op.id and op.id in seen:
                    yield Result(op.key, State.OVERTAKEN, id=op.id, reason="a second write to one contact at once")
                    continue
                seen.add(op.id)
                yield self._draft(op, held.get(op.key))
        except NothingSent:
            raise
        except ContactsyncError as error:
            raise NothingSent(error.message, next_step=error.next_step) from error

    def _held(self, ops: Sequence[Op]) -> dict[str, Record | Result]:
        """What contacts hold now, for ops whose ref does not say it whole; a result where they changed meanwhile."""
        bare = {op.id: op for op in ops if "items" not in op.ref}
        found: dict[str, Record | Result] = {}
        for answer in self._reader.fetch([Ref(name) for name in bare]) if bare else ():
            op, record = bare[answer.id], answer.record
            if record is None or answer.presence is not Presence.PRESENT:
                found[op.key] = Result(op.key, State.OVERTAKEN, id=op.id, reason=str(answer.presence))
            elif op.version is not None and op.version != record.version:
                found[op.key] = _overtaken(op, record)
            else:
                found[op.key] = record
        return found

    def _draft(self, op: Op, held: Record | Result | None) -> Draft | Result:
        if isinstance(held, Result):
            return held
        ref = held.ref if held else op.ref
        try:
            if op.verb is Verb.DELETE:
                return Draft(op)
            self._groups.expect(labels_in(op.patch))
            fields = to_fields(op.patch, ref.get("items") or {}, self._groups.group, self._groups.name, op.before)
            if op.verb is Verb.CREATE:
                return Draft(op, {**fields, "clientData": [{"key": MARKER, "value": op.key}]})
            identity = {"etag": ref.get("etag", ""), "metadata": {"sources": [ref.get("source") or {}]}}
            return Draft(op, {**identity, **fields}, mask_of(op.patch))
        except RecordRefused as refusal:
            return Result(op.key, State.REFUSED, id=op.id, reason=refusal.reason)

    def _create(self, batch: Sequence[Draft]) -> Reply:
        body = {"contacts": [{"contactPerson": d.person} for d in batch], **READ_BACK}
        return self._api.write("POST", "v1/people:batchCreateContacts", json=body)

    def _update(self, batch: Sequence[Draft]) -> Reply:
        contacts = {d.op.id: d.person for d in batch}
        body = {"contacts": contacts, "updateMask": ",".join(batch[0].mask), **READ_BACK}
        return self._api.write("POST", "v1/people:batchUpdateContacts", json=body)

    def _delete(self, batch: Sequence[Draft]) -> Reply:
        body = {"resourceNames": [d.op.id for d in batch]}
        return self._api.write("POST", "v1/people:batchDeleteContacts", json=body)

    # ---- what comes back

    def _created(self, body: Mapping[str, Any], batch: Sequence[Draft]) -> Iterator[Result]:
        """Told apart by the operation's key, never by position."""
        waiting = {d.op.key: d for d in batch}
        for answer in _dicts(body.get("createdPeople")):
            person = answer.get("person") or {}
            marks = [str(i.get("value")) for i in own_items(person, "clientData") if i.get("key") == MARKER]
            key = next((m for m in marks if m in waiting), None)
            if key is not None:
                yield self._done(waiting.pop(key).op, person, created=True)

    def _updated(self, body: Mapping[str, Any], batch: Sequence[Draft]) -> Iterator[Result]:
        """Told apart by the name asked for, or by one the contact had before."""
        answers: dict[str, Mapping[str, Any]] = {}
        results = body.get("updateResult")
        for name, answer in results.items() if isinstance(results, dict) else ():
            metadata = (answer.get("person") or {}).get("metadata") or {}
            for known in (*(metadata.get("previousResourceNames") or ()), answer.get("requestedResourceName"), name):
                answers[str(known)] = answer
        for draft in batch:
            answer = answers.get(draft.op.id, {})
            problem = of_status(answer.get("status") or {})
            if answer.get("person"):
                yield self._done(draft.op, answer["person"])
            elif problem.code or problem.message:
                yield self._result(draft, problem, "")

    def _deleted(self, body: Mapping[str, Any], batch: Sequence[Draft]) -> Iterator[Result]:
        del body  # {} says that all are gone
        yield from (Result(d.op.key, State.DONE, id=d.op.id) for d in batch)

    def _done(self, op: Op, person: Mapping[str, Any], *, created: bool = False) -> Result:
        name = str(person.get("resourceName") or op.id)
        try:
            record = self._reader.record(person)
        except (ContactsyncError, *MALFORMED):  # it was written all the same; whoever needs the record fetches it
            record = None
        if record is None:
            version = (contact_source(person) or {}).get("etag") if isinstance(person.get("metadata"), dict) else None
            return Result(op.key, State.DONE, name, created, version)
        return Result(op.key, State.DONE, name, created, record.version, record, record.ref)

    # ---- refusals

    def _refused(self, reply: Reply, batch: list[Draft]) -> tuple[list[Result], list[Draft], list[Draft]]:
        """What is settled of a refused batch, which changed nothing; who is sent again; among whom to search."""
        problem = problem_of(reply)
        if problem.denied:
            raise not_allowed(reply)
        if problem.full or any(p.full for p in problem.contacts.values()):
            return [Result(d.op.key, State.REFUSED, id=d.op.id, reason=NO_ROOM) for d in batch], [], []
        named = _named(problem, batch)
        if named:
            settled = [self._result(d, named[d.op.key], "") for d in batch if d.op.key in named]
            return settled, [d for d in batch if d.op.key not in named], []
        if len(batch) == 1:
            return [self._result(batch[0], problem, f" (HTTP {reply.status})")], [], []
        return [], [], batch

    def _result(self, draft: Draft, problem: Problem, where: str) -> Result:
        op = draft.op
        if op.verb is not Verb.CREATE and (problem.gone or problem.stale):
            why = "gone" if problem.gone else "changed since it was read"
            return Result(op.key, State.OVERTAKEN, id=op.id, reason=why)
        words = problem.words([*self._api.secrets, *texts_in(op.patch)])
        return Result(op.key, State.REFUSED, id=op.id, reason=f"Google Contacts{where}: {words}".rstrip(": "))


def _alike(drafts: Sequence[Draft]) -> list[list[Draft]]:
    """By mask: a batch has no more than one, and replaces every field that it names."""
    by_mask: dict[tuple[str, ...], list[Draft]] = {}
    for draft in drafts:
        by_mask.setdefault(draft.mask, []).append(draft)
    return list(by_mask.values())


def _named(problem: Problem, batch: Sequence[Draft]) -> dict[str, Problem]:
    """Operation key -> what is wrong, where the refusal names the contacts: creates by index, others by name."""
    found = {}
    for index, draft in enumerate(batch):
        name = str(index) if draft.op.verb is Verb.CREATE else draft.op.id
        if name in problem.contacts:
            found[draft.op.key] = problem.contacts[name]
    return found


def _accounted(batch: Sequence[Draft], results: Iterator[Result]) -> Iterator[Result]:
    """The results, and an unknown outcome for every op that the answer says nothing about."""
    missing = {d.op.key: d.op for d in batch}
    for result in results:
        missing.pop(result.key, None)
        yield result
    why = "Google's answer does not say what became of it."
    yield from (Result(key, State.UNKNOWN, id=op.id, reason=why) for key, op in missing.items())


def _overtaken(op: Op, record: Record) -> Result:
    return Result(op.key, State.OVERTAKEN, op.id, version=record.version, record=record, reason="changed meanwhile")


def _body(reply: Reply) -> Mapping[str, Any]:
    """The answer to a write that was accepted; an unreadable one leaves every outcome unknown."""
    try:
        body = reply.json()
    except ContactsyncError:
        return {}
    return body if isinstance(body, dict) else {}


def _dicts(found: Any) -> list[dict[str, Any]]:
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
