"""Storing everything anew as the settings say now: encrypted with the first key, or plain. Runs may go on meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cryptography.fernet import InvalidToken
from sqlalchemy import Column, Engine, Text, and_, bindparam, select, tuple_, type_coerce, update

from contactsync.ledger.sealing import SEALED, Cipher, SealedText, fernet_of, meant, stored_form
from contactsync.ledger.tables import schema, token
from contactsync.ledger.transactions import reading, writing

BATCH = 500


@dataclass(frozen=True)
class Resealed:
    """How many texts were stored anew; tokens that no key opens, which stay as they are."""

    texts: int
    tokens: int
    unopened: int


def reseal(engine: Engine, cipher: Cipher | None, key: str) -> Resealed:
    """All texts and tokens. `key`: as of `Cipher`, '' = no tokens are looked at. Errors: ConfigError (another key).

    Killed, it is said again. What a run changes meanwhile is left: it was stored as the settings say.
    """
    texts = sum(_column(engine, column, cipher) for column in sealed_columns())
    tokens, unopened = _tokens(engine, key) if key else (0, 0)
    return Resealed(texts, tokens, unopened)


def sealed_columns() -> Iterator[Column[Any]]:
    """The columns that may be encrypted."""
    for table in schema.sorted_tables:
        yield from (column for column in table.columns if isinstance(column.type, SealedText))


def _column(engine: Engine, column: Column[Any], cipher: Cipher | None) -> int:
    done, last = 0, None
    while batch := _after(engine, column, last):
        last = batch[-1][:-1]
        fresh = [(row, _anew(row[-1], cipher)) for row in batch if row[-1] is not None]
        changed = [(row, text) for row, text in fresh if text != row[-1]]
        done += _replace(engine, column, changed)
    return done


def _anew(raw: str, cipher: Cipher | None) -> str:
    """A sealed text is sealed anew too: with which key it was, only trying tells."""
    if cipher is not None and not cipher.seals and not raw.startswith(SEALED):
        return raw
    return stored_form(meant(raw, cipher), cipher)


def _after(engine: Engine, column: Column[Any], last: tuple[Any, ...] | None) -> list[tuple[Any, ...]]:
    keys = list(column.table.primary_key)
    query = select(*keys, type_coerce(column, Text)).order_by(*keys).limit(BATCH)
    if last is not None:
        query = query.where(tuple_(*keys) > tuple_(*last))
    with reading(engine) as connection:
        return [tuple(row) for row in connection.execute(query)]


def _replace(engine: Engine, column: Column[Any], changed: list[tuple[tuple[Any, ...], str]]) -> int:
    """Only where nobody changed it since it was read."""
    if not changed:
        return 0
    table: Any = column.table
    keys = list(table.primary_key)
    here = and_(*(key == bindparam(f"at_{key.name}") for key in keys), type_coerce(column, Text) == bindparam("was"))
    statement = update(table).where(here).values({column: type_coerce(bindparam("now"), Text)})
    rows = [
        {**{f"at_{key.name}": one for key, one in zip(keys, row, strict=False)}, "was": row[-1], "now": text}
        for row, text in changed
    ]
    with writing(engine) as connection:
        connection.execute(statement, rows)
    return len(rows)


def _tokens(engine: Engine, key: str) -> tuple[int, int]:
    fernet, done, unopened = fernet_of(key), 0, 0
    with writing(engine) as connection:
        for row in connection.execute(select(token).where(token.c.sealed.is_not(None)).with_for_update()).all():
            try:
                anew = fernet.rotate(row.sealed.encode()).decode()
            except InvalidToken:
                unopened += 1
                continue
            connection.execute(update(token).where(token.c.fingerprint == row.fingerprint).values(sealed=anew))
            done += 1
    return done, unopened
