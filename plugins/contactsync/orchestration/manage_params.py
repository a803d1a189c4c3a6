"""The form of contactsync__manage, as Airflow shows and checks it, and the page that explains it.

Airflow checks these schemas before it keeps anything, so what they refuse becomes no run. What it answers quotes the
schema with its `description_md`: there the reason stands. What may be null is not marked as required, and can be
emptied again once something was typed there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from airflow.sdk import Param

from contactsync.model.acts import CONTACT_ID, CONTACTS, NO_ADDRESS, TAKES, Act, Order, Unsure
from contactsync.model.decisions import Answer
from contactsync.model.waiting import REASONS

MOST = 500  # characters of a value
MOST_CONTACTS = 1000
_EMPTY = {"null": "-"}  # in a list to choose from
_WORD = "^[A-Za-z0-9_.-]*$"


@dataclass(frozen=True)
class Box:
    """One value of the form: what it means, and what it may be."""

    words: str
    schema: Mapping[str, Any] = field(default_factory=dict)


def _one_of(values: Iterable[str]) -> dict[str, Any]:
    return {"enum": [None, *values], "values_display": _EMPTY}


BOXES: dict[str, Box] = {
    "yes": Box("I mean it. Without it undo and forget only say what they would do, relink and reset are refused."),
    "run": Box("Id of the run to take back, as contactsync runs lists it.", {"pattern": "^[A-Za-z0-9_.~:+-]*$"}),
    "since": Box(
        "All that was written since: 2h, 3d, 2026-01-05T08:00 (in the sync's time zone).",
        {"pattern": "^[0-9A-Za-z:.+-]*$"},
    ),
    "contact": Box("left:ID, right:ID or an id; for retry also the name of a hold."),
    "fields": Box("Only these fields, one a line."),
    "apply_plan": Box(
        "Hash of the plan that may pass, as the run that made it names it.", {"pattern": "^[0-9a-zA-Z:_-]{0,128}$"}
    ),
    "limit": Box("At most so many contacts a side are written."),
    "contacts": Box("Only these contacts are written: an id a line, or left:ID, right:ID."),
    "left": Box("Id of the contact in the left app."),
    "right": Box("Id of the contact in the right app."),
    "hold": Box("Name of the hold, as contactsync holds shows it.", {"pattern": "^[0-9A-Za-z]*$"}),
    "answer": Box("What to do; contactsync holds says what fits.", _one_of(one.value for one in Answer)),
    "of": Box("With the answer adopt: id of the contact in the other app."),
    "reason": Box("Only what waits for this reason.", _one_of(REASONS)),
    "lost": Box("Also a sync of which ledger and state file know nothing any more."),
}

_PAGE = """\
Trigger it with the form: one run does one act. The last line of its task's log says what came of it, and so does what
the task returns. Each act is a command too (`contactsync ACT --help`), walks the same code and obeys the same limits.
Who triggers is named in the sync's ledger. Contacts are named by id, never by address: Airflow keeps what stands in a
form.

{acts}
"""
_UNSURE = {
    Unsure.DONE: "is done",
    Unsure.SHOWN: "says what it would do",
    Unsure.REFUSED: "is refused",
}


def page() -> str:
    """The page of the DAG: which act takes what."""
    head = ["| act | needs | may have | without `yes` |", "| --- | --- | --- | --- |"]
    rows = [
        f"| {act} | {', '.join(takes.needs)} | {', '.join(takes.may)} | {_UNSURE[takes.unsure]} |"
        for act, takes in TAKES.items()
    ]
    return _PAGE.format(acts="\n".join([*head, *rows]))


def form(syncs: Sequence[str]) -> dict[str, Param]:
    """The values that a person fills in, `act` and `sync` first; those of one act alone in a section of its name."""
    acts = [act.value for act in Act]
    boxes = {"act": Param(type="string", enum=acts, title="Act", description_md="What is to be done. One a run.")}
    every = Box("Id of the sync.", _one_of(syncs))
    boxes["sync"] = _param("sync", "", every)
    boxes |= {one.name: _param(one.name, one.default, BOXES[one.name]) for one in fields(Order) if one.name in BOXES}
    return boxes


def _param(name: str, default: Any, box: Box) -> Param:
    text: dict[str, Any] = {"type": ["null", "string"], "maxLength": MOST, **box.schema}
    if name in CONTACTS:
        text |= {"pattern": CONTACT_ID, "description_md": NO_ADDRESS}
    shown: dict[str, Any] = {"title": name.replace("_", " ").capitalize(), **_words(box.words, name)}
    if isinstance(default, bool):
        return Param(default, type=["null", "boolean"], **shown)
    if default is None:
        return Param(None, type=["null", "integer"], minimum=1, **shown)
    if default == ():
        items = {"pattern": _WORD, **text, "type": "string", "minLength": 1}
        return Param(None, type=["null", "array"], items=items, maxItems=MOST_CONTACTS, **shown)
    return Param(None, **{**text, **shown})


def _words(words: str, name: str) -> dict[str, Any]:
    """Below the box: what it means, for which acts, and what may not stand there. No code: it covers other lines."""
    needs = [act for act, takes in TAKES.items() if name in takes.needs]
    may = [act for act, takes in TAKES.items() if name in takes.may]
    told = [words, NO_ADDRESS] if name in CONTACTS else [words]
    if needs:
        told.append(f"Needed for {', '.join(needs)}.")
    if may:
        told.append(f"May be given for {', '.join(may)}.")
    section = {"section": ", ".join([*needs, *may])} if _same_boxes([*needs, *may]) else {}
    return {"description_md": " ".join(told), **section}


def _same_boxes(acts: Sequence[Act]) -> bool:
    return len({(TAKES[act].needs, TAKES[act].may) for act in acts}) == 1
