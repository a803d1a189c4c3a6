"""The values of a trigger form, each of its kind, or why not.

Airflow checks the form by its schema before it keeps a run; this is for whatever gets by it. Nothing is read as
something else: "false" is a text, and as a text it would be true. No value is repeated in an error, for people type
addresses into any box and Airflow keeps the log.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from contactsync.errors import ConfigError
from contactsync.model.acts import CONTACT_ID

MOST = 500  # characters of a value
MOST_VALUES = 1000  # of a list
_CONTACT = re.compile(CONTACT_ID)
_NAME = re.compile("[A-Za-z0-9_.-]{1,40}")


@dataclass(frozen=True)
class FormValue:
    """What stands in one box. again: how the form is sent once more, for the next step."""

    name: str
    value: Any
    again: str

    def yes_or_no(self) -> bool:
        """Errors: ConfigError, as of all of these, where it is anything but true or false."""
        if isinstance(self.value, bool):
            return self.value
        raise self._wrong(_kind(self.value), "true", "false")

    def text(self) -> str:
        """Without blanks around it; '' = null."""
        return "" if self.value is None else self._text(self.value)

    def texts(self) -> tuple[str, ...]:
        """Without empty ones; () = null. A list of empty ones alone is refused: () means all."""
        if self.value is None:
            return ()
        if not isinstance(self.value, list | tuple):
            raise self._wrong(_kind(self.value), "a list of texts, or null")
        if len(self.value) > MOST_VALUES:
            raise self._wrong(f"a list of {len(self.value)}", f"at most {MOST_VALUES}")
        texts = tuple(text for one in self.value if (text := self._text(one)))
        if self.value and not texts:
            raise self._wrong("a list of empty texts", "a list of texts, or null")
        return texts

    def number(self) -> int | None:
        """A whole number from 1; None = null. 5.0 is one as well: it is to the schema of the form."""
        if self.value is None:
            return None
        whole = isinstance(self.value, int) or (isinstance(self.value, float) and self.value.is_integer())
        if isinstance(self.value, bool) or not whole:
            raise self._wrong(_kind(self.value), "a whole number from 1, or null")
        if self.value < 1:
            raise self._wrong("less than 1", "a whole number from 1, or null for no limit")
        return int(self.value)

    def matching(self, pattern: re.Pattern[str], *allowed: str) -> str:
        """A text, '' where there is none."""
        text = self.text()
        if text and not pattern.fullmatch(text):
            raise self._wrong("another text", *allowed)
        return text

    def contact(self) -> str:
        """The id of a contact, '' = null."""
        return self._contact(self.text())

    def contacts(self) -> tuple[str, ...]:
        """Ids of contacts, () = null."""
        return tuple(self._contact(text) for text in self.texts())

    def _contact(self, text: str) -> str:
        if not text or _CONTACT.fullmatch(text):
            return text
        raise ConfigError(
            f"`{self.name}` looks like an address, a number or a name. Airflow keeps what stands in a form, for all "
            "to see who may see the DAG.",
            allowed=("left:ID", "right:ID", "an id"),
            next_step="name the contact by its id (contactsync explain SYNC ADDRESS prints it), or use the command",
        )

    def _text(self, value: Any) -> str:
        if not isinstance(value, str):
            raise self._wrong(_kind(value), "text, or null")
        if len(value) > MOST:
            raise self._wrong(f"a text of {len(value)} characters", f"at most {MOST}")
        if not (text := value.strip()).isprintable():
            raise self._wrong("a text with signs that cannot be printed", "one line of text")
        return text

    def _wrong(self, what: str, *allowed: str) -> ConfigError:
        return ConfigError(f"`{self.name}` in the form is {what}.", allowed=allowed, next_step=self.again)


def _kind(value: Any) -> str:
    """What a value is, without the value."""
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case Mapping():
            return "an object"
        case _:
            return "a list"


def listed(names: Iterable[str]) -> str:
    """Names of boxes as an error shows them; of what is no name it says only that."""
    return ", ".join(f"`{name}`" if _NAME.fullmatch(name) else "something that is no name" for name in names)
