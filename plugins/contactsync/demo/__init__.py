"""The demo: Airflow and three local servers, seeded, synced, edited and synced again before one's eyes."""

from __future__ import annotations
