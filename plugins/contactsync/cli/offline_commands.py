"""contactsync test: the tests that stand in sync files, without any network, account or Airflow connection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from contactsync.cli.place import defaults_beside, include_folder, loaded, snapshots_beside
from contactsync.cli.talk import Text, console, json_text
from contactsync.errors import ConfigError
from contactsync.mapping.loader import SyncDocument, load_document
from contactsync.mapping.snapshots import FOLDER, read_snapshots
from contactsync.orchestration.shipped_apps import ShippedApps

if TYPE_CHECKING:
    from contactsync.rehearsal.report import Rehearsed


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("test", epilog="Example: contactsync test freshsales-google")(play)


def play(
    which: Annotated[
        list[str] | None, typer.Argument(metavar="[SYNC|FILE]...", help="Ids or files; none = all.")
    ] = None,
    include: Annotated[Path | None, typer.Option(help="Folder with mappings/ and contactsync.yaml.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Play the tests of sync files: real runs between stand-ins of the two apps. Exit code 1 where one fails."""
    from contactsync.rehearsal.report import run_tests

    files = _files(which or [], include)
    done: list[Rehearsed] = []
    for one in run_tests(files):
        done.append(one)
        if not as_json:
            _tell(one)
    if as_json:
        typer.echo(json_text([{**asdict(one), "passed": one.passed} for one in done]))
    else:
        _summary(files, done)
    if not all(one.passed for one in done):
        raise typer.Exit(1)


def _files(which: Sequence[str], include: Path | None) -> list[SyncDocument]:
    """Errors: ConfigError for an unknown sync, and every error of a broken file among those asked for."""
    paths = [Path(word) for word in which if _is_path(word)]
    ids = [word for word in which if not _is_path(word)]
    files = [
        load_document(path, path.parent, ShippedApps(), snapshots_beside(path), defaults_beside(path)) for path in paths
    ]
    if which and not ids:
        return files
    folder = include_folder(include)
    found = loaded(folder, read_snapshots(folder / FOLDER))
    for broken in found.broken:
        if not ids or broken.id in ids:
            raise broken.error
    known = {file.spec.id: file for file in found.files}
    for word in ids:
        if word not in known:
            where = f"There is no sync {word!r} in {folder / 'mappings'}."
            raise ConfigError(where, allowed=tuple(sorted(known)), next_step="name one of these, or a file")
    return [*files, *(known[word] for word in ids or known)]


def _is_path(word: str) -> bool:
    return word.endswith((".yaml", ".yml"))


def _tell(one: Rehearsed) -> None:
    out = console()
    if one.passed:
        out.print(Text(f"passed   {one.sync}: {one.name}"))
        return
    out.print(Text(f"FAILED   {one.sync}: {one.name}   ({one.file}:{one.line})", style="red"))
    for difference in one.differences:
        at = f"{difference.at}: " if difference.at else ""
        out.print(Text(f"           {at}expected {difference.expected}"))
        out.print(Text(f"           {' ' * len(at)}found    {difference.found}"))


def _summary(files: Sequence[SyncDocument], done: Sequence[Rehearsed]) -> None:
    failed = sum(not one.passed for one in done)
    typer.echo(f"{len(done) - failed} passed, {failed} failed")
    for file in files:
        if not file.tests:
            typer.echo(f"note     {file.spec.id} has no tests")
