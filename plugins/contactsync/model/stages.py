"""What the stages of a run hand to each other: small JSON-able references, never contact data."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from contactsync.model.approval import Reply
from contactsync.model.retention import OldRun

if TYPE_CHECKING:
    import pandas as pd


class RunKind(StrEnum):
    """Who asked for the run."""

    SCHEDULED = "scheduled"
    MANUAL = "manual"
    BACKFILL = "backfill"
    CLI = "cli"
    UNDO = "undo"


@dataclass(frozen=True)
class RunRequest:
    """One run of one sync, as asked for. `owner` holds the lock: dag id + run id, or a CLI id."""

    run_id: str
    owner: str
    kind: RunKind
    dry_run: bool = False
    full_read: bool = False
    apply_plan: str = ""
    every_row: bool = False  # of a complete read, also those that are as they were: to compare two mappings
    by: str = ""  # the person who asked, where that is to be kept
    since: datetime | None = None  # of a backfill: whoever changed since then is read again
    limit: int | None = None  # at most so many contacts a side are written; None = as the sync's file says
    contacts: tuple[str, ...] = ()  # only these are written: `ID`, `left:ID`, `right:ID`; () = all
    can_ask: bool = False  # this run can wait for a person's answer, as a DAG run can
    typed: bool = False  # it is a command: who typed it is told at once what is in its way


class Waits(StrEnum):
    """For whom a plan waits that was made and may not be written yet."""

    NOBODY = ""
    RELEASE = "release"  # the run ends, a later one may be told to let it pass
    APPROVAL = "approval"  # the run waits until it is answered
    TURN = "turn"  # another plan of this sync is asked about: the run ends, a later one asks


@dataclass(frozen=True)
class ArtefactRef:
    """An artefact on disk or in a bucket: all that XCom carries of it."""

    uri: str
    sha256: str
    rows: int


class Artefacts(Protocol):
    """Where the artefacts of one run lie. Every artefact is one Parquet file: a frame and a JSON header."""

    def write(self, name: str, frame: pd.DataFrame, header: Mapping[str, Any]) -> ArtefactRef:
        """Write an artefact of this run; a retry writes a new file. Errors: ArtefactError (root not writable)."""
        ...

    def write_pieces(self, name: str, pieces: Iterable[pd.DataFrame], header: Mapping[str, Any]) -> ArtefactRef:
        """The same for rows that come piece by piece. Errors: ArtefactError."""
        ...

    def read(self, ref: ArtefactRef) -> tuple[pd.DataFrame, dict[str, Any]]:
        """Read it back. Errors: ArtefactError where it is missing or its sha256 differs."""
        ...

    def read_pieces(self, ref: ArtefactRef) -> tuple[Iterator[pd.DataFrame], dict[str, Any]]:
        """Read it back piece by piece. Errors: ArtefactError, as for `read`."""
        ...

    def read_state(self, name: str) -> dict[str, Any] | None:
        """A small JSON file under the root, beside the runs (not of one run); None where there is none."""
        ...

    def write_state(self, name: str, value: Mapping[str, Any]) -> None:
        """Replace that small JSON file atomically."""
        ...


@dataclass(frozen=True)
class KeptRun:
    """The artefacts of one run that are still there: name (extract_left, canonical, plan ...) -> where, newest last."""

    run: str
    files: Sequence[tuple[str, str]]


class Shelf(Protocol):
    """All artefacts that are kept of one sync, whichever run wrote them."""

    def runs(self) -> Iterator[KeptRun]:
        """Run by run, oldest names first."""
        ...

    def look(self, uri: str) -> tuple[pd.DataFrame, dict[str, Any]]:
        """One of them as it is now. Errors: ArtefactError (unreadable)."""
        ...

    def rewrite(
        self, uri: str, frame: pd.DataFrame, header: Mapping[str, Any], note: Callable[[str, str], None]
    ) -> None:
        """Put something else in its place. `note` is told both sha256 first: whoever asks for the old one gets the new.

        Errors: ArtefactError (root not writable).
        """
        ...

    def old(self, before: datetime, but: Collection[str]) -> list[OldRun]:
        """Runs whose newest file was written before then, without those with these ids. Errors: ArtefactError."""
        ...

    def drop(self, name: str) -> None:
        """Remove all files of such a run. Errors: ArtefactError."""
        ...

    def clear_drafts(self) -> int:
        """Remove what a killed process left half written; how many files that were."""
        ...


@dataclass(frozen=True)
class Opened:
    """What `open` hands on. due: contacts that are worked on without being read; fence 0 = dry run.

    looked_up   unknown creates for which a look-up found nothing (a listing must agree)
    lost        this run noticed that the ledger was lost or comes from a backup
    """

    fence: int
    seq: int
    due: int
    looked_up: tuple[str, ...] = ()
    lost: bool = False


@dataclass(frozen=True)
class Read:
    """What an extract hands on. quiet: nothing to do for this side."""

    ref: ArtefactRef
    rows: int
    quiet: bool


@dataclass(frozen=True)
class Planned:
    """What `reconcile` hands on: the plan, its hash, how many actions each side gets, and who is to say yes."""

    ref: ArtefactRef
    hash: str
    left: int
    right: int
    waits: Waits = Waits.NOBODY


@dataclass(frozen=True)
class Loaded:
    """What a load hands on, of all its tries in this run.

    written    created | updated | deleted -> contacts that the app wrote
    unwritten  the state of an action that wrote nothing, as far as is known -> how many
    """

    side: str
    settled: int
    failed_batches: int
    written: Mapping[str, int] = field(default_factory=dict)
    unwritten: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Reviewed:
    """What `review` hands on once a plan was answered: of an approved one, what replaces the run's earlier work.

    line      how the run ended, where there is nothing to load
    planned   what of the plan still holds; None = nothing is written
    """

    answer: Reply
    line: str
    opened: Opened | None = None
    left: Read | None = None
    right: Read | None = None
    planned: Planned | None = None


@dataclass(frozen=True)
class Ended:
    """What `record` returns of a run that is not red. colour: green, or noted = green with a note (new holds).

    new_holds  `side:reason` -> contacts that are held so since this run
    """

    colour: str
    line: str
    new_holds: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Summary:
    """The end of a run. counts: direction -> bucket -> contacts (and read, matched). ok False = the run is red."""

    ok: bool
    line: str
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    dry_run: bool = False
    again: bool = False  # it was recorded before
    waits: bool = False  # nothing was written: counts are what its plan would do
