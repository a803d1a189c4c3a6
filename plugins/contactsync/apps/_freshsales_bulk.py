"""Many Freshsales contacts written as one job: submitted, polled, and read back contact by contact.

The vendor documents little of it: the job's report names what failed, but nothing says what was stored. So what became
of a contact is told by the contact: by a listing of what changed since the job was submitted, which shows a hundred at
once, and by point reads of whom that does not show as written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from contactsync.apps._freshsales_held import holds
from contactsync.apps._freshsales_job import Report, body_of, report_of
from contactsync.apps._freshsales_listing import PER_PAGE, answered_at
from contactsync.apps._freshsales_reading import MALFORMED, Reader, emails_of, emails_to_create
from contactsync.apps._freshsales_record import moment, stamp
from contactsync.apps._freshsales_site import Site
from contactsync.apps._freshsales_writing import Writer
from contactsync.apps._written import texts_in
from contactsync.contact import normal_email
from contactsync.errors import OutcomeUnknown, RecordRefused
from contactsync.model.exchange import Json, Op, Presence, Record, Result, State, Verb
from contactsync.model.plan import FOUND_THERE
from contactsync.rest.origin import segment
from contactsync.rest.redaction import vendor_words
from contactsync.rest.reply import Reply
from contactsync.rest.services import Services

FEW = 10  # so many are read one by one at once; for more it pays to wait until the listing shows them
MOST_SHOWN = 10 * PER_PAGE  # rows of others among which ours are looked for
EARLIER = timedelta(minutes=10)  # how far our clock may be ahead, where the answer bears no time of its own


@dataclass(frozen=True)
class Shown:
    """A contact as the listing shows it, and when it was made."""

    record: Record
    created_at: datetime | None


class Bulk:
    """The jobs of one account."""

    def __init__(self, site: Site, reader: Reader, services: Services, lag: timedelta) -> None:
        self._site, self._reader, self._services, self._lag = site, reader, services, lag
        self._writer = Writer(site, reader)
        self._own: set[str] = set()  # jobs submitted by this process
        self._ended: dict[str, tuple[datetime, Report]] = {}  # when this process first saw it, and what it reported

    # ---- submit

    def submit(self, ops: Sequence[Op]) -> Iterator[Result]:
        """One request. Errors: NothingSent."""
        rows: dict[str, dict[str, Any]] = {}
        for op in ops:
            try:
                body = self._writer.body(op)
            except RecordRefused as refusal:
                yield Result(op.key, State.REFUSED, id=op.id, reason=refusal.reason)
                continue
            if body or op.verb is Verb.CREATE:
                rows[op.key] = {**_identifier(op), "data": body}
            else:
                yield self._writer.held_already(op)
        if rows:
            going = [op for op in ops if op.key in rows]
            yield from self._answered(going, list(rows.values()))

    def _answered(self, ops: Sequence[Op], rows: Sequence[Mapping[str, Any]]) -> Iterator[Result]:
        try:
            reply = self._writer.api_write("POST", "contacts/bulk_upsert", json={"contacts": rows})
        except OutcomeUnknown as unknown:
            yield from (Result(op.key, State.UNKNOWN, id=op.id, reason=unknown.message) for op in ops)
            return
        if reply.status >= 300:  # busy with another job, not for this key or plan, or one record spoils all
            words = vendor_words(reply, [*self._site.api.secrets, *texts_in([op.patch for op in ops])])
            reason = f"Freshsales took no job (HTTP {reply.status}): {words}".rstrip(": ")
            yield from (Result(op.key, State.NOT_SENT, id=op.id, reason=reason) for op in ops)
            return
        job = self._job(reply)
        if job is None:
            reason = "Freshsales took a job, but did not say where to ask for it"
            yield from (Result(op.key, State.UNKNOWN, id=op.id, reason=reason) for op in ops)
            return
        yield from (Result(op.key, State.ACCEPTED, id=op.id, job=job) for op in ops)

    def _job(self, reply: Reply) -> Json | None:
        """Of the address only the job's id is kept: the key is shown to no other host. `at`: by the vendor's clock."""
        url = (body_of(reply) or {}).get("job_status_url")
        found = re.search(r"/job_statuses/([\w-]+)/?$", url) if isinstance(url, str) else None
        if found is None:
            return None
        at = answered_at(reply)
        since = at or self._services.clock() - EARLIER
        self._own.add(found[1])
        return {"id": found[1], "since": stamp(since), "at": stamp(at) if at else None}

    # ---- poll

    def poll(self, job: Json, ops: Sequence[Op]) -> Iterator[Result] | None:
        """None while the job runs, or while the listing still has to show most of what it wrote."""
        name = str(job["id"])
        if name not in self._ended:
            report = report_of(self._site.api.read("GET", f"job_statuses/{segment(name)}"))
            if report is None:
                return None
            self._ended[name] = (self._services.clock(), report)
        ended_at, report = self._ended[name]
        failed = {op.key: words for op in ops if (words := report.words(_names(op), texts_in(op.patch)))}
        shown = self._shown(job, [op for op in ops if op.key not in failed])
        results = [
            r for op in ops if (r := _told(op, shown, failed.get(op.key, ""), moment(job.get("at")))) is not None
        ]
        told = {r.key for r in results}
        missing = [op for op in ops if op.key not in told]
        if name in self._own and len(missing) > FEW and self._services.clock() < ended_at + self._lag:
            return None
        return iter([*results, *self._one_by_one(missing, report)])

    def _shown(self, job: Json, ops: Sequence[Op]) -> list[Shown]:
        """What changed since the job was taken, until all of these were there.

        Of an update a listing proves nothing where it is not known what was written.
        """
        wanted = {op.id or op.key for op in ops if op.verb is Verb.CREATE or op.patch}
        addresses = {name: op.key for op in ops if not op.id for name in _names(op)}
        since = moment(job.get("since"))
        rows = self._reader.written_since(since) if since and wanted else iter(())
        found: list[Shown] = []
        for row, owners in islice(rows, MOST_SHOWN):
            try:
                record = self._reader.record(row, owners)
            except MALFORMED:  # read by itself, if it is one of ours
                continue
            found.append(Shown(record, moment(row.get("created_at"))))
            wanted -= {record.id, *(addresses[e] for e in emails_of(record) if e in addresses)}
            if not wanted:
                break
        return found

    def _one_by_one(self, ops: Sequence[Op], report: Report) -> Iterator[Result]:
        for op in ops:
            if op.verb is Verb.CREATE:
                yield _found(op, list(self._reader.look_up(op)))
                continue
            answer = self._reader.fetch(op.id)
            if answer.presence is Presence.GONE:
                yield Result(op.key, State.OVERTAKEN, id=op.id, reason="gone")
            elif answer.presence is Presence.PRESENT and answer.record is not None:
                yield _as_read(op, answer.record, report)


def _identifier(op: Op) -> dict[str, Any]:
    return {"id": op.id} if op.verb is Verb.UPDATE else {"emails": emails_to_create(op)[0]}


def _names(op: Op) -> list[str]:
    """By what the job's report and a listing name the contact: its id, or one to create by its addresses."""
    return [op.id] if op.id else [normal_email(e) for e in emails_to_create(op)]


