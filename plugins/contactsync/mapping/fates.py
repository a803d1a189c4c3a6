"""What the proof of a pair found: the fate of each value that was taken there and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from contactsync.mapping.pairs import OwnPair
from contactsync.model.exchange import OwnValue
from contactsync.model.spec import Side

Own = Mapping[str, OwnValue]
"""Own fields of one side."""


class Loss(StrEnum):
    """What became of a value that did not arrive whole."""

    LOST = "lost"  # it would not come back as it was
    HELD = "held"  # it is not written at all, and waits with its reason
    BROKEN = "broken"  # the other side would show another value than was sent, so that the two never agree


@dataclass(frozen=True)
class Fate:
    """One value that did not arrive whole. after: what would come back, None where nothing was sent."""

    loss: Loss
    why: str
    before: Own
    after: Own | None = None


@dataclass(frozen=True)
class WayProof:
    """One pair, read on one side. tried: values that were not blank."""

    source: Side
    tried: int
    fates: tuple[Fate, ...]

    def reasons(self) -> dict[tuple[Loss, str], list[Fate]]:
        """The fates by what happened and why, in the order in which they were met."""
        found: dict[tuple[Loss, str], list[Fate]] = {}
        for fate in self.fates:
            found.setdefault((fate.loss, fate.why), []).append(fate)
        return found


@dataclass(frozen=True)
class PairProof:
    """One pair of the file. place: its number there; both: it flows both ways; accepted: it says `lossy: true`."""

    place: int
    pair: OwnPair
    ways: tuple[WayProof, ...]
    both: bool
    accepted: bool

    @property
    def refused(self) -> tuple[Fate, ...]:
        """What makes the file wrong: what is lost both ways without a word for it, and what never agrees."""
        allowed = self.accepted or not self.both
        return tuple(
            fate
            for way in self.ways
            for fate in way.fates
            if fate.loss is Loss.BROKEN or (fate.loss is Loss.LOST and not allowed)
        )
