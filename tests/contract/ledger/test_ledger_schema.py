"""Making, checking and upgrading the ledger, and reaching it at all."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from contactsync.errors import ConfigError, LedgerBusy, LedgerSchema
from contactsync.ledger import migrate
from contactsync.ledger.connect import file_of, make_engine
from contactsync.ledger.rates import LedgerBudget
from contactsync.ledger.store import Ledger
from contactsync.ledger.tables import schema
from contactsync.ledger.tokens import LedgerTokens
from contactsync.ledger.transactions import writing
from contactsync.model.app import Rate
from contactsync.model.ledger import FoldBatch, SyncRow
from contactsync.model.spec import Side
from cryptography.fernet import Fernet
from ledger_rows import RUN, SYNC, a_known, a_lock, in_processes
from ledger_servers import Clock
from sqlalchemy import Engine, column, table, text
from sqlalchemy.exc import DBAPIError

KEY = Fernet.generate_key()
MIGRATIONS = str(Path(migrate.__file__).parent / "migrations")


def _set_revision(engine: Engine, revision: str) -> None:
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE {migrate.VERSION_TABLE} SET version_num = :to"), {"to": revision})


def test_an_absent_ledger_says_how_to_make_it_and_is_not_made_by_looking(bare_url: str) -> None:
    engine = make_engine(bare_url)
    reader = Ledger(engine, Clock()).reader()
    for look in (reader.check, reader.sync_ids, reader.dump):
        with pytest.raises(LedgerSchema, match="contactsync db upgrade"):
            look()
    path = file_of(engine)
    assert path is None or not path.parent.exists()


def test_an_upgraded_ledger_passes_and_upgrading_again_changes_nothing(bare_url: str) -> None:
    migrate.upgrade(bare_url)
    engine = make_engine(bare_url)
    ledger = Ledger(engine, Clock())
    ledger.check()
    a_lock(ledger)
    before = ledger.dump()
    migrate.upgrade(engine)
    assert ledger.dump() == before
    engine.dispose()


def test_an_older_ledger_is_refused_until_upgraded(ledger_engine: Engine) -> None:
    migrate.check(ledger_engine)
    with pytest.raises(LedgerSchema, match="contactsync db upgrade"):
        migrate.check(ledger_engine, (*migrate.REVISIONS, "next"))


def test_a_newer_ledger_is_refused_and_never_taken_back(ledger: Ledger, ledger_engine: Engine) -> None:
    _set_revision(ledger_engine, "9999")
    for use in (ledger.check, lambda: migrate.upgrade(ledger_engine)):
        with pytest.raises(LedgerSchema, match="upgrade the package"):
            use()


def _upgrade(url: str) -> str:
    migrate.upgrade(url)
    return "done"


def test_several_processes_upgrade_at_once(bare_url: str) -> None:
    assert in_processes(_upgrade, [(bare_url,)] * 3) == ["done"] * 3


def test_tables_and_migrations_say_the_same(ledger_engine: Engine) -> None:
    with ledger_engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": migrate.VERSION_TABLE})
        assert compare_metadata(context, schema) == []


def _first_schema(engine: Engine) -> None:
    path = file_of(engine)
    if path is not None:
        path.parent.mkdir()
        path.touch()
    config = Config()
    config.set_main_option("script_location", MIGRATIONS)
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, migrate.REVISIONS[0])


def test_a_ledger_of_the_first_schema_keeps_its_syncs_links_and_tokens(bare_url: str) -> None:
    engine = make_engine(bare_url)
    _first_schema(engine)
    sync = {"sync_id": SYNC, "salt": "salt", "counter": 4, "accounts": '{"left": "a"}', "mapping": "m", "scope": "s",
            "union_reads": 2, "union_since": None}  # fmt: skip
    link = {"sync_id": SYNC, "link_id": "l1", "status": "linked", "version": 3, "scope_left": True,
            "scope_right": True, "attempts": 0, "apart": "[]"}  # fmt: skip
    token = {"connection": "crm", "fingerprint": "f1", "sealed": Fernet(KEY).encrypt(b'{"access": "a"}').decode()}
    with writing(engine) as connection:
        for name, row in {"sync": sync, "link": link, "token": token}.items():
            connection.execute(table(name, *map(column, row)).insert(), row)
    migrate.upgrade(engine)
    ledger = Ledger(engine, Clock())
    assert ledger.sync(SYNC) == SyncRow(SYNC, "salt", {Side.LEFT: "a"}, "m", "s", union=2)
    dumped = ledger.dump()["link"]
    assert [(r["link_id"], r["version"], r["wish"], r["rules"], r["made_in"]) for r in dumped] == [
        ("l1", 3, "", "{}", "")
    ]
    assert LedgerTokens(engine, KEY.decode()).get("crm", "f1") == {"access": "a"}
    engine.dispose()


def test_the_known_revisions_are_those_on_disk() -> None:
    script = ScriptDirectory(MIGRATIONS)
    assert tuple(one.revision for one in script.walk_revisions())[::-1] == migrate.REVISIONS


def test_a_new_file_belongs_to_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "ledger.db"
    migrate.upgrade(f"sqlite:///{path}")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [one.name for one in path.parent.iterdir()] == ["ledger.db"]


# ---- reaching it


def test_a_ledger_that_cannot_be_reached_is_busy(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").mkdir()
    for url in (f"sqlite:///{tmp_path / 'ledger.db'}", "postgresql://ada:geheim@127.0.0.1:1/ledger"):
        ledger = Ledger(make_engine(url), Clock())
        for use in (ledger.check, lambda ledger=ledger: a_lock(ledger)):
            with pytest.raises(LedgerBusy) as refused:
                use()
            assert "geheim" not in str(refused.value)


def test_a_writer_waits_for_another_and_then_says_so(ledger_url: str, database: str) -> None:
    first, second = make_engine(ledger_url), make_engine(f"{ledger_url}?timeout=0.2")
    if database == "postgres":
        second = make_engine(ledger_url)
        with second.connect() as connection:
            connection.exec_driver_sql("SET lock_timeout = '200ms'")
            connection.commit()
    ledger = Ledger(second, Clock())
    fence = a_lock(ledger)
    with first.connect() as other:
        other = other.execution_options(contactsync_writes=True)
        other.execute(text("UPDATE sync_lock SET fence = fence"))
        with pytest.raises(LedgerBusy):
            ledger.fold(SYNC, RUN, FoldBatch(), fence=fence)
    ledger.fold(SYNC, RUN, FoldBatch(), fence=fence)
    first.dispose()
    second.dispose()


def test_readers_do_not_wait_for_a_writer(ledger: Ledger, ledger_url: str) -> None:
    a_lock(ledger)
    other_engine = make_engine(ledger_url)
    with other_engine.connect() as other:
        other = other.execution_options(contactsync_writes=True)
        other.execute(text("UPDATE sync_lock SET fence = 77"))
        lease = ledger.lock(SYNC)
        assert lease is not None
        assert lease.fence == 1
    other_engine.dispose()


@pytest.mark.parametrize("url", ["mysql://host/db", "sqlite://", "sqlite:///:memory:", "nonsense"])
def test_other_databases_are_refused_with_what_is_allowed(url: str) -> None:
    with pytest.raises(ConfigError, match="Allowed: sqlite:"):
        make_engine(url)


@pytest.mark.postgres
@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_every_way_to_write_a_postgresql_url_works(scheme: str) -> None:
    engine = make_engine(f"{scheme}://ada:secret@db.example/ledger")
    assert engine.url.drivername == "postgresql+psycopg"
    assert engine.url.password == "secret"


def test_a_failing_statement_tells_no_contact_data(ledger: Ledger) -> None:
    fence = a_lock(ledger)
    with pytest.raises((OverflowError, DBAPIError)) as failed:
        ledger.fold(SYNC, RUN, FoldBatch(known=[(Side.LEFT, a_known("ada@example.org", raw=2**70))]), fence=fence)
    assert "ada@example.org" not in str(failed.value)


def test_a_dump_leaves_out_what_belongs_to_accounts(ledger: Ledger, ledger_engine: Engine) -> None:
    before = ledger.dump()
    LedgerBudget(ledger_engine).take("crm.example", [Rate(10, 60)], share=1, writes=False)
    assert ledger.dump() == before
    assert not {"rate", "token", "metadata"} & set(before)
