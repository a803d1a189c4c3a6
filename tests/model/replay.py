"""Play a history that a failing test printed: python tests/model/replay.py SCRIPT.json (or `-` for standard input).

The file holds the JSON behind the word HISTORY. Every step is told before it is taken, and so is what runs said.
"""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from story import Story

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]


def tell(story: Story) -> None:
    """Both accounts, and what is remembered of them."""
    for side, vendor in story.vendors.items():
        for row in vendor.rows.values():
            print(f"    {side} {row.rec} {row.id}: { ({k: v for k, v in row.values.items() if v}) }")
    ledger = story.rig.ledger
    for hold, _ in ledger.holds("pair"):
        print("    held:", hold.side, hold.contact_id, hold.reason, hold.field, hold.detail)
    for entry in ledger.unfolded("pair"):
        print("    open:", entry.intent.side, entry.intent.verb, entry.outcome.state, entry.outcome.reason)
    for link in ledger.all_links("pair"):
        apart = {name: why.reason.value for name, why in link.apart.items()}
        print(f"    link: {link.left.contact_id} {link.right.contact_id} {link.status} {apart}")


def main() -> None:
    """Play it, loudly."""
    import conftest  # noqa: F401 - a home for Airflow
    from story import Story

    logging.basicConfig(level=logging.INFO, format="    %(message)s", stream=sys.stdout)
    text = sys.stdin.read() if sys.argv[1] == "-" else Path(sys.argv[1]).read_text()
    told = json.loads(text.strip().removeprefix("HISTORY"))
    story = Story(*told["setting"])
    for step in told["steps"]:
        print("##", *step)
        story.play([step])
        tell(story)
    print("all is as promised")


if __name__ == "__main__":
    main()
