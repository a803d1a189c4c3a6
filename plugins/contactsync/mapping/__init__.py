"""Mapping: the YAML of a sync, which fields pair up, and app frame <-> canonical frame."""

from __future__ import annotations
