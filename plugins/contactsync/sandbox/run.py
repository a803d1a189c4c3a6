"""Runs sandboxes in the foreground, for people and demos in other processes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack

from contactsync.sandbox.server import Sandbox


def run_sandboxes(
    sandboxes: Sequence[Sandbox],
    say: Callable[[str], object],
    *,
    until: threading.Event | None = None,
    started: Callable[[], object] | None = None,
) -> None:
    """Starts the servers, says their addresses and keys, and serves until Ctrl-C (or until the event is set).

    `started` is called once all of them have their addresses.
    """
    stop = until or threading.Event()
    with ExitStack() as stack:
        for sandbox in sandboxes:
            stack.enter_context(sandbox)
            say(f"{sandbox.name}: {sandbox.url}  {sandbox.hint()}".rstrip())
            say(f"{sandbox.name}: state and knobs at {sandbox.url}/__sandbox__/state")
        if started is not None:
            started()
        say("Ctrl-C ends.")
        try:
            while not stop.wait(0.5):
                pass
        except KeyboardInterrupt:
            say("Ended.")
