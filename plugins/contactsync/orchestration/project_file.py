"""The project file of an include folder, with the environment that this process was started in."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from contactsync.mapping.environments import VARIABLE
from contactsync.mapping.project import load_defaults, load_project, load_retention
from contactsync.model.retention import Retention
from contactsync.model.spec import ProjectSpec

PROJECT = "contactsync.yaml"


def project_in(include: Path) -> ProjectSpec:
    """Its settings. Errors: ConfigError."""
    return load_project(include / PROJECT, os.environ.get(VARIABLE, "").strip())


def retention_in(include: Path) -> Retention:
    """How long things are kept. Errors: ConfigError."""
    return load_retention(include / PROJECT)


def defaults_in(include: Path) -> Mapping[str, Any]:
    """What its sync files need not say. Errors: ConfigError."""
    return load_defaults(include / PROJECT)
