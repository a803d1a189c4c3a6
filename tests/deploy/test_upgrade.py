"""The drill of docs/deployment.md: a newer package on the ledger of an older one, and the way back from a backup."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pytest
from composed import variables
from contactsync.ledger.migrate import REVISIONS
from contactsync.sandbox.freshsales import FreshsalesSandbox
from image import ROOT, Image
from project import SYNC, accounts, person, titles, write

pytestmark = pytest.mark.deploy
MIGRATIONS = "plugins/contactsync/ledger/migrations/versions"


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """The package as it was before the newest change of the ledger's schema."""
    (newest,) = (ROOT / MIGRATIONS).glob(f"{REVISIONS[-1]}_*.py")
    added = git("log", "-1", "--format=%H", "--diff-filter=A", "--", str(newest.relative_to(ROOT))).decode().strip()
    if not added or subprocess.run(["git", "-C", ROOT, "cat-file", "-e", f"{added}^"], capture_output=True).returncode:
        pytest.skip("this checkout does not have the history of before the newest schema")
    folder = tmp_path_factory.mktemp("older")
    with tarfile.open(fileobj=BytesIO(git("archive", f"{added}^"))) as archive:
        archive.extractall(folder / "source", filter="data")
    return Image(folder / "venv", folder / "source").build()


@dataclass
class Host:
    """A machine with one of the packages at a time."""

    image: Image
    folder: Path
    environment: dict[str, str]

    @property
    def ledger(self) -> Path:
        return self.folder / "home" / "contactsync" / "ledger.db"

    def say(self, *words: str) -> tuple[int, str]:
        """A command of contactsync: its exit code, and all that it prints."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW_", "CONTACTSYNC_", "PYTHON"))}
        given = {**kept, "AIRFLOW_HOME": str(self.folder / "home"), "CONTACTSYNC_ENV": "prod", **self.environment}
        command = [str(self.image.programs / "contactsync"), *words]
        done = subprocess.run(command, cwd=self.folder, env=given, capture_output=True, text=True, timeout=120)
        return done.returncode, done.stdout + done.stderr

    def does(self, *words: str) -> str:
        """The same, where it has to succeed."""
        code, told = self.say(*words)
        assert code == 0, told
        return told


def test_a_newer_package_goes_on_where_the_older_one_stopped_and_the_way_back_makes_nobody_twice(
    image: Image, older: Image, vendor: FreshsalesSandbox, tmp_path: Path
) -> None:
    book = tmp_path / "book.json"
    write(tmp_path, book)
    host = Host(older, tmp_path, variables(accounts(vendor)))
    host.does("db", "upgrade")
    for name in ("ada", "bo", "cy"):
        person(book, name, "Cook")
    host.does("run", SYNC)
    everybody = titles(vendor)
    assert everybody == {"ada": "Cook", "bo": "Cook", "cy": "Cook"}
    shutil.copy(host.ledger, tmp_path / "backup.db")  # nothing runs: the file is whole

    host.image = image
    code, told = host.say("run", SYNC)
    assert code != 0
    assert "contactsync db upgrade" in told
    assert titles(vendor) == everybody
    host.does("db", "upgrade")
    assert "as it should be" in host.does("db", "check")
    assert "nothing to do" in host.does("run", SYNC)
    person(book, "ada", "Captain")
    person(book, "di", "Cook")
    host.does("run", SYNC)
    assert titles(vendor) == {**everybody, "ada": "Captain", "di": "Cook"}

    host.image = older
    code, told = host.say("run", SYNC)
    assert code != 0
    assert "newer" in told
    for file in host.ledger.parent.glob("ledger.db*"):
        file.unlink()
    shutil.copy(tmp_path / "backup.db", host.ledger)
    for _ in range(3):  # an old backup is noticed, and both sides are read twice before anything is decided
        host.does("run", SYNC)
    person(book, "bo", "Baker")
    host.does("run", SYNC)
    assert titles(vendor) == {"ada": "Captain", "bo": "Baker", "cy": "Cook", "di": "Cook"}
    assert "nothing to do" in host.does("run", SYNC)


def git(*words: str) -> bytes:
    """What git prints of this checkout; nothing where it knows none."""
    done = subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, timeout=60)
    return done.stdout if done.returncode == 0 else b""
