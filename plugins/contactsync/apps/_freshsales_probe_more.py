"""Further checks on the throw-away contact: a job with it alone, and codes that are told for a report."""

from __future__ import annotations

import re

from contactsync.apps._freshsales_job import ENDED
from contactsync.apps._freshsales_probe_account import FACTS, JOBS, REPORT, is_classic
from contactsync.apps._freshsales_probe_trial import Trial
from contactsync.apps._probing import Answer, CannotTell, Check, judged, status, waited_for

CODES = range(1, 6)
JOB_SECONDS = 120.0


def _subscription(trial: Trial) -> Answer:
    if is_classic(trial.account):
        raise CannotTell("Classic has no subscription_status")
    told: dict[str, list[str]] = {}
    for code in CODES:
        reply = trial.change(subscription_status=code)
        kept = reply.status < 300 and trial.read().get("subscription_status") == code
        told.setdefault("kept" if kept else status(reply), []).append(str(code))
    first = trial.read().get("subscription_status")
    return judged(isinstance(first, int), "; ".join(f"{word}: {', '.join(codes)}" for word, codes in told.items()))


def _bulk(trial: Trial) -> Answer:
    """A job with the throw-away contact alone, named by its id: it cannot make another."""
    data = [{"id": trial.id, "data": {"job_title": "Probe job"}}]
    reply = trial.account.site.api.write("POST", "contacts/bulk_upsert", json={"contacts": data})
    job = re.search(r"/job_statuses/(\w+)$", str(reply.json().get("job_status_url"))) if reply.status < 300 else None
    if job is None:
        raise CannotTell(f"no job came of it ({status(reply)})")
    seen: dict[str, None] = {}

    def ended() -> bool:
        state = trial.account.get(f"job_statuses/{job[1]}").json().get("status")
        seen[state if re.fullmatch(r"[A-Z_]{1,40}", str(state)) else "(another form)"] = None
        return str(state).casefold() in ENDED

    done = waited_for(ended, trial.account.services, JOB_SECONDS) is not None
    stored = done and trial.read().get("job_title") == "Probe job"
    return judged(stored, f"{status(reply)}, then {', '.join(seen)}; the change was {'' if stored else 'not '}stored")


MORE: tuple[Check[Trial], ...] = (
    Check(
        "subscription",
        "Suite keeps subscription_status as a number, of which contactsync makes nothing",
        FACTS,
        REPORT,
        _subscription,
    ),
    Check(
        "bulk_job",
        "A job is taken, ends, and has then written the contact that it names by its id",
        JOBS,
        "set the option `bulk_jobs: false`: contacts are then written one by one; and report it",
        _bulk,
    ),
)
