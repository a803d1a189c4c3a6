"""Artefacts of runs that nobody looks at afterwards: frames as they are, in this process."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from contactsync.frames import plan_from
from contactsync.model.plan import Plan
from contactsync.model.stages import ArtefactRef

if TYPE_CHECKING:
    import pandas as pd


class MemoryArtefacts:
    """Implements `model.stages.Artefacts`; the plans can be asked for."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[pd.DataFrame, str]] = {}
        self.states: dict[str, str] = {}
        self.plans: list[Plan] = []

    def write_pieces(self, name: str, pieces: Iterable[pd.DataFrame], header: Mapping[str, Any]) -> ArtefactRef:
        """Keep it under a new name, as a whole."""
        import pandas as pd

        return self.write(name, pd.concat(pieces, ignore_index=True), header)

    def write(self, name: str, frame: pd.DataFrame, header: Mapping[str, Any]) -> ArtefactRef:
        """Keep it under a new name."""
        uri = f"memory:{len(self.kept)}-{name}"
        self.kept[uri] = (frame.copy(), json.dumps(header))
        if name == "plan":
            self.plans.append(plan_from([frame], header))
        return ArtefactRef(uri, "", len(frame))

    def read(self, ref: ArtefactRef) -> tuple[pd.DataFrame, dict[str, Any]]:
        """A copy of it."""
        frame, header = self.kept[ref.uri]
        return frame.copy(), json.loads(header)

    def read_pieces(self, ref: ArtefactRef) -> tuple[Iterator[pd.DataFrame], dict[str, Any]]:
        """A copy of it."""
        frame, header = self.read(ref)
        return iter([frame]), header

    def read_state(self, name: str) -> dict[str, Any] | None:
        """As it was written; None where it was not."""
        return json.loads(self.states[name]) if name in self.states else None

    def write_state(self, name: str, value: Mapping[str, Any]) -> None:
        """Replace it."""
        self.states[name] = json.dumps(value)
