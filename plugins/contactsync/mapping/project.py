"""include/contactsync.yaml: what holds for the whole repository."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from contactsync.mapping.alert_sections import AlertSection
from contactsync.mapping.document import Document, read_yaml
from contactsync.mapping.environments import AccountOf, EnvironmentSection, account_problems, environment_of
from contactsync.mapping.problems import Problem, check_model
from contactsync.mapping.sections import Section
from contactsync.mapping.sync_defaults import default_problems
from contactsync.mapping.words import (
    AlertName,
    ArtefactRoot,
    ConnectionId,
    EnvironmentName,
    Retained,
    Version,
    newer_than_this,
)
from contactsync.model.retention import Retention
from contactsync.model.spec import ProjectSpec


class ArtefactsSection(Section):
    """`artefacts:` where the runs keep what they read and decided; '' = below AIRFLOW_HOME."""

    root: ArtefactRoot = ProjectSpec().artefacts_root
    shared: bool = ProjectSpec().artefacts_shared
    keep: Retained = Retention().artefacts


class LedgerSection(Section):
    """`ledger:` the Airflow connection of the database that remembers, whether values are encrypted there, how long."""

    connection: ConnectionId = ProjectSpec().ledger_connection
    encrypt_values: bool = ProjectSpec().encrypt_values
    keep_values: Retained = Retention().values
    keep_journal: Retained = Retention().journal


class RateSection(Section):
    """`rate:` the part of each account's vendor limit that may be used."""

    share: Annotated[float, Field(gt=0, le=1)] = ProjectSpec().rate_share


class ProjectFile(Section):
    """The whole file."""

    version: Version
    environments: Annotated[dict[EnvironmentName, EnvironmentSection], Field(default_factory=dict)]
    accounts: Annotated[dict[ConnectionId, dict[str, AccountOf]], Field(default_factory=dict)]
    artefacts: ArtefactsSection = ArtefactsSection()
    ledger: LedgerSection = LedgerSection()
    rate: RateSection = RateSection()
    alerts: Annotated[dict[AlertName, AlertSection], Field(default_factory=dict)]
    defaults: Annotated[dict[str, Any], Field(default_factory=dict)]


def load_project(path: Path, environment: str = "") -> ProjectSpec:
    """The project's settings; the defaults where there is no such file.

    environment  the name of the one that is to hold; '' = dev, where the file names any

    Errors: ConfigError with every problem.
    """
    if not path.exists():
        return ProjectSpec()
    document = read_yaml(path)
    file = _checked(document)
    name, writes = environment_of(document, file.environments, environment)
    return ProjectSpec(
        artefacts_root=file.artefacts.root,
        artefacts_shared=file.artefacts.shared,
        ledger_connection=file.ledger.connection,
        ledger_named="connection" in file.ledger.model_fields_set,
        rate_share=float(file.rate.share),
        encrypt_values=file.ledger.encrypt_values,
        environment=name,
        writes=writes,
        accounts={connection: of.get(name, "") for connection, of in file.accounts.items()},
        alerts={named: alert.plain() for named, alert in file.alerts.items()},
    )


def load_defaults(path: Path) -> Mapping[str, Any]:
    """What the sync files need not say themselves. Errors: as of load_project."""
    return _checked(read_yaml(path)).defaults if path.exists() else {}


def load_retention(path: Path) -> Retention:
    """How long things are kept. Errors: as of load_project."""
    if not path.exists():
        return Retention()
    file = _checked(read_yaml(path))
    return Retention(file.artefacts.keep, file.ledger.keep_values, file.ledger.keep_journal)


def _checked(document: Document) -> ProjectFile:
    file, problems = check_model(ProjectFile, document.data)
    if file is None:
        if newer_than_this(document.data.get("version")):
            problems = tuple(problem for problem in problems if problem.key == ("version",))
        raise document.error(problems)
    if problems := tuple(_between_keys(file)):
        raise document.error(problems)
    return file


def _between_keys(file: ProjectFile) -> Iterator[Problem]:
    yield from (problem.under("defaults") for problem in default_problems(file.defaults))
    yield from account_problems(file.accounts, file.environments)
    if file.ledger.keep_values > file.ledger.keep_journal:
        message = "is longer than the actions themselves are kept (ledger.keep_journal)."
        yield Problem(("ledger", "keep_values"), message, "Shorten it, or keep the journal longer.")
