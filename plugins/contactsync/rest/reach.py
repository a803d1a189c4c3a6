"""Where a connection may lead: by https, to the hosts of its app, at public addresses, unless it says otherwise.

Everything that is sent goes through the adapter: first requests, redirects, next-links and token endpoints alike. The
host is judged before anything is sent, the address once it is connected: a name may lead anywhere.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from contactsync.errors import ConnectionMissing, HostRefused
from contactsync.model.app import ALLOW_HOST, ALLOW_HTTP, ALLOW_PRIVATE
from contactsync.rest.origin import origin

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
NAT64 = ipaddress.ip_network("64:ff9b::/96")
# What is given out to anybody; all else is for networks of one's own, or carries an IPv4 address that nobody can read.
GIVEN_OUT = ipaddress.ip_network("2000::/3")
# What Python 3.11 takes for public: of protocols, of relays that are no more (RFC 7526), and of documentation.
SET_ASIDE = tuple(map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "3fff::/20")))
ISATAP = (0x00005EFE, 0x02005EFE)  # the third quarter of an address whose last one is an IPv4 address
TRUE, FALSE = ("true", "1", "yes"), ("false", "0", "no", "")


@dataclass(frozen=True)
class Reach:
    """What a connection permits.

    connection   its id, for messages
    hosts        the app's own: names, or *.name for what lies below it; none = any
    allow_hosts  further ones, named in the connection
    """

    connection: str
    hosts: tuple[str, ...] = ()
    allow_hosts: tuple[str, ...] = ()
    allow_http: bool = False
    allow_private: bool = False

    def check_url(self, url: str) -> None:
        """Errors: HostRefused, ConnectionMissing (an address that cannot be read)."""
        place = origin(url)
        if place is None:
            raise ConnectionMissing(
                f"The connection {self.connection!r} leads to an address that cannot be read.",
                next_step="correct the host under Admin > Connections.",
            )
        scheme, host = place[0], place[1].lower().rstrip(".")
        if scheme != "https" and not self.allow_http:
            raise self._refused(f"would send its secrets to {host} unencrypted", ALLOW_HTTP, "true", "write https://")
        named = (*self.hosts, *self.allow_hosts)
        if self.hosts and not any(fits(host, pattern) for pattern in named):
            own = f"its own are {', '.join(self.hosts)}"
            raise self._refused(f"leads to {host}, which is none of its app's hosts ({own})", ALLOW_HOST, host)
        literal = _literal(host)
        if literal is not None or host == "localhost" or host.endswith(".localhost"):
            self.check_address(host, literal or ipaddress.ip_address("127.0.0.1"))

    def check_address(self, host: str, address: Address) -> None:
        """Errors: HostRefused where it lies in a private network, on this machine or beside it."""
        if not self.allow_private and not is_public(address):
            raise self._refused(f"leads to {host} at {address}, which is no public address", ALLOW_PRIVATE, "true")

    def _refused(self, what: str, key: str, value: str, instead: str = "correct the host") -> HostRefused:
        return HostRefused(
            f"The connection {self.connection!r} {what}; nothing was sent.",
            next_step=f'{instead} under Admin > Connections, or, if it is meant so, say it there: "{key}": "{value}" '
            "in Extra.",
        )


def fits(host: str, pattern: str) -> bool:
    """A name, or *.name for all below it."""
    return host.endswith(pattern[1:]) if pattern.startswith("*.") else host == pattern


def named_hosts(given: Mapping[str, str]) -> tuple[str, ...]:
    """The further hosts that a connection permits."""
    return tuple(one.strip().lower() for one in given.get(ALLOW_HOST, "").split(",") if one.strip())


def reach_of(connection: str, hosts: tuple[str, ...], given: dict[str, str]) -> Reach:
    """What the credentials of a connection permit. Errors: ConnectionMissing for a word that is neither yes nor no."""
    http, private = (_yes(connection, key, given.get(key, "")) for key in (ALLOW_HTTP, ALLOW_PRIVATE))
    return Reach(connection, hosts, named_hosts(given), http, private)


def guard(session: requests.Session, reach: Reach) -> None:
    """From now on the session goes nowhere else."""
    for prefix, adapter in list(session.adapters.items()):
        if isinstance(adapter, HTTPAdapter):
            session.mount(prefix, GuardedAdapter(adapter, reach))


def is_public(address: Address) -> bool:
    """Whether it may belong to anybody's server: also looked for inside IPv6 forms that carry an IPv4 address."""
    if isinstance(address, ipaddress.IPv6Address):
        teredo = address.teredo[1] if address.teredo else None
        nat64 = _fourth(address) if address in NAT64 else None
        inner = address.ipv4_mapped or address.sixtofour or teredo or nat64
        if inner is not None:
            return is_public(inner)
        if address not in GIVEN_OUT or (_third(address) in ISATAP and not is_public(_fourth(address))):
            return False
    aside = any(address in network for network in SET_ASIDE)
    return address.is_global and not address.is_multicast and not aside


def _third(address: ipaddress.IPv6Address) -> int:
    return int(address) >> 32 & 0xFFFFFFFF


def _fourth(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address:
    return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)


class GuardedAdapter(BaseAdapter):
    """Checks each request's host before, and the connected address before anything is asked of it.

    Through a proxy the address is the proxy's affair: only hosts are checked.
    """

    def __init__(self, inner: HTTPAdapter, reach: Reach) -> None:
        """`inner` does the sending, with its own pools and socket options, over connections that are checked."""
        super().__init__()
        self.inner = inner
        self.reach = reach
        pools: Any = inner.poolmanager
        pools.pool_classes_by_scheme = _pools(reach)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Errors: HostRefused, ConnectionMissing, and those of requests."""
        self.reach.check_url(request.url or "")
        return self.inner.send(request, *args, **kwargs)

    def close(self) -> None:
        """Close what is open."""
        self.inner.close()


def _pools(reach: Reach) -> dict[str, type[HTTPConnectionPool]]:
    # Where the socket is made: once `connect` is done, a stranger has heard the name of the host in a TLS greeting.
    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _checked(super()._new_conn(), self.host, reach)

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _checked(super()._new_conn(), self.host, reach)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


def _checked(sock: socket.socket, host: str, reach: Reach) -> socket.socket:
    try:
        peer = str(sock.getpeername()[0])
        reach.check_address(host, ipaddress.ip_address(peer.partition("%")[0]))
    except BaseException:
        sock.close()
        raise
    return sock


def _literal(host: str) -> Address | None:
    """An address in any spelling that a resolver takes: 127.1, 0x7f000001 and 2130706433 are 127.0.0.1 too."""
    with suppress(ValueError):
        return ipaddress.ip_address(host.partition("%")[0])
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except (OSError, UnicodeError):
        return None


def _yes(connection: str, key: str, word: str) -> bool:
    if word.lower() in (*TRUE, *FALSE):
        return word.lower() in TRUE
    raise ConnectionMissing(
        f"The connection {connection!r} says neither yes nor no with {key}.",
        next_step=f'write "{key}": "true" in Extra under Admin > Connections, or leave it out.',
    )
