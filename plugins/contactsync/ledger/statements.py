"""What both databases need said alike: upserts, and IN lists in chunks.

Statements that every run needs are built once and kept (`functools.cache`): building one takes several times as long as
SQLite takes to run it, and SQLAlchemy recognises one that it has met.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Column, Connection, Table, bindparam, func
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


def among(name: str) -> BindParameter[Any]:
    """The values of an IN, given with the statement's other parameters under this name."""
    return bindparam(name, expanding=True)


def upsert(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    keep: Collection[str] = (),
    first: Collection[str] = (),
) -> None:
    """Insert or replace rows by primary key, in one executemany.

    keep   columns that an existing row keeps
    first  columns that an existing row keeps where it holds something
    """
    if rows:
        statement = _upserting(connection.dialect.name, table, tuple(rows[0]), tuple(keep), tuple(first))
        connection.execute(statement, list(rows))


def insert_absent(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows whose primary key is not there yet."""
    if rows:
        connection.execute(_inserting(connection.dialect.name, table), list(rows))


@cache
def _upserting(
    dialect: str, table: Table, given: tuple[str, ...], keep: tuple[str, ...], first: tuple[str, ...]
) -> Any:
    insert = _insert(dialect, table)
    primary = [column.name for column in table.primary_key]
    replaced = {name: insert.excluded[name] for name in given if name not in (*primary, *keep)}
    replaced |= {name: func.coalesce(table.c[name], insert.excluded[name]) for name in first}
    return insert.on_conflict_do_update(index_elements=primary, set_=replaced)


@cache
def _inserting(dialect: str, table: Table) -> Any:
    return _insert(dialect, table).on_conflict_do_nothing()


def _insert(dialect: str, table: Table) -> Any:
    """The dialect's own INSERT, which knows ON CONFLICT."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
