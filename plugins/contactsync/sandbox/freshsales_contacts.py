"""The routes of the Freshsales sandbox for one contact at a time."""

from __future__ import annotations

from contactsync.sandbox.freshsales_base import FreshsalesBase, contact_of
from contactsync.sandbox.freshsales_errors import refuse
from contactsync.sandbox.freshsales_fields import Record
from contactsync.sandbox.freshsales_writes import Writer
from contactsync.sandbox.server import Reply, Request, route


class ContactRoutes(FreshsalesBase):
    """Create, read, update, delete, forget, clone, upsert."""

    @route("GET", r"/contacts/(\d+)")
    def read(self, request: Request) -> Reply:
        """One contact; a deleted one is 404, or 200 with is_deleted, as the knob says."""
        id_ = int(request.params[0])
        if id_ in self.store.deleted and self.knobs.deleted_get == 200:
            return Reply(body=self.render(request).one(self.store.records[id_]))
        return Reply(body=self.render(request).one(self.found(id_)))

    @route("POST", r"/contacts")
    def create(self, request: Request) -> Reply:
        """A new contact; the e-mail address must be free."""
        record = self.writer(request).create(contact_of(self.body(request)))
        return Reply(self.knobs.create_status, self.render(request).one(record))

    @route("PUT", r"/contacts/(\d+)")
    def change(self, request: Request) -> Reply:
        """A partial update."""
        record = self.found(request.params[0])
        changed = self.writer(request).update(record, contact_of(self.body(request)))
        return Reply(body=self.render(request).one(changed))

    @route("DELETE", r"/contacts/(\d+)")
    def delete(self, request: Request) -> Reply:
        """Moves a contact to the Recycle Bin."""
        self.store.bin(self.found(request.params[0])["id"], self.now())
        return Reply(body=True) if self.knobs.delete_body else Reply(204)

    @route("DELETE", r"/contacts/(\d+)/forget")
    def forget(self, request: Request) -> Reply:
        """Removes a contact for good, also from the Recycle Bin."""
        id_ = int(request.params[0])
        if id_ not in self.store.records:
            refuse(404, "Not found")
        self.store.purge(id_)
        return Reply(body=True) if self.knobs.delete_body else Reply(204)

    @route("POST", r"/contacts/(\d+)/clone")
    def clone(self, request: Request) -> Reply:
        """A copy without e-mail addresses, which would not be unique, with the given changes."""
        original = self.found(request.params[0])
        dropped = ("id", "emails", "is_deleted", "phone_numbers")
        data = {key: value for key, value in original.items() if key not in dropped}
        record = self.writer(request).create({**data, **contact_of(self.body(request))})
        return Reply(self.knobs.create_status, self.render(request).one(record))

    @route("POST", r"/contacts/upsert")
    def upsert(self, request: Request) -> Reply:
        """Updates the contact with the identifier (200), or creates one (201)."""
        body = self.body(request)
        identifier = body.get("unique_identifier")
        if not isinstance(identifier, dict) or not identifier:
            refuse(400, "The type for unique_identifier is invalid.")
        record, created = self.put(self.writer(request), identifier, contact_of({"contact": {}, **body}))
        return Reply(201 if created else 200, self.render(request).one(record))

    def put(self, writer: Writer, identifier: Record, data: Record) -> tuple[Record, bool]:
        """Updates the contact an identifier names or creates it; True when created."""
        present = self._identified(identifier)
        if present is not None:
            return writer.update(present, data), False
        if "id" in identifier:
            refuse(404, "Not found")
        return writer.create({**identifier, **data}), True

    def _identified(self, identifier: Record) -> Record | None:
        key, value = next(iter(identifier.items()))
        match key:
            case "id":
                return self.found(str(value))
            case "emails" | "email":
                holder = self.store.holder(str(value))
                return None if holder is None else self.store.records[holder]
            case "mobile_number" | "external_id":
                return next((r for r in self.store.lives() if r[key] == value), None)
        return refuse(400, f"The unique_identifier {key} is invalid.")
