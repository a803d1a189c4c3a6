"""An XML answer, parsed within bounds: what is made to fill this host's memory, or to keep it busy, is refused."""

from __future__ import annotations

import itertools
import re
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder  # nosec B405 # defusedxml parses

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import XMLParser

# A listing of a hundred thousand cards is below all of them.
MOST_ELEMENTS = 800_000
MOST_EQUAL_SIGNS = 250_000  # of attributes; an element is built with all of its attributes before anybody can count
MOST_TAGS = 2_000  # different ones: each is kept
LONGEST_TAG = 500  # with its namespace, which is repeated in each
LONGEST_NAMESPACE = 100  # bytes; it is repeated in each attribute, too, and one wide letter makes all of it wide
MOST_LEVELS = 50
MOST_ASIDES = 10_000  # comments and instructions
LONGEST_ASIDES = 1024 * 1024  # all of them together
MOST_SECTIONS = 300_000  # of text (CDATA), looked through one by one where anything is to be told from markup
_DECLARED = re.compile(rb"""^\s*(?:\xef\xbb\xbf)?<\?xml[^>]*?encoding\s*=\s*["']([\w.-]*)""")
_READABLE = (b"utf-8", b"us-ascii", b"ascii", b"iso-8859-1", b"latin1")
# After a space, as all attributes are; without it, xmlnsxmlns... would be looked through anew from each of its starts.
_NAMESPACE = re.compile(rb"""xmlns(?<=\sxmlns)[^\s=<>]*\s*=\s*(?:"[^"]{%d}|'[^']{%d})""" % ((LONGEST_NAMESPACE,) * 2))
_SECTION = b"<![CDATA["
_ENDS = {b"<!--": b"-->", b"<?": b"?>", _SECTION: b"]]>"}
_OTHER = re.compile(rb"<!--|<\?|<!\[CDATA\[")
# Possessive: a quote that never ends is looked through once.
_TAG = re.compile(rb"""<(?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+>""")


class XmlError(ValueError):
    """An answer is not the document that it should be; the message holds no contact data."""


def parsed(body: bytes) -> Element:
    """The document's root. Errors: XmlError."""
    _check(body)
    parser = XMLParser(target=_Bounded(), forbid_dtd=True)
    try:
        parser.feed(body)
        root: Element = parser.close()
    except DefusedXmlException:
        raise XmlError("a document type or entities") from None
    except XmlError:
        raise
    except (ParseError, ValueError):
        raise XmlError("no well-formed XML") from None
    return root


class _Bounded(TreeBuilder):
    """Builds a document of a sensible size. Errors: XmlError."""

    left = MOST_ELEMENTS
    level = 0

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()

    def start(self, tag: Any, attrs: Any, /) -> Element:
        """An element begins."""
        self.left -= 1
        self.level += 1
        self.tags.add(tag)
        if self.left < 0:
            raise XmlError("larger than any listing of cards")
        if self.level > MOST_LEVELS:
            raise XmlError(f"more than {MOST_LEVELS} levels")
        if len(tag) > LONGEST_TAG or len(self.tags) > MOST_TAGS:
            raise XmlError("a name of an element that is too long, or too many of them")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        """It ends."""
        self.level -= 1
        return super().end(tag)


# ---- what only a parser's time and memory would tell


def _check(body: bytes) -> None:
    """Looks at bytes, so they have to be those of ASCII. Errors: XmlError."""
    head = body[:200]
    declared = _DECLARED.match(head)
    if b"\0" in head or (declared and declared[1].lower() not in _READABLE):
        raise XmlError("another encoding than UTF-8")
    asides, prolog = body.count(b"<!--") + body.count(b"<?"), int(b"<?xml" in head and b"?>" in head)
    problem = _too_much(body)
    if asides == prolog and not problem:
        return
    markup = _parted(body)
    # What people type into cards may look like attributes: the tags alone tell.
    if problem and sum(part.count(b"<") for part in markup) > 2 * MOST_ELEMENTS:
        raise XmlError("larger than any listing of cards")
    if problem and (found := _too_much(b"".join(itertools.chain.from_iterable(map(_TAG.findall, markup))))):
        raise XmlError(found)


def _too_much(markup: bytes) -> str:
    if markup.count(b"=") > MOST_EQUAL_SIGNS:
        return "more attributes than any listing has"
    return f"a namespace of more than {LONGEST_NAMESPACE} bytes" if _NAMESPACE.search(markup) else ""


def _parted(body: bytes) -> list[bytes]:
    """What stands between comments, instructions and CDATA sections. Errors: XmlError, as soon as they are too many."""
    between, asides, aside, sections, at = list[bytes](), 0, 0, 0, 0
    while found := _OTHER.search(body, at):
        between.append(body[at : found.start()])
        end = body.find(_ENDS[found[0]], found.end())
        at = len(body) if end < 0 else end + len(_ENDS[found[0]])
        if found[0] == _SECTION:
            sections += 1
        else:
            asides += 1
            aside += at - found.start()
        if asides > MOST_ASIDES:
            raise XmlError("more comments and instructions than any listing has")
        if aside > LONGEST_ASIDES:
            raise XmlError("comments and instructions longer than any listing's")
        if sections > MOST_SECTIONS:
            raise XmlError("more sections of text than any listing has")
    return [*between, body[at:]]
