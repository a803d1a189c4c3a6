"""A history, step by step: people, runs and mishaps as plain data, so that every one can be written down and replayed.

`Story.play` takes a list of steps; each is the name of a method and its arguments, as JSON holds them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from mishaps import Mishaps
from people import People
from runs import Runs
from scene import Step


class Story(People, Mishaps, Runs):
    """One history under way, with its two accounts, its runs and its oracle."""

    @property
    def script(self) -> str:
        """The history so far, to be replayed."""
        setting = [self.left, self.right, self.conflicts, self.deletions]
        return json.dumps({"setting": setting, "steps": self.steps})

    def play(self, steps: Sequence[Step]) -> None:
        """Take these steps."""
        for name, *rest in steps:
            self.steps.append([name, *rest])
            getattr(self, name)(*rest)


def replay(script: str) -> Story:
    """Play a history that was written down."""
    told: Mapping[str, Any] = json.loads(script)
    story = Story(*told["setting"])
    story.play(told["steps"])
    return story
