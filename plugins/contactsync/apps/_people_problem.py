"""What Google says when it refuses: status, reason, and in batches which contact is meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from contactsync.apps._people_facts import SCOPE
from contactsync.errors import AuthError, BadListing, ContactsyncError, NothingSent, NotTheApi
from contactsync.rest.redaction import redacted, vendor_words
from contactsync.rest.reply import Reply

NOT_FOUND, PERMISSION_DENIED, FAILED_PRECONDITION = 5, 7, 9  # google.rpc.Code
_CODES = {"NOT_FOUND": NOT_FOUND, "PERMISSION_DENIED": PERMISSION_DENIED, "FAILED_PRECONDITION": FAILED_PRECONDITION}
_HTTP = {404: NOT_FOUND, 403: PERMISSION_DENIED}


@dataclass(frozen=True)
class Problem:
    """A refusal, of a request or of one contact in it. `contacts`: index or resource name -> what is wrong with it."""

    code: int = 0  # google.rpc.Code, 0 where it is none of those above
    message: str = ""
    reasons: frozenset[str] = frozenset()
    contacts: Mapping[str, Problem] = field(default_factory=dict)

    @property
    def expired(self) -> bool:
        """The sync token is too old. Seen with several statuses, so the reason or the words count."""
        return "EXPIRED_SYNC_TOKEN" in self.reasons or "sync token is expired" in self.message.casefold()

    @property
    def stale(self) -> bool:
        """The contact changed since it was read."""
        etag = "etag" in self.message.casefold() and "different" in self.message.casefold()
        return self.code == FAILED_PRECONDITION or "failedPrecondition" in self.reasons or etag

    @property
    def gone(self) -> bool:
        """There is no such contact."""
        return self.code == NOT_FOUND

    @property
    def denied(self) -> bool:
        """The credentials do not reach that far, whatever the contact."""
        return self.code == PERMISSION_DENIED

    @property
    def full(self) -> bool:
        """The account holds as many contacts as it may, the trash included."""
        return "MY_CONTACTS_OVERFLOW_COUNT" in self.message or "MY_CONTACTS_OVERFLOW_COUNT" in self.reasons

    def words(self, secrets: Iterable[str]) -> str:
        """The message without contact data, for people."""
        return redacted(self.message, secrets)[:200]


def problem_of(reply: Reply) -> Problem:
    """The problem in an error's body; an unreadable body is a problem without words."""
    try:
        body = reply.json()
    except NotTheApi:
        body = None
    error = body.get("error") if isinstance(body, dict) else None
    found = of_status(error) if isinstance(error, dict) else Problem(message=str(error or ""))
    code = found.code or _HTTP.get(reply.status, 0)
    return Problem(code, found.message, found.reasons, found.contacts)


def of_status(status: Mapping[str, Any], depth: int = 0) -> Problem:
    """A google.rpc.Status, or the `error` of an error's body, whose code is HTTP's."""
    details = _dicts(status.get("details"))
    code = status.get("code")
    rpc = _CODES.get(str(status.get("status")), code if isinstance(code, int) and code < 100 else 0)
    reasons = {str(d["reason"]) for d in details if d.get("reason")}
    reasons |= {str(e["reason"]) for e in _dicts(status.get("errors")) if e.get("reason")}
    contacts: dict[str, Problem] = {}
    for found in (d.get("contactErrors") for d in details if depth == 0):
        if isinstance(found, dict):
            contacts.update({str(k): of_status(v, 1) for k, v in found.items() if isinstance(v, dict)})
    return Problem(rpc, str(status.get("message") or ""), frozenset(reasons), contacts)


def _dicts(found: Any) -> list[Mapping[str, Any]]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def refused_read(reply: Reply) -> ContactsyncError:
    """The error for a read that Google refused."""
    problem = problem_of(reply)
    if "SERVICE_DISABLED" in problem.reasons or "accessNotConfigured" in problem.reasons:
        return AuthError(
            f"{reply.host}: the People API is not enabled in the project of this OAuth client.",
            next_step="enable it in the Google Cloud console under APIs & Services.",
        )
    if problem.denied:
        return AuthError(
            f"{reply.host} does not let these credentials read contacts (HTTP {reply.status}).",
            next_step=f"authorise again with the scope {SCOPE}.",
        )
    if reply.status == 404:
        return NotTheApi(f"{reply.host} is not the People API (HTTP 404).", next_step="check the connection's host.")
    return BadListing(
        f"{reply.host} refused to list contacts (HTTP {reply.status}): {vendor_words(reply)}",
        next_step="try again; if it stays, report the message.",
    )


def not_allowed(reply: Reply) -> NothingSent:
    """The error for a write that these credentials may not make; it ends the load."""
    text = f"{reply.host} does not let these credentials write contacts (HTTP {reply.status})."
    step = f"authorise again with the scope {SCOPE}."
    found = NothingSent(text, next_step=step)
    found.__cause__ = AuthError(text, next_step=step)
    return found
