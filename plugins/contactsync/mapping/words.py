"""The words a sync file may use as values: types for pydantic, each with its own message and remedy."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

from phonenumbers import SUPPORTED_REGIONS
from pydantic import BeforeValidator

from contactsync.contact import FIELDS, GROUPS, MATCH_KEYS
from contactsync.mapping.problems import not_yet, shown, wrong
from contactsync.mapping.told import Told

# Airflow's presets that have a cron line; @once and @continuous make no sense for a sync
PRESETS = ("@hourly", "@daily", "@weekly", "@monthly", "@quarterly", "@yearly")
VERSION = 1  # of the format of the files
RESERVED_IDS = ("manage", "housekeeping", "freshness")  # DAG ids of the project itself

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_CONNECTION = re.compile(r"[A-Za-z0-9_#!()\-.:/\\]{1,200}")  # what Airflow accepts, in ASCII
_DURATION = re.compile(r"([1-9][0-9]{0,4})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_LONGEST_CRON = 200
_LONGEST_LIST = 100
_RANDOM = re.compile(r"(?<![A-Za-z])[HhRr](?![A-Za-z])")  # croniter reads H and R as "any minute you like"


def one_of(kind: type[StrEnum], planned: Collection[str] = ()) -> BeforeValidator:
    """A word of an enum; planned words are refused with a message of their own."""

    def check(value: Any) -> StrEnum:
        if isinstance(value, str) and value in planned:
            raise wrong(*not_yet(shown(value)), allowed=tuple(kind))
        if not isinstance(value, str) or value not in tuple(kind):
            raise _not_allowed(value, tuple(kind))
        return kind(value)

    return BeforeValidator(check)


def choice(*allowed: str) -> Told:
    """One of a few words that no enum of the model names."""

    def check(value: Any) -> str:
        if not isinstance(value, str) or value not in allowed:
            raise _not_allowed(value, allowed)
        return value

    return Told(check, {"enum": list(allowed)})


def _not_allowed(value: Any, allowed: tuple[str, ...]) -> Exception:
    word = value if isinstance(value, str) else ""
    return wrong(f"{shown(value)} is not allowed here.", "Use one of these words.", allowed=allowed, word=word)


def id_problem(text: str) -> str:
    """Why a text cannot be the id of a sync; '' where it can."""
    if text in RESERVED_IDS:
        return f"{shown(text)} is the name of a DAG of contactsync itself."
    if not _ID.fullmatch(text):
        return f"{shown(text)} cannot be an id: small letters, digits and hyphens only, at most 63, no hyphen first."
    return ""


def _sync_id(text: str) -> str:
    if problem := id_problem(text):
        raise wrong(problem, "Choose another id, such as freshsales-google.")
    return text


def _environment(text: str) -> str:
    return _named(text, "an environment", "prod")


def _alert(text: str) -> str:
    return _named(text, "an alert", "revops-slack")


def _named(text: str, what: str, example: str) -> str:
    if not _ID.fullmatch(text):
        message = f"{shown(text)} cannot be the name of {what}: small letters, digits and hyphens only."
        raise wrong(message, f"Choose another name, such as {example}.")
    return text


def newer_than_this(version: object) -> bool:
    """True for the version of a file that only a later contactsync can read."""
    return isinstance(version, int) and version > VERSION


def _version(value: Any) -> int:
    if newer_than_this(value):
        message = f"this file is written for a newer contactsync (version {shown(value)}; this one reads {VERSION})."
        raise wrong(message, "Upgrade contactsync.")
    if type(value) is not int or value != VERSION:
        raise wrong(f"{shown(value)} is not a version of this format.", "Write version: 1.", allowed=(str(VERSION),))
    return value


def line_of_text(most: int) -> Told:
    """Text on one line, neither empty nor longer than `most`."""

    def check(text: str) -> str:
        if not text.strip() or "\n" in text or len(text) > most:
            raise wrong(f"must be one line of 1 to {most} characters. This is {shown(text)}.", "Shorten it.")
        return text.strip()

    return Told(check, _text(r"\S", maxLength=most), after=True)


def _text(pattern: str, **more: Any) -> dict[str, Any]:
    """Text as JSON Schema."""
    return {"type": "string", "pattern": pattern, **more}


def _short(value: Any) -> Any:
    """Guards the time that judging a list entry by entry may take."""
    if isinstance(value, list) and len(value) > _LONGEST_LIST:
        raise wrong(f"has {len(value)} entries; at most {_LONGEST_LIST} are allowed.", "Shorten the list.")
    return value


def _connection(text: str) -> str:
    if not _CONNECTION.fullmatch(text):
        step = "Write the id of the connection as Airflow shows it under Admin, Connections."
        raise wrong(f"{shown(text)} cannot be the id of an Airflow connection.", step)
    return text


def tidy(schedule: str) -> str:
    """The schedule with single spaces."""
    return " ".join(schedule.split())


def schedule_problem(text: str) -> str:
    """Why a text cannot be a schedule; '' where it can."""
    from croniter import CroniterError, croniter  # type: ignore[import-untyped]

    if text in PRESETS:
        return ""
    if len(text) > _LONGEST_CRON or len(text.split()) != 5 or _RANDOM.search(text):
        return "a schedule is five cron fields or a preset."
    try:
        croniter(text, datetime(2024, 1, 1, tzinfo=UTC)).get_next()
    except (CroniterError, ValueError, TypeError, KeyError, IndexError, OverflowError):
        return "this cron line names no time."
    return ""


def _schedule(value: Any) -> str | None:
    if value is None:
        return None
    text = tidy(value) if isinstance(value, str) else ""
    problem = schedule_problem(text)
    if problem:
        step = 'Write for example "*/15 * * * *" in quotes, or null to start it only by hand.'
        raise wrong(f"{shown(value)}: {problem}", step, allowed=("minute hour day month weekday", *PRESETS, "null"))
    return text


def _timezone(text: str) -> str:
    try:
        zoneinfo.ZoneInfo(text)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        message = f"{shown(text)} is not a time zone."
        raise wrong(message, "Write a name such as Europe/Berlin or UTC.") from None
    return text


def _duration(value: Any) -> timedelta:
    return _length(value, timedelta(0), 366, "30m, 12h, 6d; at most 366d")


def _retention(value: Any) -> timedelta:
    return _length(value, timedelta(days=1), 3660, "36h, 30d, 400d; at least 1d, at most 3660d")


def _length(value: Any, least: timedelta, most_days: int, examples: str) -> timedelta:
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    length = timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else None
    if length is None or not least <= length <= timedelta(days=most_days):
        step = f"Write a whole number and m, h or d: {examples}."
        raise wrong(f"{shown(value)} is not a length of time that is allowed here.", step)
    return length


def _region(text: str) -> str:
    if text not in SUPPORTED_REGIONS:
        message = f"{shown(text)} is not a region of the phone number plan."
        raise wrong(message, "Write the two capital letters of a country, such as DE, AT or US.")
    return text


def _match_key(value: Any) -> tuple[str, ...]:
    words = value if isinstance(value, list) else [value]
    if not words:
        raise wrong("a key of several parts needs at least one.", "Name one.", allowed=MATCH_KEYS)
    for word in words:
        if not isinstance(word, str) or word not in MATCH_KEYS:
            raise _not_allowed(word, MATCH_KEYS)
    if len(set(words)) < len(words):
        raise wrong(f"{shown(value)} names a part twice.", "Name it once.", allowed=MATCH_KEYS)
    return tuple(words)


def _contact_field(text: str) -> str:
    if text.startswith("custom."):
        raise wrong(*not_yet(f"choosing custom fields ({shown(text)})"))
    if text not in FIELDS and text not in GROUPS:
        raise _not_allowed(text, (*GROUPS, *FIELDS))
    return text


def _artefact_root(text: str) -> str:
    scheme, separator, rest = text.partition("://")
    if separator and ":" in rest.partition("@")[0] and "@" in rest:
        raise wrong(
            "this address seems to hold a password.", "Name an Airflow connection: s3://CONNECTION@bucket/path."
        )
    if not (separator and scheme and rest) and not text.startswith("/"):
        raise wrong(
            f"{shown(text)} is neither an absolute path nor a URL.", "Write /path or s3://CONNECTION@bucket/path."
        )
    return text


_CRON = {"type": "string", "pattern": r"^\s*(\S+\s+){4}\S+\s*$", "maxLength": _LONGEST_CRON}
_KEY = {"enum": list(MATCH_KEYS)}

Short = BeforeValidator(_short)
Version = Annotated[int, Told(_version, {"const": VERSION})]
SyncId = Annotated[str, Told(_sync_id, _text(f"^{_ID.pattern}$", **{"not": {"enum": [*RESERVED_IDS]}}), after=True)]
ConnectionId = Annotated[str, Told(_connection, _text(f"^{_CONNECTION.pattern}$"), after=True)]
EnvironmentName = Annotated[str, Told(_environment, _text(f"^{_ID.pattern}$"), after=True)]
AlertName = Annotated[str, Told(_alert, _text(f"^{_ID.pattern}$"), after=True)]
Schedule = Annotated[str | None, Told(_schedule, {"anyOf": [{"enum": [*PRESETS, None]}, _CRON]})]
Timezone = Annotated[str, Told(_timezone, _text("^[A-Za-z0-9_+/-]+$"), after=True)]
Duration = Annotated[timedelta, Told(_duration, _text(f"^{_DURATION.pattern}$"))]
Retained = Annotated[timedelta, Told(_retention, _text(f"^{_DURATION.pattern}$"))]
Region = Annotated[str, Told(_region, {"enum": sorted(SUPPORTED_REGIONS)}, after=True)]
MatchKey = Annotated[
    tuple[str, ...],
    Told(_match_key, {"anyOf": [_KEY, {"type": "array", "items": _KEY, "minItems": 1, "uniqueItems": True}]}),
]
ContactField = Annotated[str, Told(_contact_field, {"enum": [*GROUPS, *FIELDS]}, after=True)]
ArtefactRoot = Annotated[str, Told(_artefact_root, _text(r"^/|^.+://.+"), after=True)]
