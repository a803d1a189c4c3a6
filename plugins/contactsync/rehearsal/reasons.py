"""Why something did not happen, and which actions were done, in the words of tests."""

from __future__ import annotations

from collections.abc import Sequence

from contactsync.model import file_tests as words
from contactsync.model.exchange import State
from contactsync.model.plan import Bucket, Plan
from contactsync.model.rules import RuleEffects
from contactsync.rehearsal.play import Played
from contactsync.sync import scope

_WORDS = {
    scope.NO_RULE: words.NO_RULE_MATCHES,
    scope.UPDATE_ONLY: words.UPDATE_ONLY,
    scope.OUT_OF_SCOPE: words.OUT_OF_SCOPE,
    scope.DIRECTION_CLOSED: words.DIRECTION_CLOSED,
    scope.NOTHING_TO_WRITE: words.NOTHING_TO_WRITE,
    scope.LEFT_ALONE: words.LEFT_ALONE,
}


def reasons_of(plans: Sequence[Plan]) -> list[str]:
    """Each once: why contacts were skipped, and why contacts or fields of theirs are held."""
    found: dict[str, None] = {}
    for plan in plans:
        for counted in plan.counted:
            if counted.bucket is Bucket.SKIPPED and counted.reason in _WORDS:
                found[_WORDS[counted.reason]] = None
        for hold in plan.holds:
            found[hold.reason.value] = None
    return list(found)


def holds_for(asked: str, found: Sequence[str]) -> bool:
    """True where the asked reason is among those found; `held` is any reason of a hold."""
    return any(word not in _WORDS.values() for word in found) if asked == words.HELD else asked in found


def actions_done(played: Played) -> set[str]:
    """Names of the actions that were written."""
    rows = [row for row in played.journal if row.outcome.state in (State.DONE, State.ADOPTED)]
    said = [text for row in rows for text in row.intent.acts.values()]
    return {
        effect.action
        for rule in played.rules
        for effect in (*rule.enter, *rule.leave)
        if any(_done(rule, effect.action, text) for text in said)
    }


def _done(rule: RuleEffects, action: str, text: str) -> bool:
    """`text` is what sync.effects says of a column: `rule NAME: ACTION, rule OTHER: ...`."""
    return f"{text}, ".find(f"rule {rule.name}: {action}, ") >= 0
