"""Values that lost, told by the journal alone: of a run that died after it wrote and before it could list them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from contactsync.model.exchange import State
from contactsync.model.link import Link
from contactsync.model.plan import Conflict, Intent, Outcome
from contactsync.model.spec import SIDES
from contactsync.model.unfit import as_typed


def with_losers(intent: Intent, conflicts: Iterable[Conflict]) -> Intent:
    """The intent with the fields in which it overwrites a value that lost, and by which rule."""
    rules = {c.field: c.rule for c in conflicts if c.winner is intent.side.other and c.field in intent.patch}
    return replace(intent, overwrites=rules) if rules else intent


def losers(link: Link | None, intent: Intent, outcome: Outcome) -> tuple[Conflict, ...]:
    """What the intent overwrote, once it may have. link: as it was before; None where it was never stored."""
    if outcome.state not in (State.DONE, State.ADOPTED):
        return ()
    return tuple(_conflict(link, intent, name, rule) for name, rule in intent.overwrites.items())


def _conflict(link: Link | None, intent: Intent, name: str, rule: str) -> Conflict:
    lost, won = intent.before.get(name), intent.source.get(name, intent.patch.get(name))
    held = {intent.side: lost, intent.side.other: won}
    values = [None if held[s] is None else as_typed(held[s] or "") for s in SIDES]
    bases = [link.side(s).base.get(name) if link else None for s in SIDES]
    return Conflict(intent.link_id or "", name, intent.side.other, values[0], values[1], bases[0], bases[1], rule)
