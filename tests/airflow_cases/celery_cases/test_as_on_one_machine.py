"""Cases of one machine, on several: artefacts deleted or changed, here in the bucket; a pool that does not exist."""

from __future__ import annotations

import pytest
import test_absent_pool as pools
import test_lost_artefacts as on_disk
from scaled_out import ScaledOut

pytestmark = pytest.mark.celery


def test_a_deleted_object_stops_the_run_and_clearing_as_it_says_heals_it(airflow: ScaledOut) -> None:
    with airflow.undisturbed():
        on_disk.test_a_deleted_reading_stops_the_run_and_clearing_as_it_says_heals_it(airflow)


def test_a_changed_object_is_not_carried_out_and_clearing_as_it_says_heals_it(airflow: ScaledOut) -> None:
    with airflow.undisturbed():
        on_disk.test_a_changed_plan_is_not_carried_out_and_clearing_as_it_says_heals_it(airflow)


def test_a_run_whose_pool_does_not_exist_ends_red(airflow: ScaledOut) -> None:
    with airflow.undisturbed():
        pools.test_a_run_whose_pool_does_not_exist_ends_red_and_says_so_until_somebody_makes_it(airflow)
