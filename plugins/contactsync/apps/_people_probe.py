"""What the Google connector assumes of an account without a document that says so, checked by reading only."""

from __future__ import annotations

import secrets

from contactsync.apps._people_body import MY_CONTACTS
from contactsync.apps._people_facts import PAGE_SIZE, PERSON_FIELDS, SOURCE
from contactsync.apps._people_probe_account import (
    FACTS,
    GROUPS,
    READING,
    RECORD,
    REPORT,
    WRITING,
    Account,
    names_of,
    page,
    person_in,
    refusal,
    source_etag,
)
from contactsync.apps._people_problem import NOT_FOUND, of_status, problem_of
from contactsync.apps._people_record import contact_source, moment
from contactsync.apps._probing import Answer, Assumption, CannotTell, Check, dicts, judged, status
from contactsync.errors import RateLimited

MINUTE = 60.0
MISSED = "do not sync from this account, and report it: changes would be missed"


# ---- listings


def _page_size(account: Account) -> Answer:
    total, rows = account.first.get("totalItems"), len(account.rows())
    if isinstance(total, int) and total < PAGE_SIZE and rows == total:
        raise CannotTell(f"the account has only {total} contacts")
    return judged(rows == PAGE_SIZE, f"pageSize={PAGE_SIZE} gave {rows} of {total}")


def _total(account: Account) -> Answer:
    listed = account.listed
    told = f"totalItems is {listed.counted}, {len(listed.tokens)} pages have {listed.contacts} contacts"
    return judged((listed.counted or 0) == listed.contacts, told)


def _sync_token(account: Account) -> Answer:
    given = [bool(token) for token in account.listed.tokens]
    told = f"{sum(given)} of {len(given)} pages have one, the last has {'one' if given[-1] else 'none'}"
    return judged(given[-1] and sum(given) == 1, told)


def _delta(account: Account) -> Answer:
    reply = account.delta(account.sync_token)
    if reply.status != 200:
        return judged(False, f"a sync token of a moment ago: {refusal(reply)}")
    body = page(reply)
    rows, ended = len(dicts(body.get("connections"))), bool(body.get("nextSyncToken") or body.get("nextPageToken"))
    return judged(ended, f"{rows} contacts changed meanwhile, the next token {'came' if ended else 'did not come'}")


def _other_fields(account: Account) -> Answer:
    reply = account.delta(account.sync_token, PERSON_FIELDS)
    return judged(400 <= reply.status < 500, f"a sync token asked with other personFields: {refusal(reply)}")


def _unknown_token(account: Account) -> Answer:
    """An expired one cannot be had within seven days; one that Google never gave is refused in a like manner."""
    reply = account.delta(secrets.token_urlsafe(60))
    expired = "as expired" if problem_of(reply).expired else "not as expired"
    return judged(reply.status in (400, 410), f"a token that Google never gave: {refusal(reply)}, {expired}")


# ---- contacts


def _sources(account: Account) -> Answer:
    rows = account.rows()
    good = [s for s in map(contact_source, rows) if s and s.get("etag") and moment(s.get("updateTime"))]
    told = f"{len(good)} of {len(rows)} contacts have a CONTACT source with an etag and a readable time"
    return judged(len(good) == len(rows), told)


def _own_items(account: Account) -> Answer:
    items = [i for r in account.rows() for items in r.values() if isinstance(items, list) for i in dicts(items)]
    foreign = sum(
        (i.get("metadata") or {}).get("source", {}).get("type") not in ("CONTACT", "DOMAIN_CONTACT", None)
        for i in items
    )
    return judged(not foreign, f"{foreign} of {len(items)} items come from elsewhere")


def _source_etag(account: Account) -> Answer:
    name = names_of(account.rows())[0]
    wide = account.person(name)
    narrow = person_in(
        account.api.read(
            "GET", "v1/people:batchGet", params={"resourceNames": name, "personFields": "metadata", "sources": SOURCE}
        )
    )
    same, bare = source_etag(wide) == source_etag(narrow) != "", wide.get("etag") == narrow.get("etag")
    told = f"asked with two masks the source's etag is {'the same' if same else 'another'}, the person's "
    return judged(same, told + ("the same" if bare else "another"))


def _long_get(account: Account) -> Answer:
    """The form in which names are asked for that make an address too long."""
    names = names_of(account.rows())[:200]
    text = "&".join([f"resourceNames={name}" for name in names] + [f"personFields=metadata&sources={SOURCE}"])
    headers = {"X-HTTP-Method-Override": "GET", "Content-Type": "application/x-www-form-urlencoded"}
    reply = account.api.read("POST", "v1/people:batchGet", data=text.encode(), headers=headers)
    body = reply.json() if reply.status == 200 else {}
    found = sum("person" in answer for answer in dicts(body.get("responses")))
    return judged(found == len(names), f"{len(names)} names in a form: {refusal(reply)}, {found} persons")


