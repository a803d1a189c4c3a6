"""`python -m contactsync.demo [--check]`: everything from an empty folder to two quiet syncs, on this machine alone."""

from __future__ import annotations

import argparse
import fcntl
import shutil
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

from contactsync.demo.airflow_server import PATIENCE, USER, AirflowServer
from contactsync.demo.play import CHECKOUT, Demo
from contactsync.demo.processes import DemoError, end_left_behind

SIGNS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(arguments: Sequence[str] | None = None) -> int:
    """0 = all is as it should be, 1 = not, 2 = the demo could not be given, 130 = interrupted before its end."""
    given = _parser().parse_args(arguments)
    demo = Demo(given.folder.absolute(), given.patience)
    try:
        with _alone(demo), _interruptible():
            code = _given(demo, unattended=given.check)
    except DemoError as error:
        demo.report.tell(str(error))
        return 2
    return code


def _given(demo: Demo, *, unattended: bool) -> int:
    """Play, stop, and make sure that everything is gone."""
    try:
        with ExitStack() as stack:
            code = _played(demo, stack, unattended=unattended)
    finally:
        left = demo.left()
        for line in left:
            demo.report.tell(line)
        if not left:
            demo.report.tell("Everything that was started is gone.")
    return 1 if left and code == 0 else code


def _played(demo: Demo, stack: ExitStack, *, unattended: bool) -> int:
    try:
        airflow, problems = demo.play(stack)
        _judged(demo, problems)
        if not unattended:
            _leave_running(demo, airflow)
        return 1 if problems else 0
    except DemoError as error:
        demo.report.tell(f"FAILED: {error}")
        return 1
    except KeyboardInterrupt:
        demo.report.tell("interrupted")
        return 130
    finally:
        _deaf()
        demo.report.tell("stopping")


def _judged(demo: Demo, problems: Sequence[str]) -> None:
    for problem in problems:
        demo.report.tell(f"NOT AS IT SHOULD BE: {problem}")
    if not problems:
        demo.report.tell("All is as it should be.")
    demo.report.tell(f"The demo took {demo.report.elapsed:.0f} s.")


def _leave_running(demo: Demo, airflow: AirflowServer) -> None:
    demo.report.title(f"Airflow: {airflow.url}   user {USER}   password {airflow.password}")
    demo.report.tell("It goes on syncing. Ctrl-C ends it.")
    try:
        while True:
            airflow.program.check()
            time.sleep(1)
    except KeyboardInterrupt:
        return


@contextmanager
def _alone(demo: Demo) -> Iterator[None]:
    """One demo at a time in a folder, which begins empty."""
    folder = demo.folder
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemoError(f"Another demo is running in {folder}. End it, or name another --folder.") from None
        for pid in end_left_behind(folder):
            demo.report.tell(f"ended process {pid}, which an earlier demo left")
        for entry in folder.iterdir():
            if entry.name != "lock":
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        yield


@contextmanager
def _interruptible() -> Iterator[None]:
    """SIGTERM and a closed terminal end the demo as Ctrl-C does."""

    def interrupt(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001 - the shape of a handler
        _deaf()
        raise KeyboardInterrupt

    before = {sign: signal.signal(sign, interrupt) for sign in SIGNS}
    try:
        yield
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)


def _deaf() -> None:
    """Stopping must not be interrupted by a second Ctrl-C."""
    for sign in SIGNS:
        signal.signal(sign, signal.SIG_IGN)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m contactsync.demo", description=__doc__)
    parser.add_argument("--check", action="store_true", help="unattended: end when the story has been told and checked")
    parser.add_argument("--folder", type=Path, default=CHECKOUT / ".demo", help="where all files go; emptied first")
    parser.add_argument("--patience", type=float, default=PATIENCE, help="seconds that Airflow may take to start")
    return parser


if __name__ == "__main__":
    sys.exit(main())
