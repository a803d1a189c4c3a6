"""The partner of a deleted contact is marked instead of deleted: with a tag, or as archived (core 13)."""

from __future__ import annotations

from contactsync.contact import EMPTY_LIST, Element, decode, element_id, encode, kind_of
from contactsync.model.exchange import Verb
from contactsync.model.link import Link
from contactsync.model.plan import Intent
from contactsync.model.rules import Effect, How
from contactsync.model.spec import Side
from contactsync.sync.readings import now_values, operation_key


def is_known(link: Link, gone: Side, mark: Effect) -> bool:
    """False where the marked column of the partner was never read: it has to be, or others' tags would be lost."""
    return mark.column in now_values(link.side(gone.other))


def mark_intent(link: Link, gone: Side, mark: Effect, sync_id: str) -> Intent | None:
    """The update that marks the partner and parts the link; None where it carries the mark already."""
    here, there = link.side(gone.other), link.side(gone)
    now = now_values(here)[mark.column]
    text, touched = _marked(now, mark)
    if text == now:
        return None
    version = link.version + 1
    return Intent(
        key=operation_key(sync_id, gone.other, Verb.UPDATE, link.id, version),
        side=gone.other,
        verb=Verb.UPDATE,
        link_id=link.id,
        source_id=there.contact_id,
        target_id=here.contact_id,
        link_version=version,
        patch={mark.column: text},
        before={mark.column: now},
        touched={mark.column: touched} if touched else {},
        acts={mark.column: mark.action},
        parts=True,
        version=here.version,
        ref=here.ref,
        observed_at=here.observed_at,
        reason=f"deleted in the {gone} app; {mark.action}",
    )


def _marked(now: str, mark: Effect) -> tuple[str, tuple[str, ...]]:
    """The column's text with the mark, and the element that it touches."""
    if mark.how is How.SET:
        return mark.value, ()
    identity = element_id(kind_of(mark.column), mark.value)
    others = [e for e in decode(now or EMPTY_LIST) if e.id != identity]
    if (mark.how is How.ADD) == (len(others) < len(decode(now or EMPTY_LIST))):
        return now, ()
    kept = [*others, Element(identity, mark.value)] if mark.how is How.ADD else others
    return encode(kept), (identity,)
