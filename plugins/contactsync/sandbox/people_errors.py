"""The error bodies of Google's People API, as its documentation and public records of real calls show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from contactsync.sandbox.wire import Refused, Reply

Json = dict[str, Any]

_RPC_CODES = {
    "INVALID_ARGUMENT": 3,
    "NOT_FOUND": 5,
    "ALREADY_EXISTS": 6,
    "PERMISSION_DENIED": 7,
    "RESOURCE_EXHAUSTED": 8,
    "FAILED_PRECONDITION": 9,
    "UNAUTHENTICATED": 16,
}
_DOCS = "https://developers.google.com/people/api/rest/v1/people"


class PeopleError(Refused):
    """A refusal in Google's envelope: HTTP code, message, canonical status and typed details."""

    def __init__(self, code: int, status: str, message: str, details: Iterable[Json] = ()) -> None:
        self.code, self.status, self.message, self.details = code, status, message, list(details)
        super().__init__(Reply(code, envelope(code, status, message, self.details)))

    def as_status(self) -> Json:
        """The error as a google.rpc.Status, as it stands inside batch answers."""
        return {"code": _RPC_CODES[self.status], "message": self.message}


def envelope(code: int, status: str, message: str, details: Iterable[Json] = ()) -> Json:
    """The body of every error; `details` is absent when there is none."""
    error: Json = {"code": code, "message": message, "status": status}
    if listed := list(details):
        error["details"] = listed
    return {"error": error}


def typed(kind: str, **content: Any) -> Json:
    """One entry of `details`."""
    return {"@type": f"type.googleapis.com/{kind}", **content}


def error_info(reason: str, domain: str, **metadata: str) -> Json:
    """A google.rpc.ErrorInfo entry of `details`."""
    found = typed("google.rpc.ErrorInfo", reason=reason, domain=domain)
    return {**found, "metadata": metadata} if metadata else found


def invalid(message: str, *fields: tuple[str, str]) -> PeopleError:
    """400 INVALID_ARGUMENT; `fields` are (field, description) of a BadRequest."""
    violations = [{"field": field, "description": text} for field, text in fields]
    details = [typed("google.rpc.BadRequest", fieldViolations=violations)] if violations else []
    return PeopleError(400, "INVALID_ARGUMENT", message, details)


def bad_field(field: str, description: str) -> PeopleError:
    """400 about one field of the body."""
    return invalid(description, (field, description))


def mask_missing(name: str, method: str) -> PeopleError:
    """400 for a mask that must be given."""
    text = f"{name} mask is required. Please specify one or more valid paths. Valid paths are documented at"
    return invalid(f"{text} {_DOCS}/{method}.")


def mask_unknown(name: str, path: str, method: str) -> PeopleError:
    """400 for a mask that names an unknown field."""
    return invalid(f'Invalid {name} mask path: "{path}". Valid paths are documented at {_DOCS}/{method}.')


def stale() -> PeopleError:
    """400 for an update that carries another etag than the contact has now."""
    text = "Request person.etag is different than the current person.etag."
    return PeopleError(400, "FAILED_PRECONDITION", f"{text} Clear local cache and get the latest person.")


def no_etag() -> PeopleError:
    """400 for an update that says nothing of the state it is based on."""
    text = "Request must set person.etag or person.metadata.sources.etag for the source that is being updated."
    return invalid(text)


def not_found() -> PeopleError:
    """404 for an unknown person or group."""
    return PeopleError(404, "NOT_FOUND", "Requested entity was not found.")


def sync_token_expired(code: int, status: str) -> PeopleError:
    """The error of an old sync token; seen with 400 and 410, INVALID_ARGUMENT and FAILED_PRECONDITION."""
    text = "Sync token is expired. Clear local cache and retry call without the sync token."
    return PeopleError(code, status, text, [error_info("EXPIRED_SYNC_TOKEN", "people.googleapis.com")])


def unauthenticated() -> PeopleError:
    """401 for a missing, unknown or expired access token."""
    text = (
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid "
        "authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project."
    )
    info = error_info("ACCESS_TOKEN_EXPIRED", "googleapis.com", service="people.googleapis.com")
    return PeopleError(401, "UNAUTHENTICATED", text, [info])


def scope_missing() -> PeopleError:
    """403 for an access token without the scope that the method needs."""
    info = error_info("ACCESS_TOKEN_SCOPE_INSUFFICIENT", "googleapis.com", service="people.googleapis.com")
    return PeopleError(403, "PERMISSION_DENIED", "Request had insufficient authentication scopes.", [info])


def batch_failed(kind: str, errors: Mapping[str, PeopleError]) -> PeopleError:
    """The error of a whole batch; `contactErrors` holds the failing entries only."""
    first = next(iter(errors.values()))
    each = {key: error.as_status() for key, error in errors.items()}
    details = typed(f"google.people.v1.{kind}ErrorDetails", contactErrors=each)
    return PeopleError(first.code, first.status, first.message, [details])


def quota_spent(kind: str, project: str) -> Json:
    """The body of a 429: `kind` is read, write or full."""
    if kind == "full":
        violation = {"subject": f"project_number:{project}", "description": "FBS quota limit exceeded."}
        details = [typed("google.rpc.QuotaFailure", violations=[violation])]
        return envelope(429, "RESOURCE_EXHAUSTED", "FBS quota limit exceeded.", details)
    metric = {"read": "Critical read requests (Contact and Profile Reads)", "write": "Critical write requests"}[kind]
    message = (
        f"Quota exceeded for quota metric '{metric}' and limit '{metric} per minute per user' of service "
        f"'people.googleapis.com' for consumer 'project_number:{project}'."
    )
    info = error_info(
        "RATE_LIMIT_EXCEEDED",
        "googleapis.com",
        consumer=f"projects/{project}",
        quota_limit=f"Critical{kind.title()}sPerMinutePerProjectPerUser",
        service="people.googleapis.com",
        quota_metric=f"people.googleapis.com/critical_{kind}_requests",
    )
    return envelope(429, "RESOURCE_EXHAUSTED", message, [info])
