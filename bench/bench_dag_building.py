"""What a sync costs when the DAG folder is parsed: our builder beside bare operators and TaskFlow, in one run."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable

from airflow.sdk import DAG, BaseOperator, task
from contactsync.model.spec import DagSpec, ProjectSpec, SideSpec, SyncSpec
from contactsync.orchestration.dag_builder import build_dag

DAGS, ROUNDS, TASKS = 20, 25, 8


def ours(n: int) -> DAG:
    spec = SyncSpec(
        f"sync-{n}", SideSpec("freshsales", "left"), SideSpec("google_contacts", "right"), DagSpec("*/15 * * * *")
    )
    return build_dag(spec, ProjectSpec())


def bare(n: int) -> DAG:
    with DAG(f"bare_{n}", schedule="*/15 * * * *") as dag:
        previous = None
        for i in range(TASKS):
            operator = BaseOperator(task_id=f"t{i}")
            if previous is not None:
                previous >> operator
            previous = operator
    return dag


def taskflow(n: int) -> DAG:
    with DAG(f"taskflow_{n}", schedule="*/15 * * * *") as dag:
        value = None
        for i in range(TASKS):

            @task(task_id=f"t{i}")
            def step(before: object) -> object:
                return before

            value = step(value)
    return dag


def cost(build: Callable[[int], DAG]) -> float:
    """CPU milliseconds a task."""
    gc.collect()  # or the DAGs of the builder before would be cleared away in this one's time
    started = time.process_time()
    tasks = sum(len(build(n).tasks) for n in range(DAGS))
    return (time.process_time() - started) * 1000 / tasks


def main() -> None:
    """The builders take turns, and the ratio is one within a turn: a busy machine slows all of them alike."""
    builders = {"contactsync": ours, "bare operators": bare, "TaskFlow": taskflow}
    for build in builders.values():
        build(10**6)  # imports are paid once, not by the first builder
    rounds = [{name: cost(build) for name, build in builders.items()} for _ in range(ROUNDS)]
    for name in builders:
        ratio = statistics.median(r[name] / r["bare operators"] for r in rounds)
        print(f"{name:15} {min(r[name] for r in rounds):.3f} ms of CPU a task, {ratio:.2f} x bare operators")


if __name__ == "__main__":
    main()
