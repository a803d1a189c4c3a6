"""How a value that was sent may be spelt where it comes back: in other letters, encoded, escaped."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

from contactsync.letters import dereferenced, normalized

SHORTEST_SECRET = 3
SHORTEST_CORE = 6
SHRINKS = 8  # times, at most, that letters are fewer in another form
NESTED = 2  # encodings in one another that are undone

# Orders to a terminal, what turns or hides the text around it, what is not to be seen itself, and halves of letters.
HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff]+"
)
_BYTES = re.compile(r"(?:%[0-9A-Fa-f]{2})+|(?:\\x[0-9A-Fa-f]{2})+")
_UNITS = re.compile(r"(?:\\u[0-9A-Fa-f]{4})+")
_ESCAPED = re.compile(r"\\([\"'/\\])")
_BLANKS = re.compile(r"(?:\\[bfnrt])+")
_HALVES = re.compile("[\ud800-\udfff]")
_WIDE = {letter: letter + 0xFEE0 for letter in range(0x21, 0x7F)}


def readable(text: str) -> str:
    """Letters in one spelling, also those of full width and other forms of the same, and nothing that nobody sees."""
    return HIDDEN.sub(" ", normalized("NFKC", dereferenced(text)))


def decoded(text: str) -> str:
    """Without the escapes of addresses, JSON and programs."""
    for _ in range(NESTED):
        text = _BYTES.sub(_of_bytes, dereferenced(text))
        text = _UNITS.sub(_of_units, text)
        text = _ESCAPED.sub(r"\1", _BLANKS.sub(" ", text))
    return text


def without(text: str, secrets: Iterable[str]) -> str:
    """The text with a word in place of each secret: raw, in base64, in hex, URL-encoded once or twice, escaped."""
    folded = _folded(text)
    found = {same for secret in secrets for form in _forms(secret, len(text)) if (same := _folded(form)) in folded}
    for same in sorted(found, key=len, reverse=True):
        text = _replaced(text, same)
    return text


def _replaced(text: str, same: str) -> str:
    """By `find`: a pattern takes the square of the length, where what is sought nearly stands in many places."""
    folded, parts, at = _folded(text), list[str](), 0
    while (start := folded.find(same, at)) >= 0:
        parts += (text[at:start], "[secret]")
        at = start + len(same)
    return "".join((*parts, text[at:]))


class _Folds(dict[int, str]):
    """Letter -> the one that stands for it whatever its case, found when it is first met."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        one = [form for form in (letter.casefold(), letter.lower()) if len(form) == 1]
        self[code] = one[0] if one else letter
        return self[code]


_FOLDS = _Folds({ord("\u0130"): "i", ord("\u0131"): "i"})  # the dots of i are of no account here


def _folded(text: str) -> str:
    """As many letters, alike wherever two texts differ in case alone."""
    return text.translate(_FOLDS)


def _forms(secret: str, longest: int) -> Iterator[str]:
    """longest: of the text that it is searched in; a whole note of a contact is rarely found in a refusal."""
    if len(secret) > SHRINKS * longest or len(normalized("NFKC", secret)) < SHORTEST_SECRET:
        return
    for spelt in {form for whole in _wholes(secret) for form in _spellings(whole)}:
        if len(spelt) > longest:  # nothing makes it shorter
            continue
        raw, quoted = spelt.encode(errors="surrogatepass"), quote(spelt, safe="", errors="surrogatepass")
        yield from (spelt, quoted, quote(spelt, errors="surrogatepass"), quote_plus(spelt, errors="surrogatepass"))
        yield from (quote(quoted), json.dumps(spelt)[1:-1], raw.hex(), spelt.replace(" ", "+"))
        yield from (core for core in _base64_cores(raw) if len(core) >= SHORTEST_CORE)


def _wholes(secret: str) -> Iterator[str]:
    """What becomes of it where something in it is not kept: half a letter, what nobody sees, blanks in a row."""
    yield secret
    shorter = [" ".join(HIDDEN.sub(" ", secret).split())]
    if HIDDEN.search(secret):
        shorter += (HIDDEN.sub(" ", secret), HIDDEN.sub("", secret))
        shorter += (_HALVES.sub("?", secret), _HALVES.sub("\ufffd", secret))
    yield from (one for one in shorter if len(one) >= SHORTEST_SECRET)


def _spellings(text: str) -> Iterator[str]:
    plain = normalized("NFKC", text)
    wide = plain.translate(_WIDE)
    yield from (text, plain, normalized("NFC", text), normalized("NFD", text))
    yield from (normalized("NFKD", text), wide, wide.replace(" ", "\u3000"))
    if len(plain.upper()) != len(plain):  # sharp s
        yield plain.upper()


def _base64_cores(raw: bytes) -> Iterator[str]:
    """What base64 makes of the secret wherever it stands in the encoded text: `login:secret`, for one."""
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + raw).decode().rstrip("=")
        whole = (shift + len(raw)) * 8 // 6  # characters made of the secret's bits alone
        core = encoded[-(-shift * 8 // 6) : whole]
        yield core
        yield core.replace("+", "-").replace("/", "_")


def _of_bytes(found: re.Match[str]) -> str:
    raw = bytes.fromhex(found[0].replace("%", "").replace("\\x", ""))
    try:
        return raw.decode(errors="surrogatepass")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _of_units(found: re.Match[str]) -> str:
    return bytes.fromhex(found[0].replace("\\u", "")).decode("utf-16-be", "surrogatepass")
