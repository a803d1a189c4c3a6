"""Requests that change something and break on the wire, at every app: done once, by a later run where need be."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from contactsync.rest import session
from contactsync.rest.wire import Timeouts
from faulty_wire import Break
from radicale_server import RadicaleServer
from wired import APPS, CREATE, DELETE, UPDATE, Wired, wired

LOST = (
    Break.BEFORE_REQUEST,
    Break.IN_REQUEST,
    Break.BEFORE_ANSWER,
    Break.RESET,
    Break.IN_HEAD,
    Break.IN_ANSWER,
    Break.TOO_LONG,
    Break.TOO_SHORT,
    Break.STALL,
)
ERRORS = (Break.ERROR_BEFORE, Break.ERROR_AFTER)


@pytest.fixture(params=APPS)
def app(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def sync(app: str, tmp_path: Path, radicale: RadicaleServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wired]:
    monkeypatch.setattr(session, "Timeouts", partial(Timeouts, read=2.0))  # silence is given up sooner
    with wired(tmp_path, app, radicale) as sync:
        yield sync


def test_f02_a_create_without_its_answer_is_made_once(sync: Wired) -> None:
    for what in LOST:
        sync.add(what)
        sync.wire.breaks(CREATE[sync.app], what)
        sync.run()
    assert len(sync.wire.broken) == len(LOST)
    sync.rest()
    sync.assert_once(list(LOST))


def test_f04_an_update_without_its_answer_or_sent_twice_is_there_once(sync: Wired) -> None:
    tried = (Break.BEFORE_REQUEST, Break.BEFORE_ANSWER, Break.IN_ANSWER, Break.TOO_SHORT, Break.TWICE)
    for name in tried:
        sync.add(name)
    sync.rest()
    for what in tried:
        sync.entitle(what)
        sync.wire.breaks(UPDATE[sync.app], what)
        sync.run()
    assert len(sync.wire.broken) == len(tried)
    sync.rest()
    sync.assert_once(list(tried))
    assert sync.titles() == sorted(tried)


def test_f05_a_deletion_without_its_answer_or_sent_twice_is_done(sync: Wired) -> None:
    tried = (Break.BEFORE_REQUEST, Break.BEFORE_ANSWER, Break.IN_HEAD, Break.TWICE)
    for name in (*tried, "Stays"):
        sync.add(name)
    sync.rest()
    sync.hub.clock.forward(hours=1)
    for what in tried:
        sync.remove(what)
        sync.wire.breaks(DELETE[sync.app], what)
        sync.run()
    assert len(sync.wire.broken) == len(tried)
    sync.rest()
    sync.assert_once(["Stays"])


# The servers of the other two can answer so by themselves: test_runs_troubles.py.
@pytest.mark.parametrize("app", ["carddav"])
def test_f16_an_error_before_or_after_the_effect_is_no_reason_to_repeat_a_write(sync: Wired) -> None:
    for what in ERRORS:
        sync.add(what)
        sync.wire.breaks(CREATE[sync.app], what)
        sync.run()
    sync.rest()
    for what in ERRORS:
        sync.entitle(what)
        sync.wire.breaks(UPDATE[sync.app], what)
        sync.run()
    assert len(sync.wire.broken) == 2 * len(ERRORS)
    sync.rest()
    sync.assert_once(list(ERRORS))
    assert sync.titles() == sorted(ERRORS)
