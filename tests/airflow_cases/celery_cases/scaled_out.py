"""The same Airflow with CeleryExecutor: two workers, Redis between them, artefacts in a bucket and nowhere else."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from case_syncs import PATIENCE
from case_syncs import SYNCS as EVERY_CASE
from contactsync.demo.processes import Program, free_port, members
from real_airflow import RealAirflow
from sqlalchemy import text

SYNCS: Mapping[str, Any] = {
    **{sync: {} for sync in ("apart", "killed", "deleted", "changed")},
    "pooled": EVERY_CASE["pooled"],
}
BUCKET = "case-bucket"
FOLDER = "contactsync"
BIN = Path(sys.executable).parent
WORKERS = ("north", "south")

# Airflow's parts but the workers; `airflow standalone` would fall back to the LocalExecutor.
PARTS = "airflow db migrate && { airflow api-server & airflow scheduler & airflow dag-processor & wait; }"
# Both workers run on this machine, yet Airflow is to tell them apart.
NAMES = """
import os

def name():
    return os.environ.get("WORKER_NAME", "nobody")
"""


class ScaledOut(RealAirflow):
    """Each worker has a home of its own; what tasks hand to each other passes through the bucket."""

    def __init__(self, folder: Path, metadata: str, ledger: str) -> None:
        # Imported here, as other tests are collected with these and need no server.
        from moto.moto_server.threaded_moto_server import ThreadedMotoServer

        self.redis_port = free_port()
        self.bucket_server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
        self.bucket_server.start()
        host, port = self.bucket_server.get_host_and_port()
        self.bucket_url = f"http://{host}:{port}"
        super().__init__(
            folder,
            metadata,
            ledger,
            SYNCS,
            CORE__EXECUTOR="CeleryExecutor",
            CORE__HOSTNAME_CALLABLE="worker_names.name",
            CELERY__BROKER_URL=f"redis://127.0.0.1:{self.redis_port}/0",
            CELERY__WORKER_CONCURRENCY="2",
            CELERY__SYNC_PARALLELISM="1",
            SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL="1",
        )
        (self.policies / "worker_names.py").write_text(NAMES)
        self.server.program.command = ["sh", "-c", PARTS]
        redis = f"redis-server --port {self.redis_port} --bind 127.0.0.1 --appendonly no --save".split()
        self.redis = Program("Redis", [*redis, ""], folder, folder / "redis.log")
        self.workers = {name: self._worker(name) for name in WORKERS}
        self._busy, self._changed = 0, threading.Condition()

    @property
    def root(self) -> str:
        return f"s3://case_s3@{BUCKET}/{FOLDER}"

    @property
    def homes(self) -> list[Path]:
        return [worker.folder for worker in self.workers.values()]

    def start(self) -> None:
        self._s3().create_bucket(Bucket=BUCKET)
        self.redis.start()
        for worker in self.workers.values():
            worker.folder.mkdir()
            worker.start()
        super().start()

    def stop(self) -> None:
        for program in (*self.workers.values(), self.redis):
            program.stop()
        super().stop()
        self.bucket_server.stop()

    def kill(self, worker: str) -> None:
        """What a power cut does to it, and to all tasks that it runs."""
        for pid in members([self.workers[worker].session]):
            os.kill(pid, signal.SIGKILL)

    def heartbeat_is_late(self, dag: str, run_id: str) -> None:
        """Let as much time pass as Airflow gives a task to be heard of."""
        self._earlier("last_heartbeat_at", "running", dag, run_id)

    def retry_is_due(self, dag: str, run_id: str) -> None:
        """Let as much time pass as lies between two tries."""
        self._earlier("end_date", "up_for_retry", dag, run_id)

    def in_bucket(self, sync: str, run_id: str) -> list[str]:
        """The names of a run's objects, as the store tells them."""
        listed = self._s3().list_objects_v2(Bucket=BUCKET, Prefix=f"{FOLDER}/{sync}/{run_id}/")
        return [str(one["Key"]).rpartition("/")[2] for one in listed.get("Contents", ())]

    def grow_old(self, sync: str, run_id: str, age: timedelta) -> None:
        """Let time pass for the objects of a run."""
        from moto.s3.models import s3_backends

        [account] = s3_backends.values()
        for key in account["aws"].buckets[BUCKET].keys.values():
            if key.name.startswith(f"{FOLDER}/{sync}/{run_id}/"):
                key.last_modified -= age

    @contextmanager
    def undisturbed(self) -> Iterator[None]:
        """No worker is killed meanwhile."""
        with self._changed:
            self._busy += 1
        try:
            yield
        finally:
            with self._changed:
                self._busy -= 1
                self._changed.notify_all()

    def wait_for_others(self) -> None:
        """Until a worker may be killed."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._busy == 0, PATIENCE)

    def _connections(self) -> dict[str, Mapping[str, object]]:
        store = {"region_name": "us-east-1", "endpoint_url": self.bucket_url}
        bucket = {"conn_type": "aws", "login": "case", "password": "case-secret", "extra": store}
        return {**super()._connections(), "case_s3": bucket}

    def _worker(self, name: str) -> Program:
        home = self.folder / name
        command = [
            str(BIN / "airflow"),
            "celery",
            "worker",
            "--skip-serve-logs",
            "--without-gossip",
            "--without-mingle",
        ]
        own = {"AIRFLOW_HOME": str(home), "HOME": str(home), "WORKER_NAME": name}
        environment = {**self.server.environment(), **own}
        return Program(
            name, [*command, "--celery-hostname", f"{name}@here"], home, self.folder / f"{name}.log", environment
        )

    def _earlier(self, column: str, state: str, dag: str, run_id: str) -> None:
        with self.metadata.begin() as connection:
            earlier = f"UPDATE task_instance SET {column} = {column} - :time WHERE dag_id = :dag AND run_id = :run"
            given = {"time": timedelta(hours=1), "dag": dag, "run": run_id, "state": state}
            connection.execute(text(f"{earlier} AND state = :state"), given)

    def _s3(self) -> Any:
        import boto3

        keys = {"aws_access_key_id": "case", "aws_secret_access_key": "case-secret"}
        return boto3.client("s3", endpoint_url=self.bucket_url, region_name="us-east-1", **keys)
