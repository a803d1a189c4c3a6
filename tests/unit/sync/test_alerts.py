"""Which alerts are given: each once, until it is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from contactsync.model.alerts import Event, Freshness, Notice, Notifier
from contactsync.sync.alerts import Change, Sight, judge, stale
from hypothesis import given
from hypothesis import strategies as st

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
ALL = Notifier("ops", "slack", "slack_ops", tuple(Event))
FRESH = Freshness(warn_after=HOUR, error_after=4 * HOUR)


class Told:
    """What is remembered between two looks, with everything sent at once."""

    def __init__(self, notifier: Notifier = ALL) -> None:
        self.notifier = notifier
        self.notices: list[Notice] = []

    def look(self, sight: Sight) -> list[str]:
        change = judge(sight, self.notices, [self.notifier])
        self.take(change, sight.now)
        return [f"{one.event}{':' if one.subject else ''}{one.subject}" for one in change.raised]

    def take(self, change: Change, now: datetime) -> None:
        self.notices = [one for one in self.notices if one not in change.ended]
        self.notices += [replace(one, sent_at=now) for one in change.raised if one.event is not Event.RECOVERED]


def sight(hours: float = 0, **seen: object) -> Sight:
    return Sight("pair", NOON + hours * HOUR, **{"complete": NOON, "freshness": FRESH, **seen})  # type: ignore[arg-type]


def test_a_sync_that_does_not_run_is_told_twice_and_its_recovery_once() -> None:
    told = Told()
    assert [told.look(sight(hours)) for hours in (0.9, 1.1, 2, 4.1, 9)] == [[], ["stale:warn"], [], ["stale:error"], []]
    [back] = told.look(sight(10, complete=NOON + 10 * HOUR))
    assert back.startswith("recovered:")
    assert told.look(sight(10.1, complete=NOON + 10 * HOUR)) == []
    assert told.look(sight(12, complete=NOON + 10 * HOUR)) == ["stale:warn"]


def test_red_runs_are_told_once_until_one_is_complete() -> None:
    told = Told()
    assert told.look(sight(0.1, red="load_left failed")) == ["failed"]
    assert told.look(sight(0.2, red="3 batches failed")) == []
    assert told.look(sight(0.3)) == []  # red in a task that kept no run: not over before a complete run
    [back] = told.look(sight(0.4, complete=NOON + 0.4 * HOUR))
    assert back.startswith("recovered:")
    assert told.look(sight(0.5, complete=NOON + 0.4 * HOUR, red="again")) == ["failed"]


def test_refused_credentials_have_an_event_of_their_own_where_somebody_wants_it() -> None:
    told = Told()
    assert told.look(sight(0.1, red="extract_left failed", refused=True)) == ["reauthorise"]
    assert told.look(sight(0.2, red="extract_left failed")) == []  # a later look knows the run's words only
    only_red = Told(replace(ALL, events=(Event.FAILED,)))
    assert only_red.look(sight(0.1, red="extract_left failed", refused=True)) == ["failed"]
    assert only_red.look(sight(0.2, complete=NOON + 0.2 * HOUR)) == []  # recovered is not wanted


def test_a_group_of_holds_is_told_once_and_anew_when_it_had_ended() -> None:
    told = Told()
    assert told.look(sight(holds={("left", "no_key"): 2})) == ["new_holds:left:no_key"]
    assert told.look(sight(holds={("left", "no_key"): 9})) == []
    assert told.look(sight(holds={("left", "no_key"): 9, ("right", "no_key"): 1})) == ["new_holds:right:no_key"]
    assert told.look(sight()) == []
    assert told.look(sight(holds={("left", "no_key"): 1})) == ["new_holds:left:no_key"]


def test_what_was_never_sent_needs_no_recovery() -> None:
    told = Told()
    change = judge(sight(0.1, red="x"), (), [ALL])
    told.notices = list(change.raised)  # not sent
    assert told.look(sight(0.2, complete=NOON + 0.2 * HOUR)) == []
    assert told.notices == []


def test_a_sync_that_never_ran_is_not_missed_one_that_never_succeeded_is() -> None:
    assert stale(sight(99, complete=None)) == {}
    assert set(stale(sight(5, complete=None, begun=NOON))) == {"warn", "error"}
    assert stale(sight(99, freshness=Freshness())) == {}


LOOKS = st.builds(
    dict,
    red=st.sampled_from(["", "load_left failed"]),
    refused=st.booleans(),
    complete=st.sampled_from([0, 1, 2, 3, 5, 8]),
    holds=st.dictionaries(st.tuples(st.sampled_from(["left", "right"]), st.sampled_from(["no_key"])), st.just(1)),
)


@given(st.lists(LOOKS, max_size=12), st.sets(st.sampled_from(Event)))
def test_nothing_is_told_twice_while_it_stands(looks: list[dict[str, object]], events: set[Event]) -> None:
    told = Told(replace(ALL, events=tuple(events)))
    for hour, seen in enumerate(looks):
        here = sight(hour, **{**seen, "complete": NOON + min(int(str(seen["complete"])), hour) * HOUR})
        first = told.look(here)
        assert len(first) == len(set(first))
        assert {name.partition(":")[0] for name in first} <= {event.value for event in events}
        assert told.look(here) == []
