"""What bench_load.py counts and how it tells it: requests by kind, the vendors' minimum, tables."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

MIB = 2**20
KINDS = ("list", "point", "write", "poll", "other")
_KIND_OF = (
    (re.compile(r"/contacts/view/|/filtered_search/|/connections$"), "list"),
    (re.compile(r"^GET /contacts/\(\\d\+\)|/lookup|:batchGet|^GET .*people/\[\^/:\]\+\)$"), "point"),
    (re.compile(r"/job_statuses/"), "poll"),
    (re.compile(r"^(POST|PUT|PATCH|DELETE) .*(/contacts|/v1/people)"), "write"),
)

Requests = Mapping[str, Mapping[str, int]]
"""App -> method and path -> how many."""


@dataclass(frozen=True)
class Cost:
    """Of one stage. start_up: CPU seconds until its process had imported everything; cpu: those after."""

    stage: str
    wall: float
    cpu: float
    start_up: float
    rss: int
    statements: int
    requests: Requests


@dataclass(frozen=True)
class Volume:
    """What a run read and wrote of one app, in contacts."""

    listed: int
    created: int
    updated: int


@dataclass(frozen=True)
class Sizes:
    """Of an app's pages and batches, from its declaration. polls: requests that each write costs beside itself."""

    page: int
    create: int
    update: int
    polls: int = 0


@dataclass(frozen=True)
class Ran:
    """One run: its costs by stage, what moved, and its last line."""

    name: str
    costs: Sequence[Cost]
    volumes: Mapping[str, Volume]
    line: str
    ledger: int = 0
    ok: bool = True
    notes: Sequence[str] = field(default_factory=tuple)

    def cost(self, stage: str) -> Cost | None:
        return next((c for c in self.costs if c.stage == stage), None)

    def kinds(self, app: str) -> Counter[str]:
        """Requests to an app by kind."""
        return sum((kinds_of(c.requests.get(app, {})) for c in self.costs), Counter())

    @property
    def requests(self) -> int:
        """To both apps, in all stages."""
        return sum(sum(self.kinds(app).values()) for app in self.volumes)


def kind_of(path: str) -> str:
    """The kind of a request by its method and path template."""
    return next((kind for pattern, kind in _KIND_OF if pattern.search(path)), "other")


def kinds_of(requests: Mapping[str, int]) -> Counter[str]:
    found: Counter[str] = Counter()
    for path, count in requests.items():
        found[kind_of(path)] += count
    return found


def least(volume: Volume, sizes: Sizes) -> int:
    """The fewest requests that read and write so much: full pages, full batches, one poll a job."""
    batches = pages(volume.created, sizes.create) + pages(volume.updated, sizes.update)
    return max(1, pages(volume.listed, sizes.page)) + batches * (1 + sizes.polls)


def pages(rows: int, size: int) -> int:
    return -(-rows // size)


# ---- telling


def stage_table(ran: Ran, contacts: int) -> Iterable[str]:
    yield f"  {'stage':14}{'wall s':>9}{'CPU s':>9}{'us/contact':>12}{'peak MiB':>10}{'SQL':>8}{'requests':>10}"
    for c in ran.costs:
        sent = sum(sum(paths.values()) for paths in c.requests.values())
        each = c.cpu * 1e6 / contacts
        yield (
            f"  {c.stage:14}{c.wall:9.2f}{c.cpu:9.2f}{each:12.1f}{c.rss / MIB:10.0f}{c.statements:8d}{sent:10d}"
        )  # fmt: skip
    total = sum(c.cpu for c in ran.costs)
    yield (
        f"  {'all':14}{sum(c.wall for c in ran.costs):9.2f}{total:9.2f}{total * 1e6 / contacts:12.1f}"
        f"{max(c.rss for c in ran.costs) / MIB:10.0f}{sum(c.statements for c in ran.costs):8d}{ran.requests:10d}"
    )
    yield f"  (and {sum(c.start_up for c in ran.costs):.1f} s of CPU to start {len(ran.costs)} processes)"


def request_table(ran: Ran, sizes: Mapping[str, Sizes]) -> Iterable[str]:
    for app, volume in ran.volumes.items():
        kinds, fewest = ran.kinds(app), least(volume, sizes[app])
        told = ", ".join(f"{kind} {kinds[kind]}" for kind in KINDS if kinds[kind])
        moved = f"{volume.listed} listed, {volume.created} created, {volume.updated} updated"
        yield f"  {app}: {moved}; {sum(kinds.values())} requests ({told}), the least {fewest}"


def as_data(ran: Ran) -> dict[str, Any]:
    """For other tools."""
    return {
        "run": ran.name,
        "line": ran.line,
        "ledger": ran.ledger,
        "stages": [{**vars(c), "requests": {a: dict(kinds_of(p)) for a, p in c.requests.items()}} for c in ran.costs],
        "volumes": {app: vars(v) for app, v in ran.volumes.items()},
    }
