"""Artefacts of a run: Parquet files under an ObjectStoragePath root, each with a JSON header and a sha256.

root/<sync>/<run>/<name>-<random>.parquet, and small state files root/<name>. The header lies in the metadata of the
Parquet schema; file names hold ids only.
"""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import ObjectStoragePath

from contactsync.errors import DAMAGED_STATE, ArtefactError, StoreTrouble
from contactsync.model.stages import ArtefactRef
from contactsync.orchestration.home import contactsync_home

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

HEADER = b"contactsync"
ENDING = ".parquet"
PIECE = 2000  # rows of what is read piece by piece
SILENCE = {  # s3fs says as an OSError what a store answers; that it does not answer, its libraries say by these
    "botocore.exceptions": ("ConnectionError", "HTTPClientError"),
    "botocore.parsers": ("ResponseParserError",),
    "aiohttp.client_exceptions": ("ClientError",),
}
PASSING = (errno.EBUSY, getattr(errno, "EREMOTEIO", errno.EBUSY))  # of s3fs: slow down; an error of the server
INSTALL = "install what this kind of store needs, for S3: pip install 'contactsync[s3]' (docs/scaling-out)."
CLEAR = "clear the task `open` of this run with everything downstream, or trigger a new run."
SHAPE = "shape"  # in the header of an artefact
HANDED_ON = 1  # its number: raised where other code could not go on from what this code writes (a test tells when)
UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def artefact_root(root: str) -> ObjectStoragePath:
    """The root as the project names it: a URL, a local path, or '' for Airflow's home."""
    if "://" in root:
        return ObjectStoragePath(root)
    local = Path(root).expanduser() if root else contactsync_home() / "artefacts"
    return ObjectStoragePath(local.absolute().as_uri())


def safe_name(name: str) -> str:
    """A run id as a folder name; two ids that differ keep differing."""
    short = UNSAFE.sub("_", name)[:80].lstrip(".")
    return short if name and short == name else f"{short}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


class StoredArtefacts:
    """The artefacts of one run of one sync; implements `model.stages.Artefacts`."""

    def __init__(
        self, root: ObjectStoragePath, sync_id: str, run_id: str, became: Callable[[str], str | None] = lambda _: None
    ) -> None:
        """`became`: the sha256 of what took an artefact's place when a forgotten person was taken out of it."""
        self.root = root
        self.became = became
        self.run_folder = root / safe_name(sync_id) / safe_name(run_id)

    def write(self, name: str, frame: pd.DataFrame, header: Mapping[str, Any]) -> ArtefactRef:
        """Write an artefact under a new name. Errors: ArtefactError (root not writable)."""
        return self.write_pieces(name, [frame], header)

    def write_pieces(self, name: str, pieces: Iterable[pd.DataFrame], header: Mapping[str, Any]) -> ArtefactRef:
        """Write an artefact whose rows come piece by piece. Errors: ArtefactError (root not writable)."""
        data, rows = pieces_to_parquet(pieces, {**header, SHAPE: HANDED_ON})
        path = self.run_folder / f"{safe_name(name)}-{secrets.token_hex(6)}{ENDING}"
        put(self.root, path, data)
        return ArtefactRef(uri=str(path), sha256=hashlib.sha256(data).hexdigest(), rows=rows)

    def read(self, ref: ArtefactRef) -> tuple[pd.DataFrame, dict[str, Any]]:
        """Read an artefact of any run. Errors: ArtefactError (missing, not what was written, of another version)."""
        frame, header = from_parquet(self._read_checked(ref))
        return frame, _of_our_shape(ref, header)

    def read_pieces(self, ref: ArtefactRef) -> tuple[Iterator[pd.DataFrame], dict[str, Any]]:
        """The same piece by piece."""
        pieces, header = pieces_from_parquet(self._read_checked(ref))
        return pieces, _of_our_shape(ref, header)

    def read_state(self, name: str) -> dict[str, Any] | None:
        """A small JSON file beside the runs, None where there is none. Errors: ArtefactError (unreadable)."""
        path = self._state_path(name)
        with answering(f"The state file {path} cannot be read", DAMAGED_STATE):
            try:
                held = json.loads(path.read_bytes())
            except FileNotFoundError:
                return None
            if not isinstance(held, dict):
                raise ValueError("it holds no JSON object")
            return held

    def write_state(self, name: str, value: Mapping[str, Any]) -> None:
        """Replace that small JSON file atomically."""
        put(self.root, self._state_path(name), json.dumps(value, sort_keys=True).encode())

    def _state_path(self, name: str) -> ObjectStoragePath:
        return self.root / safe_name(name)

    def _read_checked(self, ref: ArtefactRef) -> bytes:
        with answering(f"The artefact {ref.uri} cannot be read", CLEAR):
            data: bytes = ObjectStoragePath(ref.uri).read_bytes()
        if not self._is(ref.sha256, hashlib.sha256(data).hexdigest()):
            raise ArtefactError(f"The artefact {ref.uri} is not what was written (sha256 differs).", next_step=CLEAR)
        return data

    def _is(self, wanted: str, found: str) -> bool:
        """True for what was written, and for what took its place since."""
        now: str | None = wanted
        while now is not None and now != found:
            now = self.became(now)
        return now is not None


