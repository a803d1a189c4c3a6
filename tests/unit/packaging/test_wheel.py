"""The wheel: built without a network, and complete."""

from __future__ import annotations

import configparser
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PACKAGE = ROOT / "plugins" / "contactsync"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=120,
    )
    (built,) = folder.glob("*.whl")
    return zipfile.ZipFile(built)


def meta(wheel: zipfile.ZipFile, name: str) -> str:
    (path,) = [path for path in wheel.namelist() if path.endswith(f".dist-info/{name}")]
    return wheel.read(path).decode()


def test_it_holds_every_file_of_the_package_and_nothing_else(wheel):
    source = {
        str(path.relative_to(PACKAGE.parent))
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    packed = {path for path in wheel.namelist() if ".dist-info/" not in path}
    assert packed == source
    assert "contactsync/ledger/migrations/versions/0001_first_schema.py" in packed


def test_its_entry_points_are_the_command_one_provider_and_one_plugin(wheel):
    points = configparser.ConfigParser()
    points.read_string(meta(wheel, "entry_points.txt"))
    assert {section: dict(points[section]) for section in points.sections()} == {
        "console_scripts": {"contactsync": "contactsync.cli:main"},
        "apache_airflow_provider": {"provider_info": "contactsync.provider:get_provider_info"},
        "airflow.plugins": {"contactsync": "contactsync.orchestration.airflow_plugin:ContactsyncPlugin"},
    }


def test_it_carries_its_licence(wheel):
    assert "License-Expression: Apache-2.0" in meta(wheel, "METADATA")
    assert meta(wheel, "licenses/LICENSE") == (ROOT / "LICENSE").read_text()
