"""What a probe found, by verdict."""

from __future__ import annotations

from contactsync.apps.base import App
from contactsync.model.probe import Finding, Verdict

Found = dict[str, Finding]


def probed(app: App, *, write: bool = False) -> Found:
    """Every finding by its id; each comes once."""
    found = list(app.probe(write=write))
    assert len({f.id for f in found}) == len(found)
    return {f.id: f for f in found}


def told(found: Found, verdict: Verdict) -> set[str]:
    return {f.id for f in found.values() if f.verdict is verdict}


def refuted(found: Found) -> set[str]:
    return told(found, Verdict.REFUTED)


def untold(found: Found) -> set[str]:
    """Asked, and not to be told."""
    return told(found, Verdict.UNKNOWN)


def all_hold(found: Found, *, but: frozenset[str] = frozenset()) -> bool:
    """Everything that was asked holds."""
    asked = found.keys() - told(found, Verdict.UNCHECKED)
    return bool(asked) and asked - but == told(found, Verdict.HOLDS)
