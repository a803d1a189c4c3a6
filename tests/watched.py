"""Sessions that keep what they send."""

from __future__ import annotations

from typing import Any

import requests

Sent = list[tuple[str, str, Any]]
"""Method, address and body of each request."""


class Watching(requests.adapters.BaseAdapter):
    """Passes requests on, and keeps them."""

    def __init__(self, wire: requests.adapters.BaseAdapter, sent: Sent) -> None:
        super().__init__()
        self.wire, self.sent = wire, sent

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        self.sent.append((str(request.method), str(request.url), request.body))
        return self.wire.send(request, *args, **kwargs)

    def close(self) -> None:
        self.wire.close()


def watched(sent: Sent) -> requests.Session:
    """A session that keeps what it sends."""
    session = requests.Session()
    for prefix in ("http://", "https://"):
        session.mount(prefix, Watching(session.get_adapter(prefix), sent))
    return session
