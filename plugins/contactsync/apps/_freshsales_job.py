"""What Freshsales says of a job: whether it ended, and which records it could not write. Pure.

Of the words for a job's state only SUCCESS is known; the report comes as JSON inside a text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from contactsync.apps._freshsales_site import not_understood
from contactsync.errors import NotTheApi
from contactsync.rest.redaction import redacted
from contactsync.rest.reply import Reply

ENDED = frozenset({"success", "succeeded", "completed", "complete", "finished", "failed", "failure", "error"})
SAYING = ("errors", "error", "message", "messages", "description", "reason")
BESIDE = (*SAYING, "data")
LONGEST = 200
DEEPEST = 6


@dataclass(frozen=True)
class Report:
    """What a job that ended says of its records.

    named    what identifies a record that failed (its id, its addresses) -> the vendor's words
    unnamed  why records may have failed that are not named, '' where none did
    lost     the vendor no longer knows the job
    """

    named: Mapping[str, str] = field(default_factory=dict)
    unnamed: str = ""
    lost: bool = False

    def words(self, names: Iterable[str], sent: Iterable[str]) -> str:
        """Why the record of one of these names failed, without the values `sent`; '' = it did not.

        Where nothing is known of what was sent, the vendor's own words stay out of it.
        """
        found = next((self.named[n.casefold()] for n in names if n.casefold() in self.named), None)
        if found is None:
            return ""
        values = list(sent)
        return f"Freshsales: {(values and redacted(found, values)[:LONGEST]) or 'not written by the job'}"


def report_of(reply: Reply) -> Report | None:
    """None while the job runs. A job that is no longer known has ended. Errors: those of `not_understood`."""
    if reply.status == 404:
        return Report(lost=True)
    body = body_of(reply) if reply.status == 200 else None
    if body is None:
        raise not_understood(reply, "state of a job")
    data = _data(body.get("data"))
    counts = data.get("record_status")
    if str(body.get("status")).casefold() not in ENDED and not isinstance(counts, dict):
        return None
    entries = [e for e in _listed(data.get("detailed_failure_report")) if isinstance(e, dict)]
    named = {name: _words(entry) for entry in entries for name in _names(entry)}
    failed = counts.get("failed") if isinstance(counts, dict) else None
    silent = isinstance(failed, int) and failed > sum(1 for entry in entries if any(_names(entry)))
    return Report(named, f"the job failed for {failed} contacts without a reason for each" if silent else "")


def body_of(reply: Reply) -> Mapping[str, Any] | None:
    """The JSON object of an answer, None where it is none."""
    try:
        body = reply.json()
    except NotTheApi:
        return None
    return body if isinstance(body, dict) else None


def _data(value: Any) -> Mapping[str, Any]:
    try:
        found = json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _names(value: Any, depth: int = 0) -> Iterator[str]:
    """Ids and addresses by which an entry may name its record; what was sent of it (`data`) says nothing."""
    if isinstance(value, str) and ("@" in value or value.isdigit()):
        yield value.strip().casefold()
    elif isinstance(value, int) and not isinstance(value, bool):
        yield str(value)
    elif isinstance(value, (dict, list)) and depth < DEEPEST:
        inside = [v for k, v in value.items() if k not in BESIDE] if isinstance(value, dict) else value
        for part in inside:
            yield from _names(part, depth + 1)


def _words(entry: Mapping[str, Any]) -> str:
    said = (entry[key] for key in SAYING if entry.get(key))
    return next(("; ".join(map(str, s)) if isinstance(s, list) else str(s) for s in said), "")
