"""Whether tasks may run on machines that share no disk: then ledger and artefacts have to lie where all of them reach.

Decided from Airflow's settings and the project file alone, so that the DAG folder can say it while it is parsed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from contactsync.errors import ConfigError
from contactsync.model.spec import ProjectSpec

LOCAL_EXECUTOR = "LocalExecutor"
_LOCAL = (LOCAL_EXECUTOR, "airflow.executors.local_executor.LocalExecutor")
IN_A_POD = "AIRFLOW_IS_K8S_EXECUTOR_POD"
ELSEWHERE = "tasks may run on machines that share no disk"


def executor() -> str:
    """What runs Airflow's tasks, by its own settings."""
    from airflow.sdk import conf

    return str(conf.get("core", "executor", fallback=LOCAL_EXECUTOR))


def one_machine(executor: str) -> bool:
    """True where every executor of `core.executor` is the LocalExecutor, and this is no pod of the KubernetesExecutor.

    Airflow writes there a list (`A,B`), aliases (`mine:A`) and lists of teams (`A;team=B`). The first of a list is what
    our tasks run by, but a cluster policy may send them to any other.
    In a pod the setting says LocalExecutor, whatever runs the tasks; only this variable tells.
    """
    if os.environ.get(IN_A_POD):
        return False
    names = [re.split("[=:]", name)[-1].strip() for name in re.split("[,;]", executor)]
    return all(name in _LOCAL for name in names if name)


def check_artefacts(project: ProjectSpec, executor: str) -> None:
    """Errors: ConfigError (artefacts lie in a folder, and not all tasks may have it)."""
    root = project.artefacts_root
    if one_machine(executor) or project.artefacts_shared or ("://" in root and not root.startswith("file://")):
        return
    lies = f"artefacts.root is the folder {root}" if root else "artefacts.root is not set"
    raise ConfigError(
        f"contactsync.yaml: {lies}, and with {executor} {ELSEWHERE}.",
        next_step="name a bucket there (s3://CONNECTION@bucket/contactsync), or a folder that all machines mount, with "
        "artefacts.shared: true (docs/scaling-out).",
    )


def no_ledger(project: ProjectSpec, executor: str) -> ConfigError:
    """What is wrong where there is no ledger that all tasks reach, or none that the DAG folder may know of."""
    named = project.ledger_connection
    if project.ledger_named:
        return ConfigError(
            f"The connection {named} of the ledger is not set, and with {executor} {ELSEWHERE}.",
            next_step="add it to Airflow (docs/scaling-out).",
        )
    return ConfigError(
        f"The connection {named} of the ledger is not named in contactsync.yaml, and with {executor} {ELSEWHERE}.",
        next_step=f"name it there under ledger.connection and add it to Airflow, or set the variable "
        f"AIRFLOW_CONN_{named.upper()} for all parts of Airflow (docs/scaling-out).",
    )


def unshared(project: ProjectSpec, executor: str) -> Iterator[ConfigError]:
    """What can be told without asking anybody; whether a connection that was named exists, only who looks it up."""
    if one_machine(executor):
        return
    if not project.ledger_named and f"AIRFLOW_CONN_{project.ledger_connection.upper()}" not in os.environ:
        yield no_ledger(project, executor)
    try:
        check_artefacts(project, executor)
    except ConfigError as error:
        yield error
