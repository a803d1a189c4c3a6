"""The partner of a deleted contact is marked instead of deleted: with a tag, or as archived (core 13)."""

from __future__ import annotations

from dataclasses import replace

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
    now = now_values(link.side(gone.other))[mark.column]
    text, touched = _marked(now, mark)
    if text == now:
        return None
    return replace(
        of_partner(link, gone, Verb.UPDATE, sync_id),
        patch={mark.column: text},
        before={mark.column: now},
        touched={mark.column: touched} if touched else {},
        acts={mark.column: mark.action},
        parts=True,
        reason=f"deleted in the {gone} app; {mark.action}",
    )


def of_partner(link: Link, gone: Side, verb: Verb, sync_id: str) -> Intent:
    """An action on the partner of a contact that is gone. Its key belongs to the link's next version."""
    here, there, version = link.side(gone.other), link.side(gone), link.version + 1
    return Intent(
        key=operation_key(sync_id, gone.other, verb, link.id, version),
        side=gone.other,
        verb=verb,
        link_id=link.id,
        source_id=there.contact_id,
        target_id=here.contact_id,
        link_version=version,
        version=here.version,
        ref=here.ref,
        observed_at=here.observed_at,
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
