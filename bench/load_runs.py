"""Runs whole syncs for bench_load.py, every stage in a process of its own, and takes down what each cost.

This process stays small: on Linux a child's peak memory counts from what its parent held when it was started.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from load_figures import Cost, Ran, Volume

HERE = Path(__file__).parent
SIDES = {"left": "freshsales", "right": "google_contacts"}
BETWEEN = 900.0  # seconds from one run to the next, for all clocks
SETTLED = 1800.0


class Vendors:
    """The process that plays both vendors."""

    def __init__(self, contacts: int, *words: str) -> None:
        command = [sys.executable, str(HERE / "load_servers.py"), str(contacts), *words]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.access = self._answer()

    def ask(self, do: str, **command: Any) -> Any:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"do": do, **command}) + "\n")
        self.process.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("The process that plays the vendors has ended.")
        return json.loads(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(30)


@dataclass
class Rig:
    """One sync over one ledger. size: tells the bytes of the ledger."""

    vendors: Vendors
    folder: Path
    ledger: str
    size: Callable[[], int]
    sealed: bool = False
    profile: Path | None = None
    ahead: float = 0.0  # how far all clocks have been put forward
    _runs: int = 0
    _handed: dict[str, Any] = field(default_factory=dict)

    def run(self, name: str, *, whole: bool = False) -> Ran:
        """One run, as the DAG does it."""
        self._runs += 1
        self._handed, self._run = {}, f"run-{self._runs}"
        self._together(self.ahead + BETWEEN)
        self.vendors.ask("counters")
        costs = [self._stage(s, whole=whole) for s in ("open", "extract_left", "extract_right")]
        handed = self._handed
        if handed["open"]["due"] or not all(handed[f"extract_{s}"]["quiet"] for s in SIDES):
            costs += [self._stage(s, whole=whole) for s in ("transform", "reconcile")]
            costs += [self._stage(f"load_{s}", whole=whole) for s in SIDES if handed["reconcile"][s]]
        costs.append(self._stage("record", whole=whole))
        summary = handed["record"]
        return Ran(name, costs, self._volumes(summary["counts"]), summary["line"], self.size(), summary["ok"])

    def edit(self, each: int, first: int) -> None:
        """Persons edit so many contacts on each side, some time after the last run and before the next."""
        self._together(self.ahead + SETTLED)
        self.vendors.ask("edit", each=each, first=first)

    def _together(self, seconds: float) -> None:
        """Put all clocks forward: who waited in a stage was ahead of the vendors."""
        self.vendors.ask("advance", seconds=seconds - self.ahead)
        self.ahead = seconds

    def _stage(self, stage: str, *, whole: bool) -> Cost:
        job, result = self.folder / "job.json", self.folder / "result.json"
        given = {"stage": stage, "run": self._run, "whole": whole, "ledger": self.ledger, "sealed": self.sealed}
        given |= {"artefacts": str(self.folder / "artefacts"), "access": self.vendors.access, "ahead": self.ahead}
        job.write_text(json.dumps({**given, "handed": self._handed}))
        command = [sys.executable, str(HERE / "load_stage.py"), str(job), str(result)]
        if self.profile is not None:
            command.append(str(self.profile / f"{self._run}-{stage}.prof"))
        home = {**os.environ, "AIRFLOW_HOME": str(self.folder / "airflow")}
        done = subprocess.run(
            command, env=home, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"{self._run}, {stage}:\n{done.stdout}")
        told = json.loads(result.read_text())
        self._handed[stage] = told.pop("handed")
        self._together(max(self.ahead, told.pop("ahead")))
        return Cost(stage, requests=self.vendors.ask("counters"), **told)

    def _volumes(self, counts: Mapping[str, Mapping[str, int]]) -> dict[str, Volume]:
        volumes = {}
        for side, app in SIDES.items():
            other = next(s for s in SIDES if s != side)
            written = counts.get(f"{other}_to_{side}", {})
            listed = self._handed[f"extract_{side}"]["rows"]
            volumes[app] = Volume(listed, written.get("created", 0), written.get("updated", 0))
        return volumes
