"""vCards as lines (RFC 2425, 2426, 6350, 6868; reads 2.1): what is not changed stays as it came, to the character."""

from __future__ import annotations

import codecs
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

FOLD_AT = 75  # octets, line end not counted
_LINE = re.compile(r'(?:([\w-]+)\.)?([\w-]+)((?:;(?:[^":;]++|"[^"]*+")*+){0,1000}+):(.*)', re.DOTALL)
_PARAM = re.compile(r';((?:[^";]|"[^"]*")*)')
_UNESCAPE = re.compile(r"\\([nN\\,;:])")
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")  # no XML answer could carry them back
_SURROGATE = re.compile("[\ud800-\udfff]")
_ENCODINGS = frozenset({"QUOTED-PRINTABLE", "BASE64", "8BIT", "7BIT"})
# A card with a photo of 20 MiB is below all of them.
LARGEST = 32 * 1024 * 1024
MOST_LINES = 400_000  # as they are folded
MOST_PROPERTIES = 10_000
MOST_PARTS = 100_000  # of addresses, names, categories, and quotes of parameters; those in sentences count too
MOST_ESCAPES = 1_000_000
# Codecs of Python that are no charset; the first two take the square of the text's length, which may be 32 MiB.
_NO_CHARSETS = frozenset({"punycode", "idna", "unicode-escape", "raw-unicode-escape"})
_CARETS = {"^n": "\n", "^^": "^", "^'": '"'}


class CardError(ValueError):
    """A text is no vCard; the message holds no contact data."""


@dataclass(frozen=True, slots=True)
class Line:
    """One property.

    name    upper case; '' for a line that is no property: kept, never read
    value   as on the wire: unfolded, still escaped, quoted-printable decoded
    params  (NAME, value) in order; TYPE has one entry per type
    text    the line as it came, with its folding; '' = made or changed here
    """

    name: str
    value: str = ""
    params: tuple[tuple[str, str], ...] = ()
    group: str = ""
    text: str = ""

    def param(self, name: str) -> str:
        """The first value of a parameter, '' where it is absent."""
        return next((v for k, v in self.params if k == name), "")

    @property
    def types(self) -> tuple[str, ...]:
        """Its TYPE values in lower case."""
        return tuple(v.casefold() for k, v in self.params if k == "TYPE")

    def changed(self, value: str, *, version: str = "3.0") -> Line:
        """The same property with another wire value."""
        params = tuple((k, v) for k, v in self.params if k not in ("ENCODING", "CHARSET"))
        if version == "2.1" and not value.isascii():
            params += (("CHARSET", "UTF-8"),)
        return replace(self, value=value, params=params, text="")

    def with_params(self, params: tuple[tuple[str, str], ...]) -> Line:
        """The same property with other parameters."""
        return self if params == self.params else replace(self, params=params, text="")


@dataclass(frozen=True)
class Card:
    """What stands between BEGIN:VCARD and END:VCARD."""

    lines: tuple[Line, ...]

    def all(self, name: str) -> Iterator[Line]:
        """The properties of that name (upper case), in order."""
        return (line for line in self.lines if line.name == name)

    def text_of(self, name: str) -> str:
        """The unescaped text of the first property of that name, '' where there is none."""
        line = next(self.all(name), None)
        return unescape(line.value).strip() if line else ""

    @property
    def version(self) -> str:
        """2.1, 3.0 or 4.0; 3.0 where it is not said."""
        return self.text_of("VERSION") or "3.0"

    @property
    def uid(self) -> str:
        """Its identity, '' where it has none."""
        return self.text_of("UID")

    @property
    def is_group(self) -> bool:
        """True for a list of contacts, which is no contact."""
        kinds = (self.text_of("KIND"), self.text_of("X-ADDRESSBOOKSERVER-KIND"))
        return "group" in [kind.casefold() for kind in kinds]

    def __str__(self) -> str:
        body = (_restored(line.text) if line.text else fold(_composed(line)) for line in self.lines)
        return "\r\n".join(["BEGIN:VCARD", *body, "END:VCARD", ""])


# ---- reading


def parse(text: str) -> Card:
    """The one vCard in a text. Errors: CardError."""
    bounds = ((MOST_LINES, "\n\r"), (MOST_PARTS, ';,"'), (MOST_ESCAPES, "\\"))
    if len(text) > LARGEST or any(text.count(mark) > most for most, marks in bounds for mark in marks):
        raise CardError("it is larger than any card")
    lines = list(_logical(text.removeprefix("\ufeff")))
    if len(lines) > MOST_PROPERTIES:
        raise CardError(f"it has more than {MOST_PROPERTIES} properties")
    marks = [line.strip().upper() for line in lines]
    starts = [i for i, mark in enumerate(marks) if mark == "BEGIN:VCARD"]
    ends = [i for i, mark in enumerate(marks) if mark == "END:VCARD"]
    if not starts or not ends or len(starts) != len(ends) or starts[0] > ends[0]:
        raise CardError("it lacks BEGIN:VCARD or END:VCARD")
    if any(end < start for end, start in zip(ends, starts[1:], strict=False)):
        raise CardError("it holds several vCards")
    inside, depth = [], 0
    for line, mark in zip(lines[starts[0] + 1 : ends[-1]], marks[starts[0] + 1 : ends[-1]], strict=True):
        depth += mark == "BEGIN:VCARD"
        # A card within the card (AGENT of 2.1) is kept, never read.
        inside.append(Line("", text=line) if depth else _line(line))
        depth -= mark == "END:VCARD"
    return Card(tuple(line for line in inside if line.name or line.text.strip()))


