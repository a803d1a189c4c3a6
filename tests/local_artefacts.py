"""Artefacts without Airflow, in a local folder: for tests of the stages."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from contactsync.model.stages import ArtefactRef


class LocalArtefacts:
    """Parquet and a JSON header, side by side."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.numbers = itertools.count(1)

    def write(self, name: str, frame: pd.DataFrame, header: Mapping[str, Any]) -> ArtefactRef:
        path = self.root / f"{next(self.numbers):05d}-{name}.parquet"
        frame.to_parquet(path)
        path.with_suffix(".json").write_text(json.dumps(header))
        return ArtefactRef(str(path), hashlib.sha256(path.read_bytes()).hexdigest(), len(frame))

    def read(self, ref: ArtefactRef) -> tuple[pd.DataFrame, dict[str, Any]]:
        path = Path(ref.uri)
        return pd.read_parquet(path), json.loads(path.with_suffix(".json").read_text())

    def write_pieces(self, name: str, pieces: Iterable[pd.DataFrame], header: Mapping[str, Any]) -> ArtefactRef:
        return self.write(name, pd.concat(pieces, ignore_index=True), header)

    def read_pieces(self, ref: ArtefactRef) -> tuple[Iterator[pd.DataFrame], dict[str, Any]]:
        frame, header = self.read(ref)
        return iter([frame]), header

    def read_state(self, name: str) -> dict[str, Any] | None:
        path = self.root / name
        return json.loads(path.read_text()) if path.exists() else None

    def write_state(self, name: str, value: Mapping[str, Any]) -> None:
        (self.root / name).write_text(json.dumps(value))
