"""What must hold when the story has been told; every function names what does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from contactsync.demo import story
from contactsync.demo.cast import FAMILY, UNREACHABLE, known, name_of
from contactsync.demo.hands import Entry
from contactsync.demo.servers import Apps
from contactsync.demo.syncs import BOOK, GOOGLE, SIDES, SYNCS, Round, Syncs
from contactsync.demo.vcards import KEPT
from contactsync.model.plan import Hold
from contactsync.model.spec import Side

MOST_QUIET_TASKS = 4
_SYNC_OF = {"Google Contacts": GOOGLE, "Address book": BOOK}


def problems(apps: Apps, syncs: Syncs, quiet: Round, shown: Mapping[str, Sequence[Entry]]) -> list[str]:
    """Everything that is not as it should be."""
    return [
        *_runs(syncs),
        *_quiet(quiet),
        *_import_errors(syncs),
        *_titles(shown),
        *_who_is_where(apps, shown),
        *_alike(shown),
        *_contests(syncs),
        *_parted(syncs),
        *_kept_lines(apps),
        *_holds(apps, syncs),
    ]


def _runs(syncs: Syncs) -> Iterator[str]:
    for run in syncs.runs:
        if not syncs.ledger_counts(run.sync, run.run_id):
            yield f"the ledger does not know the run {run.run_id} of {run.sync}"


def _quiet(quiet: Round) -> Iterator[str]:
    for app, count in quiet.writes.items():
        if count:
            yield f"{count} writes to {app} in a run in which nothing had changed"
    for run in quiet.runs:
        if run.executed > MOST_QUIET_TASKS:
            yield f"the quiet run of {run.sync} executed {run.executed} tasks; at most {MOST_QUIET_TASKS} are needed"


def _import_errors(syncs: Syncs) -> Iterator[str]:
    for error in syncs.rest.import_errors():
        yield f"DAG import error: {error}"


def _titles(shown: Mapping[str, Sequence[Entry]]) -> Iterator[str]:
    for name, title in story.titles().items():
        for app, entries in shown.items():
            found = [e.job_title for e in entries if e.name == name]
            if found != [title]:
                yield f"{app}: {name} should have the job title {title!r}, but has {found}"
    mailed = name_of(known(story.BOTH.number))
    for app, entries in shown.items():
        if not any(e.name == mailed and story.NEW_EMAIL in e.emails for e in entries):
            yield f"{app}: {mailed} lacks the e-mail address that was typed in Google Contacts"


def _who_is_where(apps: Apps, shown: Mapping[str, Sequence[Entry]]) -> Iterator[str]:
    """Everybody once in every app, but who was deleted there and who could not be matched."""
    absent = {app: {name_of(known(number))} for app, number in story.DELETED.items()}
    alone = name_of(known(UNREACHABLE))
    everyone = {*apps.cast.everyone(), *map(name_of, story.added())}
    for app, entries in shown.items():
        wanted = everyone - absent.get(app, set())
        if app != "Google Contacts":
            wanted -= {alone}
        counts = Counter(e.name for e in entries)
        yield from (f"{app}: {name} is missing" for name in sorted(wanted - counts.keys()))
        yield from (f"{app}: {name} should not be there" for name in sorted(counts.keys() - wanted))
        yield from (f"{app}: {name} is there {n} times" for name, n in sorted(counts.items()) if n > 1)


def _alike(shown: Mapping[str, Sequence[Entry]]) -> Iterator[str]:
    """What all three apps can hold is equal for everybody who was not held."""
    held = {name_of(known(number)) for number in FAMILY}
    first: dict[str, tuple[str, Entry]] = {}
    for app, entries in shown.items():
        for entry in entries:
            other_app, other = first.setdefault(entry.name, (app, entry))
            same = (entry.job_title.strip(), entry.emails) == (other.job_title.strip(), other.emails)
            if not same and entry.name not in held:
                yield f"{entry.name} differs between {other_app} and {app}: job title or e-mail addresses"


def _contests(syncs: Syncs) -> Iterator[str]:
    for contest in story.CONTESTS:
        sync = _SYNC_OF[contest.other_app]
        logged = [c for _, _, c in syncs.reader().conflicts(sync) if c.right == contest.loser]
        if [(c.field, c.winner, c.left) for c in logged] != [("job_title", Side.LEFT, contest.winner)]:
            yield f"{sync}: the title {contest.loser!r} that lost is not in the conflict log as it should be"


def _parted(syncs: Syncs) -> Iterator[str]:
    for app, number in story.DELETED.items():
        links = syncs.reader().all_links(_SYNC_OF[app])
        parted = [link for link in links if link.status.value == "parted"]
        if len(parted) != 1:
            yield f"{app}: the deletion of {name_of(known(number))} left {len(parted)} parted links instead of one"


def _kept_lines(apps: Apps) -> Iterator[str]:
    """Lines that only the phone knows outlive every change from the other side."""
    cards = apps.book.cards()
    for person in apps.cast.book:
        card = cards.get(f"demo-{person.number}.vcf", "")
        lost = [line for line in KEPT if card and line not in card]
        if lost:
            yield f"Address book: the card of {name_of(person)} lost {len(lost)} lines that only a phone knows"


def _holds(apps: Apps, syncs: Syncs) -> Iterator[str]:
    """Only those are held who cannot be told apart or found."""
    expected = {name_of(known(number)) for number in (*FAMILY, UNREACHABLE)}
    for sync, app, name, why in held(apps, syncs):
        if name not in expected:
            yield f"{sync}: {name} in {app} is held: {why}"


def held(apps: Apps, syncs: Syncs) -> list[tuple[str, str, str, str]]:
    """Sync, app, person and reason of each contact that waits for somebody to decide."""
    names = {e.key.removesuffix(".vcf"): e.name for hand in apps.hands for e in hand.entries()}
    return [
        (sync, SIDES[sync][hold.side is Side.RIGHT], names.get(hold.contact_id, hold.contact_id), _why(hold))
        for sync in SYNCS
        for hold, _ in syncs.reader().holds(sync)
    ]


def _why(hold: Hold) -> str:
    return ": ".join(part for part in (hold.reason.replace("_", " "), hold.detail) if part)
