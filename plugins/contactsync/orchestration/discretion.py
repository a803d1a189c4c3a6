"""What a task may say when it fails: Airflow logs the text of every error in the chain, and a library's text may quote.

`ValueError: Invalid isoformat string: '...'` shows what stood in a contact; a requests error shows an address with its
query. Errors of ours say nothing of that kind, nor do the database's once the ledger has gone over them. Of all others
the kind is told, and where in the code it happened.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from airflow.sdk.exceptions import AirflowException

from contactsync.errors import ContactsyncError, Unforeseen

OPEN_WORDS = ("contactsync.errors", "sqlalchemy.exc", "psycopg.errors", "psycopg", "sqlite3")
"""Modules whose errors hold no values: ours, and the database's, whose text `ledger.connect` has gone over."""
_PACKAGE = Path(__file__).parents[1]


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
            f"{_kind(error)} {_where(error)}{f': {error}' if _systems(error) else ''}.",
            next_step="the task is tried again; if it stays, look for this place in the list of known problems, or "
            "report it with the lines above, which hold no contact data.",
        ) from _stand_in(error)
    except BaseException as error:  # a time-out or a signal, in the middle of anything
        _cover(error)
        raise


def _cover(error: BaseException) -> None:
    """Put stand-ins in place of what caused an error that is shown, and take away its notes, which anybody may add."""
    vars(error).pop("__notes__", None)
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is None:
        return
    if _told(cause):
        _cover(cause)
        error.__cause__ = cause
    else:
        error.__cause__ = _stand_in(cause)


def _told(error: BaseException) -> bool:
    """Whether its own text may be shown. The system's say which file or module; requests' errors are OSErrors too."""
    module = type(error).__module__
    return module in OPEN_WORDS or isinstance(error, AirflowException | Untold) or _systems(error)


def _systems(error: BaseException) -> bool:
    return isinstance(error, OSError | ImportError | MemoryError) and type(error).__module__ == "builtins"


def _stand_in(error: BaseException) -> Untold:
    return Untold(_kind(error)).with_traceback(error.__traceback__)


def _kind(error: BaseException) -> str:
    return f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")


def _where(error: BaseException) -> str:
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != __file__]
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(_PACKAGE)]
    frame = (own or frames)[-1]
    return f"at {Path(frame.filename).name}:{frame.lineno} in {frame.name}"
