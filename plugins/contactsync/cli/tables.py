"""What the command line prints for people: tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rich.table import Table

from contactsync.cli.talk import Text, console
from contactsync.model.app import AppInfo
from contactsync.model.spec import Side
from contactsync.model.stages import Summary

LEFT, RIGHT = Side.LEFT, Side.RIGHT
COLUMNS = (
    *("read", "matched", "created", "updated", "conflict", "held", "deleted"),
    *("skipped", "forgotten", "unchanged", "failed"),
)


Rows = Mapping[str, Mapping[str, str]]
"""Direction -> what -> what becomes of it there."""


def validation(
    good: Mapping[str, Sequence[str]],
    proofs: Mapping[str, Sequence[str]],
    passages: Mapping[str, Rows],
    problems: Sequence[str],
) -> None:
    """Each sync: whether it is valid, what its apps cannot do, what round trips showed, what becomes of deletions.

    At the end every problem with its place.
    """
    out = console()
    for sync, lines in proofs.items():
        if sync in good:
            out.print(Text(f"valid    {sync}", style="bold"))
        for note in good.get(sync, ()):
            out.print(Text(f"note     {sync}: {note}", style="yellow"))
        for line in lines:
            out.print(Text(f"proof    {sync}: {line}"))
        if sync in passages:
            out.print(_passage(sync, passages[sync]))
    for problem in problems:
        out.print(Text(f"broken   {problem}", style="red"))
    if not proofs and not problems:
        out.print("No sync files found.")


def _passage(sync: str, directions: Rows) -> Table:
    """What becomes of deletions and unsubscribes."""
    table = Table(sync, *(f"{rows[_APPS]}\n({way})" for way, rows in directions.items()), show_lines=True)
    for what in next(iter(directions.values())):
        if what != _APPS:
            table.add_row(what, *(rows[what] for rows in directions.values()))
    return table


_APPS = "from, to"


def summary(told: Summary) -> None:
    """Counts per direction, and the last line."""
    table = Table("contacts", *(direction.replace("_", " ") for direction in told.counts))
    for column in COLUMNS:
        table.add_row(column, *(str(counts.get(column, 0)) for counts in told.counts.values()))
    console().print(table)
    console().print(Text(told.line, style="" if told.ok else "red"))


def apps(infos: Iterable[AppInfo]) -> None:
    """A few lines an app."""
    for info in infos:
        out = console()
        out.print(Text(f"{info.name}: {info.title} ({info.kind}), connection type {info.conn_type}", style="bold"))
        out.print(f"  connection needs: {', '.join(c.title for c in info.credentials if c.required) or 'nothing'}")
        caps = info.caps
        out.print(f"  reports deletions: {caps.deletes}; an unknown create is found again by: {caps.adopt}")
        fields = dict.fromkeys(f.contact + ("" if f.writable else " (read only)") for f in info.fields if f.contact)
        out.print(f"  contact fields: {', '.join(fields)}")
        for word, known in (("IF", info.conditions), ("THEN", info.actions)):
            out.print(f"  {word}: {', '.join(one.name for one in known) or 'nothing of its own'}")
