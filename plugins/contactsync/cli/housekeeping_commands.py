"""contactsync housekeeping: what the DAG of that name does daily."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from contactsync.cli.place import include_folder, loaded, project_of
from contactsync.cli.talk import Text, console, log_to_stderr
from contactsync.orchestration.connections import cli_connection, load_airflow
from contactsync.orchestration.project_file import retention_in

if TYPE_CHECKING:
    from contactsync.stages.housekeeping import Swept

EXAMPLES = "Examples: contactsync housekeeping --dry-run; contactsync housekeeping"


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog=EXAMPLES)(housekeeping)


def housekeeping(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would go; remove nothing.")] = False,
    include: Annotated[Path | None, typer.Option(help="Folder with mappings/ and contactsync.yaml.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Remove artefacts, values and runs that are older than the project file keeps them.

    The DAG contactsync__housekeeping does the same daily. Links, holds and everything that is not settled stay.
    """
    folder = include_folder(include)
    project, retention, files = project_of(folder), retention_in(folder), loaded(folder)
    with redirect_stdout(sys.stderr):
        load_airflow()
        log_to_stderr(verbose=False)
        from contactsync.orchestration.households import all_households
        from contactsync.rest.services import utc_now
        from contactsync.stages.housekeeping import sweep

        with all_households(project, [spec.id for spec in files.specs], cli_connection) as houses:
            swept = [sweep(house, retention, utc_now(), dry_run=dry_run) for house in houses]
    if as_json:
        typer.echo(json.dumps(as_data(swept, dry_run=dry_run), indent=2))
    else:
        show(swept, dry_run=dry_run)


def show(swept: Sequence[Swept], *, dry_run: bool) -> None:
    """One line a sync."""
    out = console()
    for one in swept:
        out.print(Text(f"{one.sync_id}: {one.line or 'nothing'}"))
    out.print("Nothing was removed (dry run)." if dry_run else "All this was removed.")


def as_data(swept: Sequence[Swept], *, dry_run: bool) -> dict[str, Any]:
    """The same as JSON-able data."""
    return {
        "removed": not dry_run,
        "syncs": {
            one.sync_id: {
                "artefacts": [run.name for run in one.artefacts],
                "bytes": sum(run.size for run in one.artefacts),
                **vars(one.ledger),
            }
            for one in swept
        },
    }
