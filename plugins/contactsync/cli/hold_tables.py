"""What the command line prints of holds and conflicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from contactsync.cli.tables import readable
from contactsync.model.decisions import ANSWERS, hold_id
from contactsync.model.link import Link
from contactsync.model.plan import Conflict, Hold, HoldReason
from contactsync.model.spec import SIDES as SIDES
from contactsync.model.spec import Side


def _out() -> Console:
    return Console(soft_wrap=True)


def holds(sync: str, found: Sequence[tuple[Hold, datetime]], names: Mapping[Side, str]) -> None:
    """Grouped by reason; each group says what may be answered."""
    console = _out()
    for reason in HoldReason:
        group = [(h, since) for h, since in found if h.reason is reason]
        if not group:
            continue
        console.print(Text(f"{reason.value.replace('_', ' ')}: {len(group)}", style="bold"))
        for hold, since in group:
            what = f" ({hold.field})" if hold.field else ""
            console.print(Text(f"  {hold_id(hold)}  {names[hold.side]} {hold.contact_id}{what}: {hold.detail}"))
            if hold.candidates:
                console.print(Text(f"            beside: {', '.join(hold.candidates)}"))
            console.print(Text(f"            since {since:%Y-%m-%d %H:%M} UTC", style="dim"))
        if reason is HoldReason.AMBIGUOUS:
            console.print(Text(f"  -> contactsync link {sync} LEFT RIGHT, or contactsync keep-apart {sync} LEFT RIGHT"))
        for answer, words in ANSWERS[reason].items():
            console.print(Text(f"  -> contactsync decide {sync} HOLD {answer}: {words}"))
    if not found:
        console.print("Nothing is held.")


def hold_as_data(hold: Hold, since: datetime) -> dict[str, Any]:
    """One hold as JSON-able data."""
    return {
        "hold": hold_id(hold),
        "reason": hold.reason.value,
        "side": hold.side.value,
        "contact": hold.contact_id,
        "field": hold.field,
        "detail": hold.detail,
        "candidates": list(hold.candidates),
        "since": since.isoformat(),
        "answers": {answer.value: words for answer, words in ANSWERS[hold.reason].items()},
    }


def conflicts(rows: Sequence[Mapping[str, Any]]) -> None:
    """One line a value, newest first."""
    table = Table("when", "run", "left", "right", "field", "base", "left value", "right value", "winner", "rule")
    for row in rows:
        base = (
            row["base_left"] if row["base_left"] == row["base_right"] else f"{row['base_left']} | {row['base_right']}"
        )
        cells = (row["when"][:16], row["run"], row["left"], row["right"], row["field"], base)
        values = (row["left_value"], row["right_value"], row["winner"], row["rule"])
        table.add_row(*(Text(str(cell)) for cell in (*cells, *values)))
    if rows:
        _out().print(table)
    else:
        _out().print("No value has lost.")


def conflict_as_data(run_id: str, at: datetime, conflict: Conflict, link: Link | None) -> dict[str, Any]:
    """One conflict as JSON-able data, its values as people read them."""
    name = conflict.field
    values = {
        "base_left": conflict.base_left,
        "base_right": conflict.base_right,
        "left_value": conflict.left,
        "right_value": conflict.right,
    }
    return {
        "when": at.isoformat(),
        "run": run_id,
        "left": link.left.contact_id if link else "",
        "right": link.right.contact_id if link else "",
        "field": name,
        **{key: "(unknown)" if text is None else readable(name, text) for key, text in values.items()},
        "winner": conflict.winner.value if conflict.winner else "nobody: held",
        "rule": conflict.rule,
    }
