"""Whatever holds contacts belongs to its owner alone, whatever the umask of who starts the task."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from contactsync.cli.spreadsheet import export, private_file
from contactsync.errors import ConfigError
from contactsync.ledger.connect import make_engine
from contactsync.ledger.migrate import upgrade
from contactsync.ledger.store import Ledger
from contactsync.orchestration.artefacts import StoredArtefacts, artefact_root
from contactsync.orchestration.shelf import ArtefactShelf
from contactsync.rest.services import utc_now
from sqlalchemy import Connection

PLUGINS = Path(__file__).parents[2] / "plugins"
FOUND = {**os.environ, "PYTHONPATH": str(PLUGINS)}
FRAME = pd.DataFrame({"id": ["1"], "names.full": ["Ada Beispiel"]})


@pytest.fixture(params=[0o022, 0o000], ids=["umask_022", "umask_000"])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def open_to_others(top: Path) -> dict[str, str]:
    paths = [top, *top.rglob("*")]
    return {str(p.relative_to(top.parent)): oct(p.stat().st_mode) for p in paths if p.stat().st_mode & 0o077}


@pytest.mark.usefixtures("umask")
@pytest.mark.parametrize("first", ["ledger", "artefacts"])
def test_ledger_artefacts_and_state_files(tmp_path: Path, first: str) -> None:
    home = tmp_path / "contactsync"
    makers = {"ledger": make_ledger, "artefacts": make_artefacts}
    held = [makers.pop(first)(home), *(make(home) for make in makers.values())]
    assert any(held)
    assert {path.name for path in home.rglob("*")} >= {"ledger.db", "ledger.db-wal", "first.json"}
    assert open_to_others(home) == {}


def make_ledger(home: Path) -> Connection:
    upgrade(f"sqlite:///{home / 'ledger.db'}")
    engine = make_engine(f"sqlite:///{home / 'ledger.db'}")
    held = engine.connect()  # the write-ahead log stays while somebody is there
    held.exec_driver_sql("SELECT * FROM run").all()
    Ledger(engine, utc_now).take_lock("first", "tester", ended=lambda _: True)
    return held


def make_artefacts(home: Path) -> None:
    root = artefact_root(str(home / "artefacts"))
    kept = StoredArtefacts(root, "first", "run")
    ref = kept.write("canonical", FRAME, {})
    kept.write_state("first.json", {"seq": 1})
    ArtefactShelf(root, "first").rewrite(ref.uri, FRAME.iloc[:0], {}, lambda _before, _after: None)


@pytest.mark.usefixtures("umask")
def test_what_a_person_exports(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir(mode=0o700)
    for name in ("holds.csv", "holds.parquet"):
        export(folder / name, [{"id": "1"}], ["id"])
    with private_file(folder / "person.json") as handle:
        os.close(handle)
    assert len(list(folder.iterdir())) == 3
    assert open_to_others(folder) == {}


def test_what_a_person_exports_over_a_file_that_others_may_read(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir(mode=0o700)
    (folder / "holds.csv").write_text("of yesterday, and longer than what comes\n" * 9)
    (folder / "holds.csv").chmod(0o644)
    export(folder / "holds.csv", [{"id": "1"}], ["id"])
    assert open_to_others(folder) == {}
    assert (folder / "holds.csv").read_text("utf-8-sig").split() == ["id", "1"]


def test_a_link_in_the_place_of_an_export_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("precious")
    (tmp_path / "holds.csv").symlink_to(tmp_path / "elsewhere")
    export(tmp_path / "holds.csv", [{"id": "1"}], ["id"])
    assert (tmp_path / "elsewhere").read_text() == "precious"
    assert not (tmp_path / "holds.csv").is_symlink()
    assert (tmp_path / "holds.csv").read_text("utf-8-sig").split() == ["id", "1"]


def test_links_in_a_ring_are_named(tmp_path: Path) -> None:
    (tmp_path / "ring").symlink_to("ring")
    with pytest.raises(ConfigError, match=r"ring/holds\.csv cannot be written \(.+\)\. Next: name another file"):
        export(tmp_path / "ring" / "holds.csv", [{"id": "1"}], ["id"])


def test_an_export_that_fails_leaves_what_was_there_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "holds.csv").write_text("of yesterday")
    with pytest.raises(KeyboardInterrupt):
        interrupted(tmp_path / "holds.csv")
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("holds.csv", "of yesterday")]


def interrupted(path: Path) -> None:
    with private_file(path) as handle:
        os.write(handle, b"half of it")
        os.close(handle)
        raise KeyboardInterrupt


def test_what_is_exported_to_a_pipe_or_to_standard_output_arrives_there(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    reader = os.open(tmp_path / "pipe.csv", os.O_RDONLY | os.O_NONBLOCK)
    export(tmp_path / "pipe.csv", [{"id": "1"}], ["id"])
    assert os.read(reader, 100).decode("utf-8-sig").split() == ["id", "1"]
    os.close(reader)
    assert written_to_standard_output(tmp_path, Path("/dev/stdout")) == b"told"
    assert Path("/dev/stdout").is_symlink()


def test_a_link_that_leads_to_a_pipe_or_to_standard_output_is_followed(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, target in (("a.csv", "pipe"), ("b.csv", "a.csv"), ("c.csv", "/dev/stdout"), ("d.csv", "c.csv")):
        (tmp_path / name).symlink_to(target)
    for name in ("a.csv", "b.csv"):
        reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
        export(tmp_path / name, [{"id": "1"}], ["id"])
        assert os.read(reader, 100).decode("utf-8-sig").split() == ["id", "1"]
        os.close(reader)
    for name in ("c.csv", "d.csv"):
        assert written_to_standard_output(tmp_path, tmp_path / name) == b"told"
    assert all((tmp_path / f"{name}.csv").is_symlink() for name in "abcd")


def written_to_standard_output(folder: Path, path: Path) -> bytes:
    command = "import os, sys; from pathlib import Path; "
    command += "from contactsync.cli.spreadsheet import private_file\n"
    command += "with private_file(Path(sys.argv[1])) as handle: os.write(handle, b'told')"
    told = folder / "told"
    with told.open("wb") as out:
        subprocess.run([sys.executable, "-c", command, str(path)], env=FOUND, stdout=out, check=True)
    return told.read_bytes()
