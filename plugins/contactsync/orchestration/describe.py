"""A sync in words: the text that Airflow shows on the DAG's page."""

from __future__ import annotations

import functools
import re
from datetime import timedelta

from contactsync.apps import load_app
from contactsync.mapping.rule_words import rule_in_words
from contactsync.model.spec import DeletionPolicy, Direction, Limit, Side, SideSpec, SyncSpec

DIRECTIONS = {
    Direction.BOTH: "both ways",
    Direction.LEFT_TO_RIGHT: "from left to right only",
    Direction.RIGHT_TO_LEFT: "from right to left only",
}

PARTNERS = {
    DeletionPolicy.IGNORE: "keep the partner",
    DeletionPolicy.TAG: "tag the partner",
    DeletionPolicy.ARCHIVE: "archive the partner",
    DeletionPolicy.DELETE: "delete the partner",
}


@functools.cache
def app_title(app: str) -> str:
    """Google Contacts for google_contacts; the bare name where the app cannot be imported."""
    try:
        return load_app(app).info.title
    except Exception:  # noqa: BLE001 - a title is no reason to lose the DAG
        return app


def title_of(spec: SyncSpec) -> str:
    """The sync's title, or one made from its apps."""
    return spec.title or f"{app_title(spec.left.app)} <-> {app_title(spec.right.app)}"


def description_of(spec: SyncSpec) -> str:
    """One line for Airflow's list of DAGs."""
    text = spec.description or f"Keeps contacts of {app_title(spec.left.app)} and {app_title(spec.right.app)} equal."
    return " ".join(text.split())


def page_of(spec: SyncSpec) -> str:
    """The DAG's documentation as Markdown. It ends in a line break: Airflow takes a text ending in .md for a file."""
    rows = "\n".join(f"| {name} | {_cell(value)} |" for name, value in _facts(spec))
    return f"{description_of(spec)}\n\n| | |\n|---|---|\n{rows}\n\n{_USE}\n"


_USE = (
    "Trigger with **dry_run** to see the plan without writing, with **full_read** to read both sides completely, and "
    "with **apply_plan** to let a plan pass once, a first one or one over the limits: the run that made it names its "
    "hash. **limit** and **contacts** write only a few contacts, or only these."
)


def _facts(spec: SyncSpec) -> list[tuple[str, str]]:
    facts = [
        ("File", spec.file),
        ("Left", _side(spec.left)),
        ("Right", _side(spec.right)),
        ("Changes flow", DIRECTIONS[spec.direction]),
        ("Same person by", _match(spec)),
        ("Rules from left to right", _rules(spec, Side.LEFT)),
        ("Rules from right to left", _rules(spec, Side.RIGHT)),
        ("Both sides edited", _conflict(spec)),
        ("Fields", _fields(spec)),
        ("Deletions", _deletions(spec)),
        ("Complete read", f"every {_duration(spec.full_every)}"),
        ("Stops above (a side and run)", _limits(spec)),
    ]
    return [(name, value) for name, value in facts if value]


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _side(side: SideSpec) -> str:
    return f"{app_title(side.app)}, connection `{side.connection}`"


def _rules(spec: SyncSpec, source: Side) -> str:
    """One line a rule; '' where every contact is in."""
    return "<br>".join(_text(rule_in_words(rule)) for rule in spec.rules.get(source, ()))


def _text(words: str) -> str:
    """A person's own words, of which Markdown and the page are to make nothing."""
    return re.sub(r"([\\`*_{}\[\]<>#~])", r"\\\1", words)


def _match(spec: SyncSpec) -> str:
    keys = ", then ".join(" and ".join(key) for key in spec.match.keys)
    return keys if spec.match.plus_tags else f"{keys}; plus-tags of e-mail addresses ignored"


def _conflict(spec: SyncSpec) -> str:
    return {"newest": "the newer edit wins", "hold": "held for a person"}.get(
        spec.conflicts, f"the {spec.conflicts} side wins"
    )


def _fields(spec: SyncSpec) -> str:
    if spec.fields.only:
        return f"only {', '.join(spec.fields.only)}"
    return f"all but {', '.join(spec.fields.exclude)}" if spec.fields.exclude else "all that both apps have"


def _deletions(spec: SyncSpec) -> str:
    policy = {side: spec.deletions.get(side, DeletionPolicy.IGNORE) for side in (Side.LEFT, Side.RIGHT)}
    return "; ".join(f"deleted on the {side}: {PARTNERS[chosen]}" for side, chosen in policy.items())


def _limits(spec: SyncSpec) -> str:
    limits = [(name, _limit(getattr(spec.limits, name))) for name in ("deletes", "creates", "updates", "blanked")]
    return "; ".join(f"{name} {limit}" for name, limit in limits if limit)


def _limit(limit: Limit) -> str:
    bounds = [
        str(limit.count) if limit.count is not None else "",
        f"{limit.percent:g} %" if limit.percent is not None else "",
    ]
    return " or ".join(bound for bound in bounds if bound)


def _duration(value: timedelta) -> str:
    hours = value.total_seconds() / 3600
    return f"{hours / 24:g} days" if hours >= 48 else f"{hours:g} hours"
