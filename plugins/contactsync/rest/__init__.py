"""HTTP without vendors: time-outs, retries, limits, redaction, paging and auth. Knows no app and no Airflow."""

from __future__ import annotations
