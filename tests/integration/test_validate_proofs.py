"""`contactsync validate` proves pairs: on generated values, and with --live on contacts that are only read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from commands import command
from contactsync.apps.base import Access
from contactsync.apps.memory import Book, Memory
from contactsync.mapping.snapshots import text_of
from contactsync.model.snapshot import Snapshot

FILE = """\
version: 1
left:
  app: memory
  connection: mem_left
  options: {{path: {folder}/left.json, kinds: {{custom.seen: datetime, custom.size: number}}}}
right:
  app: memory
  connection: mem_right
  options: {{path: {folder}/right.json, kinds: {{custom.day: date}}, lengths: {{custom.short: 10}}}}
dag: {{schedule: null}}
fields:
  pairs:
    - {{left: nickname, right: custom.short, direction: left_to_right, too_long: shorten}}
    - left: custom.size
      right: custom.words
{more}
"""
KNOWN: dict[str, dict[str, Any]] = {
    "mem_left": {"kinds": {"custom.seen": "datetime", "custom.size": "number"}},
    "mem_right": {"kinds": {"custom.day": "date"}, "lengths": {"custom.short": 10}},
}
CONNECTION = json.dumps({"conn_type": "contactsync_memory"})
PLANTED = "Planted Nickname Longer Than Ten"


@pytest.fixture
def folder(tmp_path: Path, sqlite_template: Path) -> Path:
    """Two books; on the left a long nickname and four numbers for two slots, on the right words that are no number."""
    (tmp_path / "ledger.db").write_bytes(sqlite_template.read_bytes())
    left, right = (Book(tmp_path / f"{side}.json") for side in ("left", "right"))
    for n in range(5):
        left.put(f"l{n}", {"names.given": "Ada", "nickname": PLANTED if n < 2 else "Adi", "custom.size": "12.50"})
    right.put("r1", {"names.given": "Uma", "custom.words": "planted twelve", "custom.short": "x"})
    right.put("r2", {"names.given": "Ida", "custom.words": "13"})
    mappings, schemas = tmp_path / "include" / "mappings", tmp_path / "include" / "schemas"
    mappings.mkdir(parents=True)
    schemas.mkdir()
    for connection, options in KNOWN.items():
        app = Memory(Access(connection, {}), Memory.Options.model_validate(options))
        snapshot = Snapshot(connection, "memory", "mark", tuple(app.describe()))
        (schemas / f"{connection}.json").write_text(text_of(snapshot))
    return tmp_path


def validated(folder: Path, *words: str, more: str = "") -> Any:
    (folder / "include" / "mappings" / "pair.yaml").write_text(FILE.format(folder=folder, more=more))
    env = {
        "AIRFLOW_CONN_MEM_LEFT": CONNECTION,
        "AIRFLOW_CONN_MEM_RIGHT": CONNECTION,
        "AIRFLOW_CONN_CONTACTSYNC_LEDGER": json.dumps({"conn_type": "sqlite", "host": str(folder / "ledger.db")}),
    }
    return command(folder, "validate", "include/mappings/pair.yaml", *words, env=env)


def ways(told: Any, kind: str) -> dict[str, Any]:
    proofs = told["proofs"]["pair"][kind]
    found = proofs["pairs"] if kind == "sampled" else proofs
    return {f"{proof['pair']} {way['from']}": way for proof in found for way in proof["ways"]}


def test_every_loss_on_generated_values_is_listed(folder: Path) -> None:
    done = validated(folder, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["valid"] == ["pair"]
    generated = ways(told, "generated")
    assert set(generated) == {"0 left", "1 left", "1 right"}
    assert [loss["why"] for loss in generated["0 left"]["losses"]] == ["it is shortened to 10 characters"]
    assert generated["1 left"]["losses"] == []
    assert {loss["loss"] for loss in generated["1 right"]["losses"]} == {"held"}
    assert "sampled" not in told["proofs"]["pair"]


def test_a_pair_that_never_agrees_makes_the_file_wrong_with_line_and_remedy(folder: Path) -> None:
    more = "    - left: birthday\n      right: custom.year\n      transforms: [year]\n      lossy: true"
    done = validated(folder, more=more)
    assert done.returncode == 4
    broken = next(line for line in done.stdout.splitlines() if line.startswith("broken"))
    assert "pair.yaml:16: fields.pairs[2]: never agrees" in broken
    assert "direction: left_to_right" in broken
    assert "valid " not in done.stdout


def test_what_loses_something_both_ways_needs_a_word_for_it(folder: Path) -> None:
    assert validated(folder, more="    - left: custom.seen\n      right: custom.day").returncode == 0
    pair = "    - left: custom.line\n      right: custom.line\n      transforms: [upper]"
    done = validated(folder, more=pair)
    assert done.returncode == 4
    assert "pair.yaml:18: fields.pairs[2].transforms[0]: what upper takes away does not come back" in done.stdout
    for word in ("lossy: true", "direction: left_to_right"):
        assert validated(folder, more=f"{pair}\n      {word}").returncode == 0


def test_real_contacts_are_counted_and_neither_shown_nor_changed(folder: Path) -> None:
    done = validated(folder, "--live", "--sample", "4", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["proofs"]["pair"]["sampled"]["read"] == {"left": 4, "right": 2}
    sampled = ways(told, "sampled")
    assert (sampled["0 left"]["tried"], sampled["0 left"]["losses"][0]["count"]) in ((4, 1), (4, 2))
    assert sampled["1 left"]["losses"] == []
    assert [(loss["loss"], loss["count"]) for loss in sampled["1 right"]["losses"]] == [("held", 1)]
    assert "lanted" not in done.stdout + done.stderr
    assert [Book(folder / f"{side}.json").writes for side in ("left", "right")] == [0, 0]


def test_a_sample_is_taken_by_chance_and_by_its_number_again(folder: Path) -> None:
    """Of forty contacts the first two that are listed have a nickname that is too long."""
    for n in range(5, 40):
        Book(folder / "left.json").put(f"l{n}", {"names.given": "Ada", "nickname": "Adi"})

    def sample(*words: str) -> tuple[str, int]:
        told = json.loads(validated(folder, "--live", "--sample", "5", *words, "--json").stdout)
        return told["proofs"]["pair"]["sampled"]["seed"], sum(
            loss["count"] for loss in ways(told, "sampled")["0 left"]["losses"]
        )

    found = [sample("--seed", str(seed)) for seed in range(6)]
    assert {count for _, count in found} > {0}
    assert [count for _, count in found] != [2] * len(found)
    assert [sample("--seed", str(seed)) for seed, _ in found] == found
    assert sample()[0] != sample()[0]


def test_values_are_shown_to_who_asks_for_them(folder: Path) -> None:
    done = validated(folder, "--live", "--examples", "--seed", "77")
    assert (
        "sampled contacts: 5 of Memory and 2 of Memory, taken by chance (--seed 77 takes the same again)" in done.stdout
    )
    assert PLANTED in done.stdout
    assert "lanted" not in done.stderr


def test_an_account_that_cannot_be_reached_is_that_files_problem(folder: Path) -> None:
    (folder / "include" / "mappings" / "pair.yaml").write_text(FILE.format(folder=folder, more=""))
    env = {
        "AIRFLOW_CONN_MEM_LEFT": CONNECTION,
        "AIRFLOW_CONN_CONTACTSYNC_LEDGER": json.dumps({"conn_type": "sqlite", "host": str(folder / "ledger.db")}),
    }
    done = command(folder, "validate", "--live", env=env)
    assert done.returncode == 4
    assert "pair: ConnectionMissing: " in done.stdout
