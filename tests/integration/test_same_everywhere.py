"""One plan from the same books, whatever machine works it out: its zone, its language, the seed of its hashes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import commands
import pytest
from contactsync.apps.memory import Book

SYNC = """\
version: 1
left:  {{app: memory, connection: mem_left, options: {{path: {folder}/left.json}}}}
right: {{app: memory, connection: mem_right, options: {{path: {folder}/right.json}}}}
first_run: apply
dag: {{schedule: null, timezone: Europe/Berlin}}
conflicts: newest
"""
CONNECTION = json.dumps({"conn_type": "contactsync_memory"})
MACHINES = (
    {"PYTHONHASHSEED": "1", "TZ": "Pacific/Kiritimati", "LC_ALL": "C"},
    {"PYTHONHASHSEED": "4242", "TZ": "America/St_Johns", "LC_ALL": "C.UTF-8"},
)


def person(n: int, side: str) -> dict[str, Any]:
    """Some are on both sides and differ; some share an address, or have none."""
    address = f"office{n % 3}@example.org" if n % 7 == 0 else f"p{n}@example.org"
    return {
        "names.given": f"Ída {n}",
        "birthday": f"19{50 + n}-02-28",
        "company": f"Muster {side}" if n % 2 else "Muster",
        "tags": [{"value": tag} for tag in (f"t{n % 4}", "İstanbul", "ß")],
        **({"emails": [{"value": address}]} if n % 5 else {}),
    }


def planned(folder: Path, machine: dict[str, str]) -> Any:
    env = {**machine, "AIRFLOW_CONN_MEM_LEFT": CONNECTION, "AIRFLOW_CONN_MEM_RIGHT": CONNECTION}
    done = commands.contactsync(folder, "plan", "pair", "--json", env=env)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "include" / "mappings").mkdir(parents=True)
    (tmp_path / "include" / "mappings" / "pair.yaml").write_text(SYNC.format(folder=tmp_path))
    for n in range(40):
        for side in [s for s, out in (("left", 9), ("right", 11)) if n % out]:
            Book(tmp_path / f"{side}.json").put(f"{side[0]}{n}", person(n, side))
    assert commands.command(tmp_path, "db", "upgrade").returncode == 0
    return tmp_path


def test_zone_language_and_seed_of_a_machine_decide_nothing(folder: Path) -> None:
    here, there = (planned(folder, machine) for machine in MACHINES)
    assert len(here["actions"]) > 10
    assert here["holds"]
    assert here == there
