from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest
from contactsync.demo import processes
from contactsync.demo.processes import DemoError, Program, end_left_behind, free_port, listening, members

STUBBORN = """
import os, signal, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
if os.fork() == 0:
    os.setpgid(0, 0)
    if os.fork():
        os._exit(0)
open("up", "a").write("x")
time.sleep(60)
"""


def program(folder: Path, code: str) -> Program:
    return Program("A program", [sys.executable, "-c", code], folder, folder / "log")


def await_file(path: Path, size: int) -> None:
    until = time.monotonic() + 20
    while not path.exists() or path.stat().st_size < size:
        assert time.monotonic() < until
        time.sleep(0.02)


def test_stopping_ends_grandchildren_in_groups_of_their_own_that_ignore_signals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "GRACE", 2.0)
    one = program(tmp_path, STUBBORN)
    one.start()
    await_file(tmp_path / "up", 2)
    assert len(members([one.session])) >= 2
    one.stop()
    assert members([one.session]) == []


def test_a_program_that_ended_by_itself_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    one = program(tmp_path, "print('what went wrong'); raise SystemExit(3)")
    one.start()
    assert one.process
    one.process.wait(20)
    with pytest.raises(DemoError, match=r"(?s)ended with 3.*what went wrong"):
        one.check()


def test_what_a_killed_demo_left_is_ended_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    (tmp_path / "elsewhere").mkdir()
    mine = program(tmp_path / "inside", "open('up','w').write('x'); import time; time.sleep(60)")
    other = program(tmp_path / "elsewhere", "open('up','w').write('x'); import time; time.sleep(60)")
    for one in (mine, other):
        one.start()
        await_file(one.folder / "up", 1)
    try:
        # A process id that was used again, by somebody who works elsewhere.
        (tmp_path / "inside" / "old.session").write_text(str(other.session))
        assert end_left_behind(tmp_path / "inside") == [mine.session]
        assert mine.process
        assert mine.process.wait(20) == -signal.SIGKILL
        assert members([other.session]) == [other.session]
    finally:
        other.stop()


def test_a_program_that_was_never_started_needs_no_stopping(tmp_path: Path) -> None:
    program(tmp_path, "").stop()
    assert os.getpid() not in members([program(tmp_path, "").session])


def test_a_port_that_is_taken_is_left_alone() -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = int(taken.getsockname()[1])
        assert listening([port]) == [port]
        assert free_port(port) not in (0, port)
    assert free_port(port) == port
