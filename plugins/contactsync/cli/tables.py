"""What the command line prints for people: tables and the plan's diff."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from contactsync.contact import Kind, address_parts, decode, full_name, kind_of
from contactsync.model.app import AppInfo
from contactsync.model.plan import Intent, Plan
from contactsync.model.spec import Side
from contactsync.model.stages import Summary

LEFT, RIGHT = Side.LEFT, Side.RIGHT
COLUMNS = ("read", "matched", "created", "updated", "conflict", "held", "deleted", "skipped", "unchanged", "failed")


def _out() -> Console:
    return Console(soft_wrap=True)


def validation(good: Mapping[str, Sequence[str]], problems: Sequence[str]) -> None:
    """Valid syncs with what their apps cannot do, and every problem with its place."""
    console = _out()
    for sync, notes in good.items():
        console.print(Text(f"valid    {sync}"))
        for note in notes:
            console.print(Text(f"note     {sync}: {note}", style="yellow"))
    for problem in problems:
        console.print(Text(f"broken   {problem}", style="red"))
    if not good and not problems:
        console.print("No sync files found.")


def summary(told: Summary) -> None:
    """Counts per direction, and the last line."""
    table = Table("contacts", *(direction.replace("_", " ") for direction in told.counts))
    for column in COLUMNS:
        table.add_row(column, *(str(counts.get(column, 0)) for counts in told.counts.values()))
    _out().print(table)
    _out().print(Text(told.line, style="" if told.ok else "red"))


def apps(infos: Iterable[AppInfo]) -> None:
    """A few lines an app."""
    for info in infos:
        console = _out()
        console.print(Text(f"{info.name}: {info.title} ({info.kind}), connection type {info.conn_type}", style="bold"))
        console.print(f"  connection needs: {', '.join(c.title for c in info.credentials if c.required) or 'nothing'}")
        caps = info.caps
        console.print(f"  reports deletions: {caps.deletes}; an unknown create is found again by: {caps.adopt}")
        fields = dict.fromkeys(f.contact + ("" if f.writable else " (read only)") for f in info.fields if f.contact)
        console.print(f"  contact fields: {', '.join(fields)}")


def plan(made: Plan, told: Summary, names: Mapping[Side, str]) -> None:
    """Every action, field by field, with its reason; then holds by reason, limits and the hash."""
    console = _out()
    for intent in made.intents:
        console.print(Text(f"{intent.verb.value} in {names[intent.side]}: {_who(intent)}", style="bold"))
        for name, before, after in _changes(intent):
            console.print(Text(f"    {name}: {before} -> {after}"))
        if intent.reason:
            console.print(Text(f"    because: {intent.reason}", style="dim"))
    for hold in made.holds:
        what = f"held in {names[hold.side]}: {hold.contact_id}: {hold.reason.value}: {hold.detail}"
        console.print(Text(what, style="yellow"))
    for problem in made.problems:
        console.print(Text(f"over a limit: {problem}", style="red"))
    summary(told)
    if made.intents:
        console.print(Text(f"plan {made.hash}: {len(made.intents)} actions"))


def plan_as_data(made: Plan, told: Summary) -> dict[str, Any]:
    """The same as JSON-able data."""
    actions = [
        {
            "side": i.side.value,
            "verb": i.verb.value,
            "contact": i.target_id or i.source_id,
            "fields": [{"field": n, "before": b, "after": a} for n, b, a in _changes(i)],
            "reason": i.reason,
        }
        for i in made.intents
    ]
    holds = [
        {"side": h.side.value, "contact": h.contact_id, "reason": h.reason.value, "detail": h.detail}
        for h in made.holds
    ]
    return {
        "hash": made.hash,
        "actions": actions,
        "holds": holds,
        "over_limits": list(made.problems),
        "counts": told.counts,
        "summary": told.line,
    }


def _who(intent: Intent) -> str:
    values = {**intent.source, **intent.before, **intent.patch}
    return f"{full_name(values)} ({intent.target_id or 'from ' + intent.source_id})".strip()


def _changes(intent: Intent) -> Iterable[tuple[str, str, str]]:
    for name in intent.patch or intent.before:
        after = readable(name, intent.patch[name]) if name in intent.patch else "(deleted)"
        yield name, readable(name, intent.before.get(name, "")), after


def readable(field: str, text: str) -> str:
    """A field's value as people read it: elements with their labels, '(empty)' for nothing."""
    kind = kind_of(field)
    if not kind.several:
        return text or "(empty)"
    parts = []
    for element in decode(text):
        value = ", ".join(address_parts(element.value).values()) if kind is Kind.ADDRESSES else element.value
        parts.append(f"{value} [{element.label}]" if element.label else value)
    return "; ".join(parts) or "(empty)"
