"""Clocks that disagree, and servers that cannot prove who they are."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from certificates import Authority, authority
from contactsync.errors import ServerTrouble
from contactsync.model.spec import Side
from radicale_server import RadicaleServer
from wired import Wired, over, wired
from world import open_app

DAY = 86_400.0
NAMES = ["Ada", "Uma", "Eva"]


@pytest.fixture
def sync(tmp_path: Path, radicale: RadicaleServer) -> Iterator[Wired]:
    with wired(tmp_path, "freshsales", radicale) as sync:
        yield sync


def there(sync: Wired) -> None:
    """Some people, in Google and in Freshsales."""
    for name in NAMES:
        sync.add(name)
    sync.rest()


def edit_both(sync: Wired, n: int) -> None:
    """Ada gets a title in Google, Uma one in Freshsales."""
    sync.hub.google.edit_contact(sync.source("Ada"), {"organizations": [{"title": f"Captain {n}"}]})
    uma = next(c for c in sync.hub.freshsales.contacts() if c["first_name"] == "Uma")
    sync.hub.freshsales.edit_contact(str(uma["id"]), {"job_title": f"Pilot {n}"})


def assert_carried(sync: Wired, n: int) -> None:
    sync.rest()
    sync.assert_once(NAMES)
    assert sync.titles() == [f"Captain {n}", f"Pilot {n}"]


@pytest.mark.parametrize(("server", "ahead"), [("freshsales", DAY), ("google", -DAY)])
def test_f13_a_vendor_whose_clock_is_a_day_off_loses_no_edit(sync: Wired, server: str, ahead: float) -> None:
    getattr(sync.hub, server).advance(ahead)
    there(sync)
    for n in range(2):
        edit_both(sync, n)
        assert_carried(sync, n)


def test_f13_our_own_clock_may_jump_a_day_either_way(sync: Wired) -> None:
    there(sync)
    for n, jump in enumerate((DAY, -DAY, -DAY)):
        sync.hub.clock.forward(seconds=jump)
        for server in sync.hub.servers:
            server.advance(-jump)
        edit_both(sync, n)
        assert_carried(sync, n)


@pytest.mark.parametrize("back", [600.0, DAY])
def test_f13_a_vendor_whose_clock_is_set_back_loses_no_edit_and_is_read_completely_once(
    sync: Wired, back: float
) -> None:
    there(sync)
    sync.hub.freshsales.advance(-back)
    complete = []
    for n in range(3):
        edit_both(sync, n)
        assert sync.run() is None
        complete.append(sync.world.known.cursor(sync.world.spec.id, Side.LEFT).complete_at)
        assert_carried(sync, n)
    assert complete[0] == complete[1] == complete[2]


# ---- certificates


def secured(sync: Wired, tls: ssl.SSLContext) -> None:
    """The wire speaks TLS from now on."""
    sync.wire.tls = tls
    given = over(sync.wire, sync.app, sync.hub)
    sync.world.open_app = lambda side: open_app(sync.world.spec, side, given, sync.hub.services)


WRONG: dict[str, Callable[[Authority], ssl.SSLContext]] = {
    "expired": lambda by: by.server(days=-1),
    "of another host": lambda by: by.server("crm.example.org"),
    "signed by itself": lambda by: by.server(signed=False),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_f34_a_server_with_a_wrong_certificate_hears_nothing(
    sync: Wired, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    sync.add("Ada")
    by = authority(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(by.trusted))
    secured(sync, WRONG[wrong](by))
    problem = sync.run()
    assert isinstance(problem, ServerTrouble)
    assert problem.next_step
    assert sync.wire.heard == 0
    assert sync.hub.writes() == 0
    secured(sync, by.server())
    sync.rest()
    sync.assert_once(["Ada"])
    assert sync.wire.heard
