"""Commands about one person in all syncs: person (what is stored), forget (erase it, and block)."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from contactsync.cli import person_tables
from contactsync.cli.place import project_or_defaults, request
from contactsync.cli.spreadsheet import private_file
from contactsync.cli.talk import json_text, log_to_stderr
from contactsync.orchestration.connections import load_airflow

if TYPE_CHECKING:
    from contactsync.stages.persons import Archive, Found, Key

Who = Annotated[
    str,
    typer.Argument(
        help="left:ID, right:ID, an id, an e-mail address, or a phone number with its country code.",
        show_default=False,
    ),
]
Sync = Annotated[str, typer.Option(help="Only in this sync; default: in every sync that the ledger knows.")]
Everybody = Annotated[bool, typer.Option("--all", help="Mean all persons who have that address or number.")]
Include = Annotated[Path | None, typer.Option(help="Folder with mappings/ and contactsync.yaml.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command(epilog="Example: contactsync person ada@example.org --output ada.json")(person)
    app.command(epilog="Example: contactsync forget ada@example.org --dry-run")(forget)


def person(
    key: Who,
    sync: Sync = "",
    everybody: Everybody = False,
    output: Annotated[Path | None, typer.Option(help="Write to this file, its owner's alone, not to stdout.")] = None,
    include: Include = None,
) -> None:
    """Print all that is stored of one person, in all syncs, as JSON. Asks no app; writes nothing but the file."""
    from contactsync.stages.forgetting import look
    from contactsync.stages.persons import find, key_of

    named = key_of(key)
    with _archives(include, sync) as archives:
        found = find(archives, named, everybody=everybody)
        told = person_tables.exported(look(found, named))
    text = json_text(told)
    if output is None:
        typer.echo(text)
        return
    with private_file(output) as handle, os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(f"{text}\n")


def forget(
    key: Who,
    sync: Sync = "",
    everybody: Everybody = False,
    in_advance: Annotated[
        bool, typer.Option("--in-advance", help="Block also somebody of whom no sync has anything yet.")
    ] = False,
    lift: Annotated[bool, typer.Option("--lift", help="Let a forgotten person be synced again.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be erased.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    include: Include = None,
    as_json: AsJson = False,
) -> None:
    """Erase one person from ledger, journal, holds, conflicts and artefacts; syncs leave the contacts alone after that.

    Nothing is deleted in the apps. Salted hashes of ids and addresses stay, so that the person is not matched or
    created anew; --lift takes them away.
    """
    from contactsync.stages.forgetting import check_known, look
    from contactsync.stages.persons import find, key_of

    named = key_of(key)
    with _archives(include, sync) as archives:
        if lift:
            _lift(archives, named, as_json=as_json)
        else:
            found = find(archives, named, everybody=everybody)
            portions = look(found, named)
            if not in_advance:
                check_known(portions)
            if dry_run:
                person_tables.show(portions, as_json=as_json)
                return
            if not yes:
                person_tables.show(portions, as_json=False, to_stderr=True)
                typer.confirm("Erase this for good?", abort=True, err=True)
            _forget(found, named, as_json=as_json)


def _forget(found: Sequence[Found], named: Key, *, as_json: bool) -> None:
    from contactsync.stages import forgetting

    done = forgetting.forget(found, named, request())
    person_tables.done(done, as_json=as_json)
    if not done.compacted:
        raise typer.Exit(3)


def _lift(archives: Mapping[str, Archive], named: Key, *, as_json: bool) -> None:
    from contactsync.stages import forgetting

    lifted = forgetting.lift(archives.values(), named, request())
    person_tables.lifted(lifted, as_json=as_json)


@contextmanager
def _archives(include: Path | None, sync: str) -> Iterator[dict[str, Archive]]:
    from contactsync.orchestration.archives import all_archives

    with redirect_stdout(sys.stderr):  # Airflow's own loggers write to stdout, which is the command's answer
        load_airflow()
        log_to_stderr(verbose=False)
    with all_archives(project_or_defaults(include), request().run_id, sync) as archives:
        yield archives
