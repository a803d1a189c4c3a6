"""Writing Freshsales contacts: one request each, told apart by what the answer proves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from contactsync.apps._freshsales_reading import MALFORMED, Reader, contact_of
from contactsync.apps._freshsales_record import CUSTOM, identity, to_body
from contactsync.apps._freshsales_site import INCLUDE, Site
from contactsync.apps._written import texts_in
from contactsync.errors import ContactsyncError, NothingSent, OutcomeUnknown, RecordRefused
from contactsync.model.exchange import Op, Record, Result, State, Verb
from contactsync.rest.origin import segment
from contactsync.rest.redaction import vendor_words
from contactsync.rest.reply import Reply

LOST_IN_A_ROW = 3


class Writer:
    """Writes to one account."""

    def __init__(self, site: Site, reader: Reader) -> None:
        self._site = site
        self._reader = reader

    def push(self, ops: Sequence[Op]) -> Iterator[Result]:
        """One by one. Errors: NothingSent, also after three unknown outcomes in a row."""
        lost = 0
        for op in ops:
            if lost == LOST_IN_A_ROW:
                raise NothingSent(f"Freshsales gave no answer to {lost} writes in a row; the others were not sent.")
            try:
                result = self._write(op)
            except RecordRefused as refusal:
                result = Result(op.key, State.REFUSED, id=op.id, reason=refusal.reason)
            except OutcomeUnknown as unknown:
                result = Result(op.key, State.UNKNOWN, id=op.id, reason=unknown.message)
            lost = lost + 1 if result.state is State.UNKNOWN else 0
            yield result

    def _write(self, op: Op) -> Result:
        if op.verb is Verb.DELETE:
            reply = self.api_write("DELETE", f"contacts/{segment(op.id)}")
            return Result(op.key, State.DONE, id=op.id) if reply.status < 300 else self._refused(op, reply)
        method, path = ("POST", "contacts") if op.verb is Verb.CREATE else ("PUT", f"contacts/{segment(op.id)}")
        body = self.body(op)
        if not body and op.verb is Verb.UPDATE:
            return self.held_already(op)
        reply = self.api_write(method, path, params={"include": INCLUDE}, json={"contact": body})
        return self._done(op, reply) if reply.status < 300 else self._refused(op, reply)

    def held_already(self, op: Op) -> Result:
        """Nothing has to change (no e-mails, and none wanted)."""
        record = self._reader.fetch(op.id).record
        if record is None:
            return Result(op.key, State.OVERTAKEN, id=op.id, reason="gone")
        return Result(op.key, State.DONE, op.id, record=record, ref=record.ref)

    def api_write(self, method: str, path: str, **sent: Any) -> Reply:
        """Errors: those of `Api.write`."""
        try:
            api = self._site.api
        except ContactsyncError as error:  # the account's address could not even be found
            raise NothingSent(error.message, next_step=error.next_step) from error
        return api.write(method, path, **sent)

    def body(self, op: Op) -> dict[str, Any]:
        """What has to be sent. Errors: NothingSent where what it takes to say it cannot be read, RecordRefused."""
        try:
            kinds = self._site.kinds() if any(name.startswith(CUSTOM) for name in op.patch) else {}
            return to_body(op.patch, kinds, self._current_emails(op) if "emails" in op.patch else ())
        except RecordRefused:
            raise
        except ContactsyncError as error:
            raise NothingSent(error.message, next_step=error.next_step) from error

    def _current_emails(self, op: Op) -> Sequence[Mapping[str, Any]]:
        """The contact's e-mails with their ids, from its ref or, where that has none, read now."""
        if op.verb is Verb.CREATE:
            return ()
        known = op.ref.get("emails")
        if not isinstance(known, Sequence):
            record = self._reader.fetch(op.id).record
            known = record.ref.get("emails") if record else None
        if not isinstance(known, Sequence):
            raise RecordRefused("Freshsales did not show the ids of the e-mails, without which none can be changed.")
        return known

    def _done(self, op: Op, reply: Reply) -> Result:
        contact_id, record = self._stored(op, reply)
        if not contact_id:
            raise OutcomeUnknown(f"Freshsales answered HTTP {reply.status} to a create, but showed no contact.")
        created = op.verb is Verb.CREATE and reply.status == 201
        return Result(op.key, State.DONE, contact_id, created, record=record, ref=record.ref if record else {})

    def _stored(self, op: Op, reply: Reply) -> tuple[str, Record | None]:
        """Id and contact as the answer shows them, read once more where it lacks what was written.

        It was written whatever fails here: then the record is None, and whoever needs it fetches it.
        """
        contact_id, record = op.id, None
        try:
            row, owners = contact_of(reply)
            if row is not None:
                contact_id = identity(row)
                record = self._reader.record(row, owners)
            if contact_id and (record is None or not op.patch.keys() <= record.fields.keys()):
                record = self._reader.fetch(contact_id).record
        except (ContactsyncError, *MALFORMED):
            return contact_id, None
        return contact_id, record

    def _refused(self, op: Op, reply: Reply) -> Result:
        """In Freshsales' own words, without what was written. The texts are translated: none is matched."""
        if reply.status == 404 and op.verb is not Verb.CREATE:
            return Result(op.key, State.OVERTAKEN, id=op.id, reason="gone")
        words = vendor_words(reply, [*self._site.api.secrets, *texts_in(op.patch)])
        return Result(op.key, State.REFUSED, id=op.id, reason=f"Freshsales (HTTP {reply.status}): {words}".rstrip(": "))
