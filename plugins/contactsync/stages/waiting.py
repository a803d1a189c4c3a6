"""What waits in a sync: every open hold, and every action that failed and is not made yet. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from contactsync.errors import ConfigError
from contactsync.ledger.store import LedgerReader
from contactsync.model.decisions import ANSWERS, hold_id
from contactsync.model.exchange import State
from contactsync.model.link import Known, Link
from contactsync.model.plan import Hold, JournalRow
from contactsync.model.spec import SIDES, Side
from contactsync.model.waiting import NOT_SENT, REASONS, UNKNOWN, Waiting
from contactsync.stages.explaining import all_with
from contactsync.stages.workplace import Workplace
from contactsync.sync.retrying import TRIED_AGAIN

_EVER_RUN, _EVER = 2**62, datetime.max.replace(tzinfo=UTC)
_UNSETTLED = (State.SENT, State.ACCEPTED, State.UNKNOWN)


@dataclass(frozen=True)
class Wanted:
    """Which of them. reason: '' = any; contact: an id, left:ID, right:ID or the name of a hold, '' = any.

    places: contacts meant by something else, such as an address. Errors: ConfigError (an unknown reason).
    """

    reason: str = ""
    contact: str = ""
    places: frozenset[tuple[Side, str]] = frozenset()

    def __post_init__(self) -> None:
        if self.reason and self.reason not in REASONS:
            raise ConfigError(
                f"Nothing ever waits for the reason {self.reason!r}.",
                allowed=REASONS,
                next_step="name one of these, or leave the reason away to get all that waits",
            )

    def takes(self, one: Waiting) -> bool:
        """True for one of those that are meant."""
        return self.reason in ("", one.reason) and (not self.contact or self._names(one))

    def _names(self, one: Waiting) -> bool:
        named = len(self.contact) >= 4 and one.name.startswith(self.contact.lower())
        by_id = self.contact in (one.contact_id, f"{one.side}:{one.contact_id}")
        return named or by_id or (one.side, one.contact_id) in self.places


def wanted_of(place: Workplace, reason: str, contact: str) -> Wanted:
    """What a person names, by e-mail address too where `email` is a match key. Errors: ConfigError."""
    return Wanted(reason, contact, all_with(place, contact) if "@" in contact else frozenset())


def waiting(reader: LedgerReader, sync_id: str, wanted: Wanted = Wanted()) -> list[Waiting]:
    """All that waits, holds first, oldest first."""
    reader.check()
    found = [*_held(reader, sync_id), *_unsent(reader, sync_id), *_unsettled(reader, sync_id)]
    return [one for one in found if wanted.takes(one)]


def _held(reader: LedgerReader, sync_id: str) -> Iterator[Waiting]:
    for hold, since in reader.holds(sync_id):
        yield _as_waiting(hold, since)


def _as_waiting(hold: Hold, since: datetime) -> Waiting:
    return Waiting(
        hold.reason.value,
        hold.side,
        hold.contact_id,
        hold.detail,
        since,
        name=hold_id(hold),
        link_id=hold.link_id,
        candidates=hold.candidates,
        answers={answer.value: words for answer, words in ANSWERS[hold.reason].items()},
        retried=hold.reason in TRIED_AGAIN,
        field=hold.field,
    )


def failed_links(reader: LedgerReader, sync_id: str) -> list[Link]:
    """Links whose last action was not sent and is tried again later."""
    return [link for link in reader.due_links(sync_id, _EVER_RUN, _EVER) if link.attempts]


def failed_contacts(reader: LedgerReader, sync_id: str) -> list[tuple[Side, Known]]:
    """Contacts without a partner whose create was not sent and is tried again later."""
    due = [(side, row) for side in SIDES for row in reader.due_contacts(sync_id, side, _EVER_RUN, _EVER)]
    return [(side, row) for side, row in due if row.attempts]


def _unsent(reader: LedgerReader, sync_id: str) -> Iterator[Waiting]:
    links = {link.id: link for link in failed_links(reader, sync_id)}
    contacts = {(side, row.contact_id) for side, row in failed_contacts(reader, sync_id)}
    if not (links or contacts):
        return
    newest: dict[tuple[Side, str, str | None], JournalRow] = {}
    for row in reader.not_sent(sync_id):
        source = (row.intent.side.other, row.intent.source_id)
        if row.intent.link_id in links or (row.intent.link_id is None and source in contacts):
            newest[*source, row.intent.link_id] = row
    for row in newest.values():
        yield _action(NOT_SENT, row, row.outcome.reason, row.outcome.at, retried=True)


def _unsettled(reader: LedgerReader, sync_id: str) -> Iterator[Waiting]:
    for row in reader.unfolded(sync_id):
        if row.outcome.state in _UNSETTLED:
            yield _action(UNKNOWN, row, row.outcome.reason or "no answer yet", row.sent_at, retried=False)


def _action(reason: str, row: JournalRow, words: str, at: datetime | None, *, retried: bool) -> Waiting:
    intent = row.intent
    told = f"{intent.verb} in the {intent.side} app: {words}"
    return Waiting(reason, intent.side.other, intent.source_id, told, at, link_id=intent.link_id, retried=retried)
