"""What the Freshsales connector assumes of views and of the search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from contactsync.apps._freshsales_listing import PER_PAGE
from contactsync.apps._freshsales_probe_account import (
    BIN,
    BY_VIEW,
    LISTING,
    READING,
    REPORT,
    SITE,
    Account,
    bin_rows,
    changed,
    listing,
    rule,
    total_of,
)
from contactsync.apps._probing import Answer, CannotTell, Check, dicts, judged, status

SECOND = timedelta(seconds=1)
NO_OPERATOR = "contactsync_probe"
OPERATORS = (
    *("is_in", "is_not_in", "contains", "is_not_null", "is_null", "is_empty", "is_equal_to", "equals"),
    *("is_greater_than", "is_lesser_than", "is_less_than", "is_between"),
)


# ---- views


def _views(account: Account) -> Answer:
    reply = account.get("contacts/filters")
    names = [str(row.get("name")) for row in dicts(reply.json().get("filters"))] if reply.status == 200 else []
    wanted = account.view.strip().casefold()
    found = account.view.isdigit() or wanted in [name.casefold() for name in names]
    return judged(found, f"{status(reply)}, {len(names)} views, {'one' if found else 'none'} of that name")


def _bin_view(account: Account) -> Answer:
    names = [str(r.get("name")) for r in dicts(account.get("contacts/filters").json().get("filters"))]
    return judged(BIN in names, f"{len(names)} views, {'one' if BIN in names else 'none'} is called {BIN}")


def _bin_marks(account: Account) -> Answer:
    rows = bin_rows(account)
    if not rows:
        raise CannotTell("the Recycle Bin is empty")
    marked = sum(row.get("is_deleted") is True for row in rows)
    return judged(marked == len(rows), f"{marked} of {len(rows)} contacts there have is_deleted: true")


def _view_is_alive(account: Account) -> Answer:
    dead = sum(row.get("is_deleted") is True for row in account.rows())
    return judged(dead == 0, f"{dead} of {len(account.rows())} contacts of the view have is_deleted: true")


def _flat(account: Account) -> Answer:
    reply = account.get("contacts", per_page=1)
    return judged(400 <= reply.status < 500, f"GET /contacts: {status(reply)}")


# ---- pages


def _page_size(account: Account) -> Answer:
    total, rows = total_of(account.oldest), len(account.rows())
    if total < PER_PAGE and rows == total:
        raise CannotTell(f"the view has only {total} contacts")
    return judged(rows == PER_PAGE, f"per_page={PER_PAGE} gave {rows} of {total}")


def _page_cap(account: Account) -> Answer:
    total = total_of(account.oldest)
    if total <= PER_PAGE:
        raise CannotTell(f"the view has only {total} contacts")
    rows = len(account.page(per_page=PER_PAGE * 2, page=1)["contacts"])
    return judged(rows == PER_PAGE, f"per_page={PER_PAGE * 2} gave {rows} of {total}")


def _meta(account: Account) -> Answer:
    meta = account.oldest.get("meta")
    kinds = {name: type((meta or {}).get(name)).__name__ for name in ("total", "total_pages")}
    seen = ", ".join(f"{name} is {kind}" for name, kind in kinds.items())
    return judged(set(kinds.values()) == {"int"}, seen)


def _depth(account: Account) -> Answer:
    last = (account.oldest.get("meta") or {}).get("total_pages") or 0
    if last < 2:
        raise CannotTell("the view has only one page")
    params = {"sort": "updated_at", "sort_type": "asc", "per_page": PER_PAGE}
    rows = len(account.page(**params, page=last)["contacts"])
    return judged(rows, f"page {last} of {last} has {rows} contacts")


def _sorted(account: Account) -> Answer:
    up, down = ([changed(r) for r in dicts(p.get("contacts"))] for p in (account.oldest, account.newest))
    if len({*up, *down}) < 2:
        raise CannotTell("all contacts were changed in the same second, or there are none")
    ordered = up == sorted(up) and down == sorted(down, reverse=True) and up[0] < down[0]
    return judged(ordered, f"{len(up)} contacts ascending, {len(down)} descending")


# ---- the search


def _search(account: Account, *rules: Mapping[str, str], **params: Any) -> Mapping[str, Any]:
    reply = account.search(*rules, **params)
    if 400 <= reply.status < 500:
        raise CannotTell(f"the search was refused ({status(reply)})")
    return listing(reply)


def _operators(account: Account) -> Answer:
    """To the second: a search that knows only days would miss what changes after it within the same day."""
    when = changed(account.rows()[0])
    inside = [rule("is_after", when - SECOND), rule("is_before", when + SECOND)]
    reply = account.search(*inside)
    if 400 <= reply.status < 500:
        return judged(False, f"is_after and is_before were refused ({status(reply)})")
    times = [changed(r) for r in dicts(listing(reply)["contacts"])]
    exact = [t for t in times if t == when]
    return judged(exact and len(exact) == len(times), f"{len(exact)} of {len(times)} found are of the second asked for")


def _unknown_operator(account: Account) -> Answer:
    """Others are told too, for a report: a rule on them could then be asked of the vendor."""
    found = {name: account.search(_scored(name), per_page=1).status for name in (NO_OPERATOR, *OPERATORS)}
    taken = [name for name in OPERATORS if found[name] == 200]
    told = f"one that nobody knows: HTTP {found[NO_OPERATOR]}; taken of {len(OPERATORS)}: {', '.join(taken) or 'none'}"
    return judged(400 <= found[NO_OPERATOR] < 500, told)


def _scored(operator: str) -> dict[str, object]:
    value = [0, 100] if operator == "is_between" else "" if "null" in operator or "empty" in operator else "0"
    return {"attribute": "lead_score", "operator": operator, "value": value}


def _search_sorted(account: Account) -> Answer:
    times = [changed(r) for r in dicts(_search(account, rule("is_after", _before_all(account)))["contacts"])]
    if len(set(times)) < 2:
        raise CannotTell(f"the search found {len(times)} contacts, all of one second")
    return judged(times == sorted(times), f"{len(times)} contacts ascending")


def _search_pages(account: Account) -> Answer:
    since = rule("is_after", _before_all(account))
    pages = [_search(account, since, per_page=1, page=number) for number in (1, 2)]
    total = total_of(pages[0])
    if total < 2:
        raise CannotTell(f"the search counts {total} contacts")
    ids = [[row.get("id") for row in dicts(page["contacts"])] for page in pages]
    good = all(len(shown) == 1 for shown in ids) and ids[0] != ids[1]
    return judged(good, f"two pages of one gave {len(ids[0])} and {len(ids[1])} contacts")


def _search_complete(account: Account) -> Answer:
    counted = total_of(_search(account, rule("is_after", _before_all(account)), per_page=1))
    total = total_of(account.oldest)
    return judged(counted >= total, f"the search counts {counted} contacts, the view {total}")


def _search_custom(account: Account) -> Answer:
    if not account.custom:
        raise CannotTell("the account has no custom field")
    rows = _found(account)
    bare = sum(not row.get("custom_field") for row in rows)
    return judged(bare == 0, f"{bare} of {len(rows)} contacts found come without custom_field")


def _search_owner(account: Account) -> Answer:
    rows = _found(account)
    owned = sum("owner_id" in row for row in rows)
    return judged(owned == len(rows), f"{owned} of {len(rows)} contacts found have owner_id")


def _found(account: Account) -> Sequence[dict[str, Any]]:
    rows = dicts(_search(account, rule("is_after", _before_all(account)))["contacts"])
    if not rows:
        raise CannotTell("the search found no contact")
    return rows


def _before_all(account: Account) -> datetime:
    return changed(account.rows()[0]) - SECOND


LISTINGS: tuple[Check[Account], ...] = (
    Check("views", "A contact view has the name that the option `view` says", SITE, "set the option `view`", _views),
    Check("recycle_bin", f"Deleted contacts have a view called {BIN}", READING, REPORT, _bin_view),
    Check("bin_marks", f"Contacts in the {BIN} have is_deleted: true", READING, "report it", _bin_marks),
    Check("view_alive", "The view shows no deleted contacts", READING, "set the option `view`", _view_is_alive),
    Check("flat_listing", "Contacts are listed by views only: GET /contacts is refused", LISTING, REPORT, _flat),
    Check("page_size", f"A page holds {PER_PAGE} contacts", LISTING, "report it", _page_size),
    Check("page_cap", f"A page of more than {PER_PAGE} is cut without a word", LISTING, REPORT, _page_cap),
    Check("totals", "A listing counts its contacts and pages", LISTING, "report it: no sync can run", _meta),
    Check("depth", "The last page of a listing can be read", LISTING, "choose a smaller view in `view`", _depth),
    Check(
        "sorting", "A view can be sorted by updated_at, both ways", READING, "report it: changes are missed", _sorted
    ),
    Check("operators", "The search knows is_after and is_before, to the second", READING, BY_VIEW, _operators),
    Check(
        "unknown_operator",
        "The search refuses a condition that it does not know",
        READING,
        "harmless to you: contactsync asks by is_after and is_before only; please report it",
        _unknown_operator,
    ),
    Check("search_sorting", "The search can be sorted by updated_at", READING, BY_VIEW, _search_sorted),
    Check("search_paging", "The search has pages of the size asked for", READING, BY_VIEW, _search_pages),
    Check("search_complete", "The search finds every contact of All Contacts", READING, BY_VIEW, _search_complete),
    Check(
        "search_custom",
        "The search shows custom fields",
        READING,
        "nothing: changes are then read from the view by themselves",
        _search_custom,
    ),
    Check("search_owner", "The search shows owners where they are included", READING, BY_VIEW, _search_owner),
)
