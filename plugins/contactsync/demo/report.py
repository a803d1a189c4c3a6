"""What the demo tells: a line with the time for each thing that happens, and tables."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

COLUMNS = ("read", "matched", "created", "updated", "conflict", "held", "deleted", "skipped", "unchanged", "failed")
_WIDTH = 130  # where the output is no terminal


def _console() -> Console:
    console = Console(highlight=False, soft_wrap=True)
    return console if console.is_terminal else Console(highlight=False, soft_wrap=True, width=_WIDTH)


@dataclass
class Report:
    """Writes to the terminal."""

    console: Console = field(default_factory=_console)
    began: float = field(default_factory=time.monotonic)

    @property
    def elapsed(self) -> float:
        """Seconds since the demo began."""
        return time.monotonic() - self.began

    def title(self, text: str) -> None:
        """The beginning of a part."""
        self.console.print(f"\n[bold]{text}[/bold]")

    def tell(self, text: str) -> None:
        """One thing that happened or goes on."""
        self.console.print(f"{self.elapsed:6.1f} s  {text}", markup=False)

    def counts(self, title: str, rows: Sequence[tuple[str, Mapping[str, int]]]) -> None:
        """What runs did: one row per sync and direction."""
        table = Table(title=title, title_justify="left")
        table.add_column("from -> to", no_wrap=True)
        for name in COLUMNS:
            table.add_column(name, justify="right")
        for label, counts in rows:
            table.add_row(label, *(str(counts.get(name, 0)) for name in COLUMNS))
        self.console.print(table)

    def table(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Any other table."""
        table = Table(title=title, title_justify="left")
        for name in columns:
            table.add_column(name)
        for row in rows:
            table.add_row(*row)
        self.console.print(table)
