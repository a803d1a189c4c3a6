"""Artefacts: what is read is what was written, and nobody else may read it."""

from __future__ import annotations

import errno
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from aiohttp import ServerDisconnectedError
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ProfileNotFound,
    ReadTimeoutError,
)
from contactsync.errors import ArtefactError, StoreTrouble
from contactsync.orchestration.artefacts import StoredArtefacts, answering, artefact_root, safe_name
from contactsync.orchestration.shelf import ArtefactShelf
from fsspec.implementations.memory import MemoryFileSystem

RUN = "scheduled__2026-01-01T00:00:00+00:00"
FRAME = pd.DataFrame(
    {
        "id": ["1", "2", "3"],
        "emails": ['[{"value":"a@example.org"}]', "", None],
        "raw": pd.array([1, -(2**63), None], dtype="Int64"),
        "gone": [True, False, True],
    }
)


@pytest.fixture
def store(tmp_path: Path) -> StoredArtefacts:
    return StoredArtefacts(artefact_root(str(tmp_path / "root")), "first", RUN)


def test_a_frame_and_its_header_come_back_as_they_were(store):
    ref = store.write("left", FRAME, {"cursor": {"seq": 7}, "words": "größer"})
    frame, header = store.read(ref)
    pd.testing.assert_frame_equal(frame, FRAME)
    assert header == {"cursor": {"seq": 7}, "words": "größer"}
    assert ref.rows == 3


def test_an_empty_frame_keeps_its_columns(store):
    frame, header = store.read(store.write("left", FRAME.iloc[:0], {}))
    assert list(frame.columns) == list(FRAME.columns)
    assert (len(frame), header) == (0, {})


def test_missing_and_empty_stay_apart(store):
    frame, _ = store.read(store.write("left", FRAME, {}))
    assert frame["emails"][1] == ""
    assert pd.isna(frame["emails"][2])


def test_a_retry_writes_a_new_file_and_another_run_elsewhere(store, tmp_path):
    first, second = store.write("left", FRAME, {}), store.write("left", FRAME, {})
    other = StoredArtefacts(store.root, "first", RUN.replace("+00:00", "+01:00")).write("left", FRAME, {})
    assert len({first.uri, second.uri}) == 2
    assert Path(first.uri.removeprefix("file://")).parent == Path(second.uri.removeprefix("file://")).parent
    assert Path(other.uri).parent != Path(first.uri).parent
    store.read(first)


def test_a_changed_or_missing_file_is_an_error_that_says_what_to_do(store):
    ref = store.write("left", FRAME, {})
    with pytest.raises(ArtefactError, match=r"sha256 differs.*Next: clear the task"):
        store.read(replace(ref, sha256="0" * 64))
    Path(ref.uri.removeprefix("file://")).unlink()
    with pytest.raises(ArtefactError, match=r"cannot be read.*Next: clear the task"):
        store.read(ref)


def test_a_root_that_cannot_be_written_is_an_error_with_the_next_step(tmp_path):
    (tmp_path / "file").write_text("")
    store = StoredArtefacts(artefact_root(str(tmp_path / "file" / "root")), "first", RUN)
    with pytest.raises(ArtefactError, match=r"cannot be written.*artefacts\.root"):
        store.write("left", FRAME, {})


def test_only_the_owner_may_read_and_no_draft_is_left(store, tmp_path):
    store.write("left", FRAME, {})
    store.write_state("first.json", {"seq": 1})
    paths = [tmp_path / "root", *(tmp_path / "root").rglob("*")]
    assert {path.name: path.stat().st_mode & 0o077 for path in paths if path.stat().st_mode & 0o077} == {}
    assert [path for path in paths if path.name.startswith(".")] == []


def test_state_is_kept_beside_the_runs_and_replaced_whole(store):
    assert store.read_state("first.json") is None
    store.write_state("first.json", {"seq": 1, "long": "x" * 100})
    store.write_state("first.json", {"seq": 2})
    later = StoredArtefacts(store.root, "first", "another run")
    assert later.read_state("first.json") == {"seq": 2}


