"""Programs in sessions of their own, and how to be sure that nothing of them is left.

Airflow's tasks leave the process group of their parent, and some processes rename themselves; the session id is what
all of them keep, so it is what counts here.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess  # nosec B404 # the demo starts Airflow
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

GRACE = 10.0  # after SIGINT; then SIGKILL
TAIL = 4000
_PAUSE = 0.1
_NO_SESSION = -1
_SESSION = ".session"


class DemoError(Exception):
    """The demo cannot go on; the message says why."""


@dataclass
class Program:
    """One program, its children and grandchildren. Its output goes to `log`."""

    name: str
    command: Sequence[str]
    folder: Path
    log: Path
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it in a new session, with `folder` as its working directory."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # nosec B603 # noqa: S603 - our own command line
                list(self.command),
                cwd=self.folder,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.log.with_name(f"{self.log.name}{_SESSION}").write_text(str(self.process.pid))

    @property
    def session(self) -> int:
        """The id of its session, also that of its first process."""
        return self.process.pid if self.process else _NO_SESSION

    def check(self) -> None:
        """Errors: DemoError with the log's tail, if it has ended by itself."""
        if self.process and self.process.poll() is not None:
            raise DemoError(f"{self.name} ended with {self.process.returncode}.\n{self.tail()}")

    def tail(self) -> str:
        """The end of its log, for messages."""
        text = self.log.read_bytes()[-TAIL:].decode(errors="replace") if self.log.exists() else ""
        return f"The end of {self.log}:\n{text}"

    def stop(self) -> None:
        """SIGINT to all of it; after a grace SIGKILL."""
        if self.process is None:
            return
        for sign, patience in ((signal.SIGINT, GRACE), (signal.SIGKILL, GRACE)):
            _send(sign, members([self.session]))
            if self._ended(patience):
                return

    def _ended(self, patience: float) -> bool:
        until = time.monotonic() + patience
        while time.monotonic() < until:
            if self.process and self.process.poll() is not None and not members([self.session]):
                return True
            time.sleep(_PAUSE)
        return False


def end_left_behind(folder: Path) -> list[int]:
    """Kill what a demo in this folder left when it was killed itself; the ids of the processes."""
    sessions = [int(text) for file in folder.rglob(f"*{_SESSION}") if (text := file.read_text()).isdecimal()]
    # Process ids are used again: only who works in this folder is one of ours.
    found = [pid for pid in members(sessions) if _works_in(pid, folder)]
    _send(signal.SIGKILL, found)
    return found


def _works_in(pid: int, folder: Path) -> bool:
    try:
        return Path(f"/proc/{pid}/cwd").readlink().is_relative_to(folder)
    except OSError:
        return False


def members(sessions: Iterable[int]) -> list[int]:
    """Processes of these sessions that live."""
    wanted = set(sessions)
    return [pid for pid, (state, session) in _all().items() if session in wanted and state not in "ZX"]


def _all() -> dict[int, tuple[str, int]]:
    """pid -> state, session."""
    found: dict[int, tuple[str, int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                text = (entry / "stat").read_text(errors="replace")
            except OSError:
                continue  # it ended meanwhile
            state, _parent, _group, session = text.rpartition(")")[2].split()[:4]
            found[int(entry.name)] = (state, int(session))
    return found


def _send(sign: signal.Signals, pids: Iterable[int]) -> None:
    for pid in pids:
        try:
            os.kill(pid, sign)
        except ProcessLookupError:
            continue


def free_port(usual: int = 0) -> int:
    """The usual port if nobody has it, else a free one."""
    for port in (usual, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("0.0.0.0", port))  # nosec B104 # noqa: S104 - Airflow's log servers listen on all interfaces
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise DemoError("there is no free port")


def listening(ports: Iterable[int]) -> list[int]:
    """Those ports of 127.0.0.1 at which somebody still answers."""
    found = []
    for port in ports:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                found.append(port)
    return found