def _as_read(op: Op, record: Record, report: Report) -> Result:
    """An update by what a point read shows: as it was before is not written, whatever the job's counts say."""
    if op.before and holds(record, op.before) and (report.lost or report.unnamed):
        state, reason = (State.NOT_SENT, "the job was lost") if report.lost else (State.REFUSED, report.unnamed)
        return Result(op.key, state, id=op.id, record=record, reason=reason)
    return Result(op.key, State.DONE, op.id, record=record, ref=record.ref)


def _told(op: Op, shown: Sequence[Shown], failed: str, at: datetime | None) -> Result | None:
    """What listing and report tell of one contact; None where it has to be read. failed: the report's words on it."""
    if op.verb is Verb.CREATE:
        return Result(op.key, State.REFUSED, reason=failed) if failed else _created(op, shown, at)
    record = next((s.record for s in shown if s.record.id == op.id), None)
    if record is not None and op.patch and holds(record, op.patch):
        return Result(op.key, State.DONE, op.id, record=record, ref=record.ref)
    return Result(op.key, State.REFUSED, id=op.id, record=record, reason=failed) if failed else None


def _created(op: Op, shown: Sequence[Shown], at: datetime | None) -> Result | None:
    """Made after the job was taken: by the job. Made earlier: somebody else's, onto which the job has written."""
    addresses = set(_names(op))
    found = next((s for s in shown if addresses & emails_of(s.record)), None)
    if found is None:
        return None
    if at is None or found.created_at is None or found.created_at <= at:
        return _found(op, [found.record])
    return Result(op.key, State.DONE, found.record.id, created=True, record=found.record, ref=found.record.ref)


def _found(op: Op, records: Sequence[Record]) -> Result:
    """A contact with that address, which the job may have made or have written onto."""
    if len(records) != 1:
        return Result(op.key, State.UNKNOWN, reason="the job ended, but its contact is not to be found")
    (record,) = records
    return Result(op.key, State.ADOPTED, record.id, record=record, ref=record.ref, reason=FOUND_THERE)
