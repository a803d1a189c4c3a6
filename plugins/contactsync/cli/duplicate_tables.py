"""Possible duplicates for people, programs and spreadsheets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from contactsync.cli import spreadsheet
from contactsync.cli.talk import Text, console
from contactsync.contact import Values, full_name, is_empty
from contactsync.model.readable import readable
from contactsync.model.spec import Side
from contactsync.sync.blocks import CROWD, WINDOW, Crowded
from contactsync.sync.duplicates import At, Duplicate

if TYPE_CHECKING:
    from contactsync.stages.comparing import Compared

Names = Mapping[Side, str]

SHOWN = 100
_FIELDS = ("nickname", "emails", "phones", "company", "addresses", "birthday")


def show(compared: Compared, names: Names, written: Path | None) -> None:
    """The likeliest pairs as a table; then what was read, and what could not be compared."""
    out, found = console(), compared.duplicates.found
    if found:
        table = Table("score", "where", "one", "other", "agrees", "contradicts")
        for pair in found[:SHOWN]:
            people = [_person(compared, at) for at in (pair.one, pair.other)]
            cells = (str(pair.score), _where(pair, names), *people, ", ".join(pair.agree), ", ".join(pair.contradict))
            table.add_row(*(Text(cell) for cell in cells))
        out.print(table)
    if len(found) > SHOWN:
        out.print(f"{len(found) - SHOWN} more pairs are not shown: write all of them with --csv FILE or --json.")
    for crowd in compared.duplicates.crowded:
        out.print(Text(_told(crowd), style="yellow"))
    if compared.unreadable:
        out.print(Text(f"{compared.unreadable} contacts could not be read and are left out.", style="yellow"))
    read = ", ".join(f"{len(contacts)} of {names[side]}" for side, contacts in compared.contacts.items())
    out.print(f"{len(found)} possible duplicates among {read} contacts; nothing was changed.")
    if written is not None:
        out.print(Text(f"Written to {written}. The file holds contacts."))


def as_data(compared: Compared, names: Names) -> dict[str, Any]:
    """The same as JSON-able data, every pair."""
    pairs = [
        {
            "score": pair.score,
            "where": pair.where.value,
            "agrees": list(pair.agree),
            "contradicts": list(pair.contradict),
            "contacts": [_contact(compared, at, names) for at in (pair.one, pair.other)],
        }
        for pair in compared.duplicates.found
    ]
    return {
        "pairs": pairs,
        "read": {side.value: len(contacts) for side, contacts in compared.contacts.items()},
        "unreadable": compared.unreadable,
        "compared": compared.duplicates.compared,
        "not_all_compared": [_told(crowd) for crowd in compared.duplicates.crowded],
    }


def write_csv(path: Path, compared: Compared, names: Names) -> None:
    """All pairs, for a spreadsheet; a new file is its owner's alone. Errors: ConfigError where it cannot be written."""
    columns = ("app", "id", "name", *_FIELDS)
    rows: list[Sequence[str]] = [
        ("score", "where", "agrees", "contradicts", *(f"{c} {n}" for n in (1, 2) for c in columns))
    ]
    for pair in compared.duplicates.found:
        contacts = [_contact(compared, at, names) for at in (pair.one, pair.other)]
        cells = [cell for contact in contacts for cell in contact.values()]
        rows.append((str(pair.score), _where(pair, names), "; ".join(pair.agree), "; ".join(pair.contradict), *cells))
    spreadsheet.write_csv(path, rows)


def _contact(compared: Compared, at: At, names: Names) -> dict[str, str]:
    values = _values(compared, at)
    told = {f: readable(f, values[f]) if f in values and not is_empty(values[f]) else "" for f in _FIELDS}
    return {"app": names[at[0]], "id": at[1], "name": full_name(values), **told}


def _values(compared: Compared, at: At) -> Values:
    return compared.contacts[at[0]][at[1]]


def _person(compared: Compared, at: At) -> str:
    """A name, or what else there is, and the id."""
    values = _values(compared, at)
    some = (readable(f, values[f]) for f in ("emails", "company", "phones") if not is_empty(values.get(f, "")))
    return f"{full_name(values) or next(some, '')} ({at[1]})".strip()


def _where(pair: Duplicate, names: Names) -> str:
    return " / ".join(dict.fromkeys(names[side] for side, _ in (pair.one, pair.other)))


def _told(crowd: Crowded) -> str:
    return (
        f"Same {crowd.kind}: {crowd.blocks} groups of more than {CROWD} contacts (the largest {crowd.largest}); there, "
        f"each was compared by this with its {WINDOW} nearest by name only."
    )
