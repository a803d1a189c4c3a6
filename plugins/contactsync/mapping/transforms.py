"""Named transforms: what a pair may do to a value on its way. Results are in normal form.

The empty text stays empty. A text that a transform can make nothing of stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from contactsync.contact import Kind
from contactsync.mapping import text_changes as change
from contactsync.mapping.html_text import shown_text
from contactsync.mapping.normal_values import normal, yes_or_no

Function = Callable[[str], str]
Local = Callable[[str, str | None], str]


@dataclass(frozen=True)
class Transform:
    """One transform. takes, gives: kinds of the value before and after.

    inverse  what gives back the value before, from what `apply` made of it; None = something is lost
    local    the same as `apply` in a country (ISO 3166 code), where that matters
    """

    name: str
    title: str
    apply: Function
    inverse: Function | None
    takes: Kind = Kind.TEXT
    gives: Kind = Kind.TEXT
    local: Local | None = None

    def within(self, region: str | None) -> Function:
        """What it does in a sync whose default region is that one."""
        return partial(self._local, self.local, region) if self.local and region else self.apply

    def _local(self, local: Local, region: str, text: str) -> str:
        return normal(local(text, region), self.gives)


def _text(name: str, title: str, apply: Function) -> Transform:
    return _of(Transform(name, title, apply, None))


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
        raw.local,
    )


def _points(name: str, title: str, places: int) -> Transform:
    return _of(
        Transform(
            name,
            title,
            lambda text: change.shifted(text, places),
            lambda text: change.shifted(text, -places),
            Kind.NUMBER,
            Kind.NUMBER,
        )
    )


_E164 = Transform(
    "e164",
    "a phone number as +493012345, one without a country code by `match.default_region`; what is none there stays",
    lambda text: change.international(text, None),
    None,
    local=change.international,
)
_ALL = (
    _text("strip_html", "the text that HTML shows, a line for each paragraph", shown_text),
    _text("trim", "no spaces or invisible characters at the ends of lines", change.trimmed),
    _text("collapse_spaces", "one line, with one space between words", lambda text: change.spaced(text, " ")),
    _text("remove_spaces", "no spaces or line breaks at all", lambda text: change.spaced(text, "")),
    _text("first_line", "the first line that is not blank", change.first_line),
    _text("first_word", "up to the first space", change.first_word),
    _text("last_word", "from the last space on", change.last_word),
    _text("upper", "capital letters", str.upper),
    _text("lower", "small letters", str.lower),
    _text("title_case", "each word with a capital; words of mixed letters (McDonald) stay", change.title_case),
    _text("plain_letters", "letters without accents: Zoë as Zoe", change.plain_letters),
    _text("digits_only", "the digits 0 to 9 alone", change.digits_only),
    _of(_E164),
    _text("domain", "the host of an e-mail or web address", change.domain),
    _of(Transform("year", "the year of a date", change.year, None, Kind.DATE, Kind.NUMBER)),
    _of(Transform("without_year", "day and month of a date", change.without_year, None, Kind.DATE, Kind.DATE)),
    _of(Transform("not", "true as false, false as true", change.negated, change.negated, Kind.BOOLEAN, Kind.BOOLEAN)),
    _of(Transform("yes_no", "true as yes, false as no", change.yes_no, yes_or_no, Kind.BOOLEAN, Kind.TEXT)),
    _points("times_100", "a hundredfold: 0.25 as 25, 12.5 as 1250", 2),
    _points("by_100", "a hundredth: 25 as 0.25, 1250 as 12.5", -2),
)

TRANSFORMS: Mapping[str, Transform] = {transform.name: transform for transform in _ALL}
"""By name, as `fields.pairs` writes them."""
