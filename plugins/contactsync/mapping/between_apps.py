"""What becomes in one app of a deletion or an unsubscribe in another: what the two can, in words for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from contactsync.model.app import AppInfo, Deletes
from contactsync.model.spec import SIDES, DeletionPolicy, Side, SyncSpec, Unsubscribes

NOTICED: Mapping[Deletes, str] = {
    Deletes.FEED: "told with the changes",
    Deletes.SCAN: "found by a complete read and confirmed by asking for the contact",
    Deletes.NONE: "not told: found only when the contact is asked for by itself, and then the pair is parted, whatever "
    "`deletions` says",
}


@dataclass(frozen=True)
class Passage:
    """From one app to another.

    noticed       how a deletion in the first is noticed
    policies      what `deletions` may be and have an effect; `opened`: further ones with the sender's option
    mark          what `tag` and `archive` set in the second
    unsubscribes  what becomes of an opt-out
    """

    noticed: str
    policies: tuple[DeletionPolicy, ...]
    opened: tuple[DeletionPolicy, ...]
    mark: str
    unsubscribes: str


def passage(sender: AppInfo, receiver: AppInfo) -> Passage:
    """What the two apps can, whatever a file says."""
    every = _policies(receiver)
    told = sender.caps.deletes is not Deletes.NONE
    return Passage(
        noticed(sender),
        every if told else every[:1],
        every[1:] if sender.deletes_option and not told else (),
        _mark(receiver),
        _unsubscribes(sender, receiver),
    )


def noticed(app: AppInfo) -> str:
    """How a deletion in that app is noticed."""
    words = NOTICED[app.caps.deletes]
    hint = app.caps.deletes is Deletes.NONE and app.deletes_option
    return f"{words}; with the option `{hint}`, {NOTICED[Deletes.FEED]}" if hint else words


def policies_in_words(found: Passage, sender: AppInfo) -> str:
    """`ignore`, and what more can be said."""
    words, more = (", ".join(f"`{policy}`" for policy in some) for some in (found.policies, found.opened))
    return f"{words}; with the option `{sender.deletes_option}` also {more}" if more else words


def _policies(receiver: AppInfo) -> tuple[DeletionPolicy, ...]:
    """A mark needs a place there."""
    tag = (DeletionPolicy.TAG,) if receiver.tag_field else ()
    archive = (DeletionPolicy.ARCHIVE,) if receiver.archive else ()
    return (DeletionPolicy.IGNORE, *tag, *archive, DeletionPolicy.DELETE)


def no_consent(app: AppInfo) -> str:
    """Why the app holds no consent to e-mail; '' = it does."""
    if app.caps.consent:
        return ""
    return f"{app.title} holds no consent to e-mail{f' ({app.no_consent})' if app.no_consent else ''}"


def _unsubscribes(sender: AppInfo, receiver: AppInfo) -> str:
    why = [reason for app in (sender, receiver) if (reason := no_consent(app))]
    if why:
        return f"not carried: {'; '.join(why)}"
    return f"an opt-out is carried with `unsubscribes: {Unsubscribes.CARRY}`; an opt-in never is"


def _mark(receiver: AppInfo) -> str:
    tag = f"`tag` adds it to `{receiver.tag_field}`" if receiver.tag_field else "no tags there"
    archive = f"`archive` sets `{receiver.archive.field}`" if receiver.archive else "no archive there"
    return f"{tag}; {archive}"


def passage_rows(spec: SyncSpec, apps: Mapping[Side, AppInfo]) -> dict[Side, dict[str, str]]:
    """For each direction of a sync, what the apps can and what its file says."""
    return {side: _rows(spec, side, apps[side], apps[side.other]) for side in SIDES}


def _rows(spec: SyncSpec, gone: Side, sender: AppInfo, receiver: AppInfo) -> dict[str, str]:
    says, found = spec.deletions.get(gone, DeletionPolicy.IGNORE), passage(sender, receiver)
    return {
        "from, to": f"{sender.title} -> {receiver.title}",
        "a deletion is": found.noticed.replace("`", ""),
        "deletions may be": policies_in_words(found, sender).replace("`", ""),
        "deletions in this file": says.value,
        "a mark": found.mark.replace("`", ""),
        "an unsubscribe is": found.unsubscribes.replace("`", ""),
        "unsubscribes in this file": spec.unsubscribes.value,
    }
