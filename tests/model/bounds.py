"""How many runs two quiet accounts may take until nothing is left to do, from the rules and from what happened.

A fixed number is either too small for some history or so large that a sync which never rests would pass. What counts
is told by people's and vendors' doings alone (`Happened`), never by what the product remembers of them. The numbers of
the rules are those of core.md, which docs/proofs.md tells in short.
"""

from __future__ import annotations

from dataclasses import dataclass

LEAST = 12
"""What has always been let pass; the smaller numbers that the rules give were not yet seen over many histories."""

WORK = 3
"""One run carries what people did, one what the answers to its writes showed beside it (rule 1), one finds nothing."""

MISSING = 1
"""Who is missing in a complete listing is asked for by id in the run after it (rule 7)."""

UNKNOWN = 4
"""A marked create whose answer was lost: a delta, two complete listings, and the run that makes it again (rule 21)."""

LOST = 3
"""An old ledger: the run that notices it, and two complete reads of both sides, before anything is decided (rule 7)."""

LET_PASS = 2
"""A plan over a limit stops one run and passes another one (rule 29)."""


@dataclass
class Happened:
    """What befell a history's runs, as whoever made it happen counts it.

    failed    requests that were refused, lost or never left, runs that died and runs that were overtaken
    restored  times that the ledger went back to an old copy
    emptied   whether people deleted most of a side, so that a limit stops a run
    scanned   whether deletions show in complete listings alone on a side
    """

    failed: int = 0
    restored: int = 0
    emptied: bool = False
    scanned: bool = False


def runs_until_rest(happened: Happened) -> int:
    """The most runs that may write, or wait for something, before one has nothing left to do."""
    most = WORK + MISSING * (1 + happened.scanned) + LET_PASS * happened.emptied
    if happened.failed:
        most += UNKNOWN + patience(happened.failed)
    return max(LEAST, most + LOST * (happened.restored > 0))


def patience(failed: int) -> int:
    """Runs until a contact is tried again after so many failed tries in a row: 1, 2, 4 ... (rule 2).

    At worst they were all this contact's own.
    """
    return int(2 ** (failed - 1))
