"""docker-compose.yaml, checked without a container engine."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
FILE = ROOT / "docker-compose.yaml"
TEXT = FILE.read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = sorted(set(SERVICES) - {"postgres"})
# $$ is a dollar for the shell in the container; the rest Compose fills in from .env.
VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)(?P<operator>:[?-])?")
EXAMPLE = dict(re.findall(r"^(\w+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE))


def mounts(service: str) -> dict[str, str]:
    """Target -> source of a service's volumes."""
    pairs = [volume.split(":") for volume in SERVICES[service]["volumes"]]
    return {pair[1]: pair[0] for pair in pairs}


def test_it_keeps_to_the_compose_schema():
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(FILE)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_has_every_part_of_airflow_that_runs_need():
    assert set(SERVICES) == {"postgres", "init", "api-server", "scheduler", "dag-processor", "triggerer"}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_waits_only_for_services_that_can_get_there(name):
    for other, wait in SERVICES[name].get("depends_on", {}).items():
        assert other in SERVICES
        if wait["condition"] == "service_healthy":
            assert "healthcheck" in SERVICES[other]
        else:
            assert wait["condition"] == "service_completed_successfully"
            assert SERVICES[other]["restart"] == "no", "a service that is restarted never completes"


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"init"}))
def test_a_lasting_service_says_whether_it_is_well(name):
    assert SERVICES[name]["healthcheck"]["test"]
    assert SERVICES[name]["restart"] == "unless-stopped"


def test_both_schemas_are_migrated_before_anything_runs():
    assert SERVICES["init"]["command"][-1] == "airflow db migrate && contactsync db upgrade"
    for name in set(OURS) - {"init"}:
        assert SERVICES[name]["depends_on"]["init"]["condition"] == "service_completed_successfully"


def test_named_volumes_are_declared_and_used():
    used = {source for name in SERVICES if "volumes" in SERVICES[name] for source in mounts(name).values()}
    assert {source for source in used if not source.startswith(".")} == set(COMPOSE["volumes"])


@pytest.mark.parametrize("name", SERVICES)
def test_what_lies_in_the_checkout_exists_and_is_mounted_read_only(name):
    for volume in SERVICES[name].get("volumes", []):
        source, *rest = volume.split(":")
        if source.startswith("."):
            assert (ROOT / source).exists()
            assert rest[-1] == "ro"


@pytest.mark.parametrize("name", OURS)
def test_the_package_comes_with_the_image_and_is_not_mounted_over(name):
    assert set(mounts(name)) >= {"/opt/airflow/dags", "/opt/airflow/include"}
    assert not [source for source in mounts(name).values() if "plugins" in source]


def test_artefacts_outlive_the_container_that_runs_the_tasks():
    assert mounts("scheduler")["/opt/airflow/contactsync"] == "contactsync"
    assert SERVICES["scheduler"]["environment"]["AIRFLOW__CORE__EXECUTOR"] == "LocalExecutor"


@pytest.mark.parametrize("name", OURS)
def test_our_services_run_as_a_user_without_privileges(name):
    user, group = SERVICES[name]["user"].split(":")
    assert int(user) > 0
    assert group == "0", "Airflow's image wants group 0"
    assert SERVICES[name]["cap_drop"] == ["ALL"]


def test_only_the_ui_is_published_and_only_to_this_machine():
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert published == ["127.0.0.1:${AIRFLOW_PORT:-8080}:8080"]


def test_all_parts_of_airflow_share_their_keys_and_databases():
    shared = SERVICES["init"]["environment"]
    for name in OURS:
        assert shared.items() <= SERVICES[name]["environment"].items()
    assert {
        "AIRFLOW__CORE__FERNET_KEY",
        "AIRFLOW__API__SECRET_KEY",
        "AIRFLOW__API_AUTH__JWT_SECRET",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC",
        "AIRFLOW_CONN_CONTACTSYNC_LEDGER",
    } <= set(shared)


def test_the_ledger_has_a_database_and_a_role_of_its_own():
    shared = SERVICES["init"]["environment"]
    assert "//contactsync:${CONTACTSYNC_DB_PASSWORD" in shared["AIRFLOW_CONN_CONTACTSYNC_LEDGER"]
    assert shared["AIRFLOW_CONN_CONTACTSYNC_LEDGER"].endswith("@postgres:5432/contactsync")
    assert shared["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].endswith("@postgres/airflow")


def test_every_variable_is_in_the_example_and_the_other_way_round():
    assert {match[1] for match in VARIABLE.finditer(TEXT)} == set(EXAMPLE)


def test_a_missing_secret_stops_compose_and_none_has_a_value_to_forget():
    for match in VARIABLE.finditer(TEXT):
        assert match["operator"], f"{match[1]} would be empty without a word"
        assert (match["operator"] == ":?") == (EXAMPLE[match[1]] == "")


def test_settings_of_airflow_exist():
    from airflow.configuration import conf

    for name in SERVICES["api-server"]["environment"]:
        if name.startswith("AIRFLOW__"):
            _, section, option = name.lower().split("__")
            assert option in conf.configuration_description[section]["options"], name


def test_the_image_brings_the_locked_version_of_airflow():
    locked = re.search(r"^apache-airflow==(\S+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    image = re.search(r"^ARG AIRFLOW_IMAGE=apache/airflow:slim-(\S+)-python3\.12$", dockerfile(), re.MULTILINE)
    assert locked
    assert image
    assert image[1] == locked[1]


def test_the_image_copies_only_what_reaches_its_build():
    reached = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    for line in re.findall(r"^COPY (.*)$", dockerfile(), re.MULTILINE):
        words = [word for word in line.split() if not word.startswith("--")]
        if "--from=" not in line:
            assert set(words[:-1]) <= set(reached)
            assert all((ROOT / word).exists() for word in words[:-1])


def test_the_image_does_not_end_as_root():
    assert re.findall(r"^USER (\S+)$", dockerfile(), re.MULTILINE)[-1] == "airflow"


def dockerfile() -> str:
    """The Dockerfile's text."""
    return (ROOT / "Dockerfile").read_text()
