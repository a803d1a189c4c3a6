"""Links that a run made and died before it stored them: of a create, of a match that was written (core 1, 20)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from contactsync.contact import CONSENT, OPTED_OUT, Values, is_empty
from contactsync.model.exchange import State
from contactsync.model.link import Apart, ApartReason, Link, LinkSide, LinkStatus, Standing
from contactsync.model.plan import FOUND_AGAIN, MADE_AND_GONE, Intent, Outcome
from contactsync.model.spec import FieldPair, Side
from contactsync.model.unfit import Why, unfit_in
from contactsync.sync.creates import link_id
from contactsync.sync.entering import entered_at_create, not_in_new
from contactsync.sync.fold import settle_apart
from contactsync.sync.readings import now_values
from contactsync.sync.scope import Effects, first_scope


def fold_create(
    sync_id: str, intent: Intent, outcome: Outcome, pairs: Sequence[FieldPair], effects: Effects | None = None
) -> Link:
    """The link that a done or adopted create makes: every mapped field takes its base from what was returned.

    One whose new contact was deleted before it was ever seen is parted from the start.
    """
    mapped = {p.field for p in pairs}
    values = dict(outcome.values or intent.patch)
    base = _of(values, mapped) or _of(intent.patch, mapped)
    made = {f: values[f] for f in intent.acts if f in values and f not in mapped}
    unmapped = {f: text for f, text in values.items() if f not in mapped and f not in made}
    here, there = new_side(outcome, {**base, **made}, unmapped), _source_side(intent, mapped)
    left, right = (here, there) if intent.side is Side.LEFT else (there, here)
    apart = _apart(intent, base, pairs)
    if _consent_unknown(intent, outcome, base):
        left, right = _met(left), _met(right)
        apart.pop(CONSENT, None)
    status = LinkStatus.PARTED if outcome.reason == MADE_AND_GONE else LinkStatus.LIVE
    link = Link(link_id(sync_id, left.contact_id, right.contact_id), left, right, status, version=1, apart=apart)
    return _with_rules(link, intent, outcome, effects or {})


def met_link(intent: Intent) -> Link:
    """Of a match that was written: as at a first match. Its source may have been edited since, and is read by id."""
    source = replace(_source_side(intent, ()), standing=Standing.MISSING)
    target = LinkSide(intent.target_id, {}, dict(intent.before), ref=intent.ref, observed_at=intent.observed_at)
    left, right = (target, source) if intent.side is Side.LEFT else (source, target)
    return Link(intent.link_id or "", left, right, version=intent.link_version)


def _of(values: Values, fields: Collection[str]) -> dict[str, str]:
    return {f: text for f, text in values.items() if f in fields}


def new_side(outcome: Outcome, base: Values, seen: Values) -> LinkSide:
    """A contact that we made, as the answer shows it."""
    return LinkSide(
        outcome.target_id,
        base,
        seen,
        Standing.GONE if outcome.reason == MADE_AND_GONE else Standing.PRESENT,
        version=outcome.version,
        modified_at=outcome.modified_at,
        ref=outcome.ref,
        observed_at=outcome.at,
        own_version=outcome.version,
        own_at=outcome.modified_at or outcome.at,
    )


def _source_side(intent: Intent, mapped: Collection[str]) -> LinkSide:
    """The contact that it was made from, as the plan saw it."""
    return LinkSide(
        intent.source_id,
        _of(intent.source, mapped),
        {f: text for f, text in intent.source.items() if f not in mapped},
        version=intent.source_version,
        modified_at=intent.source_modified_at,
        ref=intent.source_ref,
        observed_at=intent.source_observed_at,
    )


def _apart(intent: Intent, base: Mapping[str, str], pairs: Sequence[FieldPair]) -> dict[str, Apart]:
    """Fields that the two hold differently from the start: sent and stored otherwise, or not sent."""
    apart: dict[str, Apart] = {}
    for name in (pair.field for pair in pairs):
        if name in intent.patch:
            settle_apart(apart, name, intent, intent.source.get(name), base.get(name, intent.patch[name]))
        elif name in intent.source and base.get(name, intent.source[name]) != intent.source[name]:
            apart[name] = _not_sent(intent, name, base[name])
    return apart


def _not_sent(intent: Intent, name: str, held: str) -> Apart:
    """The app holds something of its own in a field that was not sent."""
    waiting = {intent.side: intent.dropped[name]} if intent.dropped.get(name) else {}
    source = intent.source[name]
    left, right = (held, source) if intent.side is Side.LEFT else (source, held)
    return Apart(_not_sent_because(intent, name), left, right, waiting)


def _consent_unknown(intent: Intent, outcome: Outcome, base: Values) -> bool:
    """True where consent may be somebody else's word: who made the contact, or opted it out before it was read."""
    if outcome.state is State.ADOPTED and outcome.reason not in (FOUND_AGAIN, MADE_AND_GONE):
        return True
    seen_later = outcome.reason == FOUND_AGAIN or not outcome.proven
    return seen_later and base.get(CONSENT) == OPTED_OUT != intent.source.get(CONSENT)


def _met(side: LinkSide) -> LinkSide:
    """Consent as at a first match: an opt-out on either side wins (core 18)."""
    base = {f: text for f, text in side.base.items() if f != CONSENT}
    return replace(side, base=base, seen={f: t for f, t in now_values(side).items() if base.get(f) != t})


def _with_rules(link: Link, intent: Intent, outcome: Outcome, effects: Effects) -> Link:
    """A new link with the rules that its source matches; of its actions, one that was not stored is tried again."""
    source = intent.side.other
    matching = {source: intent.matching} if effects.get(source) else {}
    link = replace(link, scope=first_scope(source, intent.matching, effects), matching=matching)
    lost = not_in_new(intent, outcome.values) if outcome.state is State.DONE and outcome.values else []
    now = {intent.side: outcome.values or {}, source: intent.patch}
    apart = {f: Apart(ApartReason.REFUSED, now[Side.LEFT].get(f), now[Side.RIGHT].get(f)) for f in lost}
    return entered_at_create(replace(link, apart={**link.apart, **apart}), intent, outcome, lost)


def _not_sent_because(intent: Intent, name: str) -> ApartReason:
    """Why a field of a new contact is not what its source holds, though nothing of it was sent."""
    if name == CONSENT:
        return ApartReason.CONSENT
    if is_empty(intent.source[name]):
        return ApartReason.UNPROVEN  # the app filled it in by itself
    if name not in intent.dropped:
        return ApartReason.ONE_WAY
    found = unfit_in(intent.source[name])
    return ApartReason.SKIPPED if found and found.why is Why.SKIPPED else ApartReason.NOT_REPRESENTABLE
