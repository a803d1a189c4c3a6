"""Trying again what was held or not sent, because a person asks: due in the next run, and written down (core 2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from contactsync.errors import ConfigError
from contactsync.ledger.store import LedgerReader
from contactsync.model.decisions import Decided
from contactsync.model.ledger import FoldBatch
from contactsync.model.link import Known, Link
from contactsync.model.plan import Hold
from contactsync.model.spec import Side
from contactsync.model.waiting import NOT_SENT, Waiting
from contactsync.stages.deciding import Judge, open_holds
from contactsync.stages.desk import desk_of
from contactsync.stages.small_run import small_run
from contactsync.stages.waiting import Wanted, failed_contacts, failed_links, waiting
from contactsync.sync.retrying import due_contact, due_link, tried_again


@dataclass(frozen=True)
class Retried:
    """again: due in the next run; left: what no further try would end; unread: only a complete read shows them."""

    again: tuple[Waiting, ...] = ()
    left: tuple[Waiting, ...] = ()
    unread: tuple[Waiting, ...] = ()


@dataclass
class _Draft:
    """What becomes due, each once: one link may have several holds."""

    links: dict[str, Link] = field(default_factory=dict)
    known: dict[tuple[Side, str], Known] = field(default_factory=dict)
    again: list[Waiting] = field(default_factory=list)
    unread: list[Waiting] = field(default_factory=list)


def retry_waiting(judge: Judge, wanted: Wanted) -> Retried:
    """The same, of what waits now. Errors: also ConfigError, where a contact is meant of which nothing waits."""
    found = waiting(judge.ledger, judge.sync_id, wanted)
    if not found and wanted.contact:
        raise ConfigError(
            f"Nothing of {wanted.contact!r} waits in sync {judge.sync_id!r}.",
            next_step=f"list what does: contactsync holds {judge.sync_id}",
        )
    return retry(judge, wanted) if any(one.retried for one in found) else Retried(left=tuple(found))


def lines(sync: str, done: Retried) -> list[str]:
    """For people: what the next run tries again, and what no further try would end."""
    told = [f"{len(done.again)} are tried again in the next run."]
    if done.left:
        why = ", ".join(f"{reason} {n}" for reason, n in sorted(Counter(one.reason for one in done.left).items()))
        left = f"{len(done.left)} were left alone ({why}): another try would not end them."
        told.append(f"{left} See: contactsync holds {sync}")
    if done.unread:
        unread = f"{len(done.unread)} were never read, so they cannot be asked for by id:"
        told.append(f"{unread} contactsync run {sync} --full-read")
    return told


def retry(judge: Judge, wanted: Wanted) -> Retried:
    """Make what is meant due in the next run. Errors: LockBusy, LedgerSchema, ConfigError (the sync never ran)."""
    with small_run(desk_of(judge.place), judge.request) as run:
        found = waiting(judge.ledger, judge.sync_id, wanted)
        draft = _Draft()
        _hold(judge, [one for one in found if one.retried and one.name], draft)
        _failed(judge, [one for one in found if one.reason == NOT_SENT], draft)
        entries = [
            Decided(f"{one.reason} {one.side}:{one.contact_id}", "retry", judge.by, one.link_id or "")
            for one in draft.again
        ]
        known = [(side, row) for (side, _), row in draft.known.items()]
        run.fold(FoldBatch(links=[*draft.links.values()], known=known, decided=entries))
        run.message = f"{judge.by} asked for another try of {len(entries)} contacts"
    left = tuple(one for one in found if not one.retried)
    return Retried(tuple(draft.again), left, tuple(draft.unread))


def _hold(judge: Judge, meant: Sequence[Waiting], draft: _Draft) -> None:
    by_name = {one.name: one for one in meant}
    for hold, one in ((h, by_name[n]) for n, h in open_holds(judge) if n in by_name):
        known = judge.ledger.known(judge.sync_id, hold.side, [hold.contact_id]).get(hold.contact_id)
        link = _link_of(judge.ledger, judge.sync_id, hold, known, draft)
        change = tried_again(hold, link, known)
        if change.link is not None:
            draft.links[change.link.id] = change.link
        if change.known is not None:
            draft.known[hold.side, hold.contact_id] = change.known
        (draft.again if change.link or change.known else draft.unread).append(one)


def _link_of(ledger: LedgerReader, sync_id: str, hold: Hold, known: Known | None, draft: _Draft) -> Link | None:
    link_id = hold.link_id or (known.link_id if known else None)
    if link_id is None or link_id in draft.links:
        return draft.links.get(link_id or "")
    return next(iter(ledger.links(sync_id, [link_id])), None)


def _failed(judge: Judge, meant: Sequence[Waiting], draft: _Draft) -> None:
    links = {one.link_id for one in meant}
    contacts = {(one.side, one.contact_id) for one in meant if one.link_id is None}
    for link in failed_links(judge.ledger, judge.sync_id):
        if link.id in links and link.id not in draft.links:
            draft.links[link.id] = due_link(link)
    for side, row in failed_contacts(judge.ledger, judge.sync_id):
        if (side, row.contact_id) in contacts:
            draft.known[side, row.contact_id] = due_contact(row)
    draft.again.extend(meant)
