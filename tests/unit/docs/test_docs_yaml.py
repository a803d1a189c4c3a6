"""Whole sync files in pages are valid as they stand."""

from __future__ import annotations

import re

import pytest
from contactsync.mapping.loader import load_sync
from contactsync.orchestration.shipped_apps import ShippedApps

PAGES = ("docs/from-piesync.md", "README.md", "docs/configuration.md", "docs/adding-an-app.md")


def whole_files(text: str) -> list[str]:
    """YAML blocks that begin as a sync file does."""
    blocks = re.findall(r"^```yaml\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return [block for block in blocks if block.startswith("version: 1\n") and "left:" in block]


@pytest.mark.parametrize("page", PAGES)
def test_a_sync_file_in_a_page_is_valid(root, tmp_path, page):
    for number, text in enumerate(whole_files((root / page).read_text("utf-8"))):
        file = tmp_path / f"example-{number}.yaml"
        file.write_text(text)
        assert load_sync(file, tmp_path, ShippedApps()).id


def test_the_page_for_piesync_users_holds_a_whole_file(root):
    assert len(whole_files((root / "docs/from-piesync.md").read_text("utf-8"))) == 1
