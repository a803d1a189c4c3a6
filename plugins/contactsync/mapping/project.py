"""include/contactsync.yaml: what holds for the whole repository."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from contactsync.mapping.document import read_yaml
from contactsync.mapping.problems import check_model
from contactsync.mapping.spec import Section
from contactsync.mapping.words import ArtefactRoot, ConnectionId, Version, newer_than_this
from contactsync.model.spec import ProjectSpec


class ArtefactsSection(Section):
    """`artefacts:` where the runs keep what they read and decided; '' = below AIRFLOW_HOME."""

    not_yet = frozenset({"keep"})

    root: ArtefactRoot = ProjectSpec().artefacts_root


class LedgerSection(Section):
    """`ledger:` the Airflow connection of the database that remembers, and whether values are encrypted there."""

    not_yet = frozenset({"keep_values", "keep_journal"})

    connection: ConnectionId = ProjectSpec().ledger_connection
    encrypt_values: bool = ProjectSpec().encrypt_values


class RateSection(Section):
    """`rate:` the part of each account's vendor limit that may be used."""

    share: Annotated[float, Field(gt=0, le=1)] = ProjectSpec().rate_share


class ProjectFile(Section):
    """The whole file."""

    not_yet = frozenset({"environments", "accounts", "alerts", "defaults"})

    version: Version
    artefacts: ArtefactsSection = ArtefactsSection()
    ledger: LedgerSection = LedgerSection()
    rate: RateSection = RateSection()


def load_project(path: Path) -> ProjectSpec:
    """The project's settings; the defaults where there is no such file. Errors: ConfigError with every problem."""
    if not path.exists():
        return ProjectSpec()
    document = read_yaml(path)
    file, problems = check_model(ProjectFile, document.data)
    if file is None:
        if newer_than_this(document.data.get("version")):
            problems = tuple(problem for problem in problems if problem.key == ("version",))
        raise document.error(problems)
    ledger = file.ledger
    return ProjectSpec(file.artefacts.root, ledger.connection, float(file.rate.share), ledger.encrypt_values)