def _of_our_shape(ref: ArtefactRef, header: Mapping[str, Any]) -> dict[str, Any]:
    """The header as its writer gave it.

    Errors: ArtefactError, where contactsync was upgraded or taken back since, and this code cannot go on from it.
    """
    if (made := header.get(SHAPE, 1)) != HANDED_ON:
        raise ArtefactError(
            f"The artefact {ref.uri} was made by another version of contactsync (shape {made}; this one is of "
            f"{HANDED_ON}).",
            next_step=CLEAR,
        )
    return {name: value for name, value in header.items() if name != SHAPE}


def put(root: ObjectStoragePath, path: ObjectStoragePath, data: bytes) -> None:
    """Write a file below the root as a whole. Errors: ArtefactError (root not writable), StoreTrouble."""
    permit = "let the user that runs the tasks write there, or set artefacts.root in contactsync.yaml."
    with answering(f"The artefact root {root} cannot be written", permit):
        if path.protocol == "file":
            _replace_local(Path(path.path), data, top=Path(root.path))
        else:
            path.write_bytes(data)  # one put: object stores show the whole object or none


@contextmanager
def answering(problem: str, next_step: str) -> Iterator[None]:
    """Errors: ArtefactError (the store says no, or there is none), StoreTrouble (it says nothing: later it may)."""
    try:
        yield
    except ImportError as error:
        raise ArtefactError(f"{problem} ({type(error).__name__}).", next_step=INSTALL) from error
    except Exception as error:
        text = f"{problem} ({type(error).__name__})."
        if _may_pass(error):
            raise StoreTrouble(text, next_step="see that the store of artefacts.root can be reached.") from error
        raise ArtefactError(text, next_step=next_step) from error


def _may_pass(error: Exception) -> bool:
    busy = isinstance(error, ConnectionError | TimeoutError) or getattr(error, "errno", None) in PASSING
    silent = any(kind.__name__ in SILENCE.get(kind.__module__, ()) for kind in type(error).__mro__)
    return busy or silent or _status(error) >= 500


def _status(error: Exception) -> int:
    """The HTTP status below an error of s3fs; 0 = none. What it has no word for is an EIO, as a damaged disk is."""
    answer = getattr(error.__cause__, "response", None)
    about = answer.get("ResponseMetadata", {}) if isinstance(answer, dict) else {}
    return int(about.get("HTTPStatusCode") or 0)


def _replace_local(path: Path, data: bytes, *, top: Path) -> None:
    """Contacts are inside: nobody but the owner may read, and a reader sees the whole file or none."""
    _private_folders(path.parent, top)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def _private_folders(folder: Path, top: Path) -> None:
    """`mkdir(parents=True)` gives parents the umask's mode, so each folder from the root down is made alone."""
    top.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # Airflow's home may have it hold the ledger too
    for part in (top, *(top / rel for rel in reversed(folder.relative_to(top).parents) if rel.name), folder):
        part.mkdir(mode=0o700, exist_ok=True)


def to_parquet(frame: pd.DataFrame, header: Mapping[str, Any]) -> bytes:
    """A frame and its header as a file."""
    return pieces_to_parquet([frame], header)[0]


def pieces_to_parquet(pieces: Iterable[pd.DataFrame], header: Mapping[str, Any]) -> tuple[bytes, int]:
    """Frames of the same columns and their header as one file, each a row group; and how many rows it has."""
    import pyarrow as pa
    from pyarrow import parquet

    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    sink, rows = io.BytesIO(), 0
    with ExitStack() as stack:
        writer: parquet.ParquetWriter | None = None
        for piece in pieces:
            table = pa.Table.from_pandas(piece)
            if writer is None:
                schema = table.schema.with_metadata({**(table.schema.metadata or {}), HEADER: text})
                writer = stack.enter_context(parquet.ParquetWriter(sink, schema, compression="zstd"))
            writer.write_table(table.cast(writer.schema))
            rows += table.num_rows
    return sink.getvalue(), rows


def from_parquet(data: bytes) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The frame and header of a file."""
    import pyarrow as pa
    from pyarrow import parquet

    table = parquet.read_table(pa.BufferReader(data))
    return table.to_pandas(), _header(table.schema)


def pieces_from_parquet(data: bytes) -> tuple[Iterator[pd.DataFrame], dict[str, Any]]:
    """The rows of a file piece by piece, and its header."""
    import pyarrow as pa
    from pyarrow import parquet

    file = parquet.ParquetFile(pa.BufferReader(data))
    pieces = file.iter_batches(PIECE) if file.metadata.num_rows else [file.read()]  # of no rows the columns count
    return (piece.to_pandas() for piece in pieces), _header(file.schema_arrow)


def _header(schema: pa.Schema) -> dict[str, Any]:
    return dict(json.loads((schema.metadata or {}).get(HEADER, b"{}")))
