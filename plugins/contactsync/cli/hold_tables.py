"""What the command line prints of holds and conflicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rich.table import Table

from contactsync.cli.talk import Text, console
from contactsync.model.link import Link
from contactsync.model.plan import Conflict, HoldReason
from contactsync.model.readable import readable
from contactsync.model.spec import SIDES as SIDES
from contactsync.model.spec import Side
from contactsync.model.waiting import REASONS, UNKNOWN, Waiting

if TYPE_CHECKING:
    from contactsync.stages.retrying import Retried


def holds(sync: str, found: Sequence[Waiting], names: Mapping[Side, str], of: str = "") -> None:
    """Grouped by reason; each group says what may be answered. of: the contact that was asked for."""
    out = console()
    for reason in REASONS:
        group = [one for one in found if one.reason == reason]
        if not group:
            continue
        out.print(Text(f"{reason.replace('_', ' ')}: {len(group)}", style="bold"))
        for one in group:
            what = f" ({one.field})" if one.field else ""
            out.print(Text(f"  {one.name:<8}  {names[one.side]} {one.contact_id}{what}: {one.words}"))
            if one.candidates:
                out.print(Text(f"            beside: {', '.join(one.candidates)}"))
            if one.since:
                out.print(Text(f"            since {one.since:%Y-%m-%d %H:%M} UTC", style="dim"))
        for line in _what_to_do(sync, group[0]):
            out.print(Text(f"  -> {line}"))
    if not found and of:
        out.print(Text(f"Nothing of {of!r} is held. What is held: contactsync holds {sync}"))
    elif not found:
        out.print("Nothing is held.")


def _what_to_do(sync: str, one: Waiting) -> Iterator[str]:
    if one.reason == HoldReason.AMBIGUOUS:
        yield f"contactsync link {sync} LEFT RIGHT, or contactsync keep-apart {sync} LEFT RIGHT"
    for answer, words in one.answers.items():
        yield f"contactsync decide {sync} HOLD {answer}: {words}"
    if one.retried:
        yield f"contactsync holds {sync} --reason {one.reason} --retry: try it again in the next run"
    if one.reason == UNKNOWN:
        yield "nothing: the next runs find out what became of it, and it is not sent again before"


def waiting_as_data(one: Waiting) -> dict[str, Any]:
    """One that waits as JSON-able data."""
    return {
        "hold": one.name,
        "reason": one.reason,
        "side": one.side.value,
        "contact": one.contact_id,
        "field": one.field,
        "detail": one.words,
        "candidates": list(one.candidates),
        "since": one.since.isoformat() if one.since else "",
        "answers": dict(one.answers),
        "retry": one.retried,
    }


EXPORTED = ("reason", "app", "side", "contact", "field", "detail", "candidates", "since", "what_to_do", "hold")


def exported(sync: str, one: Waiting, names: Mapping[Side, str]) -> dict[str, Any]:
    """The row of a spreadsheet: the vendor's words, and what to do."""
    data = waiting_as_data(one)
    return {**{c: data.get(c, "") for c in EXPORTED}, "app": names[one.side], "what_to_do": [*_what_to_do(sync, one)]}


def retried(sync: str, done: Retried) -> None:
    """What the next run tries again, and what no further try would end."""
    from contactsync.stages.retrying import lines

    again, *others = lines(sync, done)
    out = console()
    out.print(again)
    for line in others:
        out.print(Text(line, style="yellow"))


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
        console().print(table)
    else:
        console().print("No value has lost.")


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
        "winner": conflict.winner.value if conflict.winner else "nobody: both stay",
        "rule": conflict.rule,
    }
