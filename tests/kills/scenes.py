"""Who writes what to whom while runs are killed: seven scenes, each with a person at either app."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace

from contactsync.apps.memory import Book
from contactsync.demo.address_book import AddressBook
from contactsync.demo.hands import Entry, FreshsalesHand, GoogleHand, Hand
from contactsync.ledger.connect import make_engine
from contactsync.ledger.store import Ledger
from contactsync.model.exchange import Verb
from contactsync.model.spec import DagSpec, DeletionPolicy, Side, SideSpec, SyncSpec
from contactsync.sandbox.people_data import Person, people
from radicale_server import PASSWORD, RadicaleBook, RadicaleServer
from world import WIDE, Hub, World, hub_of, mail, memory_spec, open_app, services_on

DELETE = dict.fromkeys(Side, DeletionPolicy.DELETE)
EVERY_VERB = frozenset(Verb)
ALL = people(5, 400)
A_JOB = 20  # fewer go by single requests


@dataclass
class Scene:
    """A sync at rest, somebody at its source, and what both apps have to hold once the runs come to rest.

    verbs    what its runs write: a source that does not report deletions has none deleted
    many     how many are new and edited in a turn: one job of Freshsales takes no fewer than twenty
    cast     number -> job title of everybody who has to be on both sides
    """

    world: World
    hub: Hub | None
    source: Hand
    target: Hand
    writes: Callable[[], int]
    verbs: frozenset[Verb] = EVERY_VERB
    many: int = 2
    cast: dict[int, str] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def begin(self, most: int = 8) -> None:
        """Some people, linked and equal."""
        for _ in range(most):
            self.add()

    def remember_in(self, url: str) -> None:
        """Another ledger, an empty one, before anything has run."""
        clock = self.world.clock
        self.world.ledger = Ledger(make_engine(url), clock)
        self.world.services = services_on(self.world.ledger, clock)
        if self.hub is not None:
            self.hub.ledger, self.hub.services = self.world.ledger, self.world.services

    def add(self) -> None:
        """Somebody new at the source."""
        number = next(self.numbers)
        self.source.add(persona(number))
        self.cast[number] = persona(number).job_title

    def edit_some(self, turn: int) -> None:
        """Some new contacts, as many with another title, one deleted: what the next run has to carry."""
        keys = self.keys()
        for number in list(self.cast)[1 : self.many + 1]:
            self.source.retitle(keys[number], f"Keeper {turn}")
            self.cast[number] = f"Keeper {turn}"
        if Verb.DELETE in self.verbs:
            gone = next(iter(self.cast))
            self.source.delete(keys[gone])
            del self.cast[gone]
        for _ in range(self.many):
            self.add()

    def keys(self) -> Mapping[int, str]:
        """The source's contacts by who they are."""
        return {number_of(entry): entry.key for entry in self.source.entries()}

    def wrong(self) -> list[str]:
        """Who is missing, there twice, deleted by mistake or not as typed, on either side."""
        return [f"{hand.app}: {fault}" for hand in (self.source, self.target) for fault in faults(hand, self.cast)]


def faults(hand: Hand, cast: Mapping[int, str]) -> Iterator[str]:
    """What somebody at one app would complain of."""
    entries = hand.entries()
    numbers = [number_of(entry) for entry in entries]
    yield from (f"{n} is there {numbers.count(n)} times" for n in sorted(set(numbers)) if numbers.count(n) > 1)
    yield from (f"{n} is missing" for n in cast if n not in numbers)
    yield from (f"{n} is back, or should not be there" for n in numbers if n not in cast)
    yield from (
        f"{n} is {entry.job_title!r}, not {cast[n]!r}"
        for n, entry in zip(numbers, entries, strict=True)
        if n in cast and entry.job_title != cast[n]
    )


def persona(number: int) -> Person:
    """Somebody with one address of his own, and nothing that the three apps keep in different forms."""
    drawn = ALL[number % len(ALL)]
    return replace(drawn, emails=(f"nr{number}@example.org",), phones=(), tags=(), address=None, job_title="Baker")


def number_of(entry: Entry) -> int:
    """Who it is."""
    (address,) = entry.emails
    return int(address.partition("@")[0].removeprefix("nr"))


# ---- the scenes


@contextmanager
def freshsales_to_google(root: Path, radicale: RadicaleServer) -> Iterator[Scene]:
    """Batches to Google. Freshsales does not report deletions."""
    with hub_of(root) as hub:
        world = hub.world("freshsales-google")
        source, target = FreshsalesHand(hub.freshsales.url), GoogleHand(hub.google.url)
        yield Scene(world, hub, source, target, hub.writes, EVERY_VERB - {Verb.DELETE})


