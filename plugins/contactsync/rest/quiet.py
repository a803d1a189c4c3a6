"""Keeps the addresses of our requests out of other libraries' logs: their queries hold contact data.

urllib3 logs the path and query of each request at DEBUG, and the whole address as a warning where an answer's head is
damaged. What is worth a line, rest logs itself: method, host and status.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

NOISY = ("urllib3.connection", "urllib3.connectionpool", "urllib3.response", "urllib3.util.retry")
_here = threading.local()


class _Ours(logging.Filter):
    """Drops what is logged while this thread sends a request of ours; what others send is none of our business."""

    def filter(self, record: logging.LogRecord) -> bool:  # noqa: ARG002 - the base's signature
        return not getattr(_here, "sending", False)


_OURS = _Ours()


@contextmanager
def quiet() -> Iterator[None]:
    """Around the sending of one request."""
    for name in NOISY:
        logging.getLogger(name).addFilter(_OURS)  # the same one twice is one
    _here.sending = True
    try:
        yield
    finally:
        _here.sending = False
