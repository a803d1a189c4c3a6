"""A throw-away contact of a probe: what was made, so that it goes again whatever happens."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from contactsync.apps._probing import FIRST_WAIT, ODD, Assumption, CannotTell, Check, findings, judged
from contactsync.errors import ContactsyncError
from contactsync.model.probe import Finding
from contactsync.rest.reply import Reply
from contactsync.rest.services import Services

log = logging.getLogger(__name__)

T = TypeVar("T")
TRIES = 3
GIVEN, FAMILY = "Contactsync", "Probe (may be deleted)"


@dataclass(kw_only=True)
class Made:
    """The base of an app's trial. `made`: ids of all that was created; `unsure`: a create nobody answered."""

    made: list[str] = field(default_factory=list)
    unsure: bool = False
    answer: Reply | None = None
    deleted: bool = False

    @property
    def id(self) -> str:
        """The throw-away contact. Errors: CannotTell."""
        if not self.made or self.deleted:
            raise CannotTell("there is no throw-away contact")
        return self.made[0]

    @property
    def deleted_id(self) -> str:
        """The same, once it is deleted. Errors: CannotTell."""
        if not self.deleted:
            raise CannotTell("no contact was deleted")
        return self.made[0]

    def left(self, gone: Callable[[str], bool], look: Callable[[], Sequence[str]], address: str) -> Sequence[str]:
        """One try to remove all of it; what is left, or may be.

        gone: one try to delete an id; look: ids of contacts with the throw-away `address`
        """
        doubt = [f"perhaps one with the address {address}"] if self.unsure and not self._found(look) else []
        return [*(one for one in self.made if not gone(one)), *doubt]

    def _found(self, look: Callable[[], Sequence[str]]) -> bool:
        """Whether the result of a create without an answer was found."""
        try:
            found = [one for one in look() if one not in self.made]
        except (CannotTell, ContactsyncError, *ODD):
            return False
        self.made += found
        self.unsure = not found
        return bool(found)


def trial(
    checks: Sequence[Check[T]], subject: T, end: Assumption, remove: Callable[[], Sequence[str]], services: Services
) -> Generator[Finding, None, None]:
    """Checks with a throw-away contact, which is removed whatever happens; last the finding of its removal.

    remove: one try; the ids that are still there, or may be.
    """
    left: Sequence[str] = ()
    try:
        yield from findings(checks, subject)
    finally:
        left = _removed(remove, services)
        if left:  # also where nobody hears the finding, because the command was interrupted
            log.warning("The throw-away contact could not be deleted; delete it by hand: %s", ", ".join(left))
    yield end.finding(judged(not left, f"still there: {', '.join(left)}" if left else "nothing is left of it"))


def _removed(remove: Callable[[], Sequence[str]], services: Services) -> Sequence[str]:
    left: Sequence[str] = ()
    for number in range(TRIES):
        if number:
            services.sleep(FIRST_WAIT * 4**number)
        left = remove()
        if not left:
            break
    return left
