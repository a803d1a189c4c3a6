"""Commands that read and report: duplicates, match-report. They write nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from contactsync.cli import duplicate_tables, match_tables
from contactsync.cli.place import include_folder, request, workplace
from contactsync.cli.talk import json_text
from contactsync.sync.duplicates import LIKELY, Scope

Include = Annotated[Path | None, typer.Option(help="Folder with mappings/ and contactsync.yaml.")]
Sync = Annotated[str, typer.Argument(help="Id of the sync.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Log what happens (ids and counts only).")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command(epilog="Example: contactsync duplicates freshsales-google --side left --csv duplicates.csv")(duplicates)
    app.command(name="match-report", epilog="Example: contactsync match-report freshsales-google --csv match.csv")(
        match_report
    )


def match_report(
    sync: Sync,
    csv: Annotated[
        Path | None, typer.Option("--csv", help="Write a row a contact to FILE.csv or FILE.parquet.")
    ] = None,
    include: Include = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Show who meets whom, what differs, and what a first run would write; a row a contact to clean up before."""
    from contactsync.pipeline import report_sync
    from contactsync.stages.match_reporting import report_lines

    asked = request(dry_run=True, full_read=True)
    with workplace(include_folder(include), sync, asked.run_id, verbose=verbose) as place:
        report, names = report_sync(place, asked), place.names
    if csv is not None:
        match_tables.write(csv, report, names)
    if as_json:
        typer.echo(json_text(match_tables.as_data(report)))
    else:
        match_tables.show(report_lines(report, names), report, csv)


def duplicates(
    sync: Sync,
    min_score: Annotated[
        int, typer.Option(min=1, max=100, help="Only pairs of at least so many points; 100: nothing tells them apart.")
    ] = LIKELY,
    side: Annotated[
        Scope, typer.Option(help="Inside one app, across both (contacts that are not linked), or all of these.")
    ] = Scope.ALL,
    csv: Annotated[
        Path | None, typer.Option("--csv", help="Write all pairs, with their contacts, to this file.")
    ] = None,
    include: Include = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """List contacts that may be one person, with what agrees and what contradicts. Nothing is merged or written."""
    from contactsync.stages.comparing import find_duplicates

    asked = request(dry_run=True, full_read=True)
    with workplace(include_folder(include), sync, asked.run_id, verbose=verbose) as place:
        compared, names = find_duplicates(place, asked, scope=side, least=min_score), place.names
    if csv is not None:
        duplicate_tables.write_csv(csv, compared, names)
    if as_json:
        typer.echo(json_text(duplicate_tables.as_data(compared, names)))
    else:
        duplicate_tables.show(compared, names, csv)
