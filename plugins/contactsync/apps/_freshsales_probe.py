"""What the Freshsales connector assumes of an account without a document that says so, checked by reading only."""

from __future__ import annotations

from datetime import datetime

from contactsync.apps._freshsales_probe_account import (
    FACTS,
    JOBS,
    PATIENCE,
    READING,
    RECORD,
    REPORT,
    SITE,
    Account,
    form_of,
    is_classic,
    looked_up,
)
from contactsync.apps._freshsales_probe_listings import LISTINGS
from contactsync.apps._freshsales_record import FLAGS, moment
from contactsync.apps._freshsales_site import flat
from contactsync.apps._probing import Answer, Assumption, CannotTell, Check, address_of, dicts, judged, own_mark, status
from contactsync.contact import normal_email
from contactsync.errors import AuthError

AMOUNTS = ("open_deals_amount", "won_deals_amount")
EPOCH_FROM = 1e9
HOUR = 3600
PAUSE = 3.0  # between two looks at what counts down
KNOWN_TYPES = (
    *("text", "textarea", "number", "decimal", "dropdown", "radio", "checkbox", "date", "datetime", "date_time"),
    *("multi_select_dropdown", "auto_complete", "formula", "auto_number", "group_field", "email", "phone_number"),
    *("url", "lookup"),
)


# ---- what comes with a contact


def _associations(account: Account) -> Answer:
    bare = dicts(account.page(per_page=5, page=1)["contacts"])
    with_it = sum("owner_id" in row and "sales_accounts" in row for row in account.rows())
    without = sum("owner_id" in row or "sales_accounts" in row for row in bare)
    told = f"with include {with_it} of {len(account.rows())} contacts have them, without it {without} of {len(bare)}"
    return judged(with_it == len(account.rows()) and not without, told)


def _owners_beside(account: Account) -> Answer:
    rows = [row for row in account.rows() if row.get("owner_id")]
    if not rows:
        raise CannotTell("no contact of the first page has an owner")
    known = {u.get("id") for u in dicts(account.oldest.get("users")) if u.get("email")}
    told = sum(row["owner_id"] in known for row in rows)
    return judged(told == len(rows), f"the owner's e-mail came beside {told} of {len(rows)} contacts")


def _owners(account: Account) -> Answer:
    reply = account.get("selector/owners")
    users = dicts(reply.json().get("users")) if reply.status == 200 else []
    return judged(users, f"{status(reply)}, {len(users)} users")


def _times(account: Account) -> Answer:
    texts = [str(row.get("updated_at")) for row in account.rows()]
    read = [datetime.fromisoformat(text) for text in texts if moment(text)]
    zoned = sum(when.tzinfo is not None for when in read)
    whole = sum(when.microsecond == 0 for when in read)
    told = f"of {len(texts)} times {len(read)} are readable, {zoned} name their offset, {whole} are whole seconds"
    return judged(len(texts) == len(read) == zoned == whole, told)


def _amounts(account: Account) -> Answer:
    kinds = {type(row.get(name)).__name__ for row in account.rows() for name in AMOUNTS}
    return judged(kinds <= {"str", "NoneType", "int", "float"}, f"they come as {', '.join(sorted(kinds))}")


def _flavour(account: Account) -> Answer:
    flags = sorted(name for name in FLAGS if any(name in row for row in account.rows()))
    product = "Classic" if is_classic(account) else "Suite"
    told = f"the address is that of {product}, contacts have {' and '.join(flags) or 'neither key'}"
    return judged(len(flags) == (len(FLAGS) if is_classic(account) else 0), told)


def _fields(account: Account) -> Answer:
    body = account.fields.json() if account.fields.status == 200 else None
    rows = body.get("fields") if isinstance(body, dict) else None
    if not isinstance(rows, list):
        return judged(False, f"{status(account.fields)}, no list of fields")
    every = list(flat(rows))
    lacking = sum(not (row.get("name") and row.get("type")) for row in every)
    strange = sorted({str(row.get("type")) for row in every} - set(KNOWN_TYPES))
    told = f"{len(every)} fields, {len(account.custom)} custom, {lacking} without name or type"
    return judged(not lacking, f"{told}; unknown types: {', '.join(strange) or 'none'}")


def _choices(account: Account) -> Answer:
    choices = [c for row in account.custom for c in row.get("choices") or ()]
    if not choices:
        raise CannotTell("no custom field has choices")
    good = sum(isinstance(c, str) or (isinstance(c, dict) and "value" in c) for c in choices)
    return judged(good == len(choices), f"{good} of {len(choices)} choices are texts or have a value")


def _derived(account: Account) -> Answer:
    """Seen where a contact was contacted after the time that its last change names."""
    pairs = [(moment(row.get("last_contacted")), moment(row.get("updated_at"))) for row in account.rows()]
    told = [at > changed for at, changed in pairs if at and changed]
    if not any(told):
        raise CannotTell(f"of {len(told)} contacts of the first page none was contacted after its last change")
    return judged(True, f"{sum(told)} of {len(told)} contacts were contacted after updated_at")


