"""Contacts that an undo made anew or deleted (core 30): what becomes of the link, and of the contact over there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from contactsync.model.decisions import Wish
from contactsync.model.exchange import State
from contactsync.model.link import Apart, ApartReason, Known, Link, LinkSide, LinkStatus, Standing
from contactsync.model.plan import MADE_AND_GONE, Intent, Outcome
from contactsync.model.spec import FieldPair, Side
from contactsync.sync.created import new_side
from contactsync.sync.fold import with_standing
from contactsync.sync.readings import now_values


def is_there(outcome: Outcome) -> bool:
    """True where the contact was made, or found again, and is not known to be gone."""
    return outcome.state in (State.DONE, State.ADOPTED) and outcome.reason != MADE_AND_GONE


def fold_recreated(link: Link, intent: Intent, outcome: Outcome, pairs: Sequence[FieldPair]) -> Link:
    """The link after its contact was made anew, or was not."""
    raised = replace(link, version=max(link.version, intent.link_version) + 1)
    if not is_there(outcome):
        return raised
    target, source = intent.side, intent.side.other
    fresh = new_side(outcome, dict(outcome.values or intent.patch), {})
    made = replace(raised, left=fresh) if target is Side.LEFT else replace(raised, right=fresh)
    if link.side(source).standing is Standing.GONE:
        return replace(made, status=LinkStatus.PARTED, attempts=0)
    # It may have been edited while nothing flowed: it is read by its id before anything does again.
    joined = with_standing(replace(made, status=LinkStatus.LIVE, attempts=0), source, Standing.MISSING)
    kept = {name: _as_made(apart, name, intent, fresh) for name, apart in link.apart.items()}
    return replace(joined, apart={**_differing(joined, pairs), **kept})


def _as_made(apart: Apart, name: str, intent: Intent, fresh: LinkSide) -> Apart:
    """A field that was apart is remembered with what the app made of it this time, unless an edit of it waits."""
    left = intent.side is Side.LEFT
    held, now = apart.left if left else apart.right, fresh.base.get(name)
    if held is None or now is None or held != intent.patch.get(name):
        return apart
    return replace(apart, left=now) if left else replace(apart, right=now)


def not_again(source: Known, intent: Intent) -> Known:
    """Whom we made a contact from that an undo deleted: another is made only once it is edited."""
    if source.tombstone or source.link_id not in (None, intent.link_id):
        return source
    return replace(
        source,
        link_id=None,
        wish=Wish.NOT_AGAIN,
        fingerprint=source.fingerprint if intent.source_fingerprint is None else intent.source_fingerprint,
        generation=source.generation + 1,
        due_run=None,
        due_at=None,
        attempts=0,
    )


def _differing(link: Link, pairs: Sequence[FieldPair]) -> dict[str, Apart]:
    """What the new contact does not hold as the other one did when the fields were last settled."""
    left, right = link.left.base, link.right.base
    names = [p.field for p in pairs if p.field in left and p.field in right and left[p.field] != right[p.field]]
    now = {s: now_values(link.side(s)) for s in Side}
    return {n: Apart(ApartReason.UNDONE, now[Side.LEFT].get(n), now[Side.RIGHT].get(n)) for n in names}
