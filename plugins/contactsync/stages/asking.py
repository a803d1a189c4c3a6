"""A plan is put before a person: noted, with the sync let go of, and in words that hold no contact data (core 27)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace

from contactsync.errors import FenceLost
from contactsync.frames import plan_from
from contactsync.model.approval import Asked, Reply
from contactsync.model.exchange import Verb
from contactsync.model.ledger import RunRow, RunState
from contactsync.model.plan import Intent, Plan
from contactsync.model.spec import SIDES, Side
from contactsync.model.stages import Opened, Planned, Read, RunRequest
from contactsync.stages.match_reporting import match_report, report_lines
from contactsync.stages.workplace import Workplace
from contactsync.sync.guards import blanked

RUNS = 10  # named for comparison
REASONS = 10
_DONE = ("created", "updated", "deleted", "held")


@dataclass(frozen=True)
class Question:
    """What a person reads before he answers: a headline, and Markdown. line: the same in one line, for alerts."""

    asked: Asked
    subject: str
    body: str
    line: str


def ask(
    place: Workplace, request: RunRequest, opened: Opened, planned: Planned, reads: Mapping[Side, Read | None]
) -> Question:
    """Note the question and let go of the sync: others may work on it while this run waits. Errors: FenceLost."""
    plan = plan_from(*place.artefacts.read_pieces(planned.ref))
    asked = _noted(place, request, opened, planned, plan)
    first = not place.reader.has_links(place.spec.id)
    why = list(plan.problems) or ["the first plan of this sync" if first else "every plan of this sync is asked about"]
    report = _report(place, plan, reads) if first else []
    title = place.spec.title or place.spec.id
    return Question(
        asked,
        f"{title}: may plan {plan.hash} be written ({len(plan.intents)} actions)?",
        _body(place, asked, plan, [*why, *report]),
        f"plan {plan.hash} ({len(plan.intents)} actions) waits for approval until {asked.ends_at:%Y-%m-%d %H:%M} UTC: "
        f"{'; '.join(why)}. See Browse > Required Actions in Airflow",
    )


def _noted(place: Workplace, request: RunRequest, opened: Opened, planned: Planned, plan: Plan) -> Asked:
    sync_id, now = place.spec.id, place.clock()
    before = place.reader.approval(sync_id, request.run_id)
    try:
        place.ledger.renew_lock(sync_id, request.owner, opened.fence)
    except FenceLost:
        if before is None or (before.plan_hash, before.answer) != (planned.hash, Reply.NONE):
            raise
        return before  # asked already, by a try of this task that was killed
    asked = Asked(
        sync_id, request.run_id, request.owner, planned.hash, asdict(planned.ref), len(plan.intents), now,
        now + place.spec.approval.timeout,
    )  # fmt: skip
    place.ledger.ask(asked)
    run = place.reader.run(sync_id, request.run_id)
    if run is not None:
        told = f"Nothing written: plan {planned.hash} waits for approval in Airflow"
        waiting = replace(run, state=RunState.WAITING, message=told, plan_hash=planned.hash, plan_ref=asked.plan_ref)
        place.ledger.end_run(waiting)
    place.ledger.release_lock(sync_id, request.owner, opened.fence)
    return asked


def _report(place: Workplace, plan: Plan, reads: Mapping[Side, Read | None]) -> list[str]:
    listed = {s: int(place.artefacts.read(r.ref)[1]["listed"]) if r is not None else 0 for s, r in reads.items()}
    return report_lines(match_report(place, plan, listed), place.names)


# ---- words


def _body(place: Workplace, asked: Asked, plan: Plan, why: Iterable[str]) -> str:
    sync_id = place.spec.id
    earlier = _table(("Ended", "By", "State", "Plan", "Done"), _runs(place, asked))
    parts = [
        "\n".join(f"- {_text(words)}" for words in why),
        _table(("Written in", *(f"{verb.value}s" for verb in Verb), "fields blanked"), _counts(place, plan)),
        "Most often:\n\n" + "\n".join(f"- {n} x {_text(words)}" for words, n in _reasons(place, plan)),
        f"The last {RUNS} runs for comparison:\n\n{earlier}",
        f"Every change, field by field: `contactsync plan {sync_id} --run {asked.run_id}`",
        f"**Approve** writes what of plan `{plan.hash}` is planned still when both sides have been read again, and "
        "nothing else; contacts that were edited meanwhile are left for the next run. **Reject** writes nothing. "
        f"Without an answer until {asked.ends_at:%Y-%m-%d %H:%M} UTC it counts as rejected.",
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def _counts(place: Workplace, plan: Plan) -> Iterator[tuple[str, ...]]:
    for side in SIDES:
        mine = [i for i in plan.intents if i.side is side]
        verbs = Counter(i.verb for i in mine)
        blank = sum(len(blanked(i)) for i in mine)
        yield (place.names[side], *(str(verbs[verb]) for verb in Verb), str(blank))


def _reasons(place: Workplace, plan: Plan) -> list[tuple[str, int]]:
    """What is done most often: fields and rules, never values."""
    found = Counter(f"{place.names[i.side]}: {words}" for i in plan.intents for words in _of(i))
    return sorted(found.items(), key=lambda item: (-item[1], item[0]))[:REASONS]


def _of(intent: Intent) -> Iterator[str]:
    if intent.verb is Verb.UPDATE:
        clears = blanked(intent)
        yield from (f"{name} {'cleared' if name in clears else 'changed'}" for name in sorted(intent.patch))
    else:
        yield f"{intent.verb}: {intent.reason}" if intent.reason else f"{intent.verb} of a contact"


def _runs(place: Workplace, asked: Asked) -> Iterator[tuple[str, ...]]:
    runs = [run for run in place.reader.runs(place.spec.id, RUNS + 1) if run.run_id != asked.run_id]
    for run in runs[:RUNS]:
        ended = f"{run.ended_at or run.started_at:%Y-%m-%d %H:%M}"
        yield ended, run.kind, run.state.value, run.plan_hash or "none", _done(run) or "nothing"


def _done(run: RunRow) -> str:
    total: Counter[str] = Counter()
    for counts in run.counts.values():
        total.update({name: int(counts.get(name, 0)) for name in _DONE})
    return ", ".join(f"{n} {name}" for name, n in total.items() if n)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(_text(cell) for cell in line) + " |" for line in lines)


def _text(words: str) -> str:
    """Names of apps, rules and runs, of which Markdown is to make nothing."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]<>#~|" else c for c in " ".join(words.split()))
