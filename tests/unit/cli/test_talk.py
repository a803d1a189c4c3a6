"""What commands print of contacts is text: it gives the terminal no orders, and none to what lays tables out."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from contactsync import cli
from contactsync.cli.talk import Text, console, json_text, log_to_stderr
from contactsync.errors import StopError
from rich.table import Table

ORDERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
ODD = "\x1b]0;gone\x07\x1b[2J\x9b31m\x00\r\u202eamU\u202c [bold]x[/nothing] :smile: end"


@pytest.fixture
def shown(capsys: pytest.CaptureFixture[str]) -> Any:
    return lambda: capsys.readouterr().out


def test_a_line_and_a_table(shown: Any) -> None:
    table = Table(ODD)
    table.add_row(ODD)
    table.add_row(Text(ODD))
    console().print(Text(ODD, style="red"))
    console().print(ODD)
    console().print(table)
    text = shown()
    assert ORDERS.findall(text) == []
    assert text.count("[bold]x[/nothing] :smile:") == 5
    assert text.startswith("␛]0;gone␇␛[2J")


def test_json_means_the_same_and_gives_no_orders() -> None:
    data = {"name": f"{ODD}\ud800", "more": ["Zoë", "عمر"]}
    text = json_text(data)
    assert json.loads(text) == data
    assert ORDERS.findall(text) == []
    assert '"Zoë"' in text
    assert text.encode()


@pytest.fixture
def logs_as_before() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in ("", "contactsync", "alembic")]
    before = [(one, one.level, list(one.handlers)) for one in loggers]
    yield
    for one, level, handlers in before:
        one.setLevel(level)
        one.handlers[:] = handlers


@pytest.mark.usefixtures("logs_as_before")
def test_an_error_and_a_line_of_the_log(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> None:
        log_to_stderr(verbose=True)
        logging.getLogger("contactsync").warning("heard of %s", ODD)
        raise StopError(f"no address book {ODD}\ud800", next_step="name another")

    monkeypatch.setattr(cli, "app", fails)
    with pytest.raises(SystemExit):
        cli.main()
    told = capsys.readouterr().err
    assert ORDERS.findall(told) == []
    assert "no address book ␛]0;gone␇" in told
    assert "heard of ␛]0;gone␇" in told
    assert told.encode()


def test_letters_of_all_scripts_stay(shown: Any) -> None:
    said = "Zoë Åström İpek عمر 👩‍👩‍👧 \u200f"
    console().print(Text(said))
    assert shown() == f"{said}\n"


def test_styles_reach_a_terminal_all_the_same(shown: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    console().print(Text("red", style="red"))
    assert "\x1b[31mred\x1b[0m" in shown()
