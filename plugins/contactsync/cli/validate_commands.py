"""contactsync validate: files checked against each other, against their apps, and pairs proven by round trips."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from contactsync.cli import tables
from contactsync.cli.place import (
    defaults_beside,
    include_folder,
    loaded,
    project_beside,
    project_or_defaults,
    request,
    snapshots_beside,
    workplace_of,
)
from contactsync.cli.proof_tables import GENERATED, SAMPLED, Checked, as_data, notes_of, told
from contactsync.cli.talk import json_text
from contactsync.errors import ConfigError, ContactsyncError
from contactsync.mapping.as_asked import NOTHING_ASKED, Snapshots
from contactsync.mapping.between_apps import passage_rows
from contactsync.mapping.environments import environment_notes
from contactsync.mapping.fates import PairProof
from contactsync.mapping.folder_checks import folder_findings
from contactsync.mapping.loader import SyncDocument, load_document
from contactsync.mapping.proof import prove
from contactsync.mapping.proof_words import loss_problems
from contactsync.mapping.samples import samples
from contactsync.mapping.snapshots import FOLDER, read_snapshots
from contactsync.model.spec import SIDES
from contactsync.orchestration.shipped_apps import ShippedApps

if TYPE_CHECKING:
    from contactsync.stages.proving import Asked

_SEEDS = 1_000_000


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog="Example: contactsync validate include/mappings/freshsales-google.yaml --live")(validate)


def validate(
    files: Annotated[list[Path] | None, typer.Argument(help="Sync files; none = the whole folder.")] = None,
    live: Annotated[
        bool, typer.Option("--live", help="Read contacts of both accounts, taken by chance, and prove with them.")
    ] = False,
    sample: Annotated[int, typer.Option(min=1, max=100_000, help="With --live: how many of each account.")] = 200,
    calls: Annotated[
        int, typer.Option(min=2, help="With --live: how many requests for contacts of each account at most.")
    ] = 25,
    seed: Annotated[
        int | None, typer.Option(help="With --live: take the same contacts as the run that printed this number.")
    ] = None,
    examples: Annotated[
        bool, typer.Option("--examples", help="Show a value of each loss; with --live these are contact data.")
    ] = False,
    include: Annotated[Path | None, typer.Option(help="Folder with mappings/ and contactsync.yaml.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check sync files, and prove every pair of fields by round trips: what arrives, what is held, what gets lost.

    Says as well, for each direction, what becomes of deletions and unsubscribes.
    Without --live no app is asked. Nothing is ever written.
    """
    good, problems, snapshots = _read(files or [], include)
    checked = [_proven(file) for file in good]
    for one in checked:
        one.findings += environment_notes(one.file.spec, project_beside(one.file.document.path))
    for finding in folder_findings(good, snapshots):
        one = next(one for one in checked if one.file is finding.file)
        (one.problems if finding.error else one.findings).append(str(finding))
    if live:
        from contactsync.stages.proving import Asked

        asked = Asked(sample, calls, secrets.randbelow(_SEEDS) if seed is None else seed)
        for one in checked:
            if not one.problems:
                _sample(one, include, asked)
    problems += [problem for one in checked for problem in one.problems]
    valid = [one for one in checked if not one.problems]
    carried = {one.file.spec.id: _carried(one.file) for one in valid}
    if as_json:
        found = {**as_data(checked, problems, examples=examples), "carried": carried}
        typer.echo(json_text(found))
    else:
        notes = {one.file.spec.id: notes_of(one) for one in valid}
        proofs = {one.file.spec.id: told(one, examples=examples) for one in checked}
        tables.validation(notes, proofs, carried, problems)
    if problems:
        raise typer.Exit(4)


def _carried(file: SyncDocument) -> dict[str, dict[str, str]]:
    """Direction -> what becomes of deletions and unsubscribes."""
    return {f"{side}_to_{side.other}": rows for side, rows in passage_rows(file.spec, file.apps).items()}


def _read(files: Sequence[Path], include: Path | None) -> tuple[list[SyncDocument], list[str], Snapshots]:
    """These files, or all of the folder: those that are right one by one, what is wrong, and what accounts have."""
    if not files:
        folder = include_folder(include)
        snapshots = read_snapshots(folder / FOLDER)
        found = loaded(folder, snapshots)
        return list(found.files), [str(broken.error) for broken in found.broken], snapshots
    good, problems, known = [], [], dict(NOTHING_ASKED)
    for file in files:
        try:
            known |= snapshots_beside(file)
            good.append(load_document(file, file.parent, ShippedApps(), known, defaults_beside(file)))
        except ConfigError as error:
            problems.append(str(error))
    return good, problems, known


# ---- proofs


def _proven(file: SyncDocument) -> Checked:
    proofs = prove(file.spec, {side: file.apps[side].fields for side in SIDES}, samples)
    checked = Checked(file, proofs)
    _refuse(checked, proofs, GENERATED)
    return checked


def _refuse(checked: Checked, proofs: Sequence[PairProof], values: str) -> None:
    if found := tuple(loss_problems(proofs, values)):
        checked.problems.append(str(checked.file.document.error(found)))


def _sample(checked: Checked, include: Path | None, asked: Asked) -> None:
    """Errors of one account are that file's problem; the others are proven all the same."""
    from contactsync.stages.proving import prove_live

    spec = checked.file.spec
    try:
        with workplace_of(spec, project_or_defaults(include), request(dry_run=True).run_id) as place:
            checked.sampled = prove_live(place, asked)
    except ContactsyncError as error:
        checked.problems.append(f"{spec.id}: {type(error).__name__}: {error}")
        return
    _refuse(checked, checked.sampled.pairs, SAMPLED)
