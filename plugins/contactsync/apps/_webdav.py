"""The WebDAV that CardDAV needs (RFC 4918, 3253, 6578): multistatus answers, hrefs, requests."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urljoin, urlsplit
from xml.etree.ElementTree import Element  # nosec B405 # defusedxml parses

import requests.auth

from contactsync.apps._xml_bounds import XmlError, parsed
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
MOST_RESPONSES = 120_000  # a listing of a hundred thousand cards is below that
LONGEST_HREF = 10_000
SISTERS = ("*.icloud.com",)
"""Vendors that keep the books on other hosts than the one to begin at: contacts.icloud.com leads to p12-contacts."""
SECURE = ("https", 443)
_PLAIN = re.compile(r"[\w!$&'()*+,;=:@.~/-]*", re.ASCII)


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
    root = parsed(reply.body)
    if root.tag != f"{DAV}multistatus":
        raise XmlError("no multistatus document")
    responses = root.findall(f"{DAV}response")
    if sum(1 for e in responses for _ in e.iterfind(f"{DAV}href")) > MOST_RESPONSES:
        raise XmlError("larger than any listing of cards")
    members = [member for e in responses for member in _members(e, reply.url)]
    return Multistatus(members, (root.findtext(f"{DAV}sync-token") or "").strip())


def error_conditions(reply: Reply) -> tuple[str, ...]:
    """The names in a DAV:error body (valid-sync-token, no-uid-conflict ...), without namespaces; never its texts."""
    try:
        root = parsed(reply.body)
    except XmlError:
        return ()
    if root.tag != f"{DAV}error":
        return ()
    return tuple(e.tag.rpartition("}")[2] for e in root)


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
