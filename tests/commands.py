"""Runs `contactsync ...` as a person does: its own Airflow home, answers on stdout, an exit code.

`contactsync` starts a process for it, as a terminal does. `command` does the same in this process, which saves the
three seconds that Airflow takes to start: for whatever is not about the process itself.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from contactsync.cli import main

MAIN = "from contactsync.cli import main; main()"

# A sync between two books in a folder.
PAIR = """\
version: 1
left:  {{app: memory, connection: mem_left, options: {{path: {folder}/left.json}}}}
right: {{app: memory, connection: mem_right, options: {{path: {folder}/right.json}}}}
first_run: apply
dag: {{schedule: null}}
"""
_BOOK = json.dumps({"conn_type": "contactsync_memory"})
CONNECTIONS = {"AIRFLOW_CONN_MEM_LEFT": _BOOK, "AIRFLOW_CONN_MEM_RIGHT": _BOOK}


def environment(folder: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """A home of its own in `folder`."""
    return {
        **os.environ,
        "AIRFLOW_HOME": str(folder / "airflow"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{folder}/airflow.db",
        "COLUMNS": "160",
        **(more or {}),
    }


@dataclass(frozen=True)
class Done:
    """One command, ended."""

    returncode: int
    stdout: str
    stderr: str


def command(folder: Path, *words: str, env: Mapping[str, str] | None = None, typed: str = "") -> Done:
    """The console script, called with these words in that folder; `typed` is all that the person types."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with (
        contextlib.chdir(folder),
        mock.patch.dict(os.environ, environment(folder, env)),
        mock.patch.object(sys, "argv", ["contactsync", *words]),
        mock.patch.object(sys, "stdin", io.StringIO(typed)),
        _logging_kept(),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1 if end.code else 0
    return Done(code, out.getvalue(), err.getvalue())


@contextlib.contextmanager
def _logging_kept() -> Iterator[None]:
    """A command sets logging up for its process."""
    names = ("", "contactsync", "alembic")
    kept = {name: (logging.getLogger(name).level, list(logging.getLogger(name).handlers)) for name in names}
    try:
        yield
    finally:
        for name, (level, handlers) in kept.items():
            logging.getLogger(name).setLevel(level)
            logging.getLogger(name).handlers[:] = handlers


def contactsync(
    folder: Path, *words: str, env: Mapping[str, str] | None = None, typed: str | None = None
) -> subprocess.CompletedProcess[str]:
    """One command, ended; `typed` is what the person types."""
    return subprocess.run(
        [sys.executable, "-c", MAIN, *words],
        cwd=folder,
        env=environment(folder, env),
        input=typed,
        stdin=subprocess.DEVNULL if typed is None else None,
        capture_output=True,
        text=True,
        timeout=120,
    )


def started(folder: Path, *words: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    """One command, running; end it with communicate()."""
    return subprocess.Popen(
        [sys.executable, "-c", MAIN, *words],
        cwd=folder,
        env=environment(folder, env),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
