"""The text that a piece of HTML shows, found in one pass.

Read token by token, as browsers do, and never built into a tree: trees of hostile HTML can grow with the square of
their source, and so can the time that patterns take. Markup that nobody closes is text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from contactsync.letters import dereferenced

_LINES = re.compile(
    r"address|article|aside|blockquote|body|br|caption|center|dd|details|div|dl|dt|fieldset|"
    r"figcaption|figure|footer|form|h[1-6]|header|hr|li|main|nav|ol|p|pre|section|summary|table|"
    r"tbody|tfoot|thead|title|tr|ul"
)
_CELLS = frozenset({"td", "th"})
_UNSEEN = frozenset({"script", "style"})
_SMALL = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")  # of the same length, always
_NAME = re.compile(r"[a-z][^\s/>]*")
_STOP = re.compile(r"[>=]")
_BLANK = re.compile(r"\s*")


def shown_text(source: str) -> str:
    """What a reader sees of it: no tags, scripts, styles or comments; one line for each paragraph, row or item.

    A text without any markup keeps its own lines.
    """
    shown = "".join(_pieces(source))
    if shown == _flat(source):
        return dereferenced(source).strip()
    kept = (" ".join(line.split()) for line in dereferenced(shown).split("\n"))
    return "\n".join(line for line in kept if line)


def _flat(text: str) -> str:
    """Between tags a line break is a space."""
    return text.replace("\n", " ").replace("\r", " ")


def _pieces(source: str) -> Iterator[str]:
    """Text as it stands, and a line break or space where a tag makes one."""
    small, at = source.translate(_SMALL), 0
    while (start := source.find("<", at)) >= 0:
        if start > at:
            yield _flat(source[at:start])
        end, tag = _markup(small, start)
        if end < 0:
            at = start
            break
        if end == start:  # a mere sign
            yield "<"
            end = start + 1
        elif tag in _UNSEEN and small[start + 1] != "/":
            end = _after(small, f"</{tag}", end)
        elif _LINES.fullmatch(tag):
            yield "\n"
        elif tag in _CELLS:
            yield " "
        at = end
    if at < len(source):
        yield _flat(source[at:])


def _markup(small: str, start: int) -> tuple[int, str]:
    """Where the markup that starts here ends (where it starts: it is none; -1: nowhere), and its tag."""
    follows = small[start + 1 : start + 2]
    if small.startswith("<!--", start):
        return _closed(small, "-->", start + 2), ""
    if follows in ("!", "?"):
        return _closed(small, ">", start), ""
    name = _NAME.match(small, start + (2 if follows == "/" else 1))
    if name:
        return _tag_end(small, name.end()), name.group()
    return (_closed(small, ">", start), "") if follows == "/" else (start, "")


def _closed(small: str, sign: str, start: int) -> int:
    found = small.find(sign, start)
    return found + len(sign) if found >= 0 else -1


def _after(small: str, closing: str, start: int) -> int:
    """Behind what closes a script; as with browsers, one that nobody closes goes on to the end."""
    found = small.find(closing, start)
    end = _closed(small, ">", found) if found >= 0 else -1
    return end if end >= 0 else len(small)


def _tag_end(small: str, at: int) -> int:
    """Behind the > of a tag; one inside of a quoted value is not it. -1 where there is none."""
    while stop := _STOP.search(small, at):
        at = stop.end()
        if stop.group() == ">":
            return at
        at = _blank_end(small, at)
        if small[at : at + 1] in ('"', "'"):
            at = small.find(small[at], at + 1) + 1
            if at == 0:
                break
    return -1


def _blank_end(small: str, at: int) -> int:
    blank = _BLANK.match(small, at)
    return blank.end() if blank else at
