"""Commands about what runs did: runs, undo."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from contactsync.cli import undo_tables
from contactsync.cli.place import include_folder, request, spec_of, workplace
from contactsync.cli.talk import json_text
from contactsync.model.spec import SIDES
from contactsync.model.stages import RunKind

Include = Annotated[Path | None, typer.Option(help="Folder with mappings/ and contactsync.yaml.")]
Sync = Annotated[str, typer.Argument(help="Id of the sync.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Log what happens (ids and counts only).")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command(epilog="Example: contactsync runs freshsales-google --limit 5")(runs)
    app.command(epilog="Example: contactsync undo freshsales-google cli__2026-01-05T08:15:00_3f9a1c --dry-run")(undo)


def runs(
    sync: Sync,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="At most so many, newest first.")] = 20,
    include: Include = None,
    as_json: AsJson = False,
) -> None:
    """List the runs of a sync, newest first: when, who asked, what came of it. `undo` takes one back."""
    asked = request(dry_run=True)
    with workplace(include_folder(include), sync, asked.run_id) as place:
        place.reader.check()
        found = place.reader.runs(sync, limit)
        persons = {run_id: decided.by for _, run_id, decided in place.reader.decisions(sync)}
    if as_json:
        rows = [undo_tables.run_as_data(row, persons.get(row.run_id, "")) for row in found]
        typer.echo(json_text(rows))
    else:
        undo_tables.runs(found, persons)


def undo(
    sync: Sync,
    run: Annotated[str, typer.Argument(help="Id of the run, as `contactsync runs` lists it.", show_default=False)] = "",
    since: Annotated[
        str, typer.Option(help="All that was written since: 2h, 3d, or 2026-01-05T08:00 (the sync's time zone).")
    ] = "",
    contact: Annotated[str, typer.Option(help="Only of this contact: an id, left:ID, right:ID, an e-mail.")] = "",
    field: Annotated[list[str] | None, typer.Option(help="Only this contact field; may be given again.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be taken back; write nothing.")] = False,
    apply_plan: Annotated[str, typer.Option(help="Hash of a plan that may pass its limits once.")] = "",
    include: Include = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Take back what a run wrote, or all that was written since. What was edited since stays, with the reason."""
    from contactsync.pipeline import undo_sync
    from contactsync.stages.undo_orders import undo_order

    folder = include_folder(include)
    zone = ZoneInfo(spec_of(folder, sync).dag.timezone)
    order = undo_order(run, since, contact, field or (), zone, datetime.now(UTC))
    asked = request(dry_run=dry_run, apply_plan=apply_plan, kind=RunKind.UNDO)
    with workplace(folder, sync, asked.run_id, verbose=verbose) as place:
        done = undo_sync(place, asked, order)
        names = {side: place.app(side).info.title for side in SIDES}
    if as_json:
        typer.echo(json_text(undo_tables.undo_as_data(done)))
    else:
        undo_tables.undo(done, names)
    if not done.summary.ok:
        raise typer.Exit(1)
