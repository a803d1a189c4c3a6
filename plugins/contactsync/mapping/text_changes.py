"""What transforms do to a value: pure functions of one text, in linear time. mapping.transforms names them.

The empty text stays empty. A text that a function can make nothing of stays as it is.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from urllib.parse import urlsplit

from contactsync.contact import normal_text
from contactsync.letters import normalized
from contactsync.mapping.normal_values import day, plain, yes_or_no
from contactsync.phones import e164, national

_BREAK = re.compile(r"[\s\u00ad\u200b\u2060\ufeff]+")
_WORD = re.compile(r"[^\s\-]+")
_HOST = re.compile(r"[\w-]+(\.[\w-]+)+")
LONGEST_ADDRESS, LONGEST_PHONE = 2048, 100  # what is longer is neither
_ONE_LETTER = re.compile(r"([^\W\d_])(['’])(.+)", re.DOTALL)


def trimmed(text: str) -> str:
    """No spaces or invisible characters at the ends of lines."""
    lines = (_ends(line) for line in text.split("\n"))
    return "\n".join(lines)


def _ends(line: str) -> str:
    return line.strip(" \t\u00a0\u00ad\u200b\u2060\ufeff")


def title_case(text: str) -> str:
    """Each word with a capital; words of mixed letters stay."""
    return _WORD.sub(lambda found: _capital(found.group()), text)


def _capital(word: str) -> str:
    """Of words all in capitals or all in small letters; McDonald was written so on purpose."""
    if not (word.isupper() or word.islower()):
        return word
    if found := _ONE_LETTER.fullmatch(word):  # O'Neil, D'Arc
        return f"{found[1].title()}{found[2]}{_capital_first(found[3])}"
    return _capital_first(word)


def _capital_first(word: str) -> str:
    return word[:1].title() + word[1:].lower()


def plain_letters(text: str) -> str:
    """Letters without accents."""
    decomposed = normalized("NFKD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def domain(text: str) -> str:
    """Of an e-mail or web address; a text that is neither stays."""
    address = text.casefold().rpartition("@")[2] if len(text) <= LONGEST_ADDRESS else ""
    try:
        host = urlsplit(address if "//" in address else f"//{address}").hostname or ""
    except ValueError:
        return text
    return host.removeprefix("www.") if _HOST.fullmatch(host) else text


def spaced(text: str, by: str) -> str:
    """Every run of spaces and line breaks as this."""
    return _BREAK.sub(by, text)


def first_line(text: str) -> str:
    """The first line that is not blank."""
    return normal_text(text).partition("\n")[0]


def first_word(text: str) -> str:
    """Up to the first space."""
    return next(iter(text.split(None, 1)), "")


def last_word(text: str) -> str:
    """From the last space on."""
    return text.rstrip().rsplit(None, 1)[-1] if text.strip() else ""


def digits_only(text: str) -> str:
    """The digits 0 to 9 alone."""
    return "".join(c for c in text if c in "0123456789")


def international(text: str, region: str | None) -> str:
    """A phone number in E.164: one that begins with +, or one that there is in the region. Any other text stays."""
    if len(text) > LONGEST_PHONE:
        return text
    return e164(text, None) or (national(text, region) if region else "") or text


def year(text: str) -> str:
    """The year of a date; --02-29 has none."""
    found = day(text)
    return text if not found or found.startswith("--") else str(int(found[:4]))


def without_year(text: str) -> str:
    """Day and month of a date."""
    found = day(text)
    return f"--{found[-5:]}" if found else text


def negated(text: str) -> str:
    """true as false, false as true."""
    word = yes_or_no(text)
    return {"true": "false", "false": "true"}.get(word, text)


def shifted(text: str, places: int) -> str:
    """The decimal point moved; nothing is rounded."""
    number = plain(text)
    if not number:
        return text
    sign, digits, exponent = Decimal(number).as_tuple()
    return plain(f"{Decimal((sign, digits, int(exponent) + places)):f}") or text


def yes_no(text: str) -> str:
    """true as yes, false as no."""
    return {"true": "yes", "false": "no"}.get(yes_or_no(text), text)
