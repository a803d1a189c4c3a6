"""What a probe finds out about an account: which of an app's assumptions hold there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """Whether an assumption holds for this account."""

    HOLDS = "holds"
    REFUTED = "does not hold"
    UNKNOWN = "could not be told"
    UNCHECKED = "not checked"


@dataclass(frozen=True)
class Finding:
    """One assumption, checked against a real account.

    relies  the module that relies on it
    seen    what was seen: statuses, counts, ids, names of keys; never contact data, never a secret. Or why it was not
            checked
    remedy  what to do where it does not hold
    """

    id: str
    assumption: str
    relies: str
    verdict: Verdict
    seen: str
    remedy: str
