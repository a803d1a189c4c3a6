"""The bulk routes of the Freshsales sandbox: jobs whose outcome is polled."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from contactsync.sandbox.freshsales_contacts import ContactRoutes
from contactsync.sandbox.freshsales_errors import error, refuse
from contactsync.sandbox.freshsales_fields import Record
from contactsync.sandbox.freshsales_render import PREFIXES
from contactsync.sandbox.freshsales_store import Job
from contactsync.sandbox.freshsales_writes import Writer
from contactsync.sandbox.server import Refused, Reply, Request, route

_MAX_RECORDS = 100


class BulkRoutes(ContactRoutes):
    """bulk_upsert, bulk_destroy, bulk_assign_owner and job_statuses. A job takes effect when it is due."""

    @route("POST", r"/contacts/bulk_upsert")
    def bulk_upsert(self, request: Request) -> Reply:
        """Up to 100 records, each by e-mail address or id; the outcome is in the job."""
        records = self.body(request).get("contacts")
        if not isinstance(records, list) or not all(isinstance(r, dict) for r in records):
            refuse(400, "The type for contacts is invalid.")
        if len(records) > _MAX_RECORDS:
            refuse(400, f"At most {_MAX_RECORDS} records are allowed")
        if self.knobs.bulk_exclusive and any(job.result is None for job in self.store.jobs.values()):
            return Reply(405)
        writer = self.writer(request)
        job = self._queue(lambda: self._each(records, lambda r: self._upsert_one(writer, r)))
        prefix = PREFIXES[self.flavour(request)]
        host = request.headers.get("Host", "")
        url = f"http://{host}{prefix}/job_statuses/{job.id}"
        return Reply(self.knobs.bulk_status, {"message": "Your request is being processed", "job_status_url": url})

    @route("POST", r"/contacts/bulk_destroy")
    def bulk_destroy(self, request: Request) -> Reply:
        """Moves contacts to the Recycle Bin, some time later."""
        ids = self._selected(request)
        self._queue(lambda: self._each(ids, lambda id_: self.store.bin(self.found(id_)["id"], self.now())))
        return Reply(body={"message": "Deletion is in progress"})

    @route("POST", r"/contacts/bulk_assign_owner")
    def bulk_assign_owner(self, request: Request) -> Reply:
        """Gives contacts to another owner, some time later."""
        ids, owner = self._selected(request), self.body(request).get("owner_id")
        if not self.store.settings.knows("owner_id", owner):
            refuse(400, "owner_id is invalid")
        writer = self.writer(request)
        change = partial(_assign, self, writer, owner)
        self._queue(lambda: self._each(ids, change))
        return Reply(body={"message": "Assignment is in progress"})

    @route("GET", r"/job_statuses/(\d+)")
    def job_status(self, request: Request) -> Reply:
        """How a job stands; `data` is JSON as text."""
        job = self.store.jobs.get(int(request.params[0]))
        if job is None:
            return error(404, "Not found")
        if job.result is None:
            return Reply(body={"id": str(job.id), "status": "IN_PROGRESS", "data": None})
        succeeded, failures = job.result
        counts = {"succeeded": succeeded, "failed": len(failures)}
        named = failures if self.knobs.job_reports else []
        data = json.dumps({"record_status": counts, "detailed_failure_report": named})
        return Reply(body={"id": str(job.id), "status": "SUCCESS", "data": data})

    def _queue(self, work: Callable[[], tuple[int, list[Record]]]) -> Job:
        job = Job(self.store.new_id(), self.now() + self.knobs.job_seconds, work)
        self.store.jobs[job.id] = job
        self.store.settle(self.now())
        return job

    def _each(self, records: list[Any], work: Callable[[Any], object]) -> tuple[int, list[Record]]:
        """Does the work for each record; one that is refused does not stop the others."""
        failures: list[Record] = []
        for record in records:
            try:
                work(record)
            except Refused as refused:
                failures.append({"record": record, "errors": refused.reply.body["errors"]["message"]})
        return len(records) - len(failures), failures

    def _upsert_one(self, writer: Writer, record: Record) -> None:
        identifier = {key: value for key, value in record.items() if key != "data"}
        if not identifier or not isinstance(record.get("data"), dict):
            refuse(400, "The type for data is invalid.")
        self.put(Writer(writer.store, writer.knobs, writer.flavour, self.now()), identifier, record["data"])

    def _selected(self, request: Request) -> list[Any]:
        ids = self.body(request).get("selected_ids")
        if not isinstance(ids, list):
            refuse(400, "The type for selected_ids is invalid.")
        return list(ids)


def _assign(routes: BulkRoutes, writer: Writer, owner: object, id_: str | int) -> None:
    writer.update(routes.found(id_), {"owner_id": owner})
