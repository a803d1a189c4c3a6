"""The whole sync as one readable function over the stages; the DAG calls the same stages one by one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from contactsync.apps.base import App
from contactsync.ledger.store import Ledger
from contactsync.model.spec import ProjectSpec, Side, SyncSpec
from contactsync.model.stages import Artefacts


@dataclass(frozen=True)
class Workplace:
    """All that a stage of one run needs; made by the DAG's operators, the CLI and the tests.

    open_app   opens the app of a side with the ledger's services (budget, tokens, metadata cache)
    ended      tells whether the run that owns a lock has ended (Airflow's word; CLI: never)
    """

    spec: SyncSpec
    project: ProjectSpec
    open_app: Callable[[Side], App]
    ledger: Ledger
    artefacts: Artefacts
    clock: Callable[[], datetime]
    ended: Callable[[str], bool]
