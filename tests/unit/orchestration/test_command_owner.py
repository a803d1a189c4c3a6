"""The lock of a killed command is free at once; that of a living one, or of another machine, is not."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest
from contactsync.orchestration.command_owner import has_ended, owner_of, person


def test_a_living_command_holds_its_lock() -> None:
    assert not has_ended(owner_of("cli__1"))


def test_the_lock_of_a_dead_command_may_be_taken() -> None:
    code = "from contactsync.orchestration.command_owner import owner_of; print(owner_of('cli__1'))"
    owner = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert str(os.getpid()) not in owner
    assert has_ended(owner)


def test_nothing_is_known_of_another_machine_or_of_airflow() -> None:
    assert not has_ended("command elsewhere.example 1 cli__1")
    assert not has_ended("contactsync__pair manual__2026-01-05")


def test_a_person_is_named_with_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "ada")
    assert person() == f"ada@{socket.gethostname()}"
