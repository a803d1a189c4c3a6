"""What a person typed that no command looks at: bytes that are no text, names of files that are out of reach."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from contactsync.errors import ConfigError

_LONGEST = 120  # characters of a name that are shown
_OUT_OF_REACH = (errno.ENAMETOOLONG, errno.ELOOP, errno.ENOTDIR, errno.EISDIR, errno.EACCES, errno.EROFS)


def check_words(words: Sequence[str]) -> None:
    """Errors: ConfigError for a word in another encoding than UTF-8: no ledger keeps it, and no app knows it."""
    for place, word in enumerate(words, start=1):
        try:
            word.encode("utf-8")
        except UnicodeEncodeError:
            raise ConfigError(
                f"Word {place} of this command is no text in UTF-8.",
                next_step="write it in UTF-8, and give a file whose name is not in UTF-8 another name",
            ) from None


@contextmanager
def files_told() -> Iterator[None]:
    """Errors: ConfigError in place of the system's, where a name cannot be one of a file or leads nowhere."""
    try:
        yield
    except OSError as error:
        if error.errno not in _OUT_OF_REACH or error.filename is None:
            raise
        name = str(error.filename)
        shown = name if len(name) <= _LONGEST else f"{name[:_LONGEST]}..."
        raise ConfigError(
            f"{shown!r} cannot be used: {error.strerror}.",
            next_step="name a file or folder that this user can reach",
        ) from None
