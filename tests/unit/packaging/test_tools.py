"""The scripts behind the Makefile."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FIND_PYTHON = ROOT / "tools" / "find_python.sh"
SHIM = 'echo "pyenv: $(basename $0): command not found" >&2\nexit 127'
REAL = f'exec "{sys.executable}" "$@"'


def found_with(tmp_path: Path, **scripts: str) -> subprocess.CompletedProcess[str]:
    """Run find_python.sh on a machine that has these commands (`_` for the dot) and the usual tools."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, script in scripts.items():
        path = folder / name.replace("_", ".")
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
    for tool in ("sed", "basename"):
        (folder / tool).symlink_to(f"/usr/bin/{tool}")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHON"} | {"PATH": str(folder)}
    return subprocess.run(["/bin/sh", FIND_PYTHON], env=environment, capture_output=True, text=True, timeout=30)


def test_a_shim_that_answers_command_not_found_is_passed_over(tmp_path):
    done = found_with(tmp_path, python3_13=SHIM, python3_12=SHIM, python3_11=SHIM, python3=REAL)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).samefile(sys._base_executable)  # type: ignore[attr-defined]


def test_a_python_of_another_version_is_passed_over(tmp_path):
    done = found_with(tmp_path, python3="echo", python=REAL)
    assert done.returncode == 0, done.stderr


def test_without_python_it_says_what_to_install(tmp_path):
    done = found_with(tmp_path, python3_12=SHIM)
    assert done.returncode == 1
    assert "No Python 3.11, 3.12 or 3.13 was found" in done.stderr
    assert "apt install python3 python3-venv" in done.stderr
    assert "dnf install python3.12" in done.stderr


@pytest.mark.parametrize(
    ("module", "remedy"),
    [("ensurepip", "sudo apt install python3.12-venv"), ("sqlite3", "install your distribution's python3.12")],
)
def test_a_python_without_a_module_is_named_with_its_package(tmp_path, module, remedy):
    done = found_with(tmp_path, python3_12=f"printf '3.12\\n{module}\\n'")
    assert done.returncode == 1
    assert f"lacks the standard module {module}" in done.stderr
    assert remedy in done.stderr


def test_an_incomplete_python_does_not_hide_a_complete_one(tmp_path):
    assert found_with(tmp_path, python3_12="printf '3.12\\nensurepip\\n'", python3=REAL).returncode == 0


def test_a_folder_that_is_no_environment_is_left_alone(tmp_path):
    (tmp_path / "mine").mkdir()
    done = subprocess.run(
        [ROOT / "tools" / "install.sh", tmp_path / "mine", "requirements.lock"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 1
    assert "no virtual environment" in done.stderr
    assert list((tmp_path / "mine").iterdir()) == []


def browser_found(tmp_path: Path, *names: str) -> subprocess.CompletedProcess[str]:
    """Run find_browser.sh on a machine that has these commands."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in names:
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)
    tool = ROOT / "tools" / "find_browser.sh"
    return subprocess.run(["/bin/sh", tool], env={"PATH": str(folder)}, capture_output=True, text=True, timeout=30)


@pytest.mark.parametrize("browser", ["chromium", "chromium-browser", "google-chrome"])
def test_a_browser_is_found_with_its_driver(tmp_path, browser):
    done = browser_found(tmp_path, browser, "chromedriver")
    assert done.returncode == 0, done.stderr
    assert [Path(line).name for line in done.stdout.splitlines()] == [browser, "chromedriver"]


@pytest.mark.parametrize("names", [(), ("chromium",), ("chromedriver",)])
def test_without_a_browser_or_its_driver_it_says_what_to_install(tmp_path, names):
    done = browser_found(tmp_path, *names)
    assert (done.returncode, done.stdout) == (1, "")
    assert ("no chromedriver here" if "chromium" in names else "no Chromium here") in done.stderr
    assert "apt-get install chromium chromium-driver" in done.stderr


def test_make_help_lists_the_targets_that_people_use():
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=30)
    listed = set(re.findall(r"^  make ([a-z-]+)", done.stdout, re.MULTILINE))
    assert {
        "demo",
        "demo-check",
        "test",
        "venv",
        "lock",
        "lint",
        "types",
        "imports",
        "unit",
        "docs",
        "clean",
        "test-browser",
    } <= listed


def checked(tool: str, *arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, cwd / "tools" / tool, *arguments], cwd=cwd, capture_output=True, text=True, timeout=30
    )


def test_words_that_do_not_belong_here_are_found_with_their_line(tmp_path):
    path = tmp_path / "page.md"
    path.write_text("fine\nTO" + "DO later\nthe arti" + "facts of a run\n")
    done = checked("check_words.py", str(path))
    assert done.returncode == 1
    assert [line.rsplit(":", 3)[1] for line in done.stdout.splitlines()] == ["2", "3"]


def test_dead_links_and_unknown_targets_are_found(tmp_path):
    (tmp_path / "tools").mkdir()
    (tmp_path / "docs").mkdir()
    (tmp_path / "tools" / "check_docs.py").write_text((ROOT / "tools" / "check_docs.py").read_text())
    (tmp_path / "Makefile").write_text("test: ## all\n\techo\n")
    (tmp_path / "docs" / "there.md").write_text("# A `heading`, with words\n")
    (tmp_path / "README.md").write_text(
        "[good](docs/there.md#a-heading-with-words) [gone](docs/gone.md) [lost](docs/there.md#nowhere)\n"
        "Run `make test`, not `make tests`.\n"
    )
    done = checked("check_docs.py", cwd=tmp_path)
    assert done.stdout.splitlines() == [
        "README.md: docs/gone.md: no such file",
        "README.md: docs/there.md#nowhere: no such heading",
        "README.md: make tests: the Makefile has no such target",
    ]
