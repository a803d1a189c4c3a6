"""What the Google connector assumes of writes, checked on one throw-away contact."""

from __future__ import annotations

from collections.abc import Generator

from contactsync.apps._people_body import MY_CONTACTS
from contactsync.apps._people_probe_account import (
    READING,
    REPORT,
    WRITING,
    Account,
    refusal,
    source_etag,
)
from contactsync.apps._people_probe_trial import KEY, Trial, created, is_gone, mark_of, removed
from contactsync.apps._people_problem import problem_of
from contactsync.apps._people_record import group_of
from contactsync.apps._probe_trial import FAMILY, GIVEN, trial
from contactsync.apps._probing import (
    LAG,
    Answer,
    Assumption,
    CannotTell,
    Check,
    judged,
    waited_for,
    within,
)
from contactsync.model.probe import Finding


def _title(text: str) -> list[dict[str, str]]:
    return [{"title": text}]


# ---- create


def _ready(trial: Trial) -> Answer:
    """The listing of changes has to begin before the contact is made, or it could not be seen in it."""
    return judged(trial.account.sync_token, "there is a sync token from before")


def _create(trial: Trial) -> Answer:
    trial.answer = trial.create(trial.person)
    return judged(trial.made, refusal(trial.answer) + (f", {trial.made[0]}" if trial.made else ""))


def _answer(trial: Trial) -> Answer:
    persons = created(trial.answer) if trial.answer else []
    if not persons:
        raise CannotTell("nothing was created")
    wanted = {"resourceName", "etag", "metadata", "names", "emailAddresses", "userDefined", "memberships"}
    lacking = sorted(wanted - persons[0].keys())
    marked = mark_of(persons[0]) == trial.mark
    told = f"lacking: {', '.join(lacking) or 'nothing'}; the mark {'is' if marked else 'is not'} in it"
    return judged(not lacking and marked, told)


def _marked(trial: Trial) -> Answer:
    person = trial.read()
    kept = mark_of(person) == trial.mark
    return judged(kept, f"a point read right after shows the contact, its mark {'was' if kept else 'was not'} kept")


def _grouped(trial: Trial) -> Answer:
    groups = [group_of(item) for item in trial.read().get("memberships") or ()]
    return judged(groups == [MY_CONTACTS], f"groups: {', '.join(groups) or 'none'}")


def _invalid(trial: Trial) -> Answer:
    """A contact has one name: two are refused, and nothing is made."""
    made = len(trial.made)
    reply = trial.create({**trial.person, "names": [{"givenName": GIVEN}, {"familyName": FAMILY}]})
    named = sorted(problem_of(reply).contacts)
    told = f"{refusal(reply)}, {len(trial.made) - made} made, entries named: {', '.join(named) or 'none'}"
    return judged(reply.status == 400 and named == ["0"], told)


# ---- update


def _partial(trial: Trial) -> Answer:
    before = trial.read()
    trial.updated(before, organizations=_title("Probe"))
    after = trial.read()
    kept = [f for f in ("names", "emailAddresses", "userDefined") if _bare(after, f) == _bare(before, f)]
    stored = [o.get("title") for o in after.get("organizations") or ()] == ["Probe"]
    moved = source_etag(after) != source_etag(before)
    told = f"the field was {'' if stored else 'not '}stored, {len(kept)} of 3 others kept, the source's etag "
    return judged(stored and len(kept) == 3 and moved, told + ("changed" if moved else "stayed"))


def _bare(person: object, name: str) -> list[object]:
    """Values without what Google alone writes."""
    items = person.get(name) if isinstance(person, dict) else None
    parts = ("value", "key", "givenName", "familyName")
    return [{p: item.get(p) for p in parts} for item in items or () if isinstance(item, dict)]


def _stale(trial: Trial) -> Answer:
    before = trial.read()
    trial.updated(before, userDefined=[{"key": KEY, "value": "probe 2"}])
    reply = trial.update(before, userDefined=[{"key": KEY, "value": "probe 3"}])
    trial.answer = reply
    values = [i.get("value") for i in trial.read().get("userDefined") or ()]
    problem = problem_of(reply)
    stale = problem.stale or any(one.stale for one in problem.contacts.values())
    told = f"an update on a former state: {refusal(reply)}, {'told' if stale else 'not told'} as stale"
    return judged(reply.status >= 400 and stale and values == ["probe 2"], told)


