"""Alembic's environment and revisions."""

from __future__ import annotations
