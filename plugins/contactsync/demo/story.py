"""What people do in the three apps while the demo runs, and what has to come of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from contactsync.demo.cast import known, name_of
from contactsync.demo.hands import Entry, Hand
from contactsync.demo.servers import Apps
from contactsync.sandbox.people_data import Person


@dataclass(frozen=True)
class Retitled:
    """Somebody got a new job title in one app."""

    app: str
    number: int
    title: str


@dataclass(frozen=True)
class Contest:
    """Two people typed different job titles for one person: the shipped syncs let Freshsales win."""

    number: int
    winner: str
    other_app: str
    loser: str


# Persons 0 to 24 are in all three apps.
RETITLED = (
    Retitled("Freshsales", 3, "Head of Samples"),
    Retitled("Google Contacts", 10, "Travelling Tester"),
    Retitled("Address book", 11, "Keeper of the Cards"),
)
HUB = RETITLED[1]  # from Google to the address book, through Freshsales
CONTESTS = (
    Contest(12, "Chief Placeholder", "Google Contacts", "Vice Placeholder"),
    Contest(13, "Director of Examples", "Address book", "Deputy of Examples"),
)
BOTH = Retitled("Freshsales", 14, "Mock-up Engineer")  # while Google gets an e-mail address: both stay
NEW_EMAIL = "new-address-14@example.org"
ADDED = {"Freshsales": 200, "Google Contacts": 201, "Address book": 202}
DELETED = {"Google Contacts": 15, "Address book": 16}


def act(apps: Apps) -> Iterator[str]:
    """Do it all; yields what was done."""
    hands = {hand.app: hand for hand in apps.hands}
    yield from _retitle(hands)
    apps.google.add_email(_key(apps.google, BOTH.number), NEW_EMAIL)
    yield f"Google Contacts: {_name(BOTH.number)} got the e-mail address {NEW_EMAIL}"
    for app, number in ADDED.items():
        hands[app].add(known(number))
        yield f"{app}: {_name(number)} is new"
    for app, number in DELETED.items():
        hands[app].delete(_key(hands[app], number))
        yield f"{app}: {_name(number)} was deleted"


def _retitle(hands: Mapping[str, Hand]) -> Iterator[str]:
    lost = [Retitled(c.other_app, c.number, c.loser) for c in CONTESTS]
    won = [Retitled("Freshsales", c.number, c.winner) for c in CONTESTS]
    for one in (*RETITLED, BOTH, *won, *lost):
        hand = hands[one.app]
        hand.retitle(_key(hand, one.number), one.title)
        yield f"{one.app}: {_name(one.number)} is now {one.title}"


def _key(hand: Hand, number: int) -> str:
    return next(e.key for e in hand.entries() if e.name == _name(number))


def _name(number: int) -> str:
    return name_of(known(number))


def titles() -> dict[str, str]:
    """Name -> the job title that all three apps have in the end."""
    typed = {one.number: one.title for one in (*RETITLED, BOTH)}
    return {_name(n): title for n, title in (typed | {c.number: c.winner for c in CONTESTS}).items()}


def added() -> list[Person]:
    """Who came into being in the story."""
    return [known(number) for number in ADDED.values()]


def typed_words() -> list[str]:
    """What people typed in the story: none of it may show up in a log."""
    return [NEW_EMAIL, *titles().values(), *(c.loser for c in CONTESTS)]


Shown = Mapping[str, Sequence[Entry]]


def outcome(shown: Shown) -> list[tuple[str, ...]]:
    """For each person of the story: what happened and what the apps show now."""
    rows: list[tuple[str, ...]] = []
    for one in (*RETITLED, BOTH):
        rows.append((_name(one.number), f"job title typed in {one.app}", *_each(shown, one.number, _title)))
    for contest in CONTESTS:
        story = f"Freshsales wins; {contest.other_app} had {contest.loser!r}, kept in the conflict log"
        rows.append((_name(contest.number), story, *_each(shown, contest.number, _title)))
    story = "e-mail address typed in Google Contacts"
    rows.append((_name(BOTH.number), story, *_each(shown, BOTH.number, lambda e: _yes(NEW_EMAIL in e.emails))))
    for app, number in ADDED.items():
        rows.append((_name(number), f"new in {app}", *_each(shown, number, lambda _: "there")))
    for app, number in DELETED.items():
        story = f"deleted in {app}: stays elsewhere, does not return"
        rows.append((_name(number), story, *_each(shown, number, lambda _: "there")))
    return rows


def _each(shown: Shown, number: int, say: Callable[[Entry], str]) -> Iterator[str]:
    for entries in shown.values():
        found = [say(e) for e in entries if e.name == _name(number)]
        yield " + ".join(found) or "-"


def _title(entry: Entry) -> str:
    return entry.job_title or "(none)"


def _yes(answer: bool) -> str:
    return "there" if answer else "missing"
