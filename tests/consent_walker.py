"""A person with a web browser, as far as a consent page needs one: reads the form, unticks, presses a button, follows.

As a program it is a browser for `webbrowser`: BROWSER="python consent_walker.py allow %s".
"""

from __future__ import annotations

import sys
from collections.abc import Collection
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import requests


@dataclass
class Form:
    """The one form of a page."""

    action: str = ""
    hidden: dict[str, str] = field(default_factory=dict)
    ticked: list[tuple[str, str]] = field(default_factory=list)
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)


class Page(HTMLParser):
    """What a page shows."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.form = Form()
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.form.action = given["action"]
        elif tag == "input" and given["type"] == "hidden":
            self.form.hidden[given["name"]] = given["value"]
        elif tag == "input" and given["type"] == "checkbox" and "checked" in given:
            self.form.ticked.append((given["name"], given["value"]))
        elif tag == "button":
            self.form.buttons[given["id"]] = (given["name"], given["value"])

    def handle_data(self, data: str) -> None:
        self.words += data


def looked_at(url: str) -> Page:
    """The page behind an address."""
    return Page(requests.get(url, timeout=20).text)


def press(url: str, button: str, without: Collection[str] = ()) -> str:
    """Opens the page and presses a button; the address that the browser is then sent to."""
    form = looked_at(url).form
    ticked = [(name, value) for name, value in form.ticked if value not in without]
    data = [*form.hidden.items(), *ticked, form.buttons[button]]
    answer = requests.post(urljoin(url, form.action), data=data, timeout=20, allow_redirects=False)
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


if __name__ == "__main__":
    pressed, *left_out, page = sys.argv[1:]
    shown = requests.get(press(page, pressed, left_out), timeout=20)
    sys.exit(0 if shown.ok else 1)
