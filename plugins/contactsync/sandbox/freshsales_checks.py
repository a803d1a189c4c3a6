"""What the Freshsales API refuses in a contact, and what an account may do to values on their way in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from contactsync.sandbox.freshsales_errors import refuse
from contactsync.sandbox.freshsales_fields import Record
from contactsync.sandbox.freshsales_knobs import FreshsalesKnobs
from contactsync.sandbox.wire import Refused, Reply

if TYPE_CHECKING:
    from contactsync.sandbox.freshsales_writes import Writer

_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]+")


def check(draft: Record, writer: Writer, *, created: bool) -> None:
    """Refuses a contact that the account's rules do not let in."""
    problems = _taken(draft, writer) if writer.knobs.unique_emails else []
    problems += [f"{m['value']} is not a valid email" for m in draft["emails"] if not _EMAIL.fullmatch(m["value"])]
    if not writer.person:
        problems += _unfilled(draft, writer.knobs, created)
        if writer.knobs.poison and writer.knobs.poison in (draft["last_name"] or ""):
            problems.append("Last name is invalid")
    if problems and not writer.knobs.error_list:
        raise Refused(Reply(400, {"message": "; ".join(problems)}))
    if problems:
        refuse(400, *problems)


def rewritten(key: str, text: str | None, present: str | None, knobs: FreshsalesKnobs) -> str | None:
    """A text as the account stores it: cut, refused for its length, or brought into another form."""
    if text is None:
        return None
    limit = knobs.lengths.get(key, 0)
    if limit and len(text) > limit:
        if knobs.too_long == "refuse":
            refuse(400, f"{key} is too long (maximum is {limit} characters)")
        text = text[:limit]
    match knobs.rewrite.get(key):
        case "lower":
            return text.lower()
        case "upper":
            return text.upper()
        case "digits":
            return re.sub(r"[^\d+]", "", text)
        case "ascii":
            return text.encode("ascii", "ignore").decode()
        case "flip":
            bare = text.removesuffix(".")
            return bare if (present or "").endswith(".") else f"{bare}."
    return text


def _taken(draft: Record, writer: Writer) -> list[str]:
    holders = {writer.store.holder(mail["value"]) for mail in draft["emails"]}
    problems = ["Email is not unique"] if holders - {None, draft["id"]} else []
    if writer.knobs.mobile_unique and draft["mobile_number"]:
        others = (r for r in writer.store.lives() if r["id"] != draft["id"])
        if any(r["mobile_number"] == draft["mobile_number"] for r in others):
            problems.append("MobileNumber is not unique")
    return problems


def _unfilled(draft: Record, knobs: FreshsalesKnobs, created: bool) -> list[str]:
    blank = [key for key in knobs.required if not draft.get(key)]
    if created and knobs.needs_reach and not draft["emails"] and not draft["mobile_number"]:
        blank.append("mobile")
    return [f"Need to fill this {key.replace('_', ' ').capitalize()} to submit the form." for key in blank]
