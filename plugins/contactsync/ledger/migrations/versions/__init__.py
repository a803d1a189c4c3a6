"""One file a revision, oldest first."""

from __future__ import annotations
