"""The artefact root: there, writable, shared, private, and without leftovers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from contactsync.doctor.findings import Found, broken, soon
from contactsync.doctor.installation import Installation, number

NAMED = 3  # paths named of those that are wrong in one way


def shared(at: Installation) -> Iterator[Found]:
    """Tasks of other executors than LocalExecutor may run on machines that share no disk."""
    for why, next_step in at.unshared:
        yield broken("contactsync.yaml", why, next_step)


def writable(at: Installation) -> Iterator[Found]:
    """Every run writes there. (A bucket is tried by the runs themselves.)"""
    if at.root is None:
        return
    there = next(folder for folder in (at.root, *at.root.parents) if folder.exists())
    if not there.is_dir():
        yield broken(str(at.root), f"{there} is no folder.", "remove it, or set artefacts.root in contactsync.yaml")
    elif not os.access(there, os.W_OK | os.X_OK):
        yield broken(
            str(at.root),
            "This user may not write there.",
            f"chown or chmod {there} for the user that runs the tasks, or set artefacts.root in contactsync.yaml",
        )


def private(at: Installation) -> Iterator[Found]:
    """Artefacts hold contacts: folders 0700, files 0600."""
    open_ = [path for path in _all(at) if path.stat().st_mode & 0o077]
    if open_:
        yield soon(
            _some(open_),
            f"Others on this machine may read {number(len(open_), 'path')} below the root, which holds contacts.",
            f"chmod -R go= {at.root}",
        )


def drafts(at: Installation) -> Iterator[Found]:
    """What a killed process left half written."""
    left = [p for p in _all(at) if p.is_file() and p.name.startswith(".")]
    if left and not _busy(at):
        files = number(len(left), "half-written file")
        yield soon(_some(left), f"A killed run left {files}, with contacts in it.", _remove(left))


def strangers(at: Installation) -> Iterator[Found]:
    """Artefacts of syncs that neither a file nor the ledger knows."""
    if at.root is None or not at.root.is_dir() or not at.all_ids or at.ledger is None:
        return
    known = {*at.all_ids, *at.ledger.sync_ids()}
    left = sorted(p for p in at.root.iterdir() if p.is_dir() and not p.name.startswith(".") and p.name not in known)
    if left:
        yield soon(
            _some(left),
            f"Artefacts of {number(len(left), 'sync')} that nobody knows any more; they hold contacts.",
            f"rm -r {' '.join(map(str, left[:NAMED]))}, if you do not need them",
        )


def _all(at: Installation) -> Iterator[Path]:
    if at.root is not None and at.root.is_dir():
        yield at.root
        yield from at.root.rglob("*")


def _busy(at: Installation) -> bool:
    """True while a run holds some sync: its own draft is none of a killed one."""
    locks = [at.ledger.lock(s) for s in at.ledger.sync_ids()] if at.ledger is not None else []
    return any(lock is not None and lock.expires_at > at.now and not at.ended(lock.owner) for lock in locks)


def _some(paths: list[Path]) -> str:
    more = f" and {len(paths) - NAMED} more" if len(paths) > NAMED else ""
    return ", ".join(str(path) for path in sorted(paths)[:NAMED]) + more


def _remove(paths: list[Path]) -> str:
    return f"rm {' '.join(str(path) for path in sorted(paths)[:NAMED])}"
