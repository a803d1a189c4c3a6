"""Tests of a sync file: whole runs of the real pipeline between stand-ins of its two apps, without any network."""
