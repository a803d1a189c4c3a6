"""What the two files of the DAG folder do: every sync file beside it becomes a DAG, every broken one an error."""

from __future__ import annotations

from pathlib import Path

from airflow.sdk import DAG, get_parsing_context

from contactsync.errors import ConfigError
from contactsync.mapping.loader import BrokenFile, Loaded, load_folder
from contactsync.model.spec import ProjectSpec
from contactsync.orchestration import naming
from contactsync.orchestration.dag_builder import build_broken_dag, build_dag
from contactsync.orchestration.project_file import PROJECT, defaults_in, project_in, retention_in
from contactsync.orchestration.shipped_apps import ShippedApps
from contactsync.orchestration.upkeep import DAILY, build_housekeeping

INCLUDE = "include"
MAPPINGS = "mappings"


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
    upkeep = naming.dag_id_of(naming.HOUSEKEEPING)
    if wanted in (None, upkeep):
        dags[upkeep] = _upkeep(include, [spec.id for spec in loaded.specs], project, problem)
    for file in loaded.broken:
        if wanted in (None, naming.dag_id_of(file.id)):
            dags[naming.dag_id_of(file.id)] = build_broken_dag(file)
    return dags


def raise_what_is_broken(dag_file: str) -> None:
    """Errors: ConfigError that lists every broken file, so that Airflow shows it as an import error of this file."""
    loaded, _, problem = _read(_include(dag_file))
    errors = [*([problem] if problem else []), *(broken.error for broken in loaded.broken)]
    if errors:
        raise ConfigError("\n".join([f"{len(errors)} broken file(s):", *(str(error) for error in errors)]))


def _upkeep(include: Path, ids: list[str], project: ProjectSpec, problem: ConfigError | None) -> DAG:
    if problem is None:
        return build_housekeeping(ids, project, retention_in(include))
    return build_broken_dag(BrokenFile(include / PROJECT, naming.HOUSEKEEPING, DAILY, problem))


def _include(dag_file: str) -> Path:
    return Path(dag_file).absolute().parent.parent / INCLUDE


def _read(include: Path) -> tuple[Loaded, ProjectSpec, ConfigError | None]:
    """A broken project file breaks every sync: none may run with settings that were not meant."""
    try:
        project, defaults = project_in(include), defaults_in(include)
    except ConfigError as error:
        return load_folder(include / MAPPINGS, ShippedApps()), ProjectSpec(), error
    return load_folder(include / MAPPINGS, ShippedApps(), defaults=defaults), project, None
