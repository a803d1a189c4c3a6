"""Commands about the ledger and the apps: db upgrade, db check, db reseal, apps."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from contactsync.apps import app_names, load_app
from contactsync.cli import tables
from contactsync.cli.place import project_or_defaults
from contactsync.cli.talk import log_to_stderr

Include = Annotated[Path | None, typer.Option(help="Folder with mappings/ and contactsync.yaml.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    db = typer.Typer(no_args_is_help=True, help="The ledger's database: links, bases, cursors, journal.")
    db.command(epilog="Example: contactsync db upgrade")(upgrade)
    db.command(epilog="Example: contactsync db check")(check)
    db.command(epilog="Example: contactsync db reseal")(reseal)
    app.add_typer(db, name="db")
    app.command(epilog="Example: contactsync apps --json")(apps)


def upgrade(include: Include = None) -> None:
    """Create the ledger's tables or bring them to this version. Tasks never do this by themselves."""
    from contactsync.ledger.migrate import upgrade as migrate
    from contactsync.orchestration.workplace import open_engine

    with open_engine(project_or_defaults(include)) as engine:
        log_to_stderr(verbose=False)
        migrate(engine)
        typer.echo(f"The ledger is up to date: {engine.url.render_as_string(hide_password=True)}")


def check(include: Include = None) -> None:
    """Say whether the ledger is there and of this version."""
    from contactsync.ledger.migrate import check as check_schema
    from contactsync.orchestration.workplace import open_engine

    with open_engine(project_or_defaults(include)) as engine:
        check_schema(engine)
        typer.echo(f"The ledger is as it should be: {engine.url.render_as_string(hide_password=True)}")


def reseal(include: Include = None) -> None:
    """Store all values and tokens anew: encrypted with the first key of CONTACTSYNC_KEY, or plain, as the settings say.

    After ledger.encrypt_values was changed, or a new key was put before the old one. Runs may go on meanwhile.
    """
    from contactsync.ledger.erasing import compact
    from contactsync.ledger.migrate import check as check_schema
    from contactsync.ledger.resealing import reseal as store_anew
    from contactsync.orchestration.services import cipher_of, encryption_key
    from contactsync.orchestration.workplace import open_engine

    project = project_or_defaults(include)
    with open_engine(project) as engine:
        log_to_stderr(verbose=False)
        check_schema(engine)
        done = store_anew(engine, cipher_of(project), encryption_key()[0])
        compact(engine)
    state = "encrypted" if project.encrypt_values else "not encrypted"
    typer.echo(f"Values are {state}: {done.texts} texts and {done.tokens} tokens were stored anew.")
    if done.unopened:
        typer.echo(f"{done.unopened} tokens were stored with a key that is not given here, and stay as they are.")


def apps(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List the apps: what each can do, which fields it has, what its connection needs."""
    infos = [load_app(name).info for name in app_names()]
    if as_json:
        typer.echo(json.dumps([_plain(asdict(info)) for info in infos], indent=2))
    else:
        tables.apps(infos)


def _plain(value: Any) -> Any:
    """JSON-able form of a declaration: durations in seconds."""
    from datetime import timedelta

    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value.total_seconds() if isinstance(value, timedelta) else value
