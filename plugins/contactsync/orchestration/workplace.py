"""The workplace of a run: its ledger, its apps, its artefacts. One for tasks, one for the command line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from contactsync.apps.base import App
from contactsync.mapping.as_data import spec_from_json
from contactsync.model.spec import SIDES, ProjectSpec, Side, SyncSpec
from contactsync.orchestration.artefacts import StoredArtefacts, artefact_root
from contactsync.orchestration.command_owner import has_ended
from contactsync.orchestration.connections import FindConnection, cli_connection, task_connection
from contactsync.orchestration.hooks import hook_class
from contactsync.orchestration.ledger_connection import ledger_url
from contactsync.orchestration.metrics import of_task
from contactsync.orchestration.run_context import RunContext
from contactsync.orchestration.services import cipher_of, services_of
from contactsync.orchestration.sharing import check_artefacts, executor
from contactsync.rest.metering import Meter, metered
from contactsync.rest.services import Services, utc_now

if TYPE_CHECKING:
    from airflow.sdk import ObjectStoragePath
    from sqlalchemy import Engine

    from contactsync.pipeline import Workplace


@contextmanager
def task_workplace(spec: str, project: str, run: RunContext) -> Iterator[Workplace]:
    """For a task of a DAG run; spec and project as JSON.

    Errors: ConfigError (ledger or artefacts cannot be shared), ConnectionMissing.
    """
    settings = ProjectSpec(**json.loads(project))
    with workplace_in_task(spec_from_json(spec), settings, run.whose().run_id, run.run_has_ended) as place:
        yield place


@contextmanager
def workplace_in_task(
    spec: SyncSpec, project: ProjectSpec, run_id: str, ended: Callable[[str], bool]
) -> Iterator[Workplace]:
    """The same for a sync that is read already, and a run of that id. Errors: as above."""
    root, meters = root_of(project), {side: Meter() for side in SIDES}
    with open_engine(project, task_connection) as engine:
        services = services_of(engine, project)

        def open_app(side: Side) -> App:
            return app_opener(spec, metered(services, meters[side]), task_connection)(side)

        try:
            yield _workplace(spec, project, engine, root, run_id, open_app, ended)
        finally:
            of_task(spec.id, meters)


@contextmanager
def cli_workplace(spec: SyncSpec, project: ProjectSpec, run_id: str) -> Iterator[Workplace]:
    """For a run of the command line, which knows only of dead commands on this machine."""
    root = root_of(project)
    with open_engine(project, cli_connection) as engine:
        open_app = app_opener(spec, services_of(engine, project), cli_connection)
        yield _workplace(spec, project, engine, root, run_id, open_app, has_ended)


def root_of(project: ProjectSpec) -> ObjectStoragePath:
    """Where artefacts are kept. Errors: ConfigError, where not all tasks would find each other's."""
    check_artefacts(project, executor())
    return artefact_root(project.artefacts_root)


@contextmanager
def open_engine(project: ProjectSpec, find: FindConnection = cli_connection) -> Iterator[Engine]:
    """The ledger's database, closed afterwards. Errors: ConfigError (not all tasks reach it), ConnectionMissing."""
    from contactsync.ledger.connect import make_engine

    engine = make_engine(ledger_url(project, find, executor=executor()), cipher_of(project))
    try:
        yield engine
    finally:
        engine.dispose()


def app_opener(spec: SyncSpec, services: Services, find: FindConnection) -> Callable[[Side], App]:
    """Opens the app of a side."""

    def open_app(side: Side) -> App:
        half = spec.side(side)
        return hook_class(half.app)(half.connection, find=find).get_app(half.options, services)

    return open_app


def _workplace(
    spec: SyncSpec,
    project: ProjectSpec,
    engine: Engine,
    root: ObjectStoragePath,
    run_id: str,
    open_app: Callable[[Side], App],
    ended: Callable[[str], bool],
) -> Workplace:
    from contactsync.ledger.store import Ledger
    from contactsync.pipeline import Workplace

    ledger = Ledger(engine, utc_now)
    return Workplace(
        spec=spec,
        project=project,
        open_app=open_app,
        ledger=ledger,
        artefacts=StoredArtefacts(root, spec.id, run_id, ledger.became),
        clock=utc_now,
        ended=ended,
    )
