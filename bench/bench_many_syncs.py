"""What many syncs cost a running Airflow in which none of them is due: CPU of the scheduler and of the DAG processor.

python bench/bench_many_syncs.py 300     so many copies of the shipped sync, unpaused; without a number 30
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from live_airflow import PATIENCE, cpu_by_part, live_airflow, shipped, until

SIDES = ("left", "right")
SECONDS = 60.0


def main(syncs: int) -> None:
    """In a folder of its own, which is removed afterwards."""
    for count in sorted({1, syncs}):
        with tempfile.TemporaryDirectory(prefix="contactsync-many-") as folder:
            measure(Path(folder), count)


def measure(folder: Path, count: int) -> None:
    """Wait until all are parsed and unpaused; then count what a minute costs."""
    file = shipped()
    file["dag"]["schedule"] = "0 3 29 2 *"
    files = [
        {**file, "id": f"sync-{n}", **{s: {**file[s], "connection": f"{s}_{n}"} for s in SIDES}} for n in range(count)
    ]
    with live_airflow(folder, files, {}) as server:
        began = time.monotonic()
        server.start()
        server.await_healthy([], print, PATIENCE)
        until(lambda: server.rest.ask("GET", "dags", params={"limit": 1})["total_entries"] >= count, server)
        parsed = time.monotonic() - began
        server.rest.ask("PATCH", "dags", params={"dag_id_pattern": "contactsync__sync-%"}, json={"is_paused": False})
        time.sleep(SECONDS / 2)
        before = cpu_by_part(server)
        time.sleep(SECONDS)
        spent: Counter[str] = Counter()
        for pid, (part, seconds) in cpu_by_part(server).items():
            spent[part] += seconds - before.get(pid, ("", 0.0))[1]
    shares = ", ".join(f"{part} {100 * seconds / SECONDS:.1f} %" for part, seconds in sorted(spent.items()))
    print(f"{count} syncs: all known {parsed:.0f} s after the start; of a core, with nothing due: {shares}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 30)
