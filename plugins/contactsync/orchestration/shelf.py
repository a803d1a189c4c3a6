"""All artefacts that are kept of one sync: to look at them, and to take a forgotten person out of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import ObjectStoragePath

from contactsync.model.retention import OldRun
from contactsync.model.stages import KeptRun
from contactsync.orchestration.artefacts import ENDING, answering, from_parquet, put, safe_name, to_parquet

if TYPE_CHECKING:
    import pandas as pd


class ArtefactShelf:
    """The folder of a sync; implements `model.stages.Shelf`."""

    def __init__(self, root: ObjectStoragePath, sync_id: str) -> None:
        self.root = root
        self.folder = root / safe_name(sync_id)

    def runs(self) -> Iterator[KeptRun]:
        """Run by run, in the order of their names. Errors: ArtefactError."""
        for folder in self._folders():
            files: list[ObjectStoragePath] = []
            with self._told():
                files = sorted(path for path in folder.iterdir() if _is_artefact(path.name))
            yield KeptRun(folder.name, [(path.name.rpartition("-")[0], str(path)) for path in files])

    def look(self, uri: str) -> tuple[pd.DataFrame, dict[str, Any]]:
        """One artefact as it is now. Errors: ArtefactError (unreadable)."""
        return from_parquet(self._bytes(uri))

    def rewrite(
        self, uri: str, frame: pd.DataFrame, header: Mapping[str, Any], note: Callable[[str, str], None]
    ) -> None:
        """Put something else in its place, after `note` was told both sha256. Errors: ArtefactError."""
        before, after = self._bytes(uri), to_parquet(frame, header)
        if before == after:
            return
        note(hashlib.sha256(before).hexdigest(), hashlib.sha256(after).hexdigest())
        put(self.root, ObjectStoragePath(uri), after)

    def old(self, before: datetime, but: Collection[str]) -> list[OldRun]:
        """Runs whose newest file was written before then, without those with these ids. Errors: ArtefactError."""
        wanted = {safe_name(run_id) for run_id in but}
        found: list[OldRun] = []
        for folder in self._folders():
            with self._told():
                found += [] if folder.name in wanted else [_old_run(folder)]
        return [one for one in found if one.newest < before]

    def drop(self, name: str) -> None:
        """Remove all files of such a run. Errors: ArtefactError."""
        folder = self.folder / name
        with self._told():
            folder.fs.rm(folder.path, recursive=True)

    @contextmanager
    def _told(self) -> Iterator[None]:
        permit = "let the user that runs the tasks list and remove files there."
        with (
            answering(f"Old artefacts below {self.folder} cannot be looked at or removed", permit),
            suppress(FileNotFoundError),  # somebody else was faster
        ):
            yield

    def clear_drafts(self) -> int:
        """Remove what a killed process left half written; how many files that were. Errors: ArtefactError."""
        drafts: list[ObjectStoragePath] = []
        for folder in self._folders():
            with self._told():
                drafts += [path for path in folder.iterdir() if path.name.startswith(".")]
        for draft in drafts:
            with self._told():
                draft.unlink(missing_ok=True)
        return len(drafts)

    def _folders(self) -> list[ObjectStoragePath]:
        found: list[ObjectStoragePath] = []
        with self._told():
            found = [path for path in self.folder.iterdir() if path.is_dir()] if self.folder.exists() else []
        return sorted(found, key=lambda path: path.name)

    def _bytes(self, uri: str) -> bytes:
        with answering(f"The artefact {uri} cannot be read", "see who owns the artefact root, and say the same again."):
            data: bytes = ObjectStoragePath(uri).read_bytes()
        return data


def _old_run(folder: ObjectStoragePath) -> OldRun:
    """One listing a folder. A folder that somebody who was killed emptied is as old as its own last change."""
    files = [info for info in folder.fs.ls(folder.path, detail=True) if info["type"] == "file"]
    times = [_written_at(info) for info in files] or [_written_at(folder.fs.info(folder.path))]
    return OldRun(folder.name, max(times), len(files), sum(int(info.get("size") or 0) for info in files))


def _written_at(info: Mapping[str, Any]) -> datetime:
    """Each file system has its own word for it; one that tells no time is asked again for ever, and never removed."""
    for word in ("mtime", "LastModified", "last_modified", "updated", "created"):
        found = info.get(word)
        if isinstance(found, int | float):
            return datetime.fromtimestamp(found, UTC)
        if isinstance(found, str):
            found = datetime.fromisoformat(found)
        if isinstance(found, datetime):
            return found if found.tzinfo else found.replace(tzinfo=UTC)
    return datetime.max.replace(tzinfo=UTC)


def _is_artefact(name: str) -> bool:
    return name.endswith(ENDING) and not name.startswith(".")
