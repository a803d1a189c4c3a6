"""SyncSpec <-> plain JSON data: the form in which it is part of the serialised DAG.

Everything is text, numbers, lists and mappings; `{{ 7*7 }}` in a title stays those nine characters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import timedelta
from typing import Any

from contactsync.model.spec import (
    ConflictPolicy,
    DagSpec,
    DeletionPolicy,
    Direction,
    FieldsSpec,
    Limit,
    Limits,
    MatchSpec,
    Side,
    SideSpec,
    SyncSpec,
    Unsubscribes,
)


def spec_as_data(spec: SyncSpec) -> dict[str, Any]:
    """The whole spec; two specs are equal exactly when their data are."""
    return {field.name: _plain(getattr(spec, field.name)) for field in fields(spec)}


def _plain(value: Any) -> Any:
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, str):
        return str(value)  # enums too
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if hasattr(value, "__dataclass_fields__"):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    return value


def spec_from_data(data: Mapping[str, Any]) -> SyncSpec:
    """The spec that `spec_as_data` made the data of."""
    return SyncSpec(
        id=data["id"],
        left=SideSpec(**data["left"]),
        right=SideSpec(**data["right"]),
        dag=DagSpec(**{**data["dag"], "tags": tuple(data["dag"]["tags"])}),
        title=data["title"],
        description=data["description"],
        file=data["file"],
        direction=Direction(data["direction"]),
        match=MatchSpec(**{**data["match"], "keys": tuple(tuple(key) for key in data["match"]["keys"])}),
        conflicts=ConflictPolicy(data["conflicts"]),
        fields=FieldsSpec(data["fields"]["defaults"], tuple(data["fields"]["only"]), tuple(data["fields"]["exclude"])),
        full_every=timedelta(seconds=data["full_every"]),
        unsubscribes=Unsubscribes(data["unsubscribes"]),
        deletions={Side(side): DeletionPolicy(policy) for side, policy in data["deletions"].items()},
        limits=Limits(**{name: Limit(**limit) for name, limit in data["limits"].items()}),
    )
