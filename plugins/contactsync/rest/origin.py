"""Addresses stay with the host of the connection: what leads elsewhere would carry the credentials along."""

from __future__ import annotations

import contextlib
from urllib.parse import quote, urljoin, urlsplit

from contactsync.errors import BadListing, NotTheApi
from contactsync.rest.reply import CHECK_HOST, Reply, host_of

PORTS = {"http": 80, "https": 443}
FOLLOWED = frozenset({301, 302, 303, 307, 308})
# Others may mean something else at the new place, so they are never sent twice.
FOLLOWING_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "PROPFIND", "REPORT"})


def origin(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port; None where the address has none or is disguised."""
    if any(c <= " " or c in "\\\x7f" for c in url):
        return None  # parsers disagree about these, and thereby about the host
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS.get(parts.scheme)
    except ValueError:
        return None
    if not parts.hostname or port is None or "@" in parts.netloc:
        return None
    return parts.scheme, parts.hostname, port


def absolute(base_url: str, path: str) -> str:
    """`path` under `base_url`; an absolute address is taken as it is. Errors: BadListing where it leads elsewhere."""
    if not path.lower().startswith(("http://", "https://")):
        return f"{base_url.rstrip('/')}/{path.lstrip('/')}" if path else base_url
    if origin(path) is None or origin(path) != origin(base_url):
        raise BadListing(
            f"{host_of(base_url)}: a link in an answer leads to another host, port or scheme; it is not followed.",
            next_step=CHECK_HOST,
        )
    return path


def segment(text: str) -> str:
    """A text, such as an id, as one part of a path. Errors: BadListing for `..`, a step however it is quoted."""
    with contextlib.suppress(UnicodeEncodeError):
        if text.strip("."):
            return quote(text, safe="")
    raise BadListing("An id in an answer cannot be part of an address; it is not asked for.", next_step=CHECK_HOST)


def redirected(method: str, asked: str, reply: Reply) -> str | None:
    """Where a read goes on, None where the answer is no redirect. Errors: NotTheApi where it may not be followed."""
    location = reply.headers.get("Location", "")
    if reply.status not in FOLLOWED or not location:
        return None
    target = urljoin(asked, location)
    if method.upper() not in FOLLOWING_METHODS or origin(target) is None or origin(target) != origin(asked):
        to = origin(target)
        raise NotTheApi(
            f"{reply.host} redirects {method.upper()} (HTTP {reply.status}) to "
            f"{f'{to[0]}://{to[1]}:{to[2]}' if to else 'an unreadable address'}; "
            "only reads within one scheme, host and port are followed.",
            next_step="if that is the right place, write it into the connection",
        )
    return target
