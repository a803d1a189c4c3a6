from __future__ import annotations

import base64
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from contactsync.demo.cast import known, name_of
from contactsync.demo.leaks import planted, search

WHO = known(3)


def home_with(folder: Path, log: str = "", xcom: str = "") -> Path:
    file = folder / "logs" / "dag_id=a" / "attempt=1.log"
    file.parent.mkdir(parents=True)
    file.write_text(log)
    with closing(sqlite3.connect(folder / "airflow.db")) as connection:
        connection.execute("CREATE TABLE xcom (value TEXT)")
        connection.execute("INSERT INTO xcom VALUES (?)", (xcom,))
        connection.commit()
    return folder


FORMS = planted([WHO], ["Travelling Tester", "Zoë Ünïcode-Canary"], ["a-secret-key"])


def coded(*words: str) -> str:
    return base64.b64encode("".join(words).encode()).decode()


@pytest.mark.parametrize(
    "leak",
    [
        WHO.emails[0].upper(),
        WHO.emails[0].partition("@")[0],
        WHO.phones[0],
        name_of(WHO),
        json.dumps({"n": name_of(WHO)}),
        "Travelling Tester",
        "token a-secret-key",
        f"GET /search?q={quote(WHO.emails[0])}",
        f"GET /search?q={quote_plus(name_of(WHO))}",
        json.dumps(json.dumps({"n": "Zoë Ünïcode-Canary"})),
        quote("Zoë Ünïcode-Canary"),
        *(coded(before + "a-secret-key") for before in ("", "x", "xy", "user:")),
        "token=/" + coded("{}", WHO.emails[0]),
        base64.urlsafe_b64encode("Zoë Ünïcode-Canary".encode()).decode(),
    ],
)
def test_a_value_in_a_log_or_in_the_database_is_found(tmp_path: Path, leak: str) -> None:
    in_log, in_table = home_with(tmp_path / "a", log=f"row {leak}"), home_with(tmp_path / "b", xcom=f"row {leak}")
    assert any("attempt=1.log" in line for line in search(FORMS, in_log))
    assert any("table xcom" in line for line in search(FORMS, in_table))


def test_a_value_in_the_name_of_a_file_or_another_log_is_found(tmp_path: Path) -> None:
    home = home_with(tmp_path / "a")
    (home / "artefacts").mkdir()
    (home / "artefacts" / f"{WHO.emails[0]}.parquet").touch()
    log = tmp_path / "airflow.log"
    log.write_text("a-secret-key")
    found = search(FORMS, home, log)
    assert any("the names of files" in line for line in found)
    assert any(line.startswith("a secret in ") for line in found)


def test_ids_and_counts_are_no_leak(tmp_path: Path) -> None:
    home = home_with(tmp_path / "a", log="12 updated, contact people/c460378579652027 held", xcom='{"rows": 60}')
    assert search(FORMS, home) == []
