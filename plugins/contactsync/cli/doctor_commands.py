"""contactsync doctor: what may be wrong with this installation, and what to do about it."""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Annotated

import typer

from contactsync.cli import doctor_tables
from contactsync.cli.place import include_folder, loaded, project_of, spec_of
from contactsync.cli.talk import log_to_stderr
from contactsync.orchestration.connections import load_airflow
from contactsync.orchestration.project_file import retention_in

EXAMPLES = (
    "Examples: contactsync doctor; contactsync doctor freshsales-google; contactsync doctor --offline --json. "
    "Broken: a sync cannot run, or cannot be trusted. Soon: a person should see to it. Note: it ends by itself. "
    "Exit codes: 0 nothing needs a person; 1 something does; 4 no such sync or folder."
)


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog=EXAMPLES)(doctor)


def doctor(
    sync: Annotated[str, typer.Argument(help="Id of one sync; all of them where it is left out.")] = "",
    offline: Annotated[bool, typer.Option("--offline", help="Ask no vendor.")] = False,
    include: Annotated[Path | None, typer.Option(help="Folder with mappings/ and contactsync.yaml.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log what happens (ids and counts only).")] = False,
) -> None:
    """Check ledger, locks, runs, cursors, connections, tokens, artefacts, pools and clocks, and say what to do.

    Writes nothing, in no app and nowhere here; only an access token that ran out is renewed, as by any request.
    """
    folder = include_folder(include)
    files, project = loaded(folder), project_of(folder)
    specs = (spec_of(folder, sync),) if sync else files.specs
    # Airflow's own loggers write to stdout, which is the command's answer.
    with redirect_stdout(sys.stderr):
        load_airflow()
        log_to_stderr(verbose=verbose)
        from contactsync.doctor.admission import admitted
        from contactsync.doctor.checks import examine, made

        with admitted(files, specs, project, retention_in(folder), ask=not offline) as installation:
            found, checks = examine(installation), made(installation)
    if as_json:
        ids = [spec.id for spec in specs]
        typer.echo(json.dumps(doctor_tables.as_data(found, checks, ids, asked=installation.asked), indent=2))
    else:
        doctor_tables.show(found, checks, len(specs), asked=installation.asked)
    if any(one.needs_a_person for one in found):
        raise typer.Exit(1)
