"""What a link remembers of rules once an action was done or refused (core 17)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from contactsync.contact import Values, fold, is_empty, kind_of
from contactsync.model.exchange import State
from contactsync.model.link import Link, LinkStatus, Made
from contactsync.model.plan import Intent, Outcome
from contactsync.model.spec import SIDES
from contactsync.sync.effects import ADDED, WAITING, column_of, element_of
from contactsync.sync.elements import by_id


def is_act(name: str, intent: Intent) -> bool:
    """True for a patched column that only actions of rules write: nothing of it comes from the source's fields."""
    return name in intent.acts and name not in intent.source


def unmade(intent: Intent, shown: Values) -> set[str]:
    """Columns of which the target does not hold what an action added, or still holds what it removed."""
    claims = [(c, v) for made in intent.entering.values() for c, v in made.items() if v is not None and element_of(c)]
    return {
        column_of(claim)
        for claim, value in claims
        if column_of(claim) in shown
        and (element_of(claim) in by_id(shown[column_of(claim)])) != (value == ADDED)
    }  # fmt: skip


def not_in_new(intent: Intent, shown: Values) -> list[str]:
    """Columns of actions that came with a create and that the new contact does not hold: a 200 that stored nothing."""
    lost = unmade(intent, shown)
    for name in intent.acts:
        sent, held = intent.patch[name], shown.get(name)
        if held is None or (not kind_of(name).several and _nothing(held) and fold(held) != fold(sent)):
            lost.add(name)
    return sorted(lost & intent.patch.keys())


def _nothing(held: str) -> bool:
    return is_empty(held) or held == "false"


def entered_by(
    link: Link, intent: Intent, shown: Values, ignored: Collection[str] = (), *, proven: bool = True
) -> Link:
    """The link once the intent is done: rules entered with what they made, or left; what was ignored still waits.

    proven: the write is known to have happened; else only what stands there as it was sent is ours
    """
    source = intent.side.other
    entered = {name: dict(made) for name, made in link.entered.get(source, {}).items()}
    for name, made in intent.entering.items():
        as_shown = _as_shown(made, shown, ignored)
        ours = {c: v for c, v in as_shown.items() if proven or v in (None, made[c])}
        entered[name] = {**entered.get(name, {}), **ours}
    kept = {name: made for name, made in entered.items() if name not in intent.leaving or _of(intent, name, ignored)}
    return _with(link, intent, kept)


def _of(intent: Intent, rule: str, ignored: Collection[str]) -> bool:
    """True where an ignored column was to be written by that rule: it has not been left yet."""
    return any(f"rule {rule}:" in intent.acts.get(name, "") for name in ignored)


def _as_shown(made: Made, shown: Values, ignored: Collection[str]) -> dict[str, str | None]:
    out: dict[str, str | None] = {}
    for claim, value in made.items():
        column = column_of(claim)
        text = value if element_of(claim) or value is None else shown.get(column, value)
        out[claim] = None if column in ignored else text
    return out


def refused(link: Link, intent: Intent) -> Link:
    """The link once the intent was refused: its actions wait until it is tried again, and do not fire anew."""
    source = intent.side.other
    entered = {name: dict(made) for name, made in link.entered.get(source, {}).items()}
    for name, made in intent.entering.items():
        entered[name] = {**entered.get(name, {}), **dict.fromkeys(made)}
    return _with(link, intent, entered)


def entered_at_create(link: Link, intent: Intent, outcome: Outcome, lost: Collection[str]) -> Link:
    """The new link: rules entered with the create. Of what was found instead of made, none has been entered."""
    if outcome.state is State.DONE:
        return entered_by(link, intent, outcome.values or {}, lost)
    nothing: dict[str, Made] = {name: {} for name, made in intent.entering.items() if not made}
    return _with(link, intent, nothing)


def _with(link: Link, intent: Intent, entered: Mapping[str, Made]) -> Link:
    out = {**link.entered, intent.side.other: entered}
    return replace(link, entered={side: made for side, made in out.items() if made})


def rules_wait(link: Link) -> bool:
    """True where a rule is to be entered or left, or an action of it to be done, though nobody need be read again."""
    if link.status is not LinkStatus.LIVE:
        return False
    refused_there = {f for f, a in link.apart.items() if a.reason in WAITING}
    for side in SIDES:
        entered, matching = link.entered.get(side, {}), {*link.matching.get(side, ())}
        undone = {column_of(c) for made in entered.values() for c, value in made.items() if value is None}
        if undone - refused_there or (matching != entered.keys() and not refused_there):
            return True
    return False
