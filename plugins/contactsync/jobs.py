"""Which writes of a load go as asynchronous jobs, and the waiting for those (core 22)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from contactsync.apps.base import App
from contactsync.errors import RetryError
from contactsync.model.app import Bulk
from contactsync.model.exchange import Json, Op, Result, Verb
from contactsync.model.plan import Intent, Outcome

log = logging.getLogger(__name__)

PATIENCE = timedelta(seconds=600)  # how long a job is polled before its contacts are frozen
LONGEST_PAUSE = 15.0  # seconds between two polls


class Jobs:
    """The jobs of one load, one after the other. No job is begun while an earlier one has not ended.

    hanging  one of an earlier run, or of another sync of this account, has not ended
    renew    keeps lock and lease while a job is waited for
    """

    def __init__(
        self,
        app: App,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None],
        renew: Callable[[], None],
        *,
        hanging: bool,
    ) -> None:
        self._app, self._clock, self._sleep, self._renew = app, clock, sleep, renew
        self._bulk: Bulk | None = None if hanging else app.info.caps.bulk

    # ---- which

    def size(self, queue: Sequence[Intent]) -> int:
        """How many actions of this queue one job takes; 0 where they go the ordinary way."""
        job, _ = self.choose(queue)
        return self._bulk.size if self._bulk and job else 0

    def choose(self, ready: Sequence[Intent]) -> tuple[list[Intent], list[Intent]]:
        """(those for one job, the others). Too few for a job are all others."""
        if not ready or self._bulk is None:
            return [], list(ready)
        fitting = [i for i in ready if self._fits(i)][: self._bulk.size]
        least = {Verb.CREATE: self._bulk.create, Verb.UPDATE: self._bulk.update}.get(ready[0].verb, 0)
        if not least or len(fitting) < least:
            return [], list(ready)
        going = {i.key for i in fitting}
        return fitting, [i for i in ready if i.key not in going]

    def upserts(self, ready: Sequence[Intent]) -> tuple[list[Intent], list[Intent]]:
        """(those that a job would write onto whoever holds their key, the others)."""
        return self.choose(ready) if self._bulk is not None and self._bulk.upserts else ([], list(ready))

    def _fits(self, intent: Intent) -> bool:
        """A job that upserts tells a contact to create by its unique key, and knows no other."""
        if intent.verb is not Verb.CREATE or self._bulk is None or not self._bulk.upserts:
            return True
        return any(intent.keys.get(key) for key in self._app.info.caps.unique_keys)

    def stop(self) -> None:
        """A submit got no answer, or the vendor takes no job: no further one is tried in this load."""
        self._bulk = None

    # ---- waiting

    def ended(self, accepted: Sequence[Outcome], ops: Sequence[Op]) -> Iterator[Iterator[Result]]:
        """The results of each job as it ends. One that does not end in ten minutes is left to later runs."""
        jobs = {repr(sorted((o.job or {}).items())): o.job or {} for o in accepted}
        of_job = {
            name: [op for op, o in zip(ops, accepted, strict=True) if (o.job or {}) == jobs[name]] for name in jobs
        }
        until = self._clock() + PATIENCE
        pause = self._bulk.poll_after if self._bulk else 0.0
        while jobs and self._clock() < until:
            if pause:
                self._sleep(pause)
                self._renew()
            pause = min(max(pause * 2, 0.1), LONGEST_PAUSE)
            for name in list(jobs):
                results = self._polled(jobs[name], of_job[name])
                if results is not None:
                    del jobs[name]
                    yield results
        if jobs:
            self._bulk = None

    def _polled(self, job: Json, ops: Sequence[Op]) -> Iterator[Result] | None:
        try:
            return self._app.poll(job, ops)
        except RetryError as error:
            log.warning("%s: a job could not be asked about: %s", self._app.info.title, type(error).__name__)
            return None
