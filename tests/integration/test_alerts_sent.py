"""Alerts on the wire: given once, sent again where that failed, without contact data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alert_servers import Heard, mail, slack
from contactsync.ledger.store import Ledger
from contactsync.mapping.project import load_project
from contactsync.model.alerts import Event, Freshness, Notice, Watched
from contactsync.model.approval import Asked
from contactsync.orchestration.connections import task_connection
from contactsync.orchestration.notifying import notifiers_of, sender
from contactsync.orchestration.telling import tell_of_question
from contactsync.pipeline import run_sync
from contactsync.stages.alerting import check_all, look, tell, tell_one
from contactsync.stages.asking import Question
from ledger_servers import Clock as LedgerClock
from world import Clock, World
from world import mail as mail_of

CANARY = "zoe.canary"
PROJECT = """\
version: 1
alerts:
  hook: {notifier: slack, connection: slack_hook}
  chat: {notifier: slack, connection: slack_api, channel: "#ops", events: [failed, recovered]}
  post: {notifier: smtp, connection: post, to: [ops@example.org, boss@example.org], from: sync@example.org}
"""


class Room:
    """One sync, its ledger, and the two servers."""

    def __init__(self, world: World, hook: Heard, post: Heard, project: Any, names: tuple[str, ...]) -> None:
        self.world, self.hook, self.post = world, hook, post
        self.project, self.notifiers = project, notifiers_of(project, names)
        self.watched = Watched("pair", names, Freshness(timedelta(hours=1), timedelta(hours=4)))

    def tell(self, **seen: Any) -> int:
        now = self.world.clock()
        return tell(self.world.known, look(self.world.known, self.watched, now, **seen), self.notifiers, self.send)

    def check(self, *watched: Watched) -> Any:
        syncs = watched or (self.watched,)
        return check_all(self.world.known, syncs, lambda _: self.notifiers, self.send, self.world.clock())

    @property
    def send(self) -> Any:
        return sender(task_connection)

    def heard(self) -> list[str]:
        out = [*self.hook.texts, *self.post.texts]
        self.hook.texts.clear()
        self.post.texts.clear()
        return out


@pytest.fixture
def wires(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Heard, Heard]]:
    with ExitStack() as stack:
        hook, post = stack.enter_context(slack()), stack.enter_context(mail())
        here = f"http://127.0.0.1:{hook.port}"
        given = {
            "SLACK_HOOK": {"conn_type": "slackwebhook", "host": f"{here}/services", "password": "T0/B0/hush"},
            "SLACK_API": {"conn_type": "slack", "password": "xoxb-hush", "extra": {"base_url": f"{here}/api/"}},
            "POST": {
                "conn_type": "smtp",
                "host": "127.0.0.1",
                "port": post.port,
                "extra": {"disable_ssl": True, "disable_tls": True, "timeout": 5, "retry_limit": 1},
            },
        }
        for name, connection in given.items():
            monkeypatch.setenv(f"AIRFLOW_CONN_{name}", json.dumps(connection))
        yield hook, post


@pytest.fixture
def room(tmp_path: Path, ledger: Ledger, ledger_clock: LedgerClock, wires: tuple[Heard, Heard]) -> Room:
    (tmp_path / "contactsync.yaml").write_text(PROJECT)
    project = load_project(tmp_path / "contactsync.yaml")
    world = World(tmp_path, ledger=ledger, clock=Clock(ledger_clock.now))
    world.left.put("l1", {"names.given": CANARY, "emails": mail_of(f"{CANARY}@example.org")})
    return Room(world, *wires, project, ("hook", "chat", "post"))


def test_each_notifier_hears_what_it_asked_for_once_and_no_contact(room: Room) -> None:
    room.world.left.put("l2", {"names.given": CANARY})  # without a key: held
    assert room.world.run().ok
    assert room.tell(red="Memory to Memory: 1 held. NOT COMPLETE: task load_left failed") == 5
    told = room.heard()
    assert room.tell() == 0
    assert sum("a run is red" in text for text in told) == 3
    assert sum("1 held on the left side as no_key" in text for text in told) == 2  # chat did not ask for it
    letter = next(text for text in told if "Subject: contactsync pair: a run is red" in text)
    assert "To: ops@example.org, boss@example.org" in letter
    assert "From: sync@example.org" in letter
    assert any('"channel": "#ops"' in text or '"channel":"#ops"' in text for text in told)
    assert CANARY not in str(told)
    assert "hush" not in str(told)
    room.world.run()
    assert room.tell() == 3
    assert all("all is well again" in text for text in room.heard())
    assert room.tell() == 0


def test_a_template_in_the_words_stays_text(room: Room) -> None:
    room.tell(red="{{ 7*7 }} <b>")
    told = room.heard()
    assert sum("{{ 7*7 }}" in text for text in told) == 3
    assert "49" not in str([text.split("Subject")[-1] for text in told])
    assert "<b>" not in next(text for text in told if "Subject" in text)


def test_an_alert_that_could_not_be_sent_is_sent_by_a_later_look(room: Room, caplog: Any) -> None:
    room.hook.broken = room.post.broken = True
    assert room.world.run().ok
    assert room.tell(red="task load_left failed") == 0
    assert "could not be sent by hook" in caplog.text
    assert "hush" not in caplog.text
    assert room.check().sent == 0  # at once: somebody may be sending it
    room.hook.broken = room.post.broken = False
    room.world.clock.forward(minutes=15)
    assert room.check().sent == 3
    assert sum("task load_left failed" in text for text in room.heard()) == 3
    room.world.clock.forward(minutes=15)
    assert room.check().sent == 0


def test_what_is_over_before_it_could_be_sent_is_not_told(room: Room) -> None:
    room.hook.broken = room.post.broken = True
    room.tell(red="task open failed")
    room.hook.broken = room.post.broken = False
    room.world.run()
    room.world.clock.forward(minutes=15)
    assert room.check().sent == 0
    assert room.heard() == []
    assert room.world.known.notices("pair") == []


def test_a_sync_that_stops_running_is_missed_also_where_its_file_vanished(room: Room) -> None:
    assert room.check().stale == ()  # it never ran
    assert room.world.run().ok
    assert room.check().stale == ()
    room.world.clock.forward(hours=2)
    late = room.check()
    assert (late.stale, late.too_old, late.sent) == (("pair",), (), 2)
    assert all("longer than 1h" in text for text in room.heard())
    room.world.clock.forward(hours=3)
    gone = room.check(Watched("another"))
    assert (gone.stale, gone.too_old, gone.sent) == (("pair",), (), 2)
    assert all("no file makes this sync any more" in text for text in room.heard())
    assert room.check().too_old == ("pair",)
    assert run_sync(room.world.place(), room.world.request()).ok
    assert (room.check().stale, len(room.heard())) == ((), 3 - 1)  # chat was told of nothing


def test_a_red_run_is_told_by_a_later_look_where_the_task_itself_could_not(room: Room) -> None:
    assert room.world.run().ok
    ledger = room.world.known
    started = ledger.start_run("pair", "red", "scheduled")
    red = type(room.world.last().state)("failed")
    ledger.end_run(
        replace(started, state=red, message="NOT COMPLETE: task load_left failed", ended_at=room.world.clock())
    )
    assert room.check().sent == 3
    assert all("task load_left failed" in text for text in room.heard())


def test_a_plan_that_waits_is_told_once(room: Room) -> None:
    waits = Notice("pair", "", Event.APPROVAL, "f00d", "12 deletes in Memory wait", room.world.clock())
    assert [tell_one(room.world.known, waits, room.notifiers, room.send) for _ in range(2)] == [2, 0]
    assert all("a plan waits for approval" in text and "12 deletes" in text for text in room.heard())
    another = replace(waits, subject="beef")
    assert tell_one(room.world.known, another, room.notifiers, room.send) == 2


def test_who_wants_to_know_is_told_of_a_question_whatever_becomes_of_the_telling(room: Room) -> None:
    asked = Asked(
        "pair",
        "run-1",
        "dag/run-1",
        "f00d",
        {"uri": "", "sha256": "", "rows": 0},
        5,
        room.world.clock(),
        room.world.clock(),
    )
    question = Question(asked, "May this plan be written?", CANARY, "plan f00d (5 actions) waits for approval")
    room.world.with_spec(alerts=("hook", "chat", "post"))
    place = replace(room.world.place(), project=room.project)
    for _ in range(2):
        tell_of_question(place, question)
    heard = room.heard()
    assert len(heard) == 2  # the chat did not ask for it
    assert all("plan f00d (5 actions)" in text and CANARY not in text for text in heard)
    room.hook.broken = True
    tell_of_question(place, replace(question, asked=replace(asked, plan_hash="beef")))
    assert len(room.heard()) == 1, "one that cannot be told keeps the question from nobody"
    room.world.with_spec(alerts=())
    tell_of_question(replace(room.world.place(), project=room.project), question)
    assert room.heard() == []


def test_the_age_of_a_sync_that_has_no_file_any_more_is_told_no_longer(room: Room) -> None:
    assert room.world.run().ok
    assert list(room.check().complete) == ["pair"]
    assert list(room.check(Watched("other", room.watched.alerts, room.watched.freshness)).complete) == ["other"]
