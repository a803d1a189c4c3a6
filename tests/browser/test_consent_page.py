"""`contactsync authorise` with a person at a real browser: the page, Allow or Deny, and what the terminal says then.

The same without a browser: tests/integration/test_authorise.py.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from commands import started
from contactsync.sandbox.people import CLIENT_ID, CLIENT_SECRET, READ_WRITE, USER, PeopleSandbox
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.expected_conditions import url_matches, visibility_of_element_located
from selenium.webdriver.support.wait import WebDriverWait

pytestmark = pytest.mark.browser

CLIENT = {"CONTACTSYNC_CLIENT_ID": CLIENT_ID, "CONTACTSYNC_CLIENT_SECRET": CLIENT_SECRET}
PATIENCE = 60
HERE = r"^http://127\.0\.0\.1:\d+/\?"


@pytest.fixture
def google() -> Iterator[PeopleSandbox]:
    with PeopleSandbox() as running:
        running.add_contact({"names": [{"givenName": "Ada"}]})
        yield running


@pytest.fixture
def authorise(google: PeopleSandbox, tmp_path: Path) -> Iterator[Callable[[], tuple[subprocess.Popen[str], str]]]:
    """Starts the command; it, and the page that it asks to be opened."""
    running: list[subprocess.Popen[str]] = []

    def start() -> tuple[subprocess.Popen[str], str]:
        addresses = [
            f"--host={google.url}",
            f"--authorise-url={google.authorise_uri}",
            f"--token-url={google.token_uri}",
            f"--userinfo-url={google.userinfo_uri}",
            "--allow-http",
            "--allow-private",
            "--allow-host=127.0.0.1",
        ]
        words = ["authorise", "google_contacts", "--connection", "google_alex", "--json", *addresses]
        # The person's browser is the one of this test, so the command is to start none.
        running.append(started(tmp_path, *words, env={**CLIENT, "BROWSER": "true %s"}))
        assert running[0].stderr is not None
        page = next(found[0] for line in running[0].stderr if (found := re.search(r"http\S+/auth\?\S+", line)))
        return running[0], page

    yield start
    for command in running:
        if command.poll() is None:
            command.kill()
            command.communicate()


def pressed(window: Chrome, button: str) -> str:
    """What the browser shows in the end, once the answer was brought to this machine."""
    window.find_element(By.ID, button).click()
    WebDriverWait(window, PATIENCE).until(url_matches(HERE))
    return WebDriverWait(window, PATIENCE).until(visibility_of_element_located((By.ID, "told"))).text


def test_allow_ends_with_a_connection_that_works(chromium, authorise, pictures: Path) -> None:
    command, page = authorise()
    chromium.get(page)
    assert chromium.find_element(By.ID, "user").text == USER
    assert CLIENT_ID in chromium.title
    shown = chromium.find_element(By.TAG_NAME, "main").text
    assert READ_WRITE in shown
    assert "e-mail address" in shown
    chromium.save_screenshot(str(pictures / "consent.png"))

    assert "has received the answer" in pressed(chromium, "allow")

    chromium.save_screenshot(str(pictures / "allowed.png"))
    answer, log = command.communicate(timeout=PATIENCE)
    assert command.returncode == 0, log
    made = json.loads(answer)
    assert (made["connection"], made["account"]["owner"], made["account"]["contacts"]) == ("google_alex", USER, 1)
    assert made["variable"].startswith("AIRFLOW_CONN_GOOGLE_ALEX=")


def test_deny_is_told_in_the_browser_and_in_the_terminal(chromium, google, authorise, pictures: Path) -> None:
    command, page = authorise()
    chromium.get(page)

    assert "Access was not given" in pressed(chromium, "deny")

    chromium.save_screenshot(str(pictures / "denied.png"))
    answer, log = command.communicate(timeout=PATIENCE)
    assert (command.returncode, answer) == (2, "")
    assert log.splitlines()[-1].startswith("AuthError: Access was denied")
    assert google.desk.access == {}


def test_a_box_left_unticked_is_told(chromium, authorise) -> None:
    command, page = authorise()
    chromium.get(page)
    chromium.find_element(By.CSS_SELECTOR, "input[name=scope]").click()

    assert "has received the answer" in pressed(chromium, "allow")

    answer, log = command.communicate(timeout=PATIENCE)
    assert (command.returncode, answer) == (2, "")
    assert "did not allow what a sync needs" in log
    assert "ticked" in log
