"""What the two files of the DAG folder do: every sync file beside it becomes a DAG, every broken one an error."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from airflow.sdk import DAG, get_parsing_context

from contactsync.errors import ConfigError
from contactsync.mapping.loader import BrokenFile, Loaded, load_folder
from contactsync.model.spec import ProjectSpec
from contactsync.orchestration import naming
from contactsync.orchestration.dag_builder import build_broken_dag, build_dag
from contactsync.orchestration.freshness import EVERY, build_freshness
from contactsync.orchestration.manage import build_manage
from contactsync.orchestration.project_file import PROJECT, defaults_in, project_in, retention_in
from contactsync.orchestration.sharing import executor, unshared
from contactsync.orchestration.shipped_apps import ShippedApps
from contactsync.orchestration.upkeep import DAILY, build_housekeeping

INCLUDE = "include"
MAPPINGS = "mappings"
UPKEEP = {naming.HOUSEKEEPING: DAILY, naming.FRESHNESS: EVERY, naming.MANAGE: None}


def dags_beside(dag_file: str) -> dict[str, DAG]:
    """The DAGs by id, of the sync files in ../include/mappings; in a task's process only the one that runs."""
    include = _include(dag_file)
    loaded, project, problem = _read(include)
    wanted = get_parsing_context().dag_id
    dags = {}
    for spec in loaded.specs:
        dag_id = naming.dag_id_of(spec.id)
        if wanted in (None, dag_id):
            broken = problem and BrokenFile(include / MAPPINGS / spec.file, spec.id, spec.dag.schedule, problem)
            dags[dag_id] = build_broken_dag(broken) if broken else build_dag(spec, project)
    for name, schedule in UPKEEP.items():
        if wanted in (None, naming.dag_id_of(name)):
            broken = problem and BrokenFile(include / PROJECT, name, schedule, problem)
            build = build_broken_dag(broken) if broken else _upkeep(name, include, loaded, project)
            dags[naming.dag_id_of(name)] = build
    for file in loaded.broken:
        if wanted in (None, naming.dag_id_of(file.id)):
            dags[naming.dag_id_of(file.id)] = build_broken_dag(file)
    return dags


def raise_what_is_broken(dag_file: str) -> None:
    """Errors: ConfigError that lists every broken file, and what tasks on several machines would lack.

    Airflow shows it as an import error of this file.
    """
    loaded, project, problem = _read(_include(dag_file))
    errors = [*([problem] if problem else []), *(broken.error for broken in loaded.broken)]
    errors += [] if problem else [*unshared(project, executor()), *_unknown_alerts(loaded, project)]
    if errors:
        raise ConfigError("\n".join([f"{len(errors)} thing(s) to correct:", *(str(error) for error in errors)]))


def _upkeep(name: str, include: Path, loaded: Loaded, project: ProjectSpec) -> DAG:
    """A DAG that belongs to no sync."""
    if name == naming.MANAGE:
        return build_manage(loaded, project)
    if name == naming.FRESHNESS:
        return build_freshness(loaded.specs, project)
    return build_housekeeping([spec.id for spec in loaded.specs], project, retention_in(include))


def _unknown_alerts(loaded: Loaded, project: ProjectSpec) -> Iterator[ConfigError]:
    """The sync runs all the same; only nobody would be told."""
    for spec in loaded.specs:
        if lacking := [name for name in spec.alerts if name not in project.alerts]:
            yield ConfigError(
                f"{spec.file}: alerts: contactsync.yaml knows no {', '.join(lacking)}.",
                allowed=tuple(project.alerts),
                next_step="add it to `alerts` there, or correct the name.",
            )


def _include(dag_file: str) -> Path:
    """Beside the DAG folder as it is named; else beside the one that a link leads to.

    Links are followed once: git-sync swaps one, and one reading must not see two revisions.
    """
    named, real = (path.parent.parent / INCLUDE for path in (Path(dag_file).absolute(), Path(dag_file).resolve()))
    return named.resolve() if named.is_dir() else real


def _read(include: Path) -> tuple[Loaded, ProjectSpec, ConfigError | None]:
    """A broken project file breaks every sync: none may run with settings that were not meant."""
    try:
        project, defaults = project_in(include), defaults_in(include)
    except ConfigError as error:
        return load_folder(include / MAPPINGS, ShippedApps()), ProjectSpec(), error
    return load_folder(include / MAPPINGS, ShippedApps(), defaults=defaults), project, None
