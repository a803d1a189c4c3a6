"""Commands about the accounts' own fields: suggest, fields."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import Annotated

import typer

from contactsync.apps import app_names
from contactsync.cli import field_tables
from contactsync.cli.place import include_folder, project_or_defaults, request, workplace
from contactsync.cli.talk import json_text, log_to_stderr
from contactsync.errors import ConfigError
from contactsync.mapping.suggest import suggest as propose
from contactsync.mapping.suggested_file import as_file
from contactsync.model.spec import DagSpec, Side, SideSpec, SyncSpec
from contactsync.orchestration.connections import cli_connection, load_airflow

Account = Annotated[str, typer.Argument(help="APP:CONNECTION, for example freshsales:freshsales_acme.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command(epilog="Example: contactsync suggest freshsales:freshsales_acme google_contacts:google_alex")(suggest)
    app.command(epilog="Example: contactsync fields freshsales-google left --json")(fields)


def suggest(
    left: Account,
    right: Account,
    to: Annotated[Path | None, typer.Option(help="Write the file here; never over one that exists.")] = None,
    include: Annotated[Path | None, typer.Option(help="Folder with mappings/ and contactsync.yaml.")] = None,
) -> None:
    """Propose a sync file from the fields of two accounts: the default mapping, and further likely pairs."""
    from contactsync.orchestration.services import services_of
    from contactsync.orchestration.workplace import app_opener, open_engine

    if to is not None and to.exists():
        raise ConfigError(f"{to} exists already.", next_step="name another file, or print the proposal without --to")
    sides = {Side.LEFT: _side(left), Side.RIGHT: _side(right)}
    spec = SyncSpec("suggested", sides[Side.LEFT], sides[Side.RIGHT], DagSpec(None))
    project = project_or_defaults(include)
    with redirect_stdout(sys.stderr):
        load_airflow()
        log_to_stderr(verbose=False)
        with open_engine(project) as engine:
            opened = app_opener(spec, services_of(engine, project), cli_connection)
            apps = {side: opened(side) for side in Side}
            fields = {side: app.describe() for side, app in apps.items()}
    proposal = propose({side: app.info for side, app in apps.items()}, fields, sides)
    text = as_file(proposal, sides[Side.LEFT], sides[Side.RIGHT])
    if to is None:
        typer.echo(text, nl=False)
        return
    to.write_text(text, "utf-8")
    typer.echo(
        f"Wrote {to}: {len(proposal.defaults)} fields by default, {len(proposal.pairs)} further pairs to look at."
    )


def fields(
    sync: Annotated[str, typer.Argument(help="Id of the sync.", show_default=False)],
    side: Annotated[Side, typer.Argument(help="Whose fields.", show_default=False)],
    include: Annotated[Path | None, typer.Option(help="Folder with mappings/ and contactsync.yaml.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List every own field of a side, custom ones too: its kind and choices, what it is mapped to, or why not.

    The account is asked for its fields; no contact is read, nothing is written.
    """
    from contactsync.mapping.field_list import listed

    with workplace(include_folder(include), sync, request(dry_run=True).run_id) as place:
        apps = {each: place.app(each) for each in Side}
        known = {side: apps[side].describe(), side.other: apps[side.other].info.fields}
        found = listed(place.spec, side, {each: app.info for each, app in apps.items()}, known)
    if as_json:
        typer.echo(json_text([field_tables.as_data(one) for one in found]))
    else:
        field_tables.show(found, side, {each: app.info.title for each, app in apps.items()})


def _side(account: str) -> SideSpec:
    app, colon, connection = account.partition(":")
    if not colon or not connection or app not in app_names():
        raise ConfigError(
            f"{account!r} is not APP:CONNECTION.",
            allowed=app_names(),
            next_step="write for example freshsales:freshsales_acme",
        )
    return SideSpec(app, connection)
