"""The stages of a run, in their order: opening, reading, planning, writing, recording. pipeline.py names them all."""

from __future__ import annotations
