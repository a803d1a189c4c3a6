"""Who a command is: in the lock's row host and process, so that the lock of a killed command can be taken at once.

In the record of decisions it is the person who gave it.
"""

from __future__ import annotations

import getpass
import os
import socket

WORD = "command"


def owner_of(run_id: str) -> str:
    """The owner that this process is."""
    return f"{WORD} {socket.gethostname()} {os.getpid()} {run_id}"


def person() -> str:
    """`user@host` of whoever gives this command; a number where the machine has no name for him."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError, ImportError):
        user = f"uid {os.getuid()}"
    return f"{user}@{socket.gethostname()}"


def has_ended(owner: str) -> bool:
    """True where the owner was a command on this machine whose process is gone; of others nothing is known."""
    word, _, rest = owner.partition(" ")
    host, _, rest = rest.partition(" ")
    pid = rest.partition(" ")[0]
    if word != WORD or host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