def _physical(text: str) -> list[str]:
    """Lines between line feeds, without the carriage returns before them; between those where there are no others."""
    *lines, last = text.split("\n")
    return [*(line.rstrip("\r") for line in lines), last] if lines else last.split("\r")


def _logical(text: str) -> Iterator[str]:
    """Lines as they came, each with its folded continuations behind \\n."""
    kept: list[str] = []
    # Not splitlines(): U+2028 and its like are text.
    for physical in _physical(text):
        if kept and (physical[:1] in (" ", "\t") or _runs_on(kept)):
            kept.append(physical)
            continue
        if kept:
            yield "\n".join(kept)
        kept = [physical]
    if kept:
        yield "\n".join(kept)


def _runs_on(kept: list[str]) -> bool:
    """A quoted-printable line of vCard 2.1 goes on without indentation after a closing '='."""
    return kept[-1].endswith("=") and "QUOTED-PRINTABLE" in kept[0].partition(":")[0].upper()


def _line(text: str) -> Line:
    quoted = "QUOTED-PRINTABLE" in text.partition(":")[0].upper()
    found = _LINE.fullmatch(re.sub("=\n[ \t]?", "", text) if quoted else re.sub("\n[ \t]", "", text))
    if not found:
        return Line("", text=text)
    group, name, params, value = found.groups()
    line = Line(name.upper(), value, tuple(_params(params)), group or "", text)
    return replace(line, value=_printable(line)) if quoted else line


def _params(text: str) -> Iterator[tuple[str, str]]:
    for found in _PARAM.finditer(text):
        name, given, value = found.group(1).partition("=")
        if not given:  # 2.1 writes bare words
            yield ("ENCODING" if name.upper() in _ENCODINGS else "TYPE", name)
        elif name.upper() == "TYPE":
            yield from (("TYPE", word.strip()) for word in value.replace('"', "").split(",") if word.strip())
        else:
            yield name.upper(), re.sub(r"\^[n^']", lambda m: _CARETS[m.group()], value.replace('"', ""))


def _printable(line: Line) -> str:
    if line.param("ENCODING").upper() != "QUOTED-PRINTABLE":
        return line.value
    data = quopri.decodestring(line.value.encode("utf-8", "replace"))
    try:
        codec = codecs.lookup(line.param("CHARSET") or "utf-8").name
        text = data.decode("latin-1" if codec in _NO_CHARSETS else codec)
    except (LookupError, ValueError):  # no such charset, other bytes than it has, or no name of any (a NUL in it)
        text = data.decode("latin-1")
    return text.replace("\r\n", "\\n").replace("\r", "\\n").replace("\n", "\\n")


def unescape(wire: str) -> str:
    """Wire text to text; a backslash before any other character is itself."""
    return _UNESCAPE.sub(lambda m: "\n" if m.group(1) in "nN" else m.group(1), wire)


def split(wire: str, mark: str) -> list[str]:
    """Wire text at its unescaped marks; the pieces are still escaped."""
    return re.findall(rf"(?:^|{mark})((?:\\.|[^\\{mark}]|\\$)*)", wire, re.DOTALL)


# ---- writing


def clean(text: str) -> str:
    """Text without what no vCard in an XML answer can hold; line ends as \\n."""
    return _NOT_TEXT.sub("", _SURROGATE.sub("\ufffd", text).replace("\r\n", "\n").replace("\r", "\n"))


def escape(text: str) -> str:
    """Text to wire text."""
    text = clean(text).replace("\\", "\\\\").replace("\n", "\\n")
    return text.replace(",", "\\,").replace(";", "\\;")


def fold(line: str) -> str:
    """A line in pieces of at most 75 octets, never within a character."""
    data, pieces, room = line.encode(), [], FOLD_AT
    while len(data) > room:
        cut = room
        while data[cut] & 0xC0 == 0x80:
            cut -= 1
        pieces.append(data[:cut].decode())
        data, room = data[cut:], FOLD_AT - 1
    return "\r\n ".join([*pieces, data.decode()])


def _restored(text: str) -> str:
    return text.replace("\n", "\r\n")


def _composed(line: Line) -> str:
    group = f"{line.group}." if line.group else ""
    name = "X-ABLabel" if line.name == "X-ABLABEL" else line.name  # as Apple writes it
    return f"{group}{name}{''.join(f';{k}={_quoted(v)}' for k, v in line.params)}:{line.value}"


def _quoted(value: str) -> str:
    value = clean(value).replace("^", "^^").replace("\n", "^n").replace('"', "^'")
    return f'"{value}"' if any(c in ":;," for c in value) else value
