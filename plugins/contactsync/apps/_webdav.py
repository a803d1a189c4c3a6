"""The WebDAV that CardDAV needs (RFC 4918, 3253, 6578): multistatus answers, hrefs, requests."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote, urljoin, urlsplit
from xml.etree.ElementTree import Element, ParseError, TreeBuilder  # nosec B405 # defusedxml parses

import requests.auth
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import XMLParser

from contactsync.apps.base import Access
from contactsync.errors import NotTheApi
from contactsync.model.app import Rate
from contactsync.rest.origin import origin
from contactsync.rest.reach import fits, named_hosts
from contactsync.rest.session import Api, Reply

DAV = "{DAV:}"
CARD = "{urn:ietf:params:xml:ns:carddav}"
XML = {"Content-Type": "application/xml; charset=utf-8"}
_STATUS = re.compile(r"HTTP/\S+\s+(\d{3})")
# A listing of a hundred thousand cards is below all of them; more is made to fill this host's memory.
MOST_ELEMENTS = 800_000
MOST_RESPONSES = 120_000
MOST_EQUAL_SIGNS = 250_000  # of attributes; an element is built with all of its attributes before anybody can count
MOST_TAGS = 2_000  # different ones: each is kept
LONGEST_TAG = 500  # with its namespace, which is repeated in each
LONGEST_NAMESPACE = 100  # bytes; it is repeated in each attribute, too, and one wide letter makes all of it wide
MOST_LEVELS = 50
LONGEST_HREF = 10_000
SISTERS = ("*.icloud.com",)
"""Vendors that keep the books on other hosts than the one to begin at: contacts.icloud.com leads to p12-contacts."""
SECURE = ("https", 443)
_PLAIN = re.compile(r"[\w!$&'()*+,;=:@.~/-]*", re.ASCII)
_DECLARED = re.compile(rb"""^\s*(?:\xef\xbb\xbf)?<\?xml[^>]*?encoding\s*=\s*["']([\w.-]*)""")
_READABLE = (b"utf-8", b"us-ascii", b"ascii", b"iso-8859-1", b"latin1")
# After a space, as all attributes are; without it, xmlnsxmlns... would be looked through anew from each of its starts.
_NAMESPACE = re.compile(rb"""xmlns(?<=\sxmlns)[^\s=<>]*\s*=\s*(?:"[^"]{%d}|'[^']{%d})""" % ((LONGEST_NAMESPACE,) * 2))


class XmlError(ValueError):
    """An answer is no multistatus; the message holds no contact data."""


@dataclass(frozen=True)
class Member:
    """One response of a multistatus: its path (see `path_of`), status, and the properties that were found."""

    path: str
    status: int
    props: Mapping[str, Element] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """The text of a property, '' where it is absent or empty."""
        found = self.props.get(name)
        return (found.text or "") if found is not None else ""

    def hrefs(self, name: str) -> list[str]:
        """The hrefs in a property, as the server wrote them."""
        found = self.props.get(name)
        return [] if found is None else [e.text.strip() for e in found.iter(f"{DAV}href") if e.text]

    def is_a(self, resource_type: str) -> bool:
        """True where its resourcetype says so."""
        found = self.props.get(f"{DAV}resourcetype")
        return found is not None and found.find(resource_type) is not None


@dataclass(frozen=True)
class Multistatus:
    """A whole answer of status 207. `token` is the sync-token, '' where there is none."""

    members: Sequence[Member]
    token: str = ""


def path_of(href: str) -> str:
    """The path of an href in one spelling: servers escape the same path differently from answer to answer."""
    path = urlsplit(href).path
    if _PLAIN.fullmatch(path):  # quickly told, as nearly all are so
        return path
    return "/".join(quote(unquote(part), safe="!$&'()*+,;=:@-._~") for part in path.split("/"))


def multistatus(reply: Reply) -> Multistatus:
    """Read an answer. Errors: XmlError (not 207, not XML, another document)."""
    if reply.status != 207:
        raise XmlError(f"HTTP {reply.status} instead of 207")
    root = _root(reply.body)
    if root is None or root.tag != f"{DAV}multistatus":
        raise XmlError("no well-formed multistatus document")
    responses = root.findall(f"{DAV}response")
    if sum(1 for e in responses for _ in e.iterfind(f"{DAV}href")) > MOST_RESPONSES:
        raise XmlError("larger than any listing of cards")
    members = [member for e in responses for member in _members(e, reply.url)]
    return Multistatus(members, (root.findtext(f"{DAV}sync-token") or "").strip())


