"""What stands in for a StatsD server: hears real UDP packets on loopback, tags in InfluxDB's form."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Heard:
    """One metric. kind: c = counter, g = gauge, ms = timer in milliseconds."""

    name: str
    tags: Mapping[str, str]
    value: float
    kind: str


class StatsdListener:
    """Keeps everything it was sent."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self._packets: list[bytes] = []
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def settings(self) -> dict[str, str]:
        """Of Airflow, without AIRFLOW__."""
        return {
            "METRICS__STATSD_ON": "True",
            "METRICS__STATSD_HOST": "127.0.0.1",
            "METRICS__STATSD_PORT": str(self._socket.getsockname()[1]),
            "METRICS__STATSD_INFLUXDB_ENABLED": "True",
        }

    def sent(self) -> bytes:
        """All of it, as it came."""
        time.sleep(0.1)
        return b"\n".join(self._packets)

    def heard(self, of: str = "airflow.contactsync.") -> list[Heard]:
        """What is called so, in the order in which it came."""
        return [_read(line) for line in self.sent().decode().splitlines() if line.startswith(of)]

    def close(self) -> None:
        self._socket.close()

    def _listen(self) -> None:
        while True:
            try:
                self._packets.append(self._socket.recv(65536))
            except OSError:
                return


@contextmanager
def listening() -> Iterator[StatsdListener]:
    """One of its own."""
    listener = StatsdListener()
    try:
        yield listener
    finally:
        listener.close()


def _read(line: str) -> Heard:
    named, _, measured = line.partition(":")
    name, *tags = named.split(",")
    value, kind = measured.split("|")[:2]
    return Heard(name.removeprefix("airflow."), dict(tag.split("=") for tag in tags), float(value), kind)