def _unknown_person(account: Account) -> Answer:
    """Two at once: a name that nobody has must not spoil the answer about the other."""
    known = names_of(account.rows())[0]
    unknown = f"people/c{secrets.randbelow(9 * 10**17) + 10**17}"
    reply = account.point(known, unknown)
    body = reply.json() if reply.status == 200 else {}
    answers = {str(a.get("requestedResourceName")): a for a in dicts(body.get("responses"))}
    code = of_status((answers.get(unknown) or {}).get("status") or {}).code
    gone = code == NOT_FOUND or (answers.get(unknown) or {}).get("httpStatusCode") == 404
    told = f"{refusal(reply)}, {'one' if 'person' in answers.get(known, {}) else 'no'} person, the other "
    return judged(gone and "person" in answers.get(known, {}), told + ("NOT_FOUND" if gone else "not told as gone"))


def _labels(account: Account) -> Answer:
    reply = account.api.read("GET", "v1/contactGroups", params={"pageSize": 1000})
    groups = dicts(reply.json().get("contactGroups")) if reply.status == 200 else []
    kinds = {str(g.get("resourceName")): str(g.get("groupType")) for g in groups}
    system = sum(kind == "SYSTEM_CONTACT_GROUP" for kind in kinds.values())
    told = f"{refusal(reply)}, {len(groups)} groups, {system} of the system, myContacts is {kinds.get(MY_CONTACTS)}"
    return judged(kinds.get(MY_CONTACTS) == "SYSTEM_CONTACT_GROUP", told)


# ---- the quota


def _quota(account: Account) -> Answer:
    """No answer names the quota, so as many requests are sent as it should allow, as fast as they are answered.

    A minute after all others, which count as well.
    """
    params = {"resourceNames": names_of(account.rows())[0], "personFields": "metadata", "sources": SOURCE}
    account.services.sleep(MINUTE)
    clock, sent = account.services.clock, 0
    began = clock()
    try:
        while sent < account.rate and (clock() - began).total_seconds() < MINUTE:
            reply = account.burst.read("GET", "v1/people:batchGet", params=params)
            if reply.status != 200:
                raise CannotTell(f"request {sent + 1} was refused ({status(reply)})")
            sent += 1
    except RateLimited:
        account.services.budget.blocked(account.api.account, MINUTE)  # whoever shares it need not find out anew
        return judged(False, f"429 after {sent} reads in a row, the option says {account.rate} a minute")
    took = (clock() - began).total_seconds()
    if sent < account.rate:
        raise CannotTell(f"only {sent} reads were answered within {took:.0f} s")
    return judged(True, f"{sent} reads were answered within {took:.0f} s")


READS: tuple[Check[Account], ...] = (
    Check("page_size", f"A page holds {PAGE_SIZE} contacts", READING, REPORT, _page_size),
    Check("total", "totalItems counts what the pages list", READING, MISSED, _total),
    Check(
        "sync_token", "The last page of a listing, and only the last, has a sync token", READING, MISSED, _sync_token
    ),
    Check("delta", "A sync token lists changes and is followed by the next one", READING, MISSED, _delta),
    Check(
        "other_fields",
        "A sync token is refused with other fields than it was made for",
        READING,
        "harmless to you: contactsync never asks so; please report it",
        _other_fields,
    ),
    Check("unknown_token", "A token that is not accepted is refused: 400 or 410", READING, MISSED, _unknown_token),
    Check("sources", "Each contact has a CONTACT source with etag and time", RECORD, "report it", _sources),
    Check("own_items", "With sources=CONTACT no items of profiles are shown", RECORD, REPORT, _own_items),
    Check("source_etag", "A source's etag is the same whatever is asked for", RECORD, "report it", _source_etag),
    Check("long_get", "200 names can be asked for in a form (X-HTTP-Method-Override)", READING, "report it", _long_get),
    Check("unknown_person", "A contact that is not there answers NOT_FOUND", READING, "report it", _unknown_person),
    Check("labels", "Labels are listed, system groups are marked", GROUPS, "keep `tags` out; report it", _labels),
)
LAST: tuple[Check[Account], ...] = (
    Check(
        "quota",
        "The project allows `rate_per_minute` reads a minute and person",
        FACTS,
        "set `rate_per_minute` to less, or raise the quota (Google Cloud console, People API, Quotas)",
        _quota,
    ),
)
NEVER: dict[Assumption, str] = {
    Assumption("expired_token", "A token that expired is refused as such, by 400 or 410", READING, MISSED): (
        "a token expires after seven days; a refused one leads to a complete read, in whatever words"
    ),
    Assumption("write_quota", "The project allows as many writes a minute, and any number a day", FACTS, REPORT): (
        "it would take as many changes of contacts"
    ),
    Assumption("no_right", "A scope that was not granted answers 403", "rest/session.py", REPORT): (
        "it takes an authorisation with fewer boxes ticked than this one"
    ),
    Assumption("full_account", "A full account refuses a create as MY_CONTACTS_OVERFLOW_COUNT", WRITING, REPORT): (
        "it takes 25,000 contacts"
    ),
}
"""What no probe asks, and why."""
