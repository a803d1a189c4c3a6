"""`deletions: tag | archive`: what is set on the partner of a deleted contact, and whether its app can."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from contactsync.mapping.effects import column_of, effect, tag_effect
from contactsync.mapping.leaves import field_named
from contactsync.mapping.problems import Problem
from contactsync.model.app import AppInfo, FieldInfo
from contactsync.model.rules import Action, Effect
from contactsync.model.spec import DeletionPolicy, FieldPair, Side, SyncSpec


def mark_problems(spec: SyncSpec, apps: Mapping[Side, AppInfo]) -> Iterator[Problem]:
    """What the apps cannot do of `deletions`."""
    policies = set(spec.deletions.values())
    if DeletionPolicy.TAG in policies and not spec.deletion_tag:
        yield Problem(("deletions",), "tag needs the name of a tag.", "Add `tag: Deleted in ...` here.")
    if spec.deletion_tag and DeletionPolicy.TAG not in policies:
        yield Problem(("deletions", "tag"), "no direction says tag.", "Remove it, or set a direction to tag.")
    for gone, policy in spec.deletions.items():
        receiver, key = apps[gone.other], ("deletions", f"{gone}_to_{gone.other}")
        if policy is DeletionPolicy.TAG and not receiver.tag_field:
            yield Problem(key, f"{receiver.title} has no tags.", "Use ignore or delete.")
        if policy is DeletionPolicy.ARCHIVE and receiver.archive is None:
            yield Problem(key, f"{receiver.title} has no archive.", "Use tag, ignore or delete.")


def marks_of(spec: SyncSpec, apps: Mapping[Side, AppInfo], pairs: Sequence[FieldPair]) -> dict[Side, Effect]:
    """What is set on the partner, by the side on which a contact was deleted."""
    out = {}
    for gone, policy in spec.deletions.items():
        receiver = apps[gone.other]
        if policy is DeletionPolicy.TAG:
            out[gone] = tag_effect(receiver, spec.deletion_tag, pairs)
        elif policy is DeletionPolicy.ARCHIVE and receiver.archive is not None:
            field = field_named(receiver.archive.field, receiver)
            made = effect(receiver.archive, field, pairs, Action(receiver.archive.name))
            out[gone] = replace(made, action="deletions: archive")
    return out


def marked_columns(spec: SyncSpec, receiver: AppInfo, gone: Side, pairs: Sequence[FieldPair]) -> tuple[FieldInfo, ...]:
    """Own fields of the receiver that marks are set on beside the mapping, with their column as `contact`."""
    policy = spec.deletions.get(gone)
    archive = receiver.archive.field if policy is DeletionPolicy.ARCHIVE and receiver.archive else ""
    name = receiver.tag_field if policy is DeletionPolicy.TAG else archive
    if not name:
        return ()
    field = field_named(name, receiver)
    column = column_of(field, pairs)
    return () if column == field.contact else (replace(field, contact=column, slot=""),)
