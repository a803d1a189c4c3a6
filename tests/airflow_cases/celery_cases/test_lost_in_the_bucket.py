"""An artefact in the bucket is deleted or changed before the next task reads it: the same cases as on a disk."""

from __future__ import annotations

import pytest
import test_lost_artefacts as on_disk
from scaled_out import ScaledOut

pytestmark = pytest.mark.celery


def test_a_deleted_object_stops_the_run_and_clearing_as_it_says_heals_it(airflow: ScaledOut) -> None:
    with airflow.undisturbed():
        on_disk.test_a_deleted_reading_stops_the_run_and_clearing_as_it_says_heals_it(airflow)


def test_a_changed_object_is_not_carried_out_and_clearing_as_it_says_heals_it(airflow: ScaledOut) -> None:
    with airflow.undisturbed():
        on_disk.test_a_changed_plan_is_not_carried_out_and_clearing_as_it_says_heals_it(airflow)