@contextmanager
def google_to_freshsales(root: Path, radicale: RadicaleServer) -> Iterator[Scene]:
    """One request a contact to Freshsales, which is asked for each address before a create counts as not made."""
    with hub_of(root) as hub:
        world = hub.world("freshsales-google", deletions=DELETE)
        yield Scene(world, hub, GoogleHand(hub.google.url), FreshsalesHand(hub.freshsales.url), hub.writes)


@contextmanager
def jobs_to_the_left(root: Path, radicale: RadicaleServer) -> Iterator[Scene]:
    """Asynchronous jobs of Freshsales: one that makes, one that changes; deletions one by one."""
    with google_to_freshsales(root, radicale) as scene:
        yield _by_jobs(scene)


@contextmanager
def jobs_to_the_right(root: Path, radicale: RadicaleServer) -> Iterator[Scene]:
    """The same with Freshsales on the other side."""
    with google_to_freshsales(root, radicale) as scene:
        world, spec = scene.world, scene.world.spec
        world.with_spec(left=spec.right, right=spec.left)
        yield _by_jobs(scene)


def _by_jobs(scene: Scene) -> Scene:
    """So many at once that they go as jobs, which end at once: the server's clock stands while a run is to die."""
    assert scene.hub is not None
    scene.hub.freshsales.knobs.job_seconds = 0.0
    scene.many = A_JOB
    return scene


@contextmanager
def google_to_carddav(root: Path, radicale: RadicaleServer) -> Iterator[Scene]:
    """One request a card, under names that we choose."""
    with _google_and_book(root, radicale) as (hub, world, book):
        yield Scene(world, hub, GoogleHand(hub.google.url), phone(book), _all_writes(hub, book))


@contextmanager
def carddav_to_google(root: Path, radicale: RadicaleServer) -> Iterator[Scene]:
    """Batches to Google, deletions among them."""
    with _google_and_book(root, radicale) as (hub, world, book):
        yield Scene(world, hub, phone(book), GoogleHand(hub.google.url), _all_writes(hub, book))


@contextmanager
def jobs(root: Path, radicale: RadicaleServer) -> Iterator[Scene]:
    """Two books in files; the right one makes contacts by asynchronous jobs."""
    left, right = (
        SideSpec("memory", f"book_{s}", {"path": str(root / f"{s}.book"), "bulk": int(s is Side.RIGHT)}) for s in Side
    )
    world = World(root, memory_spec(left=left, right=right, deletions=DELETE), step=300.0)
    books = [Book(root / f"{side}.book") for side in Side]
    yield Scene(world, None, BookHand(books[0]), BookHand(books[1]), lambda: sum(b.writes for b in books))


@contextmanager
def _google_and_book(root: Path, radicale: RadicaleServer) -> Iterator[tuple[Hub, World, RadicaleBook]]:
    book = radicale.home().book()
    sides = SideSpec("google_contacts", "google_alex"), SideSpec("carddav", "carddav_team")
    spec = SyncSpec("google-carddav", *sides, DagSpec(None), limits=WIDE, deletions=DELETE)
    with hub_of(root, book=book) as hub:
        world = World(root, spec, hub.clock, hub.ledger, hub.services, step=hub.step)
        world.open_app = lambda side: open_app(spec, side, hub.credentials(), hub.services)
        yield hub, world, book


def _all_writes(hub: Hub, book: RadicaleBook) -> Callable[[], int]:
    """Mutating requests to Google, and states of the book: a card that is written anew has another etag."""
    states: dict[str, int] = {}

    def count() -> int:
        states.setdefault(book.request("PROPFIND", Depth="1").text, len(states))
        return hub.writes() + len(states)

    return count


def phone(book: RadicaleBook) -> AddressBook:
    """A phone with that address book."""
    hand = AddressBook(SimpleNamespace(url=book.url, password=PASSWORD))  # type: ignore[arg-type]
    hand.url = book.url
    hand.session.auth = (book.user, PASSWORD)
    return hand


@dataclass(frozen=True)
class BookHand:
    """Somebody at a memory book."""

    book: Book
    app: str = "Memory"

    def entries(self) -> list[Entry]:
        return [
            Entry(key, "", str(own.get("job_title", "")), frozenset(e["value"] for e in own["emails"]))
            for key, own in self.book.contacts().items()
        ]

    def retitle(self, key: str, title: str) -> None:
        self.book.put(key, {"job_title": title})

    def add(self, person: Person) -> None:
        own = {"names.given": person.given, "emails": mail(*person.emails), "job_title": person.job_title}
        self.book.put(f"typed-{person.number}", own)

    def delete(self, key: str) -> None:
        self.book.remove(key)

    def writes(self) -> int:
        return self.book.writes


_ALL = (
    freshsales_to_google,
    google_to_freshsales,
    google_to_carddav,
    carddav_to_google,
    jobs,
    jobs_to_the_left,
    jobs_to_the_right,
)
SCENES = {scene.__name__: scene for scene in _ALL}
