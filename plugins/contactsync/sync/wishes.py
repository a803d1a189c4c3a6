"""What a person decided of a link whose contact is gone: delete the other one too, or create the gone one anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from contactsync.contact import CONSENT
from contactsync.model.decisions import Wish
from contactsync.model.exchange import Verb
from contactsync.model.link import Link, Standing
from contactsync.model.plan import Intent
from contactsync.model.rules import Matching
from contactsync.model.spec import SIDES, FieldPair, Side
from contactsync.sync.consent import strictest
from contactsync.sync.creates import create_intent
from contactsync.sync.marking import of_partner
from contactsync.sync.readings import Shown, now_values, operation_key
from contactsync.sync.scope import Effects


def wished(
    link: Link, shown: Shown | None, pairs: tuple[FieldPair, ...], sync_id: str, effects: Effects
) -> Intent | None:
    """The action that the link's wish asks for; None where its contacts no longer stand as the person saw them.

    shown  the contact that is left, as this run read it
    """
    gone = [s for s in SIDES if link.side(s).standing is Standing.GONE]
    if len(gone) != 1 or link.side(gone[0].other).standing is not Standing.PRESENT:
        return None
    if link.wish == Wish.DELETE:
        return delete_intent(link, gone[0], pairs, sync_id, "a person decided so")
    source = shown or _as_shown(link, gone[0].other)
    rules = effects.get(gone[0].other, {})
    intent = create_intent(sync_id, source, gone[0], pairs, ("email", "phone"), 0, rules)
    if intent is None:
        return None
    told = strictest(tuple(now_values(link.side(s)).get(CONSENT, "") for s in SIDES))
    if told and any(p.field == CONSENT and p.holding(gone[0]).writable for p in pairs):
        intent = replace(intent, patch={**intent.patch, CONSENT: told})
    key = operation_key(sync_id, gone[0], Verb.CREATE, link.id, link.version)
    return replace(intent, key=key, link_id=link.id, link_version=link.version, reason="a person decided so")


def delete_intent(link: Link, gone: Side, pairs: tuple[FieldPair, ...], sync_id: str, reason: str) -> Intent:
    """Delete the partner of a contact that is gone."""
    now = now_values(link.side(gone.other))
    return replace(
        of_partner(link, gone, Verb.DELETE, sync_id),
        before={p.field: now[p.field] for p in pairs if p.field in now},
        source_ref=link.side(gone).ref,
        reason=reason,
    )


def _as_shown(link: Link, side: Side) -> Shown:
    half, names = link.side(side), link.matching.get(side)
    read_at = half.observed_at or datetime.min.replace(tzinfo=UTC)
    return Shown(
        half.contact_id,
        now_values(half),
        0,
        0,
        read_at,
        half.version,
        half.modified_at,
        half.ref,
        matching=None if names is None else Matching(names, names),
    )
