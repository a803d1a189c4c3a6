"""Where a command works: the include folder, the sync's file, and a workplace with the command line's own identity."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contactsync.cli.talk import log_to_stderr
from contactsync.errors import ConfigError
from contactsync.mapping.as_asked import NOTHING_ASKED, Snapshots
from contactsync.mapping.loader import Loaded, load_folder
from contactsync.mapping.snapshots import FOLDER, read_snapshots
from contactsync.model.spec import ProjectSpec, SyncSpec
from contactsync.model.stages import RunKind, RunRequest
from contactsync.orchestration.command_owner import owner_of, person
from contactsync.orchestration.connections import load_airflow
from contactsync.orchestration.project_file import defaults_in, project_in
from contactsync.orchestration.shipped_apps import ShippedApps

if TYPE_CHECKING:
    from contactsync.pipeline import Workplace

INCLUDE_VARIABLE = "CONTACTSYNC_INCLUDE"
MAPPINGS = "mappings"


def include_folder(given: Path | None) -> Path:
    """The folder with mappings/ and contactsync.yaml: as given, else $CONTACTSYNC_INCLUDE, else ./include upwards."""
    if given is not None:
        return given
    if os.environ.get(INCLUDE_VARIABLE):
        return Path(os.environ[INCLUDE_VARIABLE])
    for folder in (Path.cwd(), *Path.cwd().parents):
        if (folder / "include" / MAPPINGS).is_dir():
            return folder / "include"
    raise ConfigError(
        f"No include/mappings folder in {Path.cwd()} or above.",
        next_step=f"go to your project's folder, or name the folder with --include or {INCLUDE_VARIABLE}",
    )


def folder_or_none(given: Path | None) -> Path | None:
    """The same; None where there is none, as in an init container."""
    try:
        return include_folder(given)
    except ConfigError:
        return None


def loaded(include: Path, snapshots: Snapshots = NOTHING_ASKED) -> Loaded:
    """Every sync file of the folder."""
    return load_folder(include / MAPPINGS, ShippedApps(), snapshots, defaults_in(include))


def some_specs(include: Path, ids: Sequence[str]) -> tuple[SyncSpec, ...]:
    """The syncs with these ids; none = all that are not broken. Errors: those of `spec_of`."""
    return tuple(spec_of(include, one) for one in ids) if ids else loaded(include).specs


def snapshots_beside(file: Path) -> Snapshots:
    """What is known of the accounts of a sync file: of the folder beside the mappings that it lies in."""
    include = _include_of(file)
    return read_snapshots(include / FOLDER) if include else NOTHING_ASKED


def defaults_beside(file: Path) -> Mapping[str, Any]:
    """The defaults of a sync file: of the project file beside the mappings that it lies in."""
    include = _include_of(file)
    return defaults_in(include) if include else {}


def project_beside(file: Path) -> ProjectSpec:
    """The settings of the project file beside the mappings that a sync file lies in."""
    include = _include_of(file)
    return project_in(include) if include else ProjectSpec()


def _include_of(file: Path) -> Path | None:
    mappings = next((folder for folder in file.absolute().parents if folder.name == MAPPINGS), None)
    return mappings.parent if mappings else None


def spec_of(include: Path, sync: str) -> SyncSpec:
    """The sync with that id. Errors: ConfigError for an unknown id, or the file's own error where it is broken."""
    return loaded(include).named(sync, str(include / MAPPINGS))


def project_of(include: Path) -> ProjectSpec:
    """The project file's settings."""
    return project_in(include)


def project_or_defaults(include: Path | None) -> ProjectSpec:
    """The same; without a project folder, the defaults. Errors: as of project_of."""
    folder = folder_or_none(include)
    return project_of(folder) if folder else ProjectSpec()


def request(
    *,
    dry_run: bool = False,
    full_read: bool = False,
    apply_plan: str = "",
    kind: RunKind = RunKind.CLI,
    limit: int | None = None,
    contacts: Sequence[str] = (),
) -> RunRequest:
    """A run of the command line; its owner names host and process, so that a dead one's lock can be taken."""
    now = datetime.now(UTC)
    run_id = f"{kind}__{now:%Y-%m-%dT%H:%M:%S}_{secrets.token_hex(3)}"
    return RunRequest(
        run_id,
        owner_of(run_id),
        kind,
        dry_run,
        full_read,
        apply_plan,
        by=person(),
        limit=limit,
        contacts=tuple(contacts),
        typed=True,
    )


@contextmanager
def workplace(include: Path, sync: str, run_id: str, *, verbose: bool = False) -> Iterator[Workplace]:
    """The workplace of a sync on this machine."""
    with workplace_of(spec_of(include, sync), project_of(include), run_id, verbose=verbose) as place:
        yield place


@contextmanager
def workplace_of(spec: SyncSpec, project: ProjectSpec, run_id: str, *, verbose: bool = False) -> Iterator[Workplace]:
    """The same for a sync that is read already."""
    from contactsync.orchestration.workplace import cli_workplace

    # Airflow's own loggers write to stdout, which is the command's answer; what they say meanwhile goes to stderr.
    with redirect_stdout(sys.stderr):
        load_airflow()
        log_to_stderr(verbose=verbose)
        with cli_workplace(spec, project, run_id) as place:
            yield place
