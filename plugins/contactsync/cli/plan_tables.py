"""What the command line prints of a plan: every change with its reason, and why not for those left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from contactsync.cli.plan_differences import Difference
from contactsync.cli.tables import summary
from contactsync.cli.talk import Text, console
from contactsync.contact import full_name, is_empty
from contactsync.model.plan import Bucket, Intent, Plan
from contactsync.model.readable import readable
from contactsync.model.relinking import Relinking, by_way
from contactsync.model.spec import Side
from contactsync.model.stages import Summary

SOME = 5  # ids named of those that are left out for one reason


def plan(made: Plan, told: Summary, names: Mapping[Side, str], lost: Relinking | None = None) -> None:
    """Every action, field by field, with its reason; then holds by reason, limits and the hash.

    lost  where the links are to be found again: said before everything else
    """
    out = console()
    for line in relinking_lines(lost) if lost else ():
        out.print(Text(line, style="yellow"))
    actions(made, names)
    for hold in made.holds:
        of = f" ({hold.field})" if hold.field else ""
        what = f"held in {names[hold.side]}: {hold.contact_id}: {hold.reason.value}{of}: {hold.detail}"
        out.print(Text(what, style="yellow"))
    for (side, reason), ids in left_out(made).items():
        more = f", and {len(ids) - SOME} more" if len(ids) > SOME else ""
        what = f"left out in {names[side]}: {len(ids)}: {reason} ({', '.join(ids[:SOME])}{more})"
        out.print(Text(what, style="dim"))
    for problem in made.problems:
        out.print(Text(f"over a limit: {problem}", style="red"))
    summary(told)
    if made.intents:
        out.print(Text(f"plan {made.hash}: {len(made.intents)} actions"))


def relinking_lines(lost: Relinking) -> list[str]:
    """What happened to the ledger, what the next run does about it, and the counts."""
    alone = ", ".join(f"{n:,} {reason.replace('_', ' ')}" for reason, n in lost.alone.items())
    return [
        lost.why,
        "This run re-links: it reads both apps completely and looks for who belongs together. Blanks are filled, "
        "nothing else is overwritten; nobody is deleted, and nobody is created unless a person said so.",
        f"    links found again: {by_way(lost.found) or 'none'}",
        f"    links that the ledger still knows: {lost.kept:,}",
        f"    blanks to be filled: {lost.filled:,}",
        f"    fields that differ and wait for a person: {lost.differing:,}",
        f"    contacts without a partner that wait for a person: {sum(lost.alone.values()):,}"
        + (f" ({alone})" if alone else ""),
        f"    creates: {lost.creates:,}; deletes: {lost.deletes:,}",
    ]


def actions(made: Plan, names: Mapping[Side, str]) -> None:
    """Every action of a plan, field by field, with its reason."""
    out = console()
    for intent in made.intents:
        out.print(Text(f"{intent.verb.value} in {names[intent.side]}: {_who(intent)}", style="bold"))
        for name, before, after in _changes(intent):
            out.print(Text(f"    {name}: {before} -> {after}"))
        if intent.reason:
            out.print(Text(f"    because: {intent.reason}", style="dim"))


def actions_as_data(made: Plan) -> list[dict[str, Any]]:
    """The same as JSON-able data."""
    return [
        {
            "side": i.side.value,
            "verb": i.verb.value,
            "contact": i.target_id or i.source_id,
            "fields": [{"field": n, "before": b, "after": a} for n, b, a in _changes(i)],
            "reason": i.reason,
        }
        for i in made.intents
    ]


def plan_as_data(made: Plan, told: Summary, lost: Relinking | None = None) -> dict[str, Any]:
    """The same as JSON-able data."""
    holds = [
        {
            "side": h.side.value,
            "contact": h.contact_id,
            "reason": h.reason.value,
            "field": h.field,
            "detail": h.detail,
        }
        for h in made.holds
    ]
    return {
        "hash": made.hash,
        "relinking": asdict(lost) if lost else None,
        "actions": actions_as_data(made),
        "holds": holds,
        "left_out": [
            {"side": side.value, "reason": reason, "contacts": ids} for (side, reason), ids in left_out(made).items()
        ],
        "over_limits": list(made.problems),
        "counts": told.counts,
        "summary": told.line,
    }


def left_out(made: Plan) -> dict[tuple[Side, str], list[str]]:
    """(side, why not) -> contacts that the plan leaves alone though they were looked at."""
    found: dict[tuple[Side, str], set[str]] = defaultdict(set)
    for counted in made.counted:
        if counted.bucket in (Bucket.SKIPPED, Bucket.FAILED) and not counted.intent_key:
            found[counted.source, counted.reason or "a change in a closed direction"].add(counted.contact_id)
    return {key: sorted(ids) for key, ids in sorted(found.items())}


def differences(found: Sequence[Difference], names: Mapping[Side, str], other: str) -> None:
    """What another version of the file would do otherwise."""
    out = console()
    for one in found:
        out.print(Text(f"{one.verb} in {names[Side(one.side)]}: {one.contact}: {one.what}", style="bold"))
        for change in one.fields:
            out.print(Text(f"    {change.field}: now {change.now}; by {other} {change.then}"))
    out.print(Text(f"{len(found)} actions differ between the sync's file and {other}."))


def _who(intent: Intent) -> str:
    values = {**intent.source, **intent.before, **intent.patch}
    return f"{full_name(values)} ({intent.target_id or 'from ' + intent.source_id})".strip()


def _changes(intent: Intent) -> Iterable[tuple[str, str, str]]:
    held = [f for f, text in intent.before.items() if not is_empty(text)]  # what goes with a contact
    for name in intent.patch or held:
        after = readable(name, intent.patch[name]) if name in intent.patch else "(deleted)"
        yield name, readable(name, intent.before.get(name, "")), after
