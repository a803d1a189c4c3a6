"""How an app's assumptions are checked against a real account: one by one, none stopping the others."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from contactsync.errors import ContactsyncError, NothingSent, RetryError
from contactsync.model.probe import Finding, Verdict
from contactsync.rest.reply import Reply
from contactsync.rest.services import Services

T = TypeVar("T")
ODD = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What reading an answer of an unexpected form may raise."""

PATIENCE = 2  # checks in a row that met a used-up limit or a host that does not answer
FIRST_WAIT = 1.0
LAG = "set the option `lag_seconds` higher"
ONLY_WRITING = "only with --write"


@dataclass(frozen=True)
class Answer:
    """What a check says."""

    verdict: Verdict
    seen: str


class CannotTell(Exception):
    """Raised by a check: the account does not hold what it takes. The text says why, without contact data."""


@dataclass(frozen=True)
class Assumption:
    """What is taken for granted, by which module, and what to do where it does not hold."""

    id: str
    text: str
    relies: str
    remedy: str

    def finding(self, answer: Answer) -> Finding:
        """What came of it."""
        return Finding(self.id, self.text, self.relies, answer.verdict, answer.seen, self.remedy)


@dataclass(frozen=True)
class Check(Assumption, Generic[T]):
    """An assumption and the question that tells."""

    ask: Callable[[T], Answer]


def judged(ok: object, seen: str) -> Answer:
    """Holds or does not."""
    return Answer(Verdict.HOLDS if ok else Verdict.REFUTED, seen)


def findings(checks: Sequence[Check[T]], subject: T) -> Iterator[Finding]:
    """Every check's finding. After a limit is used up, or the host gone, for good, the rest is not asked any more."""
    tired = 0
    for check in checks:
        if tired >= PATIENCE:
            yield check.finding(Answer(Verdict.UNKNOWN, "not asked: the checks before got no answer"))
            continue
        answer, tiring = _asked(check, subject)
        tired = tired + 1 if tiring else 0
        yield check.finding(answer)


def _asked(check: Check[T], subject: T) -> tuple[Answer, bool]:
    """The answer, and whether it was for want of any."""
    try:
        return check.ask(subject), False
    except CannotTell as reason:
        return Answer(Verdict.UNKNOWN, str(reason)), False
    except ContactsyncError as error:
        tiring = isinstance(error.__cause__ if isinstance(error, NothingSent) else error, RetryError)
        return Answer(Verdict.UNKNOWN, f"{type(error).__name__}: {error.message}"), tiring
    except ODD as error:
        # The error's own words may quote the answer.
        return Answer(Verdict.UNKNOWN, f"the answer has a form that nobody foresaw ({type(error).__name__})"), False


def unchecked(assumptions: Iterable[Assumption], why: str = ONLY_WRITING) -> Iterator[Finding]:
    """The findings of what is not asked this time, so that nobody takes it for granted."""
    return (one.finding(Answer(Verdict.UNCHECKED, why)) for one in assumptions)


def untried(reasons: Mapping[Assumption, str]) -> Iterator[Finding]:
    """The findings of what no probe asks of a real account: assumption -> why not."""
    for assumption, why in reasons.items():
        yield from unchecked([assumption], why)


def waited_for(seen: Callable[[], bool], services: Services, most: float) -> float | None:
    """Seconds until `seen` is true, asked at growing distances; None where it is not within `most`."""
    waited, step = 0.0, FIRST_WAIT
    while True:
        if seen():
            return waited
        if waited >= most:
            return None
        pause = min(step, most - waited)
        services.sleep(pause)
        waited, step = waited + pause, step * 2


def within(seconds: float | None, most: float, where: str) -> Answer:
    """How long it took until a write showed."""
    if seconds is None:
        return judged(False, f"not shown by {where} within {most:.0f} s")
    return judged(True, f"shown by {where} after {seconds:.0f} s")


def own_mark() -> str:
    """Tells this probe's contact from any other."""
    return secrets.token_hex(6)


def address_of(mark: str) -> str:
    """An e-mail address that reaches nobody."""
    return f"contactsync-probe-{mark}@example.org"


def dicts(found: Any) -> list[dict[str, Any]]:
    """The objects of what should be a list of them."""
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def status(reply: Reply) -> str:
    """The status as it is told."""
    return f"HTTP {reply.status}"
