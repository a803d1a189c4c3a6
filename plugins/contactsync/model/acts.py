"""What a person may do to a sync by the form of the DAG contactsync__manage; each is a command as well."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Act(StrEnum):
    """The words of the form."""

    UNDO = "undo"
    LINK = "link"
    KEEP_APART = "keep-apart"
    DECIDE = "decide"
    RETRY = "retry"
    RELEASE = "release"
    FORGET = "forget"
    LIFT = "lift"
    RELINK = "relink"
    RESET = "reset"


@dataclass(frozen=True)
class Order:
    """The form, filled in: what is to be done. '' , (), None and False = not given.

    yes  a person means it, where a command would ask
    of   with the answer adopt: the contact of the other side
    """

    act: Act
    sync: str = ""
    yes: bool = False
    dry_run: bool = False
    run: str = ""
    since: str = ""
    contact: str = ""
    fields: tuple[str, ...] = ()
    apply_plan: str = ""
    limit: int | None = None
    contacts: tuple[str, ...] = ()
    left: str = ""
    right: str = ""
    hold: str = ""
    answer: str = ""
    of: str = ""
    reason: str = ""
    lost: bool = False


@dataclass(frozen=True)
class Takes:
    """Which values of the form an act needs, and which it may have beside them; sure: only with `yes`."""

    needs: tuple[str, ...]
    may: tuple[str, ...] = ()
    sure: bool = False


TAKES: dict[Act, Takes] = {
    Act.UNDO: Takes(("sync",), ("run", "since", "contact", "fields", "dry_run", "apply_plan")),
    Act.LINK: Takes(("sync", "left", "right")),
    Act.KEEP_APART: Takes(("sync", "left", "right")),
    Act.DECIDE: Takes(("sync", "hold", "answer"), ("of",)),
    Act.RETRY: Takes(("sync",), ("reason", "contact")),
    Act.RELEASE: Takes(("sync", "apply_plan"), ("limit", "contacts")),
    Act.FORGET: Takes(("contact",), ("sync", "dry_run"), sure=True),
    Act.LIFT: Takes(("contact",), ("sync",)),
    Act.RELINK: Takes(("sync",), ("lost",)),
    Act.RESET: Takes(("sync",), sure=True),
}
"""An act that takes `dry_run` needs no `yes` for one."""


@dataclass(frozen=True)
class Told:
    """What an act ended with: a line for people and counts, never contact data. ok False = red."""

    line: str
    counts: dict[str, int]
    ok: bool = True
