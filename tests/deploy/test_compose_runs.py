"""docker-compose.yaml without containers: its services run a sync, on a folder that git-sync swaps under them."""

from __future__ import annotations

from pathlib import Path

import pytest
from composed import Composed, variables
from contactsync.sandbox.freshsales import FreshsalesSandbox
from image import Image
from project import COMMON, DAG, accounts, person, titles, write

pytestmark = pytest.mark.deploy


def test_the_services_run_a_sync_and_its_next_revision_when_the_link_is_swapped(
    image: Image, sockets: str, vendor: FreshsalesSandbox, tmp_path: Path
) -> None:
    book, git, home = tmp_path / "book.json", tmp_path / "git", tmp_path / "home"
    write(git / "revision-1", book)
    write(git / "revision-2", book, fields={"exclude": ["job_title"]})
    swap(git / "current", "revision-1")
    home.mkdir()
    for mounted in ("dags", "include"):
        (home / mounted).symlink_to(git / "current" / mounted)
    services = Composed(image, home, sockets, variables(accounts(vendor)))
    services.make_databases()
    try:
        services.up()
        services.until(lambda: {DAG, *COMMON} <= services.rest.dag_ids(), "the DAGs")
        assert services.rest.import_errors() == []
        person(book, "ada", "Captain")
        assert services.run(DAG, "first") == "success"
        assert titles(vendor) == {"ada": "Captain"}
        assert "as it should be" in services.command("contactsync", "db", "check")

        swap(git / "current", "revision-2")
        services.until(lambda: services.versions(DAG) == 2, "the next version of the DAG")
        person(book, "ada", "Admiral")
        person(book, "bo", "Cook")
        assert services.run(DAG, "second") == "success"
        assert titles(vendor) == {"ada": "Captain", "bo": ""}
        assert services.rest.import_errors() == []
    finally:
        services.down()


def swap(link: Path, revision: str) -> None:
    """What git-sync does: at every moment the link leads to one whole revision."""
    fresh = link.with_name("fresh")
    fresh.symlink_to(revision)
    fresh.replace(link)
