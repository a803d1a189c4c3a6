"""F30: what one task handed on to the next by XCom is missing, changed, another run's or no longer to be understood."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from contactsync.errors import ArtefactError
from contactsync.model.spec import Side
from contactsync.orchestration import naming
from contactsync.orchestration.artefacts import StoredArtefacts, artefact_root
from contactsync.orchestration.operators import LoadOperator
from contactsync.orchestration.run_context import RunContext
from test_run_again import Tries
from world import mail

Handed = dict[str, Any]


def nothing(_handed: Handed, _earlier: Handed) -> None:
    return None


def another_checksum(handed: Handed, _earlier: Handed) -> Handed:
    return {**handed, "ref": {**handed["ref"], "sha256": "0" * 64}}


def another_file(handed: Handed, _earlier: Handed) -> Handed:
    return {**handed, "ref": {**handed["ref"], "uri": handed["ref"]["uri"].replace("plan", "canonical")}}


def an_earlier_runs(_handed: Handed, earlier: Handed) -> Handed:
    return earlier


def without_its_reference(handed: Handed, _earlier: Handed) -> Handed:
    return {key: value for key, value in handed.items() if key != "ref"}


def of_another_version(handed: Handed, _earlier: Handed) -> Handed:
    return {**handed, "not_known_here": 1}


def a_text(handed: Handed, _earlier: Handed) -> str:
    return str(handed)


@pytest.mark.parametrize(
    "change",
    [nothing, another_checksum, another_file, an_earlier_runs, without_its_reference, of_another_version, a_text],
)
def test_f30_a_load_that_is_handed_something_else_writes_nothing_and_says_what_to_clear(
    tmp_path: Path, change: Callable[[Handed, Handed], Any]
) -> None:
    tries = Tries(tmp_path)
    tries.world.artefacts = StoredArtefacts(artefact_root(str(tmp_path / "root")), "pair", "run")
    tries.world.left.put("ada", {"names.given": "Ada", "emails": mail("ada@example.org")})
    tries.write()
    tries.record()
    earlier = tries.airflow.handed[naming.RECONCILE]
    tries.world.left.put("uma", {"names.given": "Uma", "emails": mail("uma@example.org")})
    tries.request = tries.world.request()
    tries.plan()
    tries.airflow.handed[naming.RECONCILE] = change(tries.airflow.handed[naming.RECONCILE], earlier)

    before = tries.world.writes()
    with pytest.raises(ArtefactError) as refused:
        load(tries)
    assert "clear the task" in str(refused.value)
    assert tries.world.writes() == before

    tries.plan()  # as it says
    load(tries)
    assert len(tries.world.right.contacts()) == 2


def load(tries: Tries) -> None:
    """The task that writes to the right."""
    dag_run = SimpleNamespace(dag_id=naming.dag_id_of(tries.world.spec.id), run_id=tries.request.run_id)
    context: Any = {"ti": tries.airflow, "dag_run": dag_run, "outlet_events": defaultdict(SimpleNamespace)}
    task = LoadOperator(task_id=naming.load_id(Side.RIGHT), spec="{}", project="{}", side="right")
    task.stage(tries.world.place(), RunContext(context), tries.request)
