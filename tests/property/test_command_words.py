"""Whatever is typed after a command is done or refused in words: no traceback, no exit code that is not documented.

One odd word for each argument and option that takes a value; `make fuzz` tries all words with each.
"""

from __future__ import annotations

import socket
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import commands
import pytest
import typer.main
from contactsync.apps.memory import Book
from contactsync.cli import app

DOCUMENTED = range(6)
ODD = (
    *(
        "",
        " ",
        "\udcff",
        "\x1b[31mred",
        "a\nb",
        "x" * 5000,
        "Zoë\u0301",
        "\u202e",
        "%s%n{0}",
        "'; DROP TABLE links; --",
    ),
    *("-1", "0", "1e9", "9" * 25, "9" * 5000, "NaN", "0001-01-01", "9999-12-31T23:59-23:59", "2026-13-45", "99999d"),
    *("left:", "right:", ":", "left:l1", "@", "@example.org", "+49", "=", "a=b=c", "memory:", ":mem_left", "nobody:x"),
    *("../../etc/passwd", "/dev/null", "folder", "bytes", "bytes/x.csv", "folder/x.csv", "missing/x.csv", "x.csv/"),
)
SENSIBLE = {
    "sync": "pair", "left": "l1", "right": "r1", "side": "left", "contact": "left:l1", "key": "left:l1",
    "hold": "abcd", "answer": "skip", "plan_hash": "0f", "account": "memory:mem_left", "connection": "mem_left",
}  # fmt: skip
ASKS_OR_SERVES = ("authorise", "sandbox")  # until somebody ends them


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with one sync, a ledger, and files that are of no use."""
    folder = tmp_path_factory.mktemp("typed")
    (folder / "include" / "mappings").mkdir(parents=True)
    (folder / "include" / "mappings" / "pair.yaml").write_text(commands.PAIR.format(folder=folder))
    (folder / "folder").mkdir()
    (folder / "bytes").write_bytes(b"\xff\xfe\x00")
    Book(folder / "left.json").put("l1", {"names.given": "Ada"})
    Book(folder / "right.json").put("r1", {"names.given": "Uma"})
    assert typed(folder, "db", "upgrade").returncode == 0
    return folder


def typed(folder: Path, *words: str) -> commands.Done:
    return commands.command(folder, *words, env=commands.CONNECTIONS)


def of_all(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Each command with the words that name it."""
    for name, one in getattr(command, "commands", {}).items():
        yield from of_all(one, (*words, name))
    if not hasattr(command, "commands") and words[0] not in ASKS_OR_SERVES:
        yield words, command


def taken() -> Iterator[Any]:
    """Each argument and option that takes a value: how to call its command with a word for it."""
    for words, command in of_all(typer.main.get_command(app)):
        boxes = [box for box in command.params if box.name != "help" and not getattr(box, "is_flag", False)]
        arguments = [box for box in boxes if box.param_type_name == "argument"]
        for box in boxes:
            usual = [None if one is box else SENSIBLE[one.name] for one in arguments if one.required or one is box]
            option = None if box in arguments else box.opts[0]
            yield pytest.param(words, option, usual, id=f"{' '.join(words)} {box.name}")


@pytest.mark.parametrize(("words", "option", "usual"), list(taken()))
def test_a_word_is_taken_or_refused_with_what_to_do(
    folder: Path, words: tuple[str, ...], option: str | None, usual: list[str | None], full: bool
) -> None:
    chosen = zlib.crc32(" ".join((*words, option or "")).encode()) % len(ODD)
    for odd in ODD if full else (ODD[chosen],):
        given = [f"{option}={odd}"] if option else []
        done = typed(folder, *words, *given, "--", *(odd if one is None else one for one in usual))
        _is_told(done)


def _is_told(done: commands.Done) -> None:
    assert done.returncode in DOCUMENTED
    assert "Traceback" not in done.stderr
    if done.returncode > 1:
        assert (done.stderr or done.stdout).strip()
    assert all(line.isprintable() for line in (done.stderr + done.stdout).split("\n"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("plan", "pair", "--run", "\udcff"), "Word 4 of this command is no text in UTF-8. Next: write it in UTF-8"),
        (("link", "pair", "l1", "\udcff"), "Word 4 of this command is no text in UTF-8"),
        (("runs", "--include", "x" * 5000, "pair"), "cannot be used: File name too long. Next: name a file or folder"),
        (("suggest", "memory:mem_left", "memory:mem_right", "--to", "x" * 300), "File name too long"),
        (("undo", "pair", "--since", "0001-01-01T00+23"), "'0001-01-01T00+23' is not a time. Next: write 90m"),
        (("authorise", "google_contacts", "--authorise-url", "http://[::1"), "--authorise-url is no address"),
    ],
)
def test_what_no_command_can_use_is_refused_and_nothing_is_done(
    folder: Path, words: tuple[str, ...], said: str
) -> None:
    done = typed(folder, *words)
    assert done.returncode == 4
    assert said in done.stderr
    assert len(done.stderr) < 1000


@pytest.mark.parametrize("words", [("runs", "pair"), ("conflicts", "pair")])
def test_a_number_that_no_ledger_takes_is_refused(folder: Path, words: tuple[str, ...]) -> None:
    done = typed(folder, *words, "--limit", "9" * 25)
    assert done.returncode == 2
    assert "1000000" in done.stderr


def test_a_port_that_somebody_has_is_said_so(folder: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken_by_us:
        port = str(taken_by_us.getsockname()[1])
        done = typed(folder, "sandbox", "--contacts", "0", "--google-port", port)
    assert done.returncode == 4
    assert f"cannot have port {port} on 127.0.0.1 (Address already in use)" in done.stderr
