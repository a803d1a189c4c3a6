"""contactsync snapshot: what fields each account has, kept beside the sync files for checks without any account."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from contactsync.cli.place import include_folder, project_of, some_specs
from contactsync.cli.talk import Text, console, json_text, log_to_stderr
from contactsync.mapping.snapshots import FOLDER, changes, path_of, read_snapshot, text_of
from contactsync.model.snapshot import Snapshot
from contactsync.orchestration.connections import load_airflow


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog="Example: contactsync snapshot freshsales-google --check")(snapshot)


@dataclass(frozen=True)
class _Told:
    """What became of one account: its file and changes, or why it was not asked."""

    connection: str
    file: Path
    changes: tuple[str, ...] = ()
    problem: str = ""


def snapshot(
    syncs: Annotated[list[str] | None, typer.Argument(metavar="[SYNC]...", help="Ids; none = all.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; end with 1 where something changed.")] = False,
    include: Annotated[Path | None, typer.Option(help="Folder with mappings/ and contactsync.yaml.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Keep each account's field list in include/schemas, and say what changed since: contactsync validate uses it.

    Own and custom fields with kind, choices and lengths; never a contact, label or secret. No app is written to.
    """
    folder = include_folder(include)
    specs = some_specs(folder, syncs or [])
    with redirect_stdout(sys.stderr):
        load_airflow()
        log_to_stderr(verbose=False)
        from contactsync.orchestration.snapshots import Unasked, take_snapshots

        told, codes = [], []
        for one in take_snapshots(specs, project_of(folder)):
            file = path_of(folder / FOLDER, one.connection)
            if isinstance(one, Unasked):
                codes.append(one.error.exit_code)
                told.append(_Told(one.connection, file, problem=str(one.error)))
            else:
                told.append(_kept(one, file, write=not check))
    _tell(told, as_json=as_json)
    if codes:
        raise typer.Exit(max(codes))
    if check and any(one.changes for one in told):
        raise typer.Exit(1)


def _kept(now: Snapshot, file: Path, *, write: bool) -> _Told:
    """Errors: ConfigError where the file before is none."""
    before = read_snapshot(file) if file.exists() else None
    if write:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text_of(now), "utf-8")
    return _Told(now.connection, file, tuple(changes(before, now)))


def _tell(told: Sequence[_Told], *, as_json: bool) -> None:
    if as_json:
        rows = [
            {"connection": one.connection, "file": str(one.file), "changes": one.changes, "problem": one.problem}
            for one in told
        ]
        typer.echo(json_text(rows))
        return
    out = console()
    for one in told:
        if one.problem:
            out.print(Text(f"not asked  {one.connection}: {one.problem}", style="red"))
        elif not one.changes:
            out.print(Text(f"unchanged  {one.connection}"))
        for change in one.changes:
            out.print(Text(f"changed    {one.connection}: {change}"))
