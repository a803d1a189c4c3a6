"""What came of an undo: what the record keeps of it, what was not done after all, and the line for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from contactsync.model.decisions import Decided, Verdict
from contactsync.model.exchange import State, Verb
from contactsync.model.ledger import FoldBatch
from contactsync.model.link import LinkStatus
from contactsync.model.plan import TARGET_GONE, Intent, JournalRow, Outcome, Plan
from contactsync.model.spec import SIDES, Side
from contactsync.model.undo import Stay, Stays
from contactsync.sync.past import TOOK_PLACE

LINK_WORDS = {LinkStatus.PARTED: "kept apart", LinkStatus.LIVE: "joined again"}
_DONE = {Verb.UPDATE: "restored", Verb.CREATE: "created anew", Verb.DELETE: "deleted"}


def asked_for(plan: Plan, by: str) -> FoldBatch:
    """Who asked for it."""
    return FoldBatch(decided=[Decided(f"undo of {plan.undo}", "undone", by)])


def verdicts(plan: Plan, by: str) -> FoldBatch:
    """What follows of it for who is the same as whom."""
    said = [Verdict(k.left.contact_id, k.right.contact_id, k.status is LinkStatus.LIVE) for k in plan.links]
    entries = [
        Decided(f"left:{v.left_id} right:{v.right_id}", "same" if v.same else "apart", by, k.id)
        for k, v in zip(plan.links, said, strict=True)
    ]
    return FoldBatch(verdicts=said, decided=entries)


def failures(plan: Plan, rows: Iterable[JournalRow]) -> tuple[Stays, ...]:
    """Actions of the plan that did not come about, and fields that the app answered as done and did not store."""
    outcomes = {r.intent.key: r.outcome for r in rows}
    out: list[Stays] = []
    for intent in plan.intents:
        outcome = outcomes.get(intent.key, Outcome(intent.key, State.NOT_SENT, reason="was not reached"))
        if outcome.state in TOOK_PLACE:
            out.extend(
                _stays(intent, Stay.REFUSED, "answered as done, but not stored", f) for f in _ignored(intent, outcome)
            )
        else:
            out.append(_stays(intent, _why(outcome), outcome.reason))
    return tuple(out)


def _stays(intent: Intent, why: Stay, detail: str, name: str = "") -> Stays:
    return Stays(intent.side, intent.target_id or intent.source_id, why, name, detail)


def _why(outcome: Outcome) -> Stay:
    match outcome.state:
        case State.REFUSED:
            return Stay.REFUSED
        case State.OVERTAKEN:
            return Stay.GONE if outcome.reason == TARGET_GONE else Stay.EDITED
        case State.NOT_SENT | State.PLANNED:
            return Stay.FAILED
        case _:
            return Stay.UNSETTLED


def _ignored(intent: Intent, outcome: Outcome) -> list[str]:
    shown = outcome.values or {}
    before = intent.before if intent.verb is Verb.UPDATE else {}
    return [f for f, text in before.items() if f in intent.patch and shown.get(f) == text]


def line(
    plan: Plan, states: Mapping[str, State], failed: Sequence[Stays], names: Mapping[Side, str], by: str = ""
) -> str:
    """`Undo of RUN by ada: Google Contacts: 3 restored, 1 deleted; 2 links kept apart; 1 stays (edited 1)`."""
    parts = []
    for side in SIDES:
        done = Counter(_DONE[i.verb] for i in plan.intents if i.side is side and states.get(i.key) in TOOK_PLACE)
        if done:
            parts.append(f"{names[side]}: {', '.join(f'{n} {what}' for what, n in sorted(done.items()))}")
    links = Counter(LINK_WORDS[k.status] for k in plan.links)
    parts += [f"{n} {'link' if n == 1 else 'links'} {what}" for what, n in sorted(links.items())]
    stays = Counter(s.why.value.replace("_", " ") for s in (*plan.stays, *failed))
    if stays:
        why = ", ".join(f"{what} {n}" for what, n in sorted(stays.items()))
        parts.append(f"{stays.total()} {'stays' if stays.total() == 1 else 'stay'} ({why})")
    asked = f"Undo{f' of {plan.undo}' if plan.undo else ''}{f' by {by}' if by else ''}"
    return f"{asked}: {'; '.join(parts) or 'nothing to take back'}"
