"""F38: contactsync is upgraded, or taken back, between two tasks of a run: no task goes by what another one made."""

from __future__ import annotations

import dataclasses
import hashlib
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from contactsync.errors import ArtefactError
from contactsync.extract import Extracted
from contactsync.model.plan import Plan
from contactsync.model.spec import Side
from contactsync.orchestration import artefacts
from contactsync.orchestration.artefacts import HANDED_ON, StoredArtefacts, artefact_root
from contactsync.orchestration.handover import Handed
from contactsync.pipeline import load_side, reconcile, transform
from test_run_again import Tries
from world import mail

UPGRADED = HANDED_ON + 1


@pytest.fixture
def tries(tmp_path: Path) -> Tries:
    """A run with one contact to create."""
    made = Tries(tmp_path)
    made.world.artefacts = StoredArtefacts(artefact_root(str(tmp_path / "root")), "pair", "run")
    made.world.left.put("ada", {"names.given": "Ada", "emails": mail("ada@example.org")})
    return made


def before_transform(tries: Tries, upgrade: Callable[[], None]) -> None:
    opened, left, right = tries.read()
    upgrade()
    transform(tries.world.place(), tries.request, opened, left.ref, right.ref)


def before_reconcile(tries: Tries, upgrade: Callable[[], None]) -> None:
    opened, left, right = tries.read()
    frames = transform(tries.world.place(), tries.request, opened, left.ref, right.ref)
    upgrade()
    reconcile(tries.world.place(), tries.request, opened, frames)


def before_load(tries: Tries, upgrade: Callable[[], None]) -> None:
    opened, planned = tries.plan()
    upgrade()
    load_side(tries.world.place(), tries.request, opened, planned, Side.RIGHT)


@pytest.mark.parametrize("task", [before_transform, before_reconcile, before_load])
def test_f38_a_task_of_another_version_writes_nothing_and_the_run_again_does(
    tries: Tries, monkeypatch: pytest.MonkeyPatch, task: Callable[[Tries, Callable[[], None]], None]
) -> None:
    with pytest.raises(ArtefactError, match=r"made by another version of contactsync.*clear the task `open`"):
        task(tries, lambda: monkeypatch.setattr(artefacts, "HANDED_ON", UPGRADED))
    assert tries.world.writes() == 0
    tries.write()  # as it says
    assert len(tries.world.right.contacts()) == 1


def test_f38_what_was_written_before_the_upgrade_is_settled_by_the_next_run(
    tries: Tries, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries.write()
    monkeypatch.setattr(artefacts, "HANDED_ON", UPGRADED)
    with pytest.raises(ArtefactError, match="another version"):
        tries.record()
    tries.request = tries.world.request()
    tries.write()
    tries.record()
    assert len(tries.world.right.contacts()) == len(tries.world.left.contacts()) == 1
    writes = tries.world.writes()
    tries.request = tries.world.request()
    tries.write()
    assert tries.world.writes() == writes


# ---- when the number is to be raised

AS_OF_1 = "f8f4fecba6f0f6cf"


def test_what_tasks_hand_to_each_other_is_what_its_number_says() -> None:
    """Where this fails: raise HANDED_ON in orchestration/artefacts.py, and put the new number and value here."""
    lines = sorted({line for kind in (Plan, Extracted, *typing.get_args(Handed)) for line in described(kind)})
    assert (HANDED_ON, hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]) == (1, AS_OF_1), "\n".join(lines)


def described(kind: Any, seen: set[Any] | None = None) -> Iterator[str]:
    """`Class.field: type` of a dataclass, and of those that it holds."""
    seen = set() if seen is None else seen
    if kind in seen or not (isinstance(kind, type) and dataclasses.is_dataclass(kind)):
        return
    seen.add(kind)
    hints = typing.get_type_hints(kind)
    for field in dataclasses.fields(kind):
        yield f"{kind.__name__}.{field.name}: {field.type}"
        for part in parts_of(hints[field.name]):
            yield from described(part, seen)


def parts_of(hint: Any) -> Iterator[Any]:
    """A type and what it is made of."""
    yield hint
    for part in typing.get_args(hint):
        yield from parts_of(part)