def error_conditions(reply: Reply) -> tuple[str, ...]:
    """The names in a DAV:error body (valid-sync-token, no-uid-conflict ...), without namespaces; never its texts."""
    root = _root(reply.body)
    if root is None or root.tag != f"{DAV}error":
        return ()
    return tuple(e.tag.rpartition("}")[2] for e in root)


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
        long = len(tag) > LONGEST_TAG or len(self.tags) > MOST_TAGS
        if self.left < 0 or self.level > MOST_LEVELS or long:
            raise XmlError("larger than any listing of cards")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        """It ends."""
        self.level -= 1
        return super().end(tag)


def _root(body: bytes) -> Element | None:
    if not _is_sensible(body):
        return None
    parser = XMLParser(target=_Bounded(), forbid_dtd=True)
    try:
        parser.feed(body)
        root: Element = parser.close()
    except (ParseError, DefusedXmlException, ValueError):
        return None
    return root


def _is_sensible(body: bytes) -> bool:
    """False for what only a parser's memory would tell. It looks at bytes, so they have to be those of ASCII."""
    declared = _DECLARED.match(body[:200])
    if b"\0" in body[:200] or (declared and declared[1].lower() not in _READABLE):
        return False
    return body.count(b"=") <= MOST_EQUAL_SIGNS and not _NAMESPACE.search(body)


def _members(response: Element, base: str) -> list[Member]:
    status = _code(response.findtext(f"{DAV}status"))
    props = {
        prop.tag: prop
        for propstat in response.findall(f"{DAV}propstat")
        if _code(propstat.findtext(f"{DAV}status")) == 200
        for prop in propstat.findall(f"{DAV}prop/*")
    }
    hrefs = [e.text.strip() for e in response.findall(f"{DAV}href") if e.text]
    if any(len(href) > LONGEST_HREF for href in hrefs):
        raise XmlError("an href longer than any address")
    try:
        return [Member(path_of(urljoin(base, href)), status or 200, props) for href in hrefs]
    except ValueError:
        raise XmlError("an href that is no address") from None


def _code(line: str | None) -> int:
    found = _STATUS.match((line or "").strip())
    return int(found.group(1)) if found else 0


class Dav:
    """Requests to absolute addresses of one server, and of hosts beside it that its vendor or the connection names."""

    def __init__(self, access: Access, rates: Sequence[Rate]) -> None:
        self.start = start_url(access.credentials["host"])
        self.account = f"{urlsplit(self.start).netloc}/{access.credentials['login']}"
        self._access = access
        self._rates = rates
        self._apis: dict[str, Api] = {}

    def read(self, method: str, url: str, body: str = "", *, depth: str = "") -> Reply:
        """A PROPFIND, REPORT or GET. Errors: those of Api.read."""
        headers = {**(XML if body else {}), **({"Depth": depth} if depth else {})}
        api, path = self._api(url)
        return api.read(method, path, data=body.encode() if body else None, headers=headers)

    def write(self, method: str, url: str, body: str = "", *, headers: Mapping[str, str]) -> Reply:
        """A PUT or DELETE. Errors: those of Api.write."""
        kind = {"Content-Type": "text/vcard; charset=utf-8"} if body else {}
        api, path = self._api(url)
        return api.write(method, path, data=body.encode() if body else None, headers={**kind, **headers})

    def _api(self, url: str) -> tuple[Api, str]:
        parts = urlsplit(url)
        base = f"{parts.scheme}://{parts.netloc}"
        if base not in self._apis:
            self._may_go(base)
            self._apis[base] = self._open(base)
        return self._apis[base], parts.path or "/"

    def _open(self, base: str) -> Api:
        given = self._access.credentials
        login, password = given["login"], given["password"]
        return Api(
            self._access.session,
            self._access.services,
            base_url=base,
            account=self.account,
            # As bytes: requests would send text as latin-1.
            auth=requests.auth.HTTPBasicAuth(login.encode(), password.encode()),
            rates=self._rates,
            secrets=(password,),
        )

    def _may_go(self, base: str) -> None:
        """Books may lie on a host of the same vendor, or on one that the connection names, nowhere else."""
        here, there = origin(self.start), origin(base)
        if here is not None and here == there:
            return
        beside = SISTERS if here and any(fits(here[1], one) for one in SISTERS) else ()
        named = (*beside, *named_hosts(self._access.credentials))
        if there is None or there[::2] != SECURE or not any(fits(there[1], one) for one in named):
            to = "an address that cannot be read" if there is None else f"{there[0]}://{there[1]}:{there[2]}"
            raise NotTheApi(
                f"{urlsplit(self.start).netloc}: the server leads to the address books at {to}; credentials are only "
                "sent to the host of the connection and, by https, to those that it names.",
                next_step="if that is the right place, write its address into the connection, or name the host in its "
                'Extra as "allow_host"',
            )


def start_url(host: str) -> str:
    """The address in the connection, without user and query; https where it names no scheme."""
    host = host.strip()
    parts = urlsplit(host if "://" in host else f"https://{host}")
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{path_of(parts.path or '/')}"
