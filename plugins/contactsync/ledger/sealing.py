"""Columns whose text may be encrypted: whatever in the ledger is a person's own data, and nothing that is looked up.

    link_value, known   values and refs (of CardDAV: the card)
    link                why fields are apart, what rules entered
    journal             actions whole, with values before and after, and their outcomes
    conflict, hold      values that lost, the vendor's words
    side_cursor         of CardDAV: names of cards
    metadata            users of an account

The engine carries the cipher (`connect.make_engine`), so that reading and writing need not know: rows that were written
before it was turned on, or under an older key, are read as well. Ids, times and salted hashes stay readable.
"""

from __future__ import annotations

from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import Dialect, Text
from sqlalchemy.types import TypeDecorator

from contactsync.errors import ConfigError

SEALED, ESCAPED = "sealed:", "plain:"
_NOTHING = frozenset({"", "{}", "[]"})  # says nothing of anybody
_CIPHER = "contactsync_cipher"


class Cipher:
    """key: one Fernet key, or several parted by commas: the first seals, all open. seals: False = only opens."""

    def __init__(self, key: str, *, seals: bool) -> None:
        """Errors: ConfigError where it is no such key."""
        self.seals = seals
        self._fernet = fernet_of(key)

    def seal(self, text: str) -> str:
        """What is stored."""
        return f"{SEALED}{self._fernet.encrypt(text.encode('utf-8', 'surrogatepass')).decode()}"

    def open(self, text: str) -> str:
        """What was meant. Errors: ConfigError for another key."""
        try:
            return self._fernet.decrypt(text.removeprefix(SEALED).encode()).decode("utf-8", "surrogatepass")
        except InvalidToken:
            raise other_key() from None


def bind(dialect: Dialect, cipher: Cipher | None) -> None:
    """Let all columns of an engine's dialect be sealed and opened with it."""
    setattr(dialect, _CIPHER, cipher)


def stored_form(text: str, cipher: Cipher | None) -> str:
    """A text as it is to stand in the database now."""
    if text in _NOTHING:
        return text
    if cipher is not None and cipher.seals:
        return cipher.seal(text)
    return f"{ESCAPED}{text}" if text.startswith((SEALED, ESCAPED)) else text  # somebody may be called that


def meant(text: str, cipher: Cipher | None) -> str:
    """The text behind what stands in the database. Errors: ConfigError (no key, another key)."""
    if text.startswith(ESCAPED):
        return text.removeprefix(ESCAPED)
    if not text.startswith(SEALED):
        return text
    if cipher is None:
        raise ConfigError(
            "The ledger's values are encrypted, and there is no key to read them.",
            next_step="set CONTACTSYNC_KEY, or Airflow's own fernet_key, to the key that they were stored with, on "
            "every host alike.",
        )
    return cipher.open(text)


class SealedText(TypeDecorator[str]):
    """Text that is encrypted where the engine has a cipher that seals. It cannot be compared by the database."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Towards the database."""
        return None if value is None else stored_form(value, getattr(dialect, _CIPHER, None))

    def process_result_value(self, value: Any | None, dialect: Dialect) -> str | None:
        """From the database. Errors: ConfigError (no key, another key)."""
        return None if value is None else meant(value, getattr(dialect, _CIPHER, None))


def other_key() -> ConfigError:
    """The error where values cannot be opened."""
    return ConfigError(
        "The ledger's values were encrypted with another key than the one used here.",
        next_step="set CONTACTSYNC_KEY (without it: Airflow's fernet_key) to that key, or to the new and the old one, "
        "parted by a comma, and run contactsync db reseal to have done with the old one.",
    )


def fernet_of(key: str) -> MultiFernet:
    """Of one key, or several parted by commas. Errors: ConfigError where it is no such key."""
    try:
        return MultiFernet([Fernet(one.strip()) for one in key.split(",")])
    except ValueError:
        raise ConfigError(
            "CONTACTSYNC_KEY is no Fernet key (32 bytes, url-safe base64), so nothing can be kept encrypted.",
            next_step="set CONTACTSYNC_KEY, or Airflow's own fernet_key, on every host alike.",
        ) from None
