"""All artefacts that are kept of one sync: to look at them, and to take a forgotten person out of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from airflow.sdk import ObjectStoragePath

from contactsync.errors import ArtefactError
from contactsync.model.stages import KeptRun
from contactsync.orchestration.artefacts import ENDING, from_parquet, put, safe_name, to_parquet

if TYPE_CHECKING:
    import pandas as pd


class ArtefactShelf:
    """The folder of a sync; implements `model.stages.Shelf`."""

    def __init__(self, root: ObjectStoragePath, sync_id: str) -> None:
        self.root = root
        self.folder = root / safe_name(sync_id)

    def runs(self) -> Iterator[KeptRun]:
        """Run by run, in the order of their names."""
        for folder in self._folders():
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

    def clear_drafts(self) -> int:
        """Remove what a killed process left half written; how many files that were."""
        drafts = [path for folder in self._folders() for path in folder.iterdir() if path.name.startswith(".")]
        for draft in drafts:
            draft.unlink(missing_ok=True)
        return len(drafts)

    def _folders(self) -> list[ObjectStoragePath]:
        if not self.folder.exists():
            return []
        return sorted((path for path in self.folder.iterdir() if path.is_dir()), key=lambda path: path.name)

    def _bytes(self, uri: str) -> bytes:
        try:
            data: bytes = ObjectStoragePath(uri).read_bytes()
        except OSError as error:
            raise ArtefactError(
                f"The artefact {uri} cannot be read ({type(error).__name__}).",
                next_step="see who owns the artefact root, and say the same again.",
            ) from error
        return data


def _is_artefact(name: str) -> bool:
    return name.endswith(ENDING) and not name.startswith(".")
