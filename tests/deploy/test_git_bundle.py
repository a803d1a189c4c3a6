"""DAGs that Airflow itself takes from git: each run keeps the revision with which it began."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from composed import Composed, variables
from contactsync.sandbox.freshsales import FreshsalesSandbox
from image import Image
from project import COMMON, DAG, accounts, person, titles, write

pytestmark = pytest.mark.deploy


def test_a_commit_is_the_next_version_and_a_run_that_is_repeated_keeps_its_own(
    image: Image, sockets: str, vendor: FreshsalesSandbox, tmp_path: Path
) -> None:
    book, repository, home = tmp_path / "book.json", tmp_path / "repository", tmp_path / "home"
    home.mkdir()
    write(repository, book)
    first = commit(repository, "Sync the team")
    services = Composed(image, home, sockets, {**variables(accounts(vendor)), **bundle(repository, home)})
    services.make_databases()
    try:
        services.up()
        services.until(lambda: {DAG, *COMMON} <= services.rest.dag_ids(), "the DAGs")
        for name in ("ada", "bo", "cy"):
            person(book, name, "Captain")
        assert services.run(DAG, "first") == "success"
        assert titles(vendor) == dict.fromkeys(("ada", "bo", "cy"), "Captain")

        write(repository, book, fields={"exclude": ["job_title"]})
        second = commit(repository, "Keep job titles to ourselves")
        services.until(lambda: services.versions(DAG) == 2, "the next version of the DAG")
        person(book, "ada", "Admiral")
        assert services.run(DAG, "second") == "success"
        assert titles(vendor)["ada"] == "Captain"
        assert [services.rest.run(DAG, run)["bundle_version"] for run in ("first", "second")] == [first, second]

        again = {"dry_run": False, "only_failed": False, "dag_run_id": "first", "task_ids": None}
        services.rest.ask("POST", f"dags/{DAG}/clearTaskInstances", json=again)
        services.until(lambda: services.rest.run(DAG, "first")["state"] in ("queued", "running"), "the repeated run")
        assert services.end(DAG, "first") == "success"
        assert services.rest.run(DAG, "first")["bundle_version"] == first
        assert titles(vendor) == {"ada": "Admiral", "bo": "Captain", "cy": "Captain"}
        assert services.rest.import_errors() == []
    finally:
        services.down()


def bundle(repository: Path, home: Path) -> dict[str, str]:
    """What docs/deployment.md tells to set."""
    where = {"repo_url": str(repository), "tracking_ref": "main", "subdir": "dags", "refresh_interval": 3}
    classpath = "airflow.providers.git.bundles.git.GitDagBundle"
    return {
        # Airflow's default is one folder for all that run on this machine.
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH": str(home / "bundles"),
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps(
            [{"name": "syncs", "classpath": classpath, "kwargs": where}]
        ),
    }


def commit(repository: Path, message: str) -> str:
    """Commit all that lies there; its id."""
    if not (repository / ".git").exists():
        git(repository, "init", "--quiet", "--initial-branch", "main")
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message", message)
    return git(repository, "rev-parse", "HEAD")


def git(repository: Path, *words: str) -> str:
    """What git prints."""
    who = ["-c", "user.name=Ada Beispiel", "-c", "user.email=ada@example.org"]
    done = subprocess.run(
        ["git", "-C", str(repository), *who, *words], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()
