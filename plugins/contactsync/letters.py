"""Letters that do not show or come in several forms: what normal forms fold away, and what they leave apart.

Folded: invisible characters, full-width and other printed forms, the dot that lower-casing leaves on a Turkish İ, the
ASCII form of an international domain. Left apart: letters of different alphabets that only look alike.
"""

from __future__ import annotations

import html
import itertools
import re
import unicodedata
from typing import Literal

# Soft hyphens, marks of direction, zero-width spaces: pasted along with a text, never part of a name or an address.
_INVISIBLE = re.compile("[\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
# Joiners mean something only between letters of scripts that join, and between emoji.
_JOINING = "[\u0600-\u1cff\u2190-\u2bff\ufe0f\ua800-\uabff\U00011000-\U0001ffff]"
_STRAY_JOINER = re.compile(f"(?<!{_JOINING})[\u200c\u200d]+|[\u200c\u200d]+(?!{_JOINING})")
_HUGE = re.compile(r"&#[0-9]{8,};?")  # no letter has such a number, and Python refuses to read thousands of digits
_DOTTED = re.compile("i\u0307+")
_LONGEST_LABEL = 63
_LONG = 1000
# No language sets more than 30 marks on one letter. (Signs may stand there too, and the marks that are letters.)
_LONG_RUN = re.compile(r"(?:[^\w\s!-~]|[\uff9e\uff9f]){31}")


def normalized(form: Literal["NFC", "NFD", "NFKC", "NFKD"], text: str) -> str:
    """What unicodedata.normalize gives, whose time grows with the square of a run of marks, in linear time."""
    if len(text) > _LONG and not text.isascii() and _LONG_RUN.search(text):
        text = _in_order("NFD" if form in ("NFC", "NFD") else "NFKD", text)
    return unicodedata.normalize(form, text)


def _in_order(form: Literal["NFD", "NFKD"], text: str) -> str:
    """An equal text whose marks already stand in the order that normal forms have."""
    parts = "".join([unicodedata.normalize(form, letter) for letter in text])
    runs = itertools.groupby(parts, lambda letter: unicodedata.combining(letter) > 0)
    return "".join(["".join(sorted(run, key=unicodedata.combining) if marks else run) for marks, run in runs])


def dereferenced(text: str) -> str:
    """Character references (&#252;) as the characters they stand for."""
    return html.unescape(_HUGE.sub("\ufffd", text)) if "&" in text else text


def folded(text: str) -> str:
    """Visible letters in their usual form, case folded: no full width, no ligatures, ß as ss."""
    return text.casefold() if text.isascii() else _usual(_usual(text).casefold())


def lowered(text: str) -> str:
    """The same in small letters only, trimmed: ß is not ss there, as they are two mailboxes."""
    return text.lower().strip() if text.isascii() else _usual(_usual(text).lower()).strip()


def _usual(text: str) -> str:
    """NFKC without what does not show, and İ in small letters as Turkish has it: i without a second dot.

    The dotless ı is a letter of its own.
    """
    text = _STRAY_JOINER.sub("", normalized("NFKC", _INVISIBLE.sub("", text)))
    return normalized("NFKC", _DOTTED.sub("i", normalized("NFKC", text)))


def mailbox(address: str) -> str:
    """An e-mail address in its normal form; the domain in the letters that people read, never as xn--."""
    small = lowered(address)
    if small.isascii() and "xn--" not in small:
        return small
    local, at, domain = small.rpartition("@")
    labels = domain.replace("\u3002", ".").split(".")
    return f"{local}{at}{'.'.join(map(_label, labels))}" if at else domain


def without_plus_tag(address: str) -> str:
    """ada@example.org for ada+news@example.org; an address that is all tag stays."""
    local, at, domain = address.rpartition("@")
    name = local.partition("+")[0]
    return f"{name}@{domain}" if at and name else address


def _label(label: str) -> str:
    """An xn-- label in letters; itself where it stands for nothing that could be typed."""
    if not label.startswith("xn--") or len(label) > _LONGEST_LABEL:
        return label
    try:
        letters = label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, ValueError):
        return label
    typed = all(c == "-" or unicodedata.category(c)[0] in "LMN" for c in letters)
    return letters if typed and not letters.isascii() and lowered(letters) == letters else label
