"""A real Chromium, without a window and with a profile of its own for each test."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

ROOT = Path(__file__).parents[2]
# Nothing of it asks the network for anything but the pages of the test.
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=900,700"),
)


@pytest.fixture(scope="session")
def installed() -> tuple[str, str]:
    """Chromium and its driver; without them the tests fail with the packages to install."""
    found = subprocess.run([ROOT / "tools" / "find_browser.sh"], capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
    browser, driver = found.stdout.splitlines()
    return browser, driver


@pytest.fixture
def chromium(installed: tuple[str, str], tmp_path: Path) -> Iterator[webdriver.Chrome]:
    """Its window, closed afterwards."""
    options = webdriver.ChromeOptions()
    options.binary_location = installed[0]
    for flag in (*FLAGS, f"--user-data-dir={tmp_path / 'profile'}"):
        options.add_argument(flag)
    window = webdriver.Chrome(options, Service(installed[1]))
    window.set_page_load_timeout(60)
    yield window
    window.quit()


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Where screenshots go: the folder that CONTACTSYNC_SCREENSHOTS names, else one that pytest keeps for a while."""
    folder = Path(os.environ.get("CONTACTSYNC_SCREENSHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
