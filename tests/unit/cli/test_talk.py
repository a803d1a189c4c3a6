"""What commands print of contacts is text: it gives the terminal no orders, and none to what lays tables out."""

from __future__ import annotations

import re
from typing import Any

import pytest
from contactsync.cli.talk import Text, console
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


def test_letters_of_all_scripts_stay(shown: Any) -> None:
    said = "Zoë Åström İpek عمر 👩‍👩‍👧 \u200f"
    console().print(Text(said))
    assert shown() == f"{said}\n"


def test_styles_reach_a_terminal_all_the_same(shown: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    console().print(Text("red", style="red"))
    assert "\x1b[31mred\x1b[0m" in shown()
