"""What a database says of a refused row names the constraint and never the row."""

from __future__ import annotations

import traceback

import pytest
from canaries import found
from contactsync.ledger.tables import link_value
from contactsync.ledger.transactions import writing
from sqlalchemy import Engine, insert, text
from sqlalchemy.exc import DBAPIError

NAME, MAIL = "Wilhelmina Canary", "wilhelmina.canary@example.org"
ROW = {"sync_id": MAIL, "link_id": NAME, "side": "left", "base": f'{{"names.full":"{NAME}"}}', "ref": "{}"}


def refused(engine: Engine, *statements: object) -> str:
    with pytest.raises(DBAPIError) as caught:
        run_all(engine, statements)
    return "".join(traceback.format_exception(caught.value)) + repr(caught.value) + repr(caught.value.orig)


def run_all(engine: Engine, statements: tuple[object, ...]) -> None:
    with writing(engine) as connection:
        for statement in statements:
            connection.execute(statement)  # type: ignore[call-overload]


def test_a_row_that_is_there_already(ledger_engine: Engine) -> None:
    told = refused(ledger_engine, insert(link_value).values(ROW), insert(link_value).values(ROW))
    assert found([NAME, MAIL], {"told": told.encode()}) == []
    assert "link_value" in told


def test_a_row_that_lacks_a_value(ledger_engine: Engine) -> None:
    told = refused(ledger_engine, insert(link_value).values({**ROW, "base": None}))
    assert found([NAME, MAIL], {"told": told.encode()}) == []
    assert "base" in told


@pytest.mark.parametrize("database", [pytest.param("postgres", marks=pytest.mark.postgres)])
def test_a_value_of_another_type(ledger_engine: Engine) -> None:
    given = text("SELECT CAST(:given AS BIGINT)").bindparams(given=MAIL)
    told = refused(ledger_engine, given)
    assert found([NAME, MAIL], {"told": told.encode()}) == []
    assert "22P02" in told
