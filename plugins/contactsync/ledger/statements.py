"""What both databases need said alike: upserts, and IN lists in chunks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

CHUNK = 500


def chunks(values: Iterable[Any]) -> Iterator[list[Any]]:
    """The values, each once, in lists that fit into one IN."""
    unique = list(dict.fromkeys(values))
    for start in range(0, len(unique), CHUNK):
        yield unique[start : start + CHUNK]


def columns(table: Table, *names: str) -> list[Column[Any]]:
    """Some columns of a table, for a narrow select."""
    return [table.c[name] for name in names]


def insert_into(connection: Connection, table: Table) -> Any:
    """The dialect's own INSERT, which knows ON CONFLICT."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def upsert(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    keep: Collection[str] = (),
    computed: Mapping[str, ColumnElement[Any]] | None = None,
) -> None:
    """Insert or replace rows by primary key, in one executemany.

    keep      columns that an existing row keeps
    computed  column -> expression for an existing row
    """
    if not rows:
        return
    insert = insert_into(connection, table)
    primary = [column.name for column in table.primary_key]
    replaced = {
        column.name: insert.excluded[column.name]
        for column in table.columns
        if column.name not in primary and column.name not in keep and column.name in rows[0]
    }
    replaced.update(computed or {})
    connection.execute(insert.on_conflict_do_update(index_elements=primary, set_=replaced), list(rows))


def insert_absent(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows whose primary key is not there yet."""
    if rows:
        connection.execute(insert_into(connection, table).on_conflict_do_nothing(), list(rows))
