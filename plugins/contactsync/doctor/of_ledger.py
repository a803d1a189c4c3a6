"""The ledger's database: there, of this version, whole, private, and not choked by its own log."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

from contactsync.doctor.findings import Found, broken, note, soon
from contactsync.doctor.installation import Installation, when
from contactsync.ledger import health
from contactsync.ledger.connect import place
from contactsync.stages.run_count import run_count

LARGEST_WAL = 256 * 1024 * 1024
LEAST_ROOM = 512 * 1024 * 1024  # bytes free on the ledger's disk
RESTORE = "stop the DAGs and restore the newest backup (docs/runbook.md, The ledger is lost or older)"


def reachable(at: Installation) -> Iterator[Found]:
    """Reachable, and of this version."""
    if at.engine is None:
        why, next_step = at.no_ledger
        ran = [s.id for s in at.specs if at.artefacts is not None and run_count(at.artefacts, s.id) is not None]
        ran = ran if at.lost else []  # one that is of another version, or silent, holds all that it ever held
        lost = f" But {', '.join(ran)} ran here before: if the ledger is gone, read the runbook first." if ran else ""
        yield broken("ledger", f"{why}{lost}", RESTORE if ran else next_step)


def whole(at: Installation) -> Iterator[Found]:
    """What the database finds wrong with its file, and rows that do not fit together."""
    if at.engine is None:
        return
    where = place(at.engine)
    if faults := health.integrity(at.engine):
        yield broken(where, f"The file is damaged: {'; '.join(faults)}.", RESTORE)
        return
    for words in health.misfits(at.engine):
        yield broken(where, f"Rows do not fit together ({words}).", f"{RESTORE}; then `contactsync plan SYNC`")


def files(at: Installation) -> Iterator[Found]:
    """SQLite: private, journalled as it should be, with room to grow."""
    found = health.files(at.engine) if at.engine is not None else None
    if found is None:
        return
    where = str(found.path)
    # SQLite gives its log the mode of the database: one finding, and one command that mends all.
    if open_to_others := [str(path) for path in (found.path, *found.companions) if path.stat().st_mode & 0o077]:
        words = "Others on this machine may read the contacts in it."
        yield soon(open_to_others[0], words, f"chmod 600 {' '.join(open_to_others)}")
    if found.mode != "wal":
        yield soon(
            where,
            f"It is journalled by {found.mode!r} instead of WAL: readers and writers wait for each other.",
            f"while no run is on: sqlite3 {where} 'PRAGMA journal_mode=WAL'",
        )
    if found.wal > max(LARGEST_WAL, found.size):
        yield soon(
            f"{where}-wal",
            f"Its log has {found.wal // 1024**2:,} MiB: some process reads it without end, so it is never tidied up.",
            f"find that process (fuser {where}) and end it",
        )
    free = shutil.disk_usage(found.path.parent).free
    if free < LEAST_ROOM:
        yield soon(where, f"Its disk has {free // 1024**2:,} MiB left.", "make room, or move the ledger")


def tokens(at: Installation) -> Iterator[Found]:
    """Tokens that the key of now does not open."""
    for one in health.sealed(at.engine, at.key) if at.engine is not None else ():
        since = f", of {when(one.stored_at)}," if one.stored_at else ""
        if not one.opens and one.rotated:
            yield broken(
                one.connection,
                f"Its tokens{since} were sealed with another key, and the vendor takes no others.",
                "give this host the key that sealed them, or authorise again (docs/runbook.md, The key of the tokens)",
            )
        elif not one.opens:
            yield note(
                one.connection,
                f"Its tokens{since} were sealed with another key; it starts from those in the connection.",
                "nothing, if the key was changed on purpose; else give all hosts the same one",
            )
