"""What the command line prints of runs and of undos."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table

from contactsync.cli import plan_tables
from contactsync.cli.talk import Text, console
from contactsync.model.ledger import RunRow
from contactsync.model.link import LinkStatus
from contactsync.model.spec import Side
from contactsync.model.undo import STAYS, Stays

if TYPE_CHECKING:
    from contactsync.pipeline import Undone


def runs(found: Sequence[RunRow], persons: Mapping[str, str]) -> None:
    """One line a run. persons: run id -> who decided something in it."""
    table = Table("began (UTC)", "run", "by", "state", "what came of it")
    for row in found:
        by = ", ".join((row.kind, *filter(None, [persons.get(row.run_id)])))
        table.add_row(f"{row.started_at:%Y-%m-%d %H:%M:%S}", row.run_id, by, row.state.value, Text(_told(row)))
    if found:
        console().print(table)
    else:
        console().print("This sync has not run yet.")


def _told(row: RunRow) -> str:
    return f"{row.message} (its values are no longer kept: it cannot be undone)" if row.trimmed else row.message


def run_as_data(row: RunRow, person: str) -> dict[str, Any]:
    """The same as JSON-able data."""
    return {
        "run": row.run_id,
        "kind": row.kind,
        "person": person,
        "state": row.state.value,
        "began": row.started_at.isoformat(),
        "ended": row.ended_at.isoformat() if row.ended_at else "",
        "plan": row.plan_hash,
        "counts": row.counts,
        "summary": row.message,
        "values_kept": not row.trimmed,
    }


def undo(done: Undone, names: Mapping[Side, str]) -> None:
    """Every action as a plan shows it, the links, what stays with the reason, and how it went."""
    out = console()
    plan_tables.actions(done.plan, names)
    for link in done.plan.links:
        what = "keep apart" if link.status is LinkStatus.PARTED else "join again"
        out.print(Text(f"{what}: left:{link.left.contact_id} right:{link.right.contact_id}", style="bold"))
    for one in (*done.plan.stays, *done.failed):
        of = f", {one.field}" if one.field else ""
        detail = f" ({one.detail})" if one.detail else ""
        out.print(Text(f"stays in {names[one.side]}: {one.contact_id}{of}: {STAYS[one.why]}{detail}", style="yellow"))
    for problem in done.plan.problems:
        out.print(Text(f"over a limit: {problem}", style="red"))
    out.print(Text(done.summary.line, style="" if done.summary.ok else "red"))
    out.print(Text(f"plan {done.plan.hash}: {len(done.plan.intents)} actions"))


def undo_as_data(done: Undone) -> dict[str, Any]:
    """The same as JSON-able data."""
    plan = done.plan
    return {
        "hash": plan.hash,
        "undo": plan.undo,
        "actions": plan_tables.actions_as_data(plan),
        "links": [
            {"left": k.left.contact_id, "right": k.right.contact_id, "joined": k.status is LinkStatus.LIVE}
            for k in plan.links
        ],
        "stays": [_stays(one) for one in (*plan.stays, *done.failed)],
        "over_limits": list(plan.problems),
        "ok": done.summary.ok,
        "summary": done.summary.line,
    }


def _stays(one: Stays) -> dict[str, str]:
    return {
        "side": one.side.value,
        "contact": one.contact_id,
        "field": one.field,
        "why": one.why.value,
        "words": STAYS[one.why],
        "detail": one.detail,
        "run": one.run_id,
    }
