"""An app as the snapshot of an account shows it: fields, and what its words can mean there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import replace

from contactsync.mapping.problems import Problem
from contactsync.model.app import ActionInfo, AppInfo, ConditionInfo, FieldInfo
from contactsync.model.snapshot import Snapshot
from contactsync.model.spec import SIDES, SyncSpec

Snapshots = Mapping[str, Snapshot]
"""By connection."""

NOTHING_ASKED: Snapshots = {}


def as_asked(info: AppInfo, snapshot: Snapshot) -> AppInfo:
    """The app with this account's fields."""
    shown = {field.name: field for field in snapshot.fields}
    declared = [_merged(shown[field.name], field) for field in info.fields if field.name in shown]
    known = {field.name for field in info.fields}
    custom = [replace(field, custom=True) for field in snapshot.fields if field.name not in known]
    names = shown.keys()
    return replace(
        info,
        fields=(*declared, *custom),
        conditions=tuple(_condition(one, names) for one in info.conditions),
        actions=tuple(_action(one, names) for one in info.actions),
        asked=True,
    )


def _merged(shown: FieldInfo, declared: FieldInfo) -> FieldInfo:
    """What the account says of a field, and what the app knows of it beside."""
    return replace(
        declared,
        kind=shown.kind,
        title=shown.title,
        writable=shown.writable,
        max_items=shown.max_items,
        max_length=shown.max_length,
        choices=shown.choices,
        needs_year=shown.needs_year,
    )


def _condition(one: ConditionInfo, names: Set[str]) -> ConditionInfo:
    return replace(one, missing=_missing(one, one.fields, names), unsure="")


def _action(one: ActionInfo, names: Set[str]) -> ActionInfo:
    return replace(one, missing=_missing(one, (one.field,) if one.field else (), names), unsure="")


def _missing(one: ConditionInfo | ActionInfo, fields: tuple[str, ...], names: Set[str]) -> str:
    """What was said before, or which field the account turned out to lack."""
    if one.missing or not fields or names & set(fields):
        return one.missing
    return f"the account's snapshot shows no {' or '.join(fields)}"


def another_app(spec: SyncSpec, snapshots: Snapshots) -> Iterator[Problem]:
    """Sides whose connection leads to another kind of account."""
    for side in SIDES:
        half = spec.side(side)
        snapshot = snapshots.get(half.connection)
        if snapshot and snapshot.app != half.app:
            message = f"{half.connection} led to an account of {snapshot.app} when its snapshot was taken."
            step = "Name another connection, or take the snapshot anew: contactsync snapshot."
            yield Problem((side.value, "connection"), message, step)
