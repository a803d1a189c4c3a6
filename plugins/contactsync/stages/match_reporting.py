"""The report that a first run ends with: who meets whom, what differs, what would be written, how long that takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from contactsync.contact import KEY_COLUMNS, full_name, key_values
from contactsync.model.exchange import Verb
from contactsync.model.match_report import ContactReport, MatchReport
from contactsync.model.plan import Bucket, HoldReason, Plan
from contactsync.model.spec import SIDES, Side
from contactsync.stages.workplace import Workplace
from contactsync.sync.first_match import differing, field_reports, side_report

if TYPE_CHECKING:
    import pandas as pd

Names = Mapping[Side, str]


def match_report(
    place: Workplace, plan: Plan, read: Mapping[Side, int], frame: pd.DataFrame | None = None
) -> MatchReport:
    """The report of a plan. read: contacts read of each side; frame: the canonical one, for a row a contact."""
    share = place.project.rate_share
    return MatchReport(
        sides={s: side_report(plan, s, read[s], place.app(s).info.caps, share) for s in SIDES},
        matched_by=plan.matched_by,
        fields=field_reports(plan),
        plan_hash=plan.hash,
        limits=tuple(plan.problems),
        contacts=() if frame is None else _contacts(plan, frame),
    )


def _contacts(plan: Plan, frame: pd.DataFrame) -> tuple[ContactReport, ...]:
    states, partners, differs = _states(plan), _partners(plan), differing(plan)
    rows: list[ContactReport] = []
    columns = [c for c in frame.columns if c.startswith("names.") or c in ("emails", *KEY_COLUMNS.values())]
    for side, contact_id, *values in frame[["side", "id", *columns]].itertuples(index=False):
        at = (Side(side), str(contact_id))
        held = {c: v for c, v in zip(columns, values, strict=True) if isinstance(v, str)}
        email = next(iter(key_values(held, "email")), "")
        state, partner = states.get(at, "as it was"), partners.get(at, ())
        rows.append(ContactReport(*at, full_name(held), email, state, partner, sorted(differs.get(at, ()))))
    return tuple(rows)


def _states(plan: Plan) -> dict[tuple[Side, str], str]:
    out: dict[tuple[Side, str], str] = {}
    created = {i.key for i in plan.intents if i.verb is Verb.CREATE}
    for counted in plan.counted:
        at = (counted.source, counted.contact_id)
        if counted.intent_key in created:
            out[at] = "only here: to be created on the other side"
        elif counted.bucket is Bucket.SKIPPED:
            out[at] = f"left out: {counted.reason}"
    out.update({(s, k.side(s).contact_id): "matched" for k in plan.links for s in SIDES})
    out.update({(h.side, h.contact_id): _held(h.reason) for h in plan.holds if h.link_id is None})
    return out


def _held(reason: HoldReason) -> str:
    return "no match key" if reason is HoldReason.NO_KEY else reason.value.replace("_", " ")


def _partners(plan: Plan) -> dict[tuple[Side, str], tuple[str, ...]]:
    out: dict[tuple[Side, str], tuple[str, ...]] = {}
    out.update({(s, k.side(s).contact_id): (k.side(s.other).contact_id,) for k in plan.links for s in SIDES})
    out.update({(h.side, h.contact_id): h.candidates for h in plan.holds if h.link_id is None and h.candidates})
    return out


def report_lines(report: MatchReport, names: Names) -> list[str]:
    """The report for people, without a single value of a contact; at most about 25 lines."""
    lines = [_side_line(report, side, names) for side in SIDES]
    by = ", ".join(f"{key} {n:,}" for key, n in report.matched_by.items()) or "nobody"
    lines.append(f"Matched now, by: {by}")
    most = sorted(report.fields.items(), key=lambda item: -item[1].differs)
    for name, one in most[:MOST_FIELDS]:
        ways = [(f"filled in {names[s]}", one.filled[s]) for s in SIDES]
        ways += [(f"{names[s]} wins", one.wins[s]) for s in SIDES] + [("wait for a person", one.waits)]
        told = ", ".join(f"{words} {n:,}" for words, n in ways if n)
        lines.append(f"{name} differs in {one.differs:,} pairs: {told}")
    if len(most) > MOST_FIELDS:
        lines.append(f"and {len(most) - MOST_FIELDS} more fields differ")
    lines += [line for side in SIDES if (line := _work_line(report, side, names))]
    return lines + [f"Over a limit: {words}" for words in report.limits[:3]]


MOST_FIELDS = 12


def _side_line(report: MatchReport, side: Side, names: Names) -> str:
    one = report.sides[side]
    parts = [f"{one.linked:,} with a partner", f"{one.only_here:,} only here ({one.creates:,} would be created there)"]
    parts += [f"{one.ambiguous:,} ambiguous", f"{one.without_key:,} without a match key"]
    parts += [f"{n:,} {reason}" for reason, n in one.held.items()]
    return f"{names[side]}: {one.read:,} read; {', '.join(parts)}"


def _work_line(report: MatchReport, side: Side, names: Names) -> str:
    """Room and time; '' for a side that is not written."""
    one = report.sides[side]
    if not one.calls:
        return ""
    room = ""
    if one.capacity is not None and one.made:
        after = one.read + one.made
        enough = "enough" if after <= one.capacity else "NOT ENOUGH"
        room = f"; room for {one.capacity:,} contacts, it would hold {after:,}: {enough}"
    long = f"{one.hours:.1f} hours" if one.hours >= 1 else f"{max(1, round(one.hours * 60))} minutes"
    return f"Writing {names[side]}: about {one.calls:,} requests, {long} at the account's limit{room}"
