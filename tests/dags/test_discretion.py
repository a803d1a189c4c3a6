"""A task that fails in a way that nobody foresaw says what and where, and shows nobody's data."""

from __future__ import annotations

import json
import sqlite3
import traceback
from pathlib import Path

import pytest
import requests
from airflow.sdk.exceptions import AirflowSkipException, AirflowTaskTimeout
from canaries import found
from contactsync.apps.memory import Book
from contactsync.errors import BadListing, LedgerBusy, RetryError, Unforeseen
from contactsync.orchestration.discretion import discreet
from contactsync.rest.services import utc_now

MAIL, NAME = "wilhelmina.canary@example.org", "Wilhelmina Canary"


def told(error: BaseException) -> dict[str, bytes]:
    return {"told": "".join(traceback.format_exception(error)).encode()}


def raised(error: BaseException, cause: Exception | None = None) -> None:
    try:
        if cause is not None:
            raise cause
    except Exception as inner:
        raise error from inner
    raise error


FOREIGN = [
    ValueError(f"Invalid isoformat string: '{MAIL}'"),
    KeyError(NAME),
    requests.ConnectionError(f"GET https://crm.example/search?q={MAIL}"),
    UnicodeEncodeError("ascii", NAME, 0, 1, "ordinal not in range"),
    json.JSONDecodeError(f"bad {NAME}", MAIL, 0),
]


@pytest.mark.parametrize("error", FOREIGN, ids=lambda error: type(error).__name__)
def test_the_kind_and_the_place_are_told_and_no_value(error: Exception) -> None:
    with pytest.raises(Unforeseen) as caught, discreet():
        raised(error, ValueError(MAIL))
    assert found([MAIL, NAME], told(caught.value)) == []
    assert type(error).__name__ in str(caught.value)
    assert "test_discretion.py" in str(caught.value)
    assert isinstance(caught.value, RetryError)


@pytest.mark.parametrize("error", FOREIGN, ids=lambda error: type(error).__name__)
def test_what_caused_an_error_of_ours_is_covered_and_the_error_stays(error: Exception) -> None:
    ours = BadListing("Page 2 cannot be read.")
    with pytest.raises(BadListing) as caught, discreet():
        raised(ours, error)
    assert caught.value is ours
    shown = told(caught.value)
    assert found([MAIL, NAME], shown) == []
    assert f"{type(error).__name__}".encode() in shown["told"]


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (sqlite3.OperationalError("database is locked"), "database is locked"),
        (PermissionError(13, NAME, f"/photos/{MAIL}.jpg"), "PermissionError: Permission denied"),
        (OSError(28, NAME), "OSError: No space left on device"),
        (ModuleNotFoundError(f"{NAME}?", name="s3fs"), "ModuleNotFoundError: s3fs"),
    ],
)
def test_what_helps_in_the_cause_stays(cause: Exception, words: str) -> None:
    with pytest.raises(LedgerBusy) as caught, discreet():
        raised(LedgerBusy("The ledger stayed locked."), cause)
    assert words.encode() in told(caught.value)["told"]
    assert found([MAIL, NAME], told(caught.value)) == []


@pytest.mark.parametrize(
    "error",
    [
        PermissionError(13, NAME, f"/photos/{NAME}"),
        OSError(f"cannot read {MAIL}"),
        OSError(2**40, MAIL),
        ImportError(MAIL, name=MAIL),
    ],
)
def test_what_a_library_says_as_an_error_of_the_system_is_not_told(error: Exception) -> None:
    with pytest.raises(Unforeseen) as caught, discreet():
        raised(error)
    assert found([MAIL, NAME, "photos"], told(caught.value)) == []
    assert type(error).__name__ in str(caught.value)


def test_a_file_that_this_package_names_is_told_and_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "book.json").mkdir()
    with pytest.raises(Unforeseen) as caught, discreet():
        Book(tmp_path / "book.json", utc_now).contacts()
    assert f"Is a directory: '{tmp_path}/book.json'. Next: see that the disk has room" in str(caught.value)


@pytest.mark.parametrize(
    "error", [AirflowSkipException("Nothing changed."), AirflowTaskTimeout("300 s"), SystemExit(7)]
)
@pytest.mark.parametrize("noted", [False, True])
def test_what_was_under_way_when_a_signal_came_is_covered(error: BaseException, noted: bool) -> None:
    if noted:
        error.add_note(f"while reading {MAIL}")
    with pytest.raises(type(error)) as caught, discreet():
        raised(error, ValueError(NAME))
    assert caught.value is error
    assert found([MAIL, NAME], told(error)) == []


def test_errors_that_caused_each_other_end() -> None:
    error, cause = BadListing("It is short."), RetryError("It was cut off.")
    cause.__cause__ = error
    with pytest.raises(BadListing) as caught, discreet():
        raise error from cause
    assert caught.value is error


def test_airflows_own_signals_pass() -> None:
    with pytest.raises(AirflowSkipException), discreet():
        raise AirflowSkipException("Nothing changed on the left side.")


def test_a_run_that_fails_over_a_contact_shows_it_nowhere(sync, said) -> None:
    contact = {"names.given": "Wilhelmina", "names.family": "Canary", "emails": [{"value": MAIL}]}
    sync.left.put("a", contact)
    with sync.left.opened() as state:
        state["contacts"]["a"]["modified"] = f"{MAIL} {NAME}"  # where a moment should be
        path = sync.left.path
    ran = sync.run(retries=0)
    assert ran.state == "failed"
    words = said()
    assert "Unforeseen: ValueError at" in words
    names = [str(one) for one in Path(path).parent.rglob("*")]
    places = {"log": words, "database": sync.kept_by_airflow(), "names of files": "\n".join(names)}
    assert found([MAIL, NAME], {place: text.encode() for place, text in places.items()}) == []