def _details(trial: Trial) -> Answer:
    if trial.answer is None or trial.answer.status < 400:
        raise CannotTell("no update was refused")
    named = [name == trial.id for name in problem_of(trial.answer).contacts]
    return judged(named == [True], f"{len(named)} contacts are named, {sum(named)} of them by the name asked for")


# ---- how soon it shows


def _by_delta(trial: Trial) -> Answer:
    name, most = trial.id, trial.account.lag.total_seconds()
    seen = waited_for(lambda: trial.in_delta() is not None, trial.account.services, most)
    return within(seen, most, f"the listing of changes ({name})")


def _listed_etag(trial: Trial) -> Answer:
    listed = trial.in_delta()
    if listed is None:
        raise CannotTell("the listing of changes does not show the contact yet")
    if source_etag(listed) != source_etag(trial.read()):
        raise CannotTell("the listing of changes shows a former state")
    reply = trial.update(listed, organizations=_title("Probe"))
    return judged(reply.status >= 400, f"an update with a listing's etag: {refusal(reply)}")


# ---- delete


def _delete(trial: Trial) -> Answer:
    reply = trial.delete(trial.id)
    trial.deleted = reply.status < 300
    return judged(trial.deleted, refusal(reply))


def _deleted_get(trial: Trial) -> Answer:
    gone = is_gone(trial.account, trial.deleted_id)
    return judged(gone, f"a point read says {'' if gone else 'not '}NOT_FOUND")


def _deleted_delta(trial: Trial) -> Answer:
    """Within the lag; a create and its deletion may also have become nothing."""
    name, most = trial.deleted_id, trial.account.lag.total_seconds()

    def told() -> bool:
        row = trial.in_delta() or {}
        return row.get("resourceName") == name and (row.get("metadata") or {}).get("deleted") is True

    return within(waited_for(told, trial.account.services, most), most, "the listing of changes, as deleted,")


# ---- the table

OVERWRITES = "do not sync to this account, and report it: edits of others would be overwritten"

WRITES: tuple[Check[Trial], ...] = (
    Check("ready", "A sync token can be had before a write", READING, "report it", _ready),
    Check("create", "A contact can be made in a batch", WRITING, "authorise again with every box ticked", _create),
    Check("create_answer", "A create answers with the whole contact", WRITING, "report it", _answer),
    Check(
        "marker",
        "A contact can be read at once, with the clientData it was made with",
        WRITING,
        "do not sync to this account, and report it: creates without an answer would not be found again",
        _marked,
    ),
    Check("default_group", "A new contact is in My Contacts", WRITING, "report it", _grouped),
    Check("batch_details", "A refused batch makes nothing and names what is wrong in it", WRITING, REPORT, _invalid),
    Check("partial", "An update leaves what its mask does not name, and moves the etag", WRITING, OVERWRITES, _partial),
    Check("stale", "An update on a former state is refused as such", WRITING, OVERWRITES, _stale),
    Check("stale_details", "That refusal names the contact", WRITING, REPORT, _details),
    Check("delta_lag", "Listings of changes show a write within `lag_seconds`", READING, LAG, _by_delta),
    Check("listed_etag", "The etag of a listing is no good for an update", WRITING, REPORT, _listed_etag),
    Check("delete", "A contact can be deleted", WRITING, "authorise again with every box ticked", _delete),
    Check("deleted_get", "A deleted contact answers NOT_FOUND", READING, "report it", _deleted_get),
    Check("deleted_delta", "Listings of changes tell deletions within `lag_seconds`", READING, LAG, _deleted_delta),
)
REMOVED = Assumption(
    "removed",
    "The throw-away contact is deleted again (Google keeps it in the trash for 30 days)",
    "apps/_people_probe_trial.py",
    "delete it by hand in Google Contacts",
)


def tried(account: Account) -> Generator[Finding, None, None]:
    """All of it; the contact is removed whatever happens."""
    subject = Trial(account)
    return trial(WRITES, subject, REMOVED, lambda: removed(subject), account.services)
