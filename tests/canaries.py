"""Values planted on one person, looked for in every form in which a store may hold them."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus

import pyarrow.parquet as pq
from contactsync.ledger.connect import file_of
from sqlalchemy import Engine, inspect, text

URL_SAFE = bytes.maketrans(b"+/", b"-_")


def forms(value: str) -> Iterator[bytes]:
    """Raw, JSON-escaped once and twice, URL-encoded, base64 (also URL-safe) at each offset, UTF-16."""
    once = json.dumps(value)[1:-1]
    for written in {value, once, json.dumps(once)[1:-1], quote(value), quote_plus(value)}:
        yield written.encode()
    for offset in range(3):
        coded = base64.b64encode(b"\0" * offset + value.encode())[4 if offset else 0 : -4]
        yield coded  # what stands at the ends depends on what is beside it
        yield coded.translate(URL_SAFE)
    yield value.encode("utf-16-le")


def found(values: Iterable[str], places: Mapping[str, bytes]) -> list[str]:
    """`value in place` for every value that stands there in any form, whatever the case of its letters."""
    wanted = {form.lower(): value for value in values for form in forms(value) if len(form) >= 6}
    return sorted({f"{value} in {name}" for name, held in places.items() for form, value in wanted.items()
                   if form in held.lower()})  # fmt: skip


def stored(engine: Engine, root: Path) -> dict[str, bytes]:
    """Everything that is stored: each table's rows, the bytes of the ledger's files, each file below the root."""
    return {**_tables(engine), **_database_files(engine), **_files(root)}


def _tables(engine: Engine) -> dict[str, bytes]:
    with engine.connect() as connection:
        names = inspect(connection).get_table_names()
        rows = {name: connection.execute(text(f'SELECT * FROM "{name}"')).all() for name in names}
    return {f"table {name}": repr([tuple(row) for row in held]).encode() for name, held in rows.items()}


def _database_files(engine: Engine) -> dict[str, bytes]:
    path = file_of(engine)
    return {} if path is None else {p.name: p.read_bytes() for p in path.parent.glob(f"{path.name}*")}


def _files(root: Path) -> dict[str, bytes]:
    """Parquet is compressed: what it says is looked at as well as its bytes."""
    out = {}
    for path in (p for p in root.rglob("*") if p.is_file()):
        name = str(path.relative_to(root))
        out[name] = name.encode() + path.read_bytes()
        if path.suffix == ".parquet":
            table = pq.read_table(path)
            told = [json.dumps(row, ensure_ascii=False, default=str) for row in table.to_pylist()]
            out[f"{name} (read)"] = "\n".join(told).encode() + repr(table.schema.metadata).encode()
    return out
