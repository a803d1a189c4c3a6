"""Deciding: pure functions over frames and links; no I/O, no clock, no app."""

from __future__ import annotations