# ---- credentials


def _wrong_key(account: Account) -> Answer:
    """Asked once."""
    try:
        reply = account.site.with_key(own_mark()).read("GET", "contacts/filters")
    except AuthError:
        return judged(True, "a made-up key: HTTP 401")
    return judged(reply.status == 403, f"a made-up key: {status(reply)}")


# ---- single contacts


def _unknown_id(account: Account) -> Answer:
    reply = account.get("contacts/1")
    return judged(reply.status == 404, f"GET of an id that nobody has: {status(reply)} with {form_of(reply)}")


def _lookup_none(account: Account) -> Answer:
    found = looked_up(account, address_of(own_mark()))
    return judged(found == [], f"an address that nobody has gave {len(found)} contacts")


def _lookup(account: Account) -> Answer:
    row = next((r for r in account.rows() if normal_email(str(r.get("email") or ""))), None)
    if row is None:
        raise CannotTell("no contact of the first page has an e-mail")
    found = looked_up(account, normal_email(str(row["email"])))
    return judged(str(row["id"]) in found, f"an address of the account gave {len(found)} contacts")


# ---- limits


def _hourly(account: Account) -> Answer:
    limit = _header(account, "limit")
    told = f"x-ratelimit-limit is {limit:.0f}, the option hourly_limit {account.hourly_limit}"
    if limit <= account.minute_limit < account.hourly_limit:
        raise CannotTell(f"{told}: it may count minutes")
    return judged(limit >= account.hourly_limit, told)


def _reset(account: Account) -> Answer:
    """Seconds left and seconds since 1970 look unlike; minutes left would count down too slowly."""
    first = _header(account, "reset")
    now = account.services.clock().timestamp()
    if first >= EPOCH_FROM:
        return judged(-60 <= first - now <= HOUR + 60, f"a time {first - now:.0f} s from now")
    account.services.sleep(PAUSE)
    second = _header(account, "reset")
    if second >= first:
        raise CannotTell(f"{first:.0f}, then {second:.0f}: nothing counts down")
    return judged(first <= HOUR + 60 and first - second <= PAUSE * 4, f"{first:.0f}, {PAUSE:.0f} s later {second:.0f}")


def _header(account: Account, name: str) -> float:
    value = account.get("contacts/filters").headers.get(f"x-ratelimit-{name}", "")
    try:
        return float(value)
    except ValueError:
        raise CannotTell(f"answers have no x-ratelimit-{name}") from None


READS: tuple[Check[Account], ...] = (
    *LISTINGS,
    Check("associations", "Owner and accounts come with `include`, and only so", RECORD, REPORT, _associations),
    Check("owners_beside", "The owner's e-mail comes beside the contacts", READING, "report it", _owners_beside),
    Check("owners", "selector/owners lists users", SITE, "use a key whose user may see users", _owners),
    Check("times", "Times name their offset and are whole seconds", RECORD, "report it", _times),
    Check("amounts", "Deal amounts are text, numbers or null", RECORD, "report it", _amounts),
    Check("derived", "Being contacted does not move updated_at", RECORD, REPORT, _derived),
    Check("wrong_key", "A wrong key is refused: 401 or 403", "rest/session.py", "report it", _wrong_key),
    Check("flavour", "Classic contacts have Authority and Do not disturb", FACTS, "set the option `flavour`", _flavour),
    Check("fields", "settings/contacts/fields lists fields with name and type", SITE, "report it", _fields),
    Check("choices", "Choices of fields are texts or have a value", SITE, "report it", _choices),
    Check("unknown_id", "A contact that is not there answers 404", READING, "report it", _unknown_id),
    Check("lookup_none", "The look-up of an unknown address finds nobody", READING, "report it", _lookup_none),
    Check("lookup", "The look-up finds a contact by its address", READING, "report it", _lookup),
    Check("hourly_limit", "The plan allows `hourly_limit` an hour", FACTS, "set `hourly_limit` to it", _hourly),
    Check("reset_unit", "x-ratelimit-reset is seconds left, or a time", PATIENCE, "report it", _reset),
)
NEVER: dict[Assumption, str] = {
    Assumption("no_right", "A missing right answers 403, in whatever words", "rest/session.py", "report it"): (
        "it takes a key whose user has fewer rights than this one"
    ),
    Assumption("too_many", "A used-up limit answers 429, in whatever words", PATIENCE, "report it"): (
        "it would use up the limit that your team works with"
    ),
    Assumption("bulk_create", "A job makes a contact where nobody has the address", JOBS, REPORT): (
        "it might leave a contact behind that no look-up finds"
    ),
    Assumption("bulk_busy", "While a job runs another is refused, and nothing of it is done", JOBS, REPORT): (
        "it takes a job so long that other tools would have to wait for it"
    ),
}
"""What no probe asks, and why."""
