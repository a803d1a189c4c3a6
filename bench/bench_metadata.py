"""What syncs cost Airflow: parsing and storing many of them, and the rows that a quiet run leaves.

python bench/bench_metadata.py 300     so many copies of a sync of Freshsales and Google Contacts; without a number 30
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
SIDES = ("left", "right")
OTHERS = 3  # DAGs that belong to no sync
RUNS = 3  # the first writes, the second learns what that gave, the third is quiet

PARSE = """
import json, os, time
from pathlib import Path
from airflow.dag_processing.dagbag import DagBag
from airflow.serialization.serialized_objects import DagSerialization
from contactsync.mapping.loader import load_folder
from contactsync.orchestration.shipped_apps import ShippedApps
DagBag("/nonexistent", load_op_links=False)

def cpu(work):
    begun = time.process_time()
    done = work()
    return time.process_time() - begun, done

reading, _ = cpu(lambda: load_folder(Path("../include/mappings"), ShippedApps()))
whole, bag = cpu(lambda: DagBag(".", load_op_links=False))
assert bag.import_errors == {}, bag.import_errors
stored, texts = cpu(lambda: [json.dumps(DagSerialization.to_dict(dag)) for dag in bag.dags.values()])
again, _ = cpu(lambda: [DagSerialization.from_dict(json.loads(text)) for text in texts])
print("FIGURES", reading, whole, stored, again, sum(map(len, texts)))
"""


def main(syncs: int) -> None:
    """In a folder of its own, which is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="contactsync-bench-") as folder:
        home = Path(folder, "airflow")
        os.environ.update(
            AIRFLOW_HOME=str(home),
            AIRFLOW__CORE__LOAD_EXAMPLES="False",
            AIRFLOW__CORE__FERNET_KEY="c2l4dGVlbi1ieXRlcy1zaXh0ZWVuLWJ5dGVzLXRlc3Q=",
            AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=f"sqlite:///{home}/airflow.db?timeout=60",
            AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT="300",  # of a machine that is busy with other work
            AIRFLOW__LOGGING__LOGGING_LEVEL="ERROR",
        )
        for count in sorted({1, syncs}):
            parse(Path(folder, f"parsed-{count}"), count)
        quiet_run(home)


def parse(folder: Path, syncs: int) -> None:
    """A process of its own, as Airflow's DAG processor has; its imports are not counted."""
    shutil.copytree(ROOT / "dags", folder / "dags", ignore=shutil.ignore_patterns("__pycache__"))
    shipped = yaml.safe_load((ROOT / "include/mappings/freshsales-google.yaml").read_text())
    for n in range(syncs):
        write(folder, {**shipped, "id": f"sync-{n}", **{s: {**shipped[s], "connection": f"{s}_{n}"} for s in SIDES}})
    done = subprocess.run(
        [sys.executable, "-c", PARSE], cwd=folder / "dags", capture_output=True, text=True, check=True
    )
    reading, whole, stored, again, size = (float(text) for text in done.stdout.rsplit("FIGURES", 1)[1].split())
    print(f"{syncs} syncs: {reading:.2f} s of CPU to read the files alone, {whole:.2f} s to parse the folder, "
          f"{stored:.2f} s to serialise, {again:.2f} s to read that back, as the scheduler does; "
          f"{size / 1000:.0f} kB, {size / 1000 / (syncs + OTHERS):.1f} kB a DAG")  # fmt: skip


def quiet_run(home: Path) -> None:
    """Over two books of the app `memory`, by `dag.test()`."""
    subprocess.run([sys.executable, "-m", "airflow", "db", "migrate"], check=True, capture_output=True)
    from airflow.dag_processing.dagbag import DagBag
    from airflow_rows import all_rows, left_by_run
    from contactsync.apps.memory import Book
    from contactsync.ledger.migrate import upgrade
    from sqlalchemy import create_engine

    shutil.copytree(ROOT / "dags", home / "dags", ignore=shutil.ignore_patterns("__pycache__"))
    ends = {
        s: {"app": "memory", "connection": f"bench_{s}", "options": {"path": str(home / f"{s}.json")}} for s in SIDES
    }
    os.environ.update({f"AIRFLOW_CONN_BENCH_{s.upper()}": '{"conn_type": "contactsync_memory"}' for s in SIDES})
    write(home, {"version": 1, "id": "quiet", "dag": {"schedule": None}, "first_run": "apply", **ends})
    (home / "contactsync").mkdir()
    upgrade(f"sqlite:///{home / 'contactsync' / 'ledger.db'}")
    Book(home / "left.json").put(
        "ada", {"names.given": "Ada", "emails": [{"value": "ada@example.org", "label": "work"}]}
    )

    dag = DagBag(home / "dags", load_op_links=False).dags["contactsync__quiet"]
    engine = create_engine(f"sqlite:///{home / 'airflow.db'}")
    for _ in range(RUNS):
        before = all_rows(engine)
        run = dag.test()
    after = all_rows(engine)
    left = left_by_run(engine, dag.dag_id, run.run_id)
    ran = [ti for ti in run.get_task_instances() if ti.hostname]
    grown = ", ".join(f"{after[name] - n} in {name}" for name, n in before.items() if after[name] != n)
    print(f"a quiet run ({run.state}): {len(ran)} tasks with a process; rows: {grown}")
    print(f"{left.xcom_bytes} bytes of XCom, {left.rendered_bytes} bytes of rendered fields")


def write(folder: Path, sync: dict[str, object]) -> None:
    path = folder / "include" / "mappings" / f"{sync['id']}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(sync, sort_keys=False))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 30)
