"""What is remembered of a mapping tells a field that was made anew from the one that was deleted."""

from __future__ import annotations

import json

import pytest
from contactsync.contact import Kind
from contactsync.mapping.pairs import own_pairs
from contactsync.model.app import FieldInfo
from contactsync.model.spec import Side, SyncSpec
from contactsync.stages.mapping_state import changed, differs, identified, mapping_of, to_record
from paired import fields
from world import memory_spec

SPEC: SyncSpec = memory_spec(fields=fields({"left": "custom.cf_tier", "right": "custom.Tier"}))


def state(identity: str = "", kind: Kind = Kind.TEXT) -> dict[str, str]:
    """How the pair is mapped where the left account's field has that id."""
    own = {
        Side.LEFT: [FieldInfo("custom.cf_tier", kind, custom=True, identity=identity)],
        Side.RIGHT: [FieldInfo("custom.Tier", custom=True)],
    }
    return mapping_of(SPEC, (), own_pairs(SPEC, own), own)


@pytest.mark.parametrize(
    ("before", "now", "is_other"),
    [
        (state("7"), state("7"), False),
        (state("7"), state("8"), True),
        (state(), state("8"), False),  # as recorded before ids were kept, or by a key that may not see them
        (state("7"), state(), False),
        (state("7"), state("7", Kind.NUMBER), True),
        (state(), state("", Kind.NUMBER), True),
    ],
)
def test_another_id_under_the_same_name_is_another_field(
    before: dict[str, str], now: dict[str, str], is_other: bool
) -> None:
    (column,) = now
    assert changed(json.dumps(before), now) == (frozenset({column}) if is_other else frozenset())
    gone = to_record(json.dumps(before), {})  # the pair was taken out of the file meanwhile
    assert changed(gone, now) == changed(json.dumps(before), now)
    assert differs(json.dumps(before), now) is (before != now)
    assert not differs(to_record(json.dumps(before), now), now)


def test_only_a_field_whose_id_is_told_is_asked_for_again() -> None:
    assert [identified(*state(identity).values()) for identity in ("", "7")] == [False, True]
