"""Where a command's words go: its answer to stdout, what is logged to stderr (--json stays clean)."""

from __future__ import annotations

import json
import logging
import os
import re
import sys
from typing import Any

import rich.text
from rich.console import Console
from rich.style import Style

_WIDTH = 200  # of tables in a pipe or a log, where nobody can widen the window
# A contact's name may hold orders to a terminal: colours, another title, text that hides or reverses what follows.
_ORDERS = {
    **{n: 0x2400 + n for n in range(32) if chr(n) not in "\t\n"},
    **dict.fromkeys((*range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)), 0xFFFD),
    **dict.fromkeys(range(0xD800, 0xE000), 0xFFFD),  # halves of letters, which cannot be written at all
}
_IN_JSON = re.compile("[\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def plain(text: str) -> str:
    """The text with a sign in place of each order."""
    return text if text.isprintable() else text.translate(_ORDERS)


def json_text(data: Any) -> str:
    """Data as JSON for people and programs; what would give a terminal orders is escaped, which means the same."""
    text = json.dumps(data, indent=2, ensure_ascii=False)
    return _IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


class Text(rich.text.Text):  # noqa: TID251 - it is this one
    """Text that gives a terminal no orders."""

    def __init__(self, text: str = "", style: str | Style = "", **more: Any) -> None:
        super().__init__(plain(text), style, **more)


class _Plain(Console):
    """Takes text for text: without orders in it, and without rich's own marks."""

    def render_str(self, text: str, **more: Any) -> rich.text.Text:  # noqa: TID251
        """Text as tables and lines show it."""
        return super().render_str(plain(text), **more)


class _Calm(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return plain(super().format(record))


def console(*, to_stderr: bool = False) -> Console:
    """Prints tables as wide as the terminal, or wide enough to show ids whole where there is none."""
    found = _Plain(soft_wrap=True, stderr=to_stderr, markup=False, emoji=False)
    if not found.is_terminal and "COLUMNS" not in os.environ:
        found.width = _WIDTH
    return found


def log_to_stderr(*, verbose: bool) -> None:
    """Replace what importing Airflow has set up; call it once Airflow is imported."""
    root = logging.getLogger()
    for handler in list(root.handlers):
        root.removeHandler(handler)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Calm("%(levelname)s %(message)s"))
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("contactsync").setLevel(logging.INFO if verbose else logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.INFO if verbose else logging.WARNING)
