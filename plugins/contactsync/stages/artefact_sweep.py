"""Artefacts that hold a person: found, or rewritten without. Run by run: a canonical frame tells the keys of an id."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contactsync.contact import Values
from contactsync.ledger.store import LedgerReader
from contactsync.model.spec import SIDES, Side
from contactsync.model.stages import KeptRun, Shelf
from contactsync.stages.artefact_parts import CANONICAL, Parted, Whose, part, without
from contactsync.sync.forgotten import FIELDS, Forgotten

if TYPE_CHECKING:
    import pandas as pd

Place = tuple[Side, str]
Linked = frozenset[Place]


@dataclass(frozen=True)
class Held:
    """An artefact that names the person, in so many rows, and what its canonical rows hold.

    content  these rows as they are stored, JSON-able
    """

    uri: str
    run: str
    name: str
    rows: int
    values: tuple[Values, ...] = ()
    content: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Kept:
    """An artefact with its content, and what of it belongs to the person."""

    uri: str
    run: str
    name: str
    frame: pd.DataFrame
    header: Mapping[str, Any]
    parted: Parted

    @property
    def touched(self) -> bool:
        """True where it names the person."""
        return any(self.parted.rows) or bool(self.parted.texts) or self.parted.header != self.header


def linked_now(reader: LedgerReader, sync_id: str) -> Linked:
    """Contacts that have a partner: a shared key alone does not make them somebody else."""
    found: set[Place] = set()
    for side in SIDES:
        index = reader.known_frame(sync_id, side)
        live = index[index["link_id"].notna() & ~index["tombstone"]]
        found.update((side, contact_id) for contact_id in live["contact_id"].tolist())
    return frozenset(found)


def held(shelf: Shelf, forgotten: Forgotten, linked: Linked, beat: Callable[[], None]) -> list[Held]:
    """Every artefact that names a person whom the tombstones cover."""
    return [
        Held(kept.uri, kept.run, kept.name, sum(kept.parted.rows), tuple(_values(kept)), _content(kept))
        for kept in _kept(shelf, forgotten, linked, beat)
        if kept.touched
    ]


def sweep(
    shelf: Shelf, forgotten: Forgotten, linked: Linked, note: Callable[[str, str], None], beat: Callable[[], None]
) -> int:
    """Rewrite every such artefact without the person; how many that were. Errors: ArtefactError."""
    shelf.clear_drafts()
    rewritten = 0
    for kept in _kept(shelf, forgotten, linked, beat):
        if kept.touched:
            shelf.rewrite(kept.uri, without(kept.frame, kept.parted), kept.parted.header, note)
            rewritten += 1
    return rewritten


def _kept(shelf: Shelf, forgotten: Forgotten, linked: Linked, beat: Callable[[], None]) -> Iterator[Kept]:
    for run in shelf.runs():
        beat()
        contents = {uri: shelf.look(uri) for _, uri in run.files}
        by_key = _by_key(run, contents, forgotten, linked)
        whose = Whose(_telling(by_key, forgotten))
        for name, uri in run.files:
            frame, header = contents[uri]
            yield Kept(uri, run.run, name, frame, header, part(name, frame, header, whose))


def _content(kept: Kept) -> tuple[Mapping[str, Any], ...]:
    found: list[dict[str, Any]] = json.loads(kept.frame[kept.parted.rows].to_json(orient="records", date_format="iso"))
    return tuple({name: held for name, held in row.items() if held is not None} for row in found)


def _telling(by_key: Collection[Place], forgotten: Forgotten) -> Callable[[Side, str], bool]:
    return lambda side, contact_id: (side, contact_id) in by_key or bool(forgotten.by_id(side, contact_id))


def _by_key(
    run: KeptRun, contents: Mapping[str, tuple[pd.DataFrame, Any]], forgotten: Forgotten, linked: Linked
) -> set[Place]:
    """Contacts of the run's canonical frames that have a forgotten key and no partner today."""
    frames = [contents[uri][0] for name, uri in run.files if name == CANONICAL]
    rows = (row for frame in frames for row in _rows(frame))
    return {at for at, values in rows if at not in linked and forgotten.by_values(values)}


def _rows(frame: pd.DataFrame) -> Iterator[tuple[Place, Values]]:
    names = [name for name in FIELDS if name in frame.columns]
    columns = [frame[name].tolist() for name in names]
    for n, at in enumerate(zip(map(Side, frame["side"].tolist()), frame["id"].tolist(), strict=True)):
        yield at, {f: c[n] for f, c in zip(names, columns, strict=True) if isinstance(c[n], str)}


def _values(kept: Kept) -> Iterator[Values]:
    if kept.name == CANONICAL:
        for mine, (_, values) in zip(kept.parted.rows, _rows(kept.frame), strict=True):
            if mine:
                yield values
