"""What a task may say when it fails: Airflow logs the text of every error in the chain, and a library's text may quote.

`ValueError: Invalid isoformat string: '...'` shows what stood in a contact; a requests error shows an address with its
query. Errors of ours say nothing of that kind, nor do the database's once the ledger has gone over them. Of all others
the kind is told, and where in the code it happened; of the system's also what it calls such an error, and which file it
was where this package named it: what it names files after are ids.
"""

from __future__ import annotations

import os
import re
import sysconfig
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from airflow.sdk.exceptions import AirflowException

from contactsync.errors import ContactsyncError, Unforeseen

OPEN_WORDS = ("contactsync.errors", "sqlalchemy.exc", "psycopg.errors", "psycopg", "sqlite3")
"""Modules whose errors hold no values: ours, and the database's, whose text `ledger.connect` has gone over."""
_PACKAGE = Path(__file__).parents[1]
_PYTHONS = Path(sysconfig.get_path("stdlib"))
_MODULE = re.compile(r"[A-Za-z_][\w.]{0,99}", re.ASCII)
_AGAIN = (
    "the task is tried again; if it stays, look for this place in the list of known problems, or report it with the "
    "lines above, which hold no contact data."
)
_ROOM = "see that the disk has room and that the user who runs the tasks may read and write there; " + _AGAIN


class Untold(Exception):
    """Stands in the chain for an error whose own text might hold contact data."""


@contextmanager
def discreet() -> Iterator[None]:
    """Around the work of a task. Errors: Unforeseen in place of any but ours, Airflow's and signals."""
    try:
        yield
    except (ContactsyncError, AirflowException) as error:
        _cover(error)
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, its text may quote a contact
        raise Unforeseen(
            f"{_kind(error)} {_where(error)}{_systems_words(error)}.",
            next_step=_ROOM if isinstance(error, OSError) and _systems_words(error) else _AGAIN,
        ) from _stand_in(error)
    except BaseException as error:  # a time-out or a signal, in the middle of anything
        _cover(error)
        raise


def _cover(error: BaseException) -> None:
    """Put stand-ins in place of what caused an error that is shown, and take away its notes, which anybody may add."""
    seen = set[int]()
    while id(error) not in seen:  # an error may be the cause of its own cause
        seen.add(id(error))
        vars(error).pop("__notes__", None)
        cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if cause is None:
            return
        error.__cause__ = cause if _told(cause) else _stand_in(cause)
        error = error.__cause__


def _told(error: BaseException) -> bool:
    """Whether its own text may be shown."""
    return type(error).__module__ in OPEN_WORDS or isinstance(error, AirflowException | Untold)


def _systems_words(error: BaseException) -> str:
    """What the system says, after a colon; '' for what libraries say in the shape of its errors."""
    if type(error).__module__ != "builtins":
        return ""
    if isinstance(error, ImportError):
        return f": {error.name}" if _MODULE.fullmatch(error.name or "") else ""
    if not isinstance(error, OSError) or not isinstance(error.errno, int):
        return ""
    named = [name for name in (error.filename, error.filename2) if isinstance(name, str | bytes)]
    files = " -> ".join(repr(os.fsdecode(name)) for name in named) if _named_here(error) else ""
    with suppress(OverflowError):  # a number that is none of the system's
        return f": {os.strerror(error.errno)}{f': {files}' if files else ''}"
    return ""


def _named_here(error: BaseException) -> bool:
    """Whether this package gave the name of the file: below it there is Python's own code alone."""
    frames = [Path(frame.filename) for frame in traceback.extract_tb(error.__traceback__)]
    while frames and frames[-1].is_relative_to(_PYTHONS) and "site-packages" not in frames[-1].parts:
        frames.pop()
    return bool(frames) and frames[-1].is_relative_to(_PACKAGE) and frames[-1] != Path(__file__)


def _stand_in(error: BaseException) -> Untold:
    return Untold(f"{_kind(error)}{_systems_words(error)}").with_traceback(error.__traceback__)


def _kind(error: BaseException) -> str:
    return f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")


def _where(error: BaseException) -> str:
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != __file__]
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(_PACKAGE)]
    frame = (own or frames)[-1]
    return f"at {Path(frame.filename).name}:{frame.lineno} in {frame.name}"
