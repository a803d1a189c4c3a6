"""docs/apps.md: what each app needs, can do and holds, and what flows between each two, from their declarations."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import combinations

from contactsync.apps import app_names, load_app
from contactsync.contact import FIELDS
from contactsync.mapping.between_apps import no_consent, noticed, passage, policies_in_words
from contactsync.mapping.defaults import pair_fields
from contactsync.model.app import Adopt, AppInfo, Bulk, Check, Credential, FieldInfo, Rate, Window
from contactsync.model.spec import SIDES, DagSpec, FieldPair, Holding, Side, SideSpec, SyncSpec
from page_parts import GENERATED, bullets, code, length, page, table

CHECKS = {
    Check.VERSION: "the write carries the listed version, and is refused where the contact has changed since",
    Check.FETCHED_VERSION: "the contact is read again, and the write carries the version just read",
    Check.FETCH: "the contacts are read again just before",
    Check.DELTA: "what changed since the run's own reading is listed once more just before",
}
WINDOWED = (Check.DELTA, Check.FETCH)
ADOPTIONS = {
    Adopt.CLIENT_ID: "by the id that contactsync chose for it",
    Adopt.UNIQUE_KEY: "by a key that the vendor lets only one contact have",
    Adopt.MARKER: "by a mark in the contact, once a listing shows it",
    Adopt.NONE: "only a person can tell",
}
WINDOWS = {
    Window.NATIVE: "can be asked for",
    Window.SCAN: "found by reading everything",
    Window.NONE: "cannot be asked for",
}


def apps_page() -> str:
    """The whole page."""
    infos = [load_app(name).info for name in app_names()]
    real = [info for info in infos if info.kind != "test"]
    return page(
        GENERATED,
        "# Apps",
        _INTRODUCTION,
        _overview(infos),
        "## What flows between two apps",
        _FLOW,
        *(_pair(left, right) for left, right in combinations(real, 2)),
        "## Where a window of seconds remains",
        _windows(real),
        *(part for info in infos for part in _app(info)),
    )


def _overview(infos: Sequence[AppInfo]) -> str:
    rows = [
        (f"[{i.title}](#{anchor(i.title)})", code(i.name), i.kind, code(i.conn_type), str(len(_contact_fields(i))))
        for i in infos
    ]
    return table(("App", "`app:` in YAML", "Kind", "Connection type", "Contact fields"), rows)


def anchor(heading: str) -> str:
    """The anchor of a heading."""
    return heading.lower().replace(" ", "-")


def _contact_fields(info: AppInfo) -> set[str]:
    return {field.contact for field in info.fields if field.contact}


# ---- two apps


def _pair(left: AppInfo, right: AppInfo) -> str:
    sides = {Side.LEFT: left, Side.RIGHT: right}
    spec = SyncSpec("pair", SideSpec(left.name, "left"), SideSpec(right.name, "right"), DagSpec(None))
    pairs = {pair.field: pair for pair in pair_fields(spec, left.fields, right.fields)}
    both = [name for name in FIELDS if any(name in _contact_fields(info) for info in sides.values())]
    rows = [_flow(name, pairs.get(name), sides) for name in both]
    return page(
        f"### {left.title} and {right.title}",
        table(("Contact field", left.title, "", right.title), rows),
        table(("", f"{left.title} -> {right.title}", f"{right.title} -> {left.title}"), _passage(left, right)),
    ).strip()


def _passage(left: AppInfo, right: AppInfo) -> Iterator[tuple[str, str, str]]:
    """What becomes of deletions and unsubscribes, each way."""
    there, back = passage(left, right), passage(right, left)
    yield "a deletion is", there.noticed, back.noticed
    yield "`deletions` may be", policies_in_words(there, left), policies_in_words(back, right)
    yield "a mark", there.mark, back.mark
    yield "an unsubscribe is", there.unsubscribes, back.unsubscribes


def _flow(name: str, pair: FieldPair | None, sides: dict[Side, AppInfo]) -> tuple[str, str, str, str]:
    if pair is None:
        held = {s: "has it" if name in _contact_fields(info) else "-" for s, info in sides.items()}
        return (code(name), held[Side.LEFT], "not shared", held[Side.RIGHT])
    there, back = pair.open_from(Side.LEFT), pair.open_from(Side.RIGHT)
    arrow = "<->" if there and back else "->" if there else "<-"
    left, right = (_holds(pair.holding(side), several=pair.kind.several) for side in SIDES)
    return (code(name), left, code(arrow), right)


def _holds(held: Holding, *, several: bool) -> str:
    """What one side can hold of a field, in words."""
    words = [] if held.writable else ["read only"]
    if held.slots:
        words.append(f"one each: {', '.join(held.slots)}")
    elif several:
        words.append("any number" if held.max_items is None else f"at most {held.max_items}")
        with_attributes = [word for word, has in (("labels", held.label), ("a primary one", held.primary)) if has]
        words.append(f"with {' and '.join(with_attributes)}" if with_attributes else "")
    if held.max_length is not None:
        words.append(f"at most {held.max_length} characters")
    return ", ".join(word for word in words if word) or "yes"


def _windows(infos: Sequence[AppInfo]) -> str:
    open_ones = [info.title for info in infos if info.caps.check in WINDOWED]
    rows = [(i.title, CHECKS[i.caps.check], "yes" if i.caps.check in WINDOWED else "no") for i in infos]
    named = ", ".join(open_ones) if open_ones else "none of these apps"
    told = (
        "Before an update the target must still be what the plan was made from. Where the vendor has no conditional "
        f"write, an edit that a person makes in the seconds between this check and the write is overwritten: {named}. "
        "What an app's notes below say of deletions comes on top."
    )
    return page(told, table(("Before an update of", "Check", "Window remains"), rows)).strip()


# ---- one app


def _app(info: AppInfo) -> Iterator[str]:
    yield f"## {info.title}"
    yield bullets([*info.notes, *([f"Vendor's documentation: <{info.docs}>"] if info.docs else [])])
    yield f"Options: [configuration.md](configuration.md#{anchor(info.title)}-{info.name})."
    yield f"### Connection of {info.title}"
    yield table(("Field", "Where", "Required", "Secret", "What to enter"), map(_credential, info.credentials))
    yield f"As an environment variable (for a connection with the id `my_{info.name}`):"
    yield f"```sh\n{json_form(info)}\n```"
    yield f"### What {info.title} can do"
    yield table(("", ""), _capabilities(info))
    if info.conditions or info.actions:
        yield f"### Rules for {info.title}"
        rows = [(code(c.name), "IF", c.title, ", ".join(map(code, c.fields))) for c in info.conditions]
        rows += [(code(a.name), "THEN", a.title, code(a.field) if a.field else "`field`") for a in info.actions]
        yield table(("Name", "", "Meaning", "Field"), rows)
    yield f"### Fields of {info.title}"
    yield table(("Field", "Contact field", "Kind", "Holds"), map(_field, info.fields))


def _credential(field: Credential) -> tuple[str, str, str, str, str]:
    example = f"for example {code(field.placeholder)}" if field.placeholder else ""
    told = ". ".join(part for part in (field.description, example) if part)
    return (field.title, code(field.where), _yes(field.required), _yes(field.secret), told)


def json_form(info: AppInfo) -> str:
    """The connection as a line of shell: what is required, or has no value of its own."""
    value: dict[str, object] = {"conn_type": info.conn_type}
    extra: dict[str, str] = {}
    for field in info.credentials:
        if field.required or not (field.placeholder or field.name in _INSTEAD or not field.in_form):
            into = extra if field.where.startswith("extra.") else value
            into[field.where.removeprefix("extra.")] = field.placeholder or "..."
    if extra:
        value["extra"] = extra
    return f"export AIRFLOW_CONN_MY_{info.name.upper()}='{json.dumps(value)}'"


_INSTEAD = ("service_account",)
"""Credentials that stand instead of others."""


def _capabilities(info: AppInfo) -> Iterator[tuple[str, str]]:
    caps = info.caps
    creates, updates, deletes = caps.batch.create, caps.batch.update, caps.batch.delete
    yield "Reads", f"pages of {caps.page_size}, point reads of {caps.batch.fetch}"
    yield "Contacts a request", f"creates {creates}, updates {updates}, deletions {deletes}"
    if caps.bulk:
        yield "Many at once", _job(caps.bulk)
    yield "Order of writes", "one after another" if caps.sequential_writes else "up to 4 requests at once"
    yield "Before an update", CHECKS[caps.check]
    yield "After a write", "the answer shows the contact" if caps.returns_record else "the contact is read back"
    yield "A create without an answer is found again", ADOPTIONS[caps.adopt]
    yield "The vendor refuses a second contact with the same", ", ".join(caps.unique_keys) or "nothing"
    yield "Deletions", noticed(info)
    yield "Consent to e-mail", no_consent(info) or "held: unsubscribes can be carried"
    yield "Changes within a span of time", WINDOWS[caps.window]
    yield "A listing may lag behind a write by", length(caps.lag)
    yield "Its clock counts in", length(caps.granularity)
    yield "Rate limits", "; ".join(map(_rate, caps.rates))
    yield "An account holds", "any number" if caps.capacity is None else f"at most {caps.capacity:,} contacts"


def _job(bulk: Bulk) -> str:
    least = {"creates": bulk.create, "updates": bulk.update}
    words = " or ".join(f"{count} {name}" for name, count in least.items() if count)
    return f"from {words} on, up to {bulk.size} go as one job, whose outcome is asked for and read back"


def _rate(rate: Rate) -> str:
    per = {60: "minute", 3600: "hour", 86400: "day", 1: "second"}.get(int(rate.seconds), f"{rate.seconds:g} s")
    return f"{rate.count:,} {'writing requests' if rate.writes else 'requests'} a {per}"


def _field(field: FieldInfo) -> tuple[str, str, str, str]:
    place = f"{code(field.contact)} ({field.slot})" if field.slot else code(field.contact) if field.contact else "-"
    held = Holding(field.writable, field.max_items, field.max_length, field.holds_label, field.holds_primary)
    words = _holds(held, several=field.kind.several)
    return (f"{code(field.name)} {field.title}", place, field.kind, f"{words}, derived" if field.derived else words)


def _yes(value: bool) -> str:
    return "yes" if value else ""


_INTRODUCTION = """
Everything below comes from what an app declares about itself (`AppInfo` in
[model/app.py](../plugins/contactsync/model/app.py)); `contactsync apps` prints the same in short, `contactsync apps
--json` in full. How to add one: [adding-an-app.md](adding-an-app.md).
"""

_FLOW = """
The default mapping pairs every contact field that both apps have and at least one can be written to. `only` and
`exclude` under `fields:` leave some out, `direction` closes one way. The tables name what each side can hold; "not
shared" is a field that only one of the two has. Elements that a side cannot take (a third phone number, say) stay where
they are and are listed as apart; a side that cannot hold a label never changes it.

The second table of each pair says, for each direction, how a deletion in the first app is noticed, which policies under
`deletions:` then have an effect in the second one, and what becomes of an unsubscribe. `contactsync validate` prints it
for a sync, with what its file says.
"""
