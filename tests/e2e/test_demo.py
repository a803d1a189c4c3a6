"""The demo as a person starts it: a real scheduler, the generated DAGs, three servers."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from contactsync.demo.processes import listening

pytestmark = pytest.mark.scheduler

PATIENCE = "180"  # a machine that runs other tests too starts Airflow slowly


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "contactsync.demo", "--folder", str(folder), "--patience", PATIENCE, *arguments]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )


def works_in(folder: Path) -> list[str]:
    """Processes that have their working directory in there."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "cwd").readlink().is_relative_to(folder):
                found.append((entry / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found


def ended(demo: subprocess.Popen[str], seconds: float) -> str:
    try:
        return demo.communicate(timeout=seconds)[0]
    finally:
        if demo.poll() is None:
            os.killpg(demo.pid, signal.SIGTERM)
            demo.communicate(timeout=60)


def test_the_story_is_told_and_all_is_as_it_should_be(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    told = ended(start(folder, "--check"), 1200)
    assert "All is as it should be." in told, told
    assert "Everything that was started is gone." in told
    assert re.search(r"\b0 writes; tasks executed: freshsales-google [1-4], freshsales-carddav [1-4]\n", told), told
    assert works_in(folder) == []


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_while_airflow_starts_it_leaves_nothing(tmp_path: Path, sign: signal.Signals) -> None:
    folder = tmp_path / "demo"
    demo = start(folder)
    assert demo.stdout
    for line in demo.stdout:
        found = re.search(r"starting at http://127\.0\.0\.1:(\d+)", line)
        if found:
            break
    else:
        pytest.fail("Airflow was never started")
    time.sleep(3)
    assert works_in(folder)
    demo.send_signal(sign)
    told = ended(demo, 90)
    assert demo.returncode == 130, told
    assert "Everything that was started is gone." in told
    assert works_in(folder) == []
    assert listening([int(found[1])]) == []


def test_two_demos_cannot_share_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    first = start(folder)
    assert first.stdout
    first.stdout.readline()
    first.stdout.readline()
    second = start(folder, "--check")
    told = ended(second, 60)
    assert second.returncode == 2
    assert "Another demo is running" in told
    first.send_signal(signal.SIGINT)
    ended(first, 90)
    assert works_in(folder) == []
