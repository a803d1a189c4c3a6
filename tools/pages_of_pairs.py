"""The part of docs/configuration.md on `fields.pairs`."""

from __future__ import annotations

from page_parts import page

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
    - left: company.website           # can only be read
      right: custom.Website
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


def pairs_part(keys: str) -> str:
    """Everything on pairs; `keys` is the table of their keys."""
    return page("### Pairs", _TEXT, keys).strip()
