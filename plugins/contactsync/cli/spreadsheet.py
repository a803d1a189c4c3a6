"""Files for spreadsheets and for other tools: CSV that no spreadsheet runs, and Parquet. New ones are their owner's."""

from __future__ import annotations

import csv
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from contactsync.errors import ConfigError

CSV, PARQUET = ".csv", ".parquet"
DEVICES = (Path("/dev"), Path("/dev/fd"))
MOST_LINKS = 40  # that lead to one another, as the system has it
_SIGNS = "=+@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe6b-"  # also as East Asian keyboards type them
# What a spreadsheet may leave out before a sign; no end of a cell, so that each is looked at from one mark only.
_BLANK = " \x0b\x0c\x1c-\x1f\x85\xa0\u1680\u2000-\u200b\u2028\u2029\u202f\u205f\u3000\ufeff"
_FORMULA = re.compile(f"[\t\r\n]|[{_BLANK}]*[{_SIGNS}]")
# Where a list is parted by semicolons, a spreadsheet begins a new cell at each, whatever is quoted.
_NEXT_CELL = re.compile(f'([;\t\r\n][{_BLANK}"]*)(?=[{_SIGNS}])')


def export(path: Path, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Write rows in the format of the file's ending. Errors: ConfigError (another ending, cannot be written)."""
    match path.suffix.lower():
        case ".csv":
            write_csv(path, [columns, *([_cell(row[c]) for c in columns] for row in rows)])
        case ".parquet":
            _write_parquet(path, rows, columns)
        case _:
            raise ConfigError(f"{path} names no format.", allowed=(f"FILE{CSV}", f"FILE{PARQUET}"))


def write_csv(path: Path, rows: Iterable[Sequence[str]]) -> None:
    """Rows with a heading, formulas made harmless. Errors: ConfigError where it cannot be written."""
    with private_file(path) as handle, os.fdopen(handle, "w", encoding="utf-8-sig", newline="") as file:
        # The mark at its start tells spreadsheets that it is UTF-8.
        csv.writer(file).writerows([[harmless(cell) for cell in row] for row in rows])


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    inside = _NEXT_CELL.sub(r"\1'", cell)
    return f"'{inside}" if _FORMULA.match(cell) else inside


def _write_parquet(path: Path, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Values as they are: nothing that reads Parquet runs them."""
    import pyarrow as pa
    from pyarrow import parquet

    table = pa.table({c: pa.array([row[c] for row in rows]) for c in columns})
    with private_file(path) as handle, os.fdopen(handle, "wb") as file:
        parquet.write_table(table, file)


@contextmanager
def private_file(path: Path) -> Iterator[int]:
    """A file that nobody else may read, opened for writing; it is there as a whole or as it was before.

    Where a link to a file stands, the link is replaced and never followed. Pipes and devices (/dev/stdout), and what
    leads to one, are written to as they are. Errors: ConfigError where it cannot be written.
    """
    try:
        if _is_device(path):
            yield os.open(path, os.O_WRONLY)
        else:
            yield from _replacing(path)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written ({error.strerror}).", next_step="name another file") from None


def _is_device(path: Path) -> bool:
    """/dev/stdout is a link to whatever the command writes to, be it a file."""
    folders = [Path(os.path.realpath(step.parent)) for step in _steps(path)]
    devices = any(folder in DEVICES or Path("/proc") in folder.parents for folder in folders)
    return devices or (path.exists() and not path.is_file())


def _steps(path: Path) -> Iterator[Path]:
    """The path, and what it leads to link by link."""
    for _ in range(MOST_LINKS):
        yield path
        if not path.is_symlink():
            return
        path = path.parent / path.readlink()


def _replacing(path: Path) -> Iterator[int]:
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # its owner's alone, whatever the umask
    try:
        yield handle
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def _cell(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "; ".join(map(str, value))
    return "" if value is None else str(value)
