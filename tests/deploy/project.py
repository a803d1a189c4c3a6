"""A project as a team keeps it in git: dags/ and include/ with one sync, in revisions."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import yaml
from contactsync.apps.memory import Book
from contactsync.sandbox.freshsales import FreshsalesSandbox
from contactsync.sandbox.server import PERMITTED
from image import ROOT

SYNC = "team"
DAG = f"contactsync__{SYNC}"
COMMON = ("contactsync__freshness", "contactsync__housekeeping")


def write(folder: Path, book: Path, *, syncs: tuple[str, ...] = (SYNC,), **more: Any) -> None:
    """What a revision holds; `more` are keys of the sync file."""
    shutil.rmtree(folder / "dags", ignore_errors=True)
    shutil.rmtree(folder / "include", ignore_errors=True)
    shutil.copytree(ROOT / "dags", folder / "dags", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "include" / "mappings").mkdir(parents=True)
    shutil.copy(ROOT / "include" / "contactsync.yaml", folder / "include")
    for sync in syncs:
        data = {
            "version": 1,
            "id": sync,
            "dag": {"schedule": None},
            "first_run": "apply",
            "left": {"app": "memory", "connection": "team_left", "options": {"path": str(book)}},
            "right": {"app": "freshsales", "connection": "team_right", "options": {"lag_seconds": 0}},
            **more,
        }
        (folder / "include" / "mappings" / f"{sync}.yaml").write_text(yaml.safe_dump(data))


def person(book: Path, name: str, title: str = "") -> None:
    """Somebody types a contact into the left app."""
    mail = {"value": f"{name}@example.org", "label": "work", "primary": True}
    Book(book).put(
        name, {"names.given": name.title(), "names.family": "Beispiel", "emails": [mail], "job_title": title}
    )


def titles(vendor: FreshsalesSandbox) -> dict[str, str]:
    """Name -> job title in the right app; whoever is there twice is named once more."""
    found: dict[str, str] = {}
    for row in vendor.contacts():
        name = str(row["emails"][0]["value"]).partition("@")[0]
        found[name if name not in found else f"{name} again"] = row["job_title"] or ""
    return found


def accounts(vendor: FreshsalesSandbox) -> dict[str, dict[str, object]]:
    """The connections of the sync."""
    right = {"conn_type": "freshsales", "host": vendor.url, "password": vendor.api_key, "extra": PERMITTED}
    return {"team_left": {"conn_type": "contactsync_memory", "host": "left"}, "team_right": right}
