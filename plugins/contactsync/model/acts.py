"""What a person may do to a sync by the form of the DAG contactsync__manage; each is a command as well."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

CONTACT_ID = r"^(?!(left:|right:)?[+0(][0-9().\-/]{5,}$)[^\s@]*$"
"""How a contact may be named where the name is kept: an id. Neither an address nor a number nor a name, for no id that
an app gives has a blank or an @ in it, but for some of CardDAV's; those are named on the command line."""
NO_ADDRESS = (
    "By id, never by e-mail address, phone number or name: Airflow keeps what stands in a form. "
    "contactsync explain SYNC ADDRESS prints the id; the command takes addresses."
)


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


class Unsure(StrEnum):
    """What becomes of an act where the form does not say `yes`."""

    DONE = "done"  # what it is done to is named in the form, one by one
    SHOWN = "shown"  # it says what it would do, as a dry run
    REFUSED = "refused"


@dataclass(frozen=True)
class Order:
    """The form, filled in: what is to be done. '' , (), None and False = not given.

    yes  a person means it
    of   with the answer adopt: the contact of the other side
    """

    act: Act
    sync: str = ""
    yes: bool = False
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

    @property
    def only_shown(self) -> bool:
        """A dry run."""
        return not self.yes and TAKES[self.act].unsure is Unsure.SHOWN


@dataclass(frozen=True)
class Takes:
    """Which values of the form an act needs, and which it may have beside them. All may have `yes`."""

    needs: tuple[str, ...]
    may: tuple[str, ...] = ()
    unsure: Unsure = Unsure.DONE


TAKES: dict[Act, Takes] = {
    Act.UNDO: Takes(("sync",), ("run", "since", "contact", "fields", "apply_plan"), Unsure.SHOWN),
    Act.LINK: Takes(("sync", "left", "right")),
    Act.KEEP_APART: Takes(("sync", "left", "right")),
    Act.DECIDE: Takes(("sync", "hold", "answer"), ("of",)),
    Act.RETRY: Takes(("sync",), ("reason", "contact")),
    Act.RELEASE: Takes(("sync", "apply_plan"), ("limit", "contacts")),
    Act.FORGET: Takes(("contact",), ("sync",), Unsure.SHOWN),
    Act.LIFT: Takes(("contact",), ("sync",)),
    Act.RELINK: Takes(("sync",), ("lost",), Unsure.REFUSED),
    Act.RESET: Takes(("sync",), (), Unsure.REFUSED),
}

CONTACTS = ("contact", "contacts", "left", "right", "of")
"""Values that name contacts."""


@dataclass(frozen=True)
class Told:
    """What an act ended with: a line for people and counts, never contact data.

    ok       False = red
    plan     the hash of the plan that was worked out, where the act has one
    dry_run  nothing was done: the form did not say `yes`, or here nothing may be written
    """

    line: str
    counts: dict[str, int]
    ok: bool = True
    plan: str = ""
    dry_run: bool = False
