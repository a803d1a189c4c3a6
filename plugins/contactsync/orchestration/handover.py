"""What tasks hand to each other by XCom: the dataclasses of model.stages as plain JSON and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from contactsync.model.approval import Reply
from contactsync.model.stages import ArtefactRef, Ended, Loaded, Opened, Planned, Read, Reviewed, Waits

Handed = ArtefactRef | Ended | Loaded | Opened | Planned | Read | Reviewed
Json = Mapping[str, Any]


def to_json(value: Handed) -> dict[str, Any]:
    """References, fences and counts as plain data."""
    return asdict(value)


def opened_from(data: Json) -> Opened:
    """What `open` handed on."""
    return Opened(**{**data, "looked_up": tuple(data["looked_up"])})


def ref_from(data: Json) -> ArtefactRef:
    """What `transform` handed on."""
    return ArtefactRef(**data)


def read_from(data: Json) -> Read:
    """What an extract handed on."""
    return Read(**{**data, "ref": ref_from(data["ref"])})


def planned_from(data: Json) -> Planned:
    """What `reconcile` handed on."""
    return Planned(**{**data, "ref": ref_from(data["ref"]), "waits": Waits(data.get("waits", ""))})


def reviewed_from(data: Json) -> Reviewed:
    """What `review` handed on."""
    return Reviewed(
        Reply(data["answer"]),
        data["line"],
        opened_from(data["opened"]) if data["opened"] else None,
        read_from(data["left"]) if data["left"] else None,
        read_from(data["right"]) if data["right"] else None,
        planned_from(data["planned"]) if data["planned"] else None,
    )


def loaded_from(data: Json) -> Loaded:
    """What a load handed on."""
    return Loaded(**data)
