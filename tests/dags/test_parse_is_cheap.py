"""Airflow parses the DAG folder all the time and asks every provider in every process: both must stay cheap."""

from __future__ import annotations

import json
from pathlib import Path

import contactsync

HEAVY = ("pandas", "pyarrow", "numpy")
LOADED = f"import json, sys; print('LOADED' + json.dumps([m for m in {HEAVY!r} if m in sys.modules]))"


def _loaded(project, code):
    done = project.python(f"{code}\n{LOADED}")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.rsplit("LOADED", 1)[1])


def test_parsing_loads_no_data_frames(project):
    project.sync("first")
    code = "import contactsync_dags as made, contactsync_config_errors; "
    code += "assert made.contactsync__first; assert made.contactsync__manage"
    assert _loaded(project, code) == []


def test_neither_does_the_list_of_connection_types_nor_a_hook(project):
    assert _loaded(project, "from contactsync.provider import get_provider_info; assert get_provider_info()") == []
    assert _loaded(project, "from contactsync.orchestration.hooks import MemoryHook") == []


def test_the_provider_list_needs_no_airflow(project):
    """Airflow asks for it while it reads its own configuration."""
    code = "import sys; from contactsync.provider import get_provider_info; get_provider_info(); "
    done = project.python(code + "assert 'airflow' not in sys.modules, 'airflow was imported'")
    assert done.returncode == 0, done.stderr


COSTS = """
import time
from pathlib import Path
from airflow.sdk import DAG, BaseOperator
from contactsync.mapping.loader import load_folder
from contactsync.model.spec import ProjectSpec
from contactsync.orchestration.dag_builder import START, build_dag
from contactsync.orchestration.shipped_apps import ShippedApps

spec = load_folder(Path("../include/mappings"), ShippedApps()).specs[0]

def bare():
    dag = DAG("bare", start_date=START, schedule=None)
    for number in range(8):
        BaseOperator(task_id=f"t{number}", dag=dag)

def cost(build):
    begin = time.process_time()
    build()
    return (time.process_time() - begin) / 8 * 1000

# in turns, so that a machine busy with something else slows both
costs = [(cost(lambda: build_dag(spec, ProjectSpec())), cost(bare)) for _ in range(150)]
print("COST", *(min(column) for column in zip(*costs)))
"""


def test_building_a_dag_costs_little(project, record_property):
    """At most 0.15 ms a task; on a slow machine at most 1.6 times what Airflow takes for eight empty tasks."""
    project.sync("first")
    done = project.python(COSTS)
    assert done.returncode == 0, done.stderr
    ours, bare = (float(text) for text in done.stdout.rsplit("COST", 1)[1].split())
    record_property("milliseconds_per_task", ours)
    print(f"building: {ours:.3f} ms per task; Airflow alone: {bare:.3f} ms")
    assert ours <= max(0.15, 1.6 * bare)


def test_airflow_finds_no_plugin_file_in_the_plugins_folder():
    """It would execute each of them as a top-level module named like its stem."""
    from airflow._shared.module_loading import find_path_from_directory

    plugins = Path(contactsync.__file__).parents[1]
    assert [path for path in find_path_from_directory(str(plugins), ".airflowignore") if path.endswith(".py")] == []
