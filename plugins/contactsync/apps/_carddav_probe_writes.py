"""What the CardDAV connector assumes of writes, checked on one throw-away card."""

from __future__ import annotations

from collections.abc import Generator

from contactsync.apps._carddav_probe_account import CARDS, POINTS, REPORT, REPORTS, WRITES, Account
from contactsync.apps._carddav_probe_trial import FOREIGN, Trial, removed
from contactsync.apps._carddav_reports import GONE, Stored, card_at, cards_like, reason
from contactsync.apps._carddav_writes import if_match
from contactsync.apps._probe_trial import FAMILY, GIVEN, trial
from contactsync.apps._probing import Answer, Assumption, CannotTell, Check, judged, waited_for
from contactsync.apps._vcard_read import own_values
from contactsync.apps._webdav import path_of
from contactsync.model.probe import Finding
from contactsync.rest.session import Reply

REFUSED = 412
SOON = 30.0  # how long a listing that lags is asked again


# ---- create


def _create(trial: Trial) -> Answer:
    known = len(trial.account.listed.paths)  # listed before, so that its token is older than the card
    reply = trial.send(trial.uid, trial.card(), If_None_Match="*")
    trial.there = reply.status < 300
    told = "with an etag" if reply.headers.get("ETag") else "without an etag"
    return judged(trial.there, f"{reason(reply)}, {told}, beside {known} cards")


def _no_overwriting(trial: Trial) -> Answer:
    before = trial.read()
    reply = trial.send(trial.uid, trial.changed_card(before, "Overwritten"), If_None_Match="*")
    return _kept(trial, reply, before, "a second card at the same place")


def _same_uid(trial: Trial) -> Answer:
    reply = trial.send(f"{trial.uid}-second", trial.read().text, If_None_Match="*")
    return judged(400 <= reply.status < 500, f"a second card with the same UID: {reason(reply)}")


def _lines(trial: Trial) -> Answer:
    card = trial.parsed()
    values = own_values(card)
    names = (values.get("N.given"), values.get("N.family")) == (GIVEN, FAMILY)
    note = values.get("NOTE") == "Grüße; 1, 2\nzweite Zeile"
    foreign = FOREIGN.strip().partition(":")[2] in str(card).replace("\r\n ", "")
    kept = {"UID": card.uid == trial.uid, "name": names, "note": note, "unknown line": foreign}
    lost = [name for name, good in kept.items() if not good]
    return judged(not lost, f"changed by the server: {', '.join(lost) or 'nothing'}")


def _listed(trial: Trial) -> Answer:
    token, path = trial.account.token, trial.path
    seconds = waited_for(lambda: path in trial.account.changes(token).paths, trial.account.services, SOON)
    told = "not shown within 30 s" if seconds is None else f"shown after {seconds:.0f} s"
    return judged(seconds == 0, told)


# ---- update


def _update(trial: Trial) -> Answer:
    before = trial.read()
    trial.first_etag = before.etag
    reply = trial.send(trial.uid, trial.changed_card(before, "Probe"), **_condition(before.etag))
    if reply.status >= 300:
        return judged(False, reason(reply))
    after = trial.read()
    stored = own_values(trial.parsed()).get("TITLE") == "Probe"
    moved = after.etag != before.etag
    told = f"{reason(reply)}, {'' if stored else 'not '}stored, the etag {'changed' if moved else 'stayed'}"
    return judged(stored and moved, told)


def _stale(trial: Trial) -> Answer:
    before = trial.read()
    reply = trial.send(trial.uid, trial.changed_card(before, "Stale"), **_condition(_former(trial)))
    return _kept(trial, reply, before, "an update on a former etag")


def _stale_delete(trial: Trial) -> Answer:
    before = trial.read()
    reply = trial.delete(trial.path, **_condition(_former(trial)))
    if reply.status < 300:
        trial.there = False
        return judged(False, f"a deletion on a former etag: {reason(reply)}")
    return _kept(trial, reply, before, "a deletion on a former etag")


def _kept(trial: Trial, reply: Reply, before: Stored, what: str) -> Answer:
    same = trial.read().text == before.text
    told = f"{what}: {reason(reply)}, the card {'stayed' if same else 'was overwritten'}"
    return judged(reply.status == REFUSED and same, told)


def _former(trial: Trial) -> str:
    if not trial.first_etag or trial.first_etag == trial.read().etag:
        raise CannotTell("there is no former etag")
    return trial.first_etag


def _condition(etag: str) -> dict[str, str]:
    """As the connector says it."""
    return {"If_Match": if_match(etag)["If-Match"]}


# ---- delete


def _delete(trial: Trial) -> Answer:
    reply = trial.delete(trial.path, **_condition(trial.read().etag))
    trial.deleted = reply.status < 300
    trial.there = not trial.deleted
    return judged(trial.deleted, reason(reply))


def _deleted_listed(trial: Trial) -> Answer:
    """As removed; a server may also have forgotten a card that it never showed to this token."""
    path = path_of(_deleted(trial))
    listing = trial.account.changes(trial.account.token)
    told = "as removed" if path in listing.removed else "as there" if path in listing.paths else "not at all"
    return judged(path in listing.removed, f"a listing of changes tells it {told}")


def _deleted_read(trial: Trial) -> Answer:
    account, path = trial.account, _deleted(trial)
    found = card_at(account.dav, account.book, path)
    named = cards_like(account.dav, account.book, [("UID", trial.uid)])
    gone = not isinstance(found, Stored) and found in GONE
    told = f"GET: {'HTTP ' + str(found) if not isinstance(found, Stored) else 'still there'}"
    return judged(gone and named == [], f"{told}, by UID: {'unknown' if named is None else len(named)} found")


def _deleted(trial: Trial) -> str:
    if not trial.deleted:
        raise CannotTell("no card was deleted")
    return trial.put[0]


# ---- the table

OVERWRITES = "do not sync to this server, and report it: edits of others would be overwritten"

CHECKS: tuple[Check[Trial], ...] = (
    Check("create", "A card can be made", WRITES, "use credentials that may write to this address book", _create),
    Check("no_overwriting", "A create never replaces a card (If-None-Match)", WRITES, OVERWRITES, _no_overwriting),
    Check("same_uid", "A second card with the same UID is refused", WRITES, REPORT, _same_uid),
    Check("lines", "A card keeps its UID and every line, known or not", CARDS, "report it", _lines),
    Check("listed", "A listing of changes shows a write at once", REPORTS, "report it", _listed),
    Check("update", "An update on the present etag is stored and moves it", WRITES, "report it", _update),
    Check("stale", "An update on a former etag is refused (412)", WRITES, OVERWRITES, _stale),
    Check("stale_delete", "A deletion on a former etag is refused (412)", WRITES, OVERWRITES, _stale_delete),
    Check("delete", "A card can be deleted", WRITES, "use credentials that may delete", _delete),
    Check("deleted_listed", "A listing of changes tells a deletion", REPORTS, "report it", _deleted_listed),
    Check("deleted_read", "A deleted card is found neither by place nor by UID", POINTS, "report it", _deleted_read),
)
REMOVED = Assumption(
    "removed",
    "The throw-away contact is deleted again",
    "apps/_carddav_probe_trial.py",
    "delete it by hand in the address book",
)


def tried(account: Account) -> Generator[Finding, None, None]:
    """All of it; the card is removed whatever happens."""
    subject = Trial(account)
    return trial(CHECKS, subject, REMOVED, lambda: removed(subject), account.services)
