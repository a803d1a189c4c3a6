"""Sync files for the tests of the reader: written to disk, read with two plainly declared apps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
from contactsync.apps.memory import Memory
from contactsync.mapping.problems import Problem, check_model
from contactsync.model.app import AppInfo
from pydantic import BaseModel, ConfigDict

MINIMAL = """\
version: 1
left:  {app: crm, connection: crm_acme}
right: {app: book, connection: book_team}
dag: {schedule: "*/15 * * * *"}
"""


class CrmOptions(BaseModel):
    model_config = ConfigDict(extra="forbid")
    not_yet: ClassVar[frozenset[str]] = frozenset({"authority_field"})

    view: str = "All Contacts"
    page: int = 1


class BookOptions(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Apps:
    """Two apps, as the loader sees them."""

    options: Mapping[str, type[BaseModel]] = {"crm": CrmOptions, "book": BookOptions}

    def names(self) -> tuple[str, ...]:
        return tuple(self.options)

    def declared(self, app: str, options: Mapping[str, Any]) -> AppInfo:
        del options
        return replace(Memory.info, name=app)

    def check_options(self, app: str, options: Mapping[str, Any]) -> Sequence[Problem]:
        return check_model(self.options[app], options)[1]


@pytest.fixture
def apps() -> Apps:
    return Apps()


@pytest.fixture
def minimal() -> str:
    return MINIMAL


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes a file below tmp_path and says where: write(text, name)."""

    def to_disk(text: str | bytes, name: str = "crm-book.yaml") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return to_disk