def test_damaged_state_is_an_error_rather_than_none(store, tmp_path):
    store.write_state("first.json", {"seq": 1})
    (tmp_path / "root" / "first.json").write_text("{")
    with pytest.raises(ArtefactError, match="cannot be read"):
        store.read_state("first.json")


@pytest.mark.parametrize("name", ["../../etc", "a/b", "..", RUN, "ä", "x" * 300, ""])
def test_a_run_id_is_one_harmless_folder_name(name):
    safe = safe_name(name)
    assert safe
    assert "/" not in safe
    assert safe not in (".", "..")
    assert len(safe) < 100


def refused(status: int) -> ClientError:
    return ClientError({"Error": {"Code": "x"}, "ResponseMetadata": {"HTTPStatusCode": status}}, "PutObject")


def unnamed(status: int) -> OSError:
    """As s3fs tells an answer that it has no word for."""
    error = OSError(errno.EIO, "An error occurred")
    error.__cause__ = refused(status)
    return error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (EndpointConnectionError(endpoint_url="http://s3.example"), StoreTrouble),
        (ReadTimeoutError(endpoint_url="http://s3.example"), StoreTrouble),
        (ServerDisconnectedError(), StoreTrouble),
        (ConnectionResetError(), StoreTrouble),
        (OSError(errno.EBUSY, "Please reduce your request rate"), StoreTrouble),
        (OSError(errno.EREMOTEIO, "Internal Server Error"), StoreTrouble),
        (unnamed(502), StoreTrouble),
        (unnamed(400), ArtefactError),
        (OSError(errno.EIO, "Input/output error"), ArtefactError),
        (NoCredentialsError(), ArtefactError),
        (ProfileNotFound(profile="books"), ArtefactError),
        (ParamValidationError(report="no bucket"), ArtefactError),
        (refused(403), ArtefactError),
        (FileNotFoundError("the bucket"), ArtefactError),
        (PermissionError("the bucket"), ArtefactError),
        (ValueError("no such scheme"), ArtefactError),
    ],
    ids=lambda value: getattr(value, "__name__", type(value).__name__),
)
def test_a_store_that_does_not_answer_is_asked_again_later_and_one_that_refuses_is_not(error, kind):
    with pytest.raises(kind, match=rf"Nothing read \({type(error).__name__}\)"), answering("Nothing read", "look"):
        raise error


def test_a_store_whose_library_is_not_installed_says_what_to_install():
    with pytest.raises(ArtefactError, match=r"pip install 'contactsync\[s3\]'"), answering("Nothing read", "look"):
        raise ImportError("Install s3fs to access S3")


@pytest.mark.parametrize("asked", ["exists", "ls"])
@pytest.mark.parametrize(
    "act",
    [lambda shelf: shelf.old(datetime.now(UTC), ()), lambda shelf: [*shelf.runs()], ArtefactShelf.clear_drafts],
    ids=["old", "runs", "drafts"],
)
def test_a_store_that_falls_silent_while_artefacts_are_looked_at_is_an_error_of_ours(act, asked, monkeypatch):
    root = artefact_root("memory://silent/contactsync")
    StoredArtefacts(root, "first", RUN).write("plan", FRAME, {})

    def silent(*_: object, **__: object) -> None:
        raise EndpointConnectionError(endpoint_url="http://s3.example")

    monkeypatch.setattr(MemoryFileSystem, asked, silent)
    with pytest.raises(StoreTrouble, match=r"first cannot be looked at"):
        act(ArtefactShelf(root, "first"))


def test_another_file_system_works_as_well():
    store = StoredArtefacts(artefact_root("memory://bucket/contactsync"), "first", RUN)
    frame, header = store.read(store.write("plan", FRAME, {"a": 1}))
    assert (len(frame), header) == (3, {"a": 1})
    store.write_state("first.json", {"seq": 3})
    assert store.read_state("first.json") == {"seq": 3}
    assert store.read_state("other.json") is None
