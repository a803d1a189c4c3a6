"""Two plans for the same contacts, compared: what one version of a file does that another does not."""

from __future__ import annotations

from dataclasses import dataclass

from contactsync.model.plan import Intent, Plan
from contactsync.model.readable import readable

NOTHING = "(nothing)"


@dataclass(frozen=True)
class FieldDifference:
    """One field of one action: what each version writes."""

    field: str
    now: str
    then: str


@dataclass(frozen=True)
class Difference:
    """One contact whose action differs."""

    side: str
    verb: str
    contact: str
    what: str
    fields: tuple[FieldDifference, ...]


def differences(now: Plan, then: Plan) -> list[Difference]:
    """By side, verb and contact; equal actions are left out."""
    ours, theirs = _by_contact(now), _by_contact(then)
    out = []
    for key in sorted(ours.keys() | theirs.keys()):
        fields = _fields(ours.get(key), theirs.get(key))
        if fields or (key in ours) != (key in theirs):
            what = "only as it is now" if key not in theirs else "only by the other version" if key not in ours else ""
            out.append(Difference(*key, what or "otherwise", fields))
    return out


def _by_contact(plan: Plan) -> dict[tuple[str, str, str], Intent]:
    return {(i.side.value, i.verb.value, i.target_id or f"from {i.source_id}"): i for i in plan.intents}


def _fields(now: Intent | None, then: Intent | None) -> tuple[FieldDifference, ...]:
    ours, theirs = (dict(i.patch) if i else {} for i in (now, then))
    names = [f for f in {**ours, **theirs} if ours.get(f) != theirs.get(f)]
    return tuple(FieldDifference(f, _text(f, ours.get(f)), _text(f, theirs.get(f))) for f in names)


def _text(field: str, text: str | None) -> str:
    return NOTHING if text is None else readable(field, text)
