"""Airflow must find the package once: twice, and it registers everything two times."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
PLUGINS = ROOT / "plugins"


def test_there_is_one_distribution():
    found = [one for one in importlib.metadata.distributions() if one.metadata["Name"] == "contactsync"]
    assert len(found) == 1
    assert not list(PLUGINS.glob("*.egg-info")), "a build backend left a second distribution on Airflow's path"


def test_there_is_one_provider_of_that_name():
    points = importlib.metadata.entry_points(group="apache_airflow_provider")
    ours = [point for point in points if point.value.startswith("contactsync.")]
    assert len(ours) == 1
    assert ours[0].load()()["package-name"] == "contactsync"


def test_no_python_file_lies_where_airflow_would_execute_it():
    assert list(PLUGINS.glob("*.py")) == []


def test_airflow_walks_the_plugin_folder_without_executing_a_file_or_an_error():
    code = """
import json
from airflow import plugins_manager
from airflow.configuration import conf
from airflow.utils.file import find_path_from_directory
folder = conf.get("core", "plugins_folder")
print("FOUND" + json.dumps({
    "files": [path for path in find_path_from_directory(folder, ".airflowignore", "glob") if path.endswith(".py")],
    "errors": plugins_manager.get_import_errors(),
}))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.rsplit("FOUND", 1)[1]) == {"files": [], "errors": {}}


def environment() -> dict[str, str]:
    import os

    return {**os.environ, "AIRFLOW__CORE__PLUGINS_FOLDER": str(PLUGINS)}
