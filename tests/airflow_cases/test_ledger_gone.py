"""The ledger's database goes away once a load has written: what was done is known by the journal, and done once."""

from __future__ import annotations

import pytest
from alone import Alone
from case_syncs import Scene
from contactsync.model.ledger import RunState
from sqlalchemy import text

pytestmark = pytest.mark.airflow_cases

SAID = "could not be reached, or stayed locked. Next: see that the database runs"


def test_a_ledger_that_is_gone_when_record_begins_or_in_the_midst_of_it_doubles_nobody(alone: Alone) -> None:
    scene = alone.scene("cut")
    scene.people("ada", "ben", "cleo")
    scene.here()
    before = scene.sent()

    # Gone before record begins: no task begins while the DAG is paused. That task cleared heals it.
    scene.retitle("Planned", "ada")
    scene.people("dora")
    door = scene.gate("POST")
    scene.trigger("begun")
    scene.until(door.reached.is_set, "the create", "begun")
    scene.rest.pause(scene.dag)
    door.opened.set()
    scene.until(lambda: scene.states("begun")["load_right"] == "success", "the load to end", "begun")
    alone.cut_ledger()
    fails_at_record(scene, "begun")
    alone.mend_ledger()
    assert state_of(scene, "begun") is RunState.RUNNING
    assert scene.sent() - before == {"PUT": 1, "POST": 1}
    scene.clear("begun", "record")
    assert scene.end("begun") == "success"
    assert state_of(scene, "begun") is RunState.DONE
    assert "1 created, 1 updated" in message_of(scene, "begun")

    # Gone while record writes its first links: nothing of that is kept, and the next run does it.
    scene.retitle("Planned", "ben")
    scene.people("emil")
    holder = alone.engine.connect()
    holder.execute(text("LOCK TABLE link IN SHARE MODE"))
    scene.trigger("midst")
    scene.until(alone.waits_in_ledger, "record to store a link", "midst")
    assert scene.states("midst")["record"] == "running"
    alone.cut_ledger()
    holder.invalidate()
    holder.close()
    fails_at_record(scene, "midst")
    alone.mend_ledger()
    assert state_of(scene, "midst") is RunState.RUNNING
    assert len(scene.ledger.unfolded(scene.sync)) == 2
    assert scene.run("next") == "success"
    assert scene.ledger.unfolded(scene.sync) == []
    assert state_of(scene, "midst") is RunState.FAILED
    assert message_of(scene, "midst").startswith("Cut short after 2 actions; later runs plan anew what is left")

    assert scene.run("quiet") == "success"
    assert scene.sent() - before == {"PUT": 2, "POST": 2}
    assert "nothing to do" in message_of(scene, "quiet")
    assert scene.titles() == {"ada": "Planned", "ben": "Planned", "cleo": "", "dora": "", "emil": ""}
    assert len(scene.names()) == len(scene.left.contacts()) == 5
    assert len({row.intent.key for row in scene.rows()}) == len(scene.rows())


def fails_at_record(scene: Scene, run: str) -> None:
    scene.rest.pause(scene.dag, paused=False)
    assert scene.end(run) == "failed"
    states = scene.states(run)
    assert {task for task, state in states.items() if state == "failed"} == {"record"}
    assert SAID in scene.log(run, "record")


def state_of(scene: Scene, run: str) -> RunState:
    kept = scene.ledger_run(run)
    assert kept is not None
    return kept.state


def message_of(scene: Scene, run: str) -> str:
    kept = scene.ledger_run(run)
    assert kept is not None
    return kept.message
