"""What the command line prints, and writes to a file, of a match report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from contactsync.cli import spreadsheet
from contactsync.cli.talk import Text, console
from contactsync.model.match_report import MatchReport
from contactsync.model.spec import Side

COLUMNS = ("app", "side", "id", "name", "email", "state", "partner", "differs")


def show(lines: Sequence[str], report: MatchReport, file: Path | None) -> None:
    """The report for people."""
    out = console()
    for line in lines:
        out.print(Text(line))
    if file is not None:
        out.print(Text(f"{len(report.contacts):,} contacts are in {file}"))
    out.print(Text(f"plan {report.plan_hash}"))


def as_data(report: MatchReport) -> dict[str, Any]:
    """The same as JSON-able data, without the rows of contacts."""
    data = asdict(report)
    del data["contacts"]
    return {**data, "fields": {name: {**asdict(one), "differs": one.differs} for name, one in report.fields.items()}}


def write(path: Path, report: MatchReport, names: Mapping[Side, str]) -> None:
    """A row a contact. Errors: ConfigError (another ending, cannot be written)."""
    rows = [
        {
            "app": names[one.side],
            "side": one.side.value,
            "id": one.contact_id,
            "name": one.name,
            "email": one.email,
            "state": one.state,
            "partner": "; ".join(one.partner),
            "differs": "; ".join(one.differs),
        }
        for one in report.contacts
    ]
    spreadsheet.export(path, rows, COLUMNS)
