"""Named transforms: what a pair may do to a value on its way. Pure functions of one text, in linear time.

The empty text stays empty. A text that a transform can make nothing of stays as it is. Results are in normal form.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlsplit

from contactsync.contact import Kind, normal_text
from contactsync.letters import normalized
from contactsync.mapping.conversions import day, normal, plain, yes_or_no
from contactsync.mapping.html_text import shown_text
from contactsync.phones import e164

Function = Callable[[str], str]


@dataclass(frozen=True)
class Transform:
    """One transform. takes, gives: kinds of the value before and after.

    inverse  what gives back the value before, from what `apply` made of it; None = something is lost
    """

    name: str
    title: str
    apply: Function
    inverse: Function | None
    takes: Kind = Kind.TEXT
    gives: Kind = Kind.TEXT


_BREAK = re.compile(r"[\s\u00ad\u200b\u2060\ufeff]+")
_WORD = re.compile(r"[^\s\-]+")
_HOST = re.compile(r"[\w-]+(\.[\w-]+)+")
LONGEST_ADDRESS, LONGEST_PHONE = 2048, 100  # what is longer is neither
_ONE_LETTER = re.compile(r"([^\W\d_])(['’])(.+)", re.DOTALL)


def _trimmed(text: str) -> str:
    lines = (_ends(line) for line in text.split("\n"))
    return "\n".join(lines)


def _ends(line: str) -> str:
    return line.strip(" \t\u00a0\u00ad\u200b\u2060\ufeff")


def _title_case(text: str) -> str:
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


def _plain_letters(text: str) -> str:
    decomposed = normalized("NFKD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def _domain(text: str) -> str:
    """Of an e-mail or web address; a text that is neither stays."""
    address = text.casefold().rpartition("@")[2] if len(text) <= LONGEST_ADDRESS else ""
    try:
        host = urlsplit(address if "//" in address else f"//{address}").hostname or ""
    except ValueError:
        return text
    return host.removeprefix("www.") if _HOST.fullmatch(host) else text


def _e164(text: str) -> str:
    return (e164(text, None) if len(text) <= LONGEST_PHONE else "") or text


def _year(text: str) -> str:
    found = day(text)
    return text if not found or found.startswith("--") else str(int(found[:4]))


def _without_year(text: str) -> str:
    found = day(text)
    return f"--{found[-5:]}" if found else text


def _not(text: str) -> str:
    word = yes_or_no(text)
    return {"true": "false", "false": "true"}.get(word, text)


def _shifted(text: str, places: int) -> str:
    """The decimal point moved; nothing is rounded."""
    number = plain(text)
    if not number:
        return text
    sign, digits, exponent = Decimal(number).as_tuple()
    return plain(f"{Decimal((sign, digits, int(exponent) + places)):f}") or text


def _yes_no(text: str) -> str:
    return {"true": "yes", "false": "no"}.get(yes_or_no(text), text)


def _text(name: str, title: str, change: Function, inverse: Function | None = None) -> Transform:
    return _of(Transform(name, title, change, inverse))


def _of(raw: Transform) -> Transform:
    """The same with results in normal form."""
    back = raw.inverse
    return Transform(
        raw.name,
        raw.title,
        lambda text: normal(raw.apply(text), raw.gives),
        (lambda text: normal(back(text), raw.takes)) if back else None,
        raw.takes,
        raw.gives,
    )


_ALL = (
    _text("strip_html", "the text that HTML shows, a line for each paragraph", shown_text),
    _text("trim", "no spaces or invisible characters at the ends of lines", _trimmed),
    _text("collapse_spaces", "one line, with one space between words", lambda text: _BREAK.sub(" ", text)),
    _text("remove_spaces", "no spaces or line breaks at all", lambda text: _BREAK.sub("", text)),
    _text("first_line", "the first line that is not blank", lambda text: normal_text(text).partition("\n")[0]),
    _text("first_word", "up to the first space", lambda text: next(iter(text.split(None, 1)), "")),
    _text(
        "last_word", "from the last space on", lambda text: text.rstrip().rsplit(None, 1)[-1] if text.strip() else ""
    ),
    _text("upper", "capital letters", str.upper),
    _text("lower", "small letters", str.lower),
    _text("title_case", "each word with a capital; words of mixed letters (McDonald) stay", _title_case),
    _text("plain_letters", "letters without accents: Zoë as Zoe", _plain_letters),
    _text("digits_only", "the digits 0 to 9 alone", lambda text: "".join(c for c in text if c in "0123456789")),
    _text("e164", "a phone number that begins with + as +493012345; others stay", _e164),
    _text("domain", "the host of an e-mail or web address", _domain),
    _of(Transform("year", "the year of a date", _year, None, Kind.DATE, Kind.NUMBER)),
    _of(Transform("without_year", "day and month of a date", _without_year, None, Kind.DATE, Kind.DATE)),
    _of(Transform("not", "true as false, false as true", _not, _not, Kind.BOOLEAN, Kind.BOOLEAN)),
    _of(Transform("yes_no", "true as yes, false as no", _yes_no, yes_or_no, Kind.BOOLEAN, Kind.TEXT)),
    _of(
        Transform(
            "times_100",
            "a hundredfold: 0.25 as 25, 12.5 as 1250",
            lambda text: _shifted(text, 2),
            lambda text: _shifted(text, -2),
            Kind.NUMBER,
            Kind.NUMBER,
        )
    ),
    _of(
        Transform(
            "by_100",
            "a hundredth: 25 as 0.25, 1250 as 12.5",
            lambda text: _shifted(text, -2),
            lambda text: _shifted(text, 2),
            Kind.NUMBER,
            Kind.NUMBER,
        )
    ),
)

TRANSFORMS: Mapping[str, Transform] = {transform.name: transform for transform in _ALL}
"""By name, as `fields.pairs` writes them."""
