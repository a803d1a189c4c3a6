"""`defaults:` of the project file, as sync files take them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from contactsync.errors import ConfigError
from contactsync.mapping.loader import load_folder, load_sync
from contactsync.model.spec import ConflictPolicy, Limit
from contactsync.orchestration.shipped_apps import ShippedApps

Write = Callable[..., Path]
SYNC = """\
version: 1
dag: {schedule: '@hourly', owner: ops}
left: {app: memory, connection: here}
right: {app: memory, connection: there}
"""
DEFAULTS = {
    "dag": {"owner": "revops", "timezone": "Europe/Berlin"},
    "conflicts": "right",
    "limits": {"deletes": {"count": 9}},
}


def test_a_file_has_what_it_does_not_say_itself(write: Write, tmp_path: Path) -> None:
    spec = load_sync(write(SYNC, "one.yaml"), tmp_path, ShippedApps(), DEFAULTS)
    assert (spec.dag.schedule, spec.dag.owner, spec.dag.timezone) == ("@hourly", "ops", "Europe/Berlin")
    assert spec.conflicts is ConflictPolicy.RIGHT
    assert spec.limits.deletes == Limit(9, None)


def test_what_a_file_says_holds_as_a_whole(write: Write, tmp_path: Path) -> None:
    file = write(SYNC + "conflicts: left\nlimits: {deletes: {percent: 1}}\n", "one.yaml")
    spec = load_sync(file, tmp_path, ShippedApps(), DEFAULTS)
    assert spec.conflicts is ConflictPolicy.LEFT
    assert spec.limits.deletes == Limit(None, 1)  # not at most nine as well


def test_a_default_that_breaks_one_sync_is_said_to_be_one_and_breaks_no_other(write: Write, tmp_path: Path) -> None:
    write(SYNC + "direction: left_to_right\n", "one.yaml")
    write(SYNC.replace("there", "elsewhere"), "two.yaml")
    loaded = load_folder(tmp_path, ShippedApps(), defaults={"deletions": {"right_to_left": "delete"}})
    assert [spec.id for spec in loaded.specs] == ["two"]
    [broken] = loaded.broken
    assert "deletions.right_to_left: nothing flows this way" in str(broken.error)
    assert "It stands in the defaults of contactsync.yaml." in str(broken.error)


def test_what_is_wrong_in_the_file_itself_is_not_blamed_on_the_defaults(write: Write, tmp_path: Path) -> None:
    file = write(SYNC.replace("owner: ops", "timezone: Mars"), "one.yaml")
    with pytest.raises(ConfigError) as caught:
        load_sync(file, tmp_path, ShippedApps(), DEFAULTS)
    assert "one.yaml:2: dag.timezone" in str(caught.value)
    assert "defaults" not in str(caught.value)
