"""The part of docs/configuration.md on `fields.pairs`: its keys, from the model that reads them."""

from __future__ import annotations

from collections.abc import Mapping

from contactsync.mapping.pair_section import PairSection
from page_parts import code, page, table

PAIR: Mapping[str, str] = {
    "left": "Own field of the left app (`custom.<key>` for a custom one). Two or three in brackets are the parts of a "
    "name that the other side holds whole: `[first_name, last_name]`.",
    "right": "The same of the right app.",
    "direction": "`both`, `left_to_right` or `right_to_left`; as the sync unless set. A field that can only be read "
    "(`company.*` of Freshsales) flows one way.",
    "conflicts": "`left`, `right`, `newest` or `hold`; as the sync unless set.",
    "options": "Choices on the left: choices on the right, used both ways. Choices that differ in nothing need no "
    "pairing.",
    "unknown_option": "A choice that `options` does not name, or that the field there does not have: `hold` (the "
    "default; a person is asked) or `skip` (left alone).",
    "pick": "Which of several elements the single value of the other side is: `{label: mobile, else: first}`, "
    "`{label: mobile}` or `first` (the primary one, else the first that no other pair or field holds). The element is "
    "remembered: an edit replaces it, a clear removes it, all others stay.",
    "transforms": "[Transforms](#transforms), applied in this order on the way from the sender (from "
    "the left where the pair flows both ways) and taken back in reverse.",
    "too_long": "What the other side cannot hold whole: `hold` (the default) or `shorten` (listed as shortened by "
    "`contactsync explain`; a pair that flows both ways has to say `lossy: true` too).",
    "blanks": "`keep` (the default: a blank clears nothing) or `clear` (a field that was emptied empties the other; "
    "never when two contacts meet for the first time). Each counts into the limit of blanked fields.",
    "lossy": "`true` accepts that something of the value does not come back.",
}

_TEXT = """
A pair names one own field of each app, whatever the default mapping makes of them, and takes both out of it. With
`pick` only the picked elements are taken: the others flow on by default. One field in two pairs is an error, but
several pairs may pick from one list, each by its own label.

```yaml
fields:
  defaults: true                      # false: only the pairs flow
  pairs:
    - left: custom.cf_tier            # a dropdown and a text
      right: custom.Tier
      options: {Gold: gold, Silver: silver}
      unknown_option: hold
    - left: mobile_number             # one value and several
      right: phoneNumbers
      pick: {label: mobile, else: first}
      conflicts: right
    - left: custom.cf_full_name       # a whole name and its parts
      right: [names.givenName, names.familyName]
    - left: company.industry          # can only be read
      right: custom.Industry
      direction: left_to_right
    - left: custom.cf_summary
      right: custom.Summary
      direction: left_to_right
      transforms: [strip_html]
      too_long: shorten
      blanks: clear
```

[Values of different kinds](#values-of-different-kinds) are compared in a normal form. A value that the other side
cannot hold, or that would come back as another, is held and never written as something else. A pair that was added or
changed is settled as two contacts that meet for the first time: blanks are filled, and `conflicts` decides the rest; a
pair that was removed and returns unchanged goes on where it was.
"""


def pairs_part() -> str:
    """Everything on pairs. Errors: KeyError for a key without a meaning, or a meaning without a key."""
    keys = tuple(PairSection.model_fields)
    if set(keys) != set(PAIR):
        raise KeyError(f"tools/pages_of_pairs.py and PairSection differ in: {', '.join(set(keys) ^ set(PAIR))}")
    rows = ((code(key), PAIR[key]) for key in keys)
    return page("### Pairs", _TEXT, table(("Key of a pair", "Meaning"), rows)).strip()
