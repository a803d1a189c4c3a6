"""The process that plays Freshsales and Google, seeded: `python -m contactsync.demo.sandboxes FILE`.

Writes addresses and keys to FILE once it serves, and ends on SIGINT or SIGTERM.
"""

from __future__ import annotations

import json
import secrets
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from contactsync.demo.cast import first_cast
from contactsync.demo.hands import google_draft
from contactsync.demo.processes import DemoError, Program
from contactsync.sandbox.freshsales import FreshsalesSandbox
from contactsync.sandbox.freshsales_seed import seed_freshsales
from contactsync.sandbox.people import USER, PeopleSandbox

_START = 30.0


class Sandboxes:
    """That process, seen from the demo."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "sandboxes.json"
        command = [sys.executable, "-m", "contactsync.demo.sandboxes", str(self.file)]
        self.program = Program("The sandbox servers", command, folder, folder / "sandboxes.log")

    def start(self) -> dict[str, Any]:
        """Start and wait; addresses and keys by app. Errors: DemoError."""
        self.program.start()
        until = time.monotonic() + _START
        while not self.file.exists():
            self.program.check()
            if time.monotonic() > until:
                raise DemoError(f"The sandbox servers were not ready after {_START:g} s.\n{self.program.tail()}")
            time.sleep(0.1)
        facts: dict[str, Any] = json.loads(self.file.read_text())
        return facts


def serve(file: Path, until: threading.Event) -> None:
    """Seed both, serve, and say where."""
    cast = first_cast()
    with FreshsalesSandbox(api_key=secrets.token_hex(16)) as freshsales, PeopleSandbox() as google:
        seed_freshsales(freshsales, cast.freshsales)
        google.load(USER, map(google_draft, cast.google))
        facts = {
            "freshsales": {"url": freshsales.url, "api_key": freshsales.api_key},
            "google": {"url": google.url, **google.credentials()},
        }
        draft = file.with_suffix(".draft")
        draft.write_text(json.dumps(facts))
        draft.replace(file)
        until.wait()


def main() -> None:
    """Serve until told to stop."""
    stop = threading.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda *_: stop.set())
    serve(Path(sys.argv[1]), stop)


if __name__ == "__main__":
    main()
