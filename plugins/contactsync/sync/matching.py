"""First meetings: which unlinked contacts are one person, which are created on the other side, which wait (core 10).

Contacts, linked ones too, are nodes; equal normal key values are edges. Per key in order, over unlinked contacts that
no earlier key touched: one left and one right and no linked member is a match; one alone goes to the next key and,
after the last, is created; anything else is held with its candidates.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from contactsync.contact import Values, fold, names_for_key
from contactsync.model.decisions import Wish
from contactsync.model.plan import Hold, HoldReason
from contactsync.model.spec import Side

BY_A_PERSON = "a person"
BY_MARK = "mark"
LEFT_OUT = "left out by a person"
KEPT_APART = "kept apart from its match by a person"


@dataclass(frozen=True, slots=True)
class Node:
    """A contact as matching sees it. hashes: match key -> salted hashes; names: for phone matches, None = unknown.

    wish  what a person decided of it (decisions.Wish): skip = left out, create = new whatever its keys say
    """

    side: Side
    id: str
    hashes: Mapping[str, tuple[int, ...]]
    linked: bool = False
    shown: bool = True
    names: tuple[str, str] | None = None  # folded given and family name
    wish: str = Wish.NONE


Place = tuple[Side, str]


@dataclass(frozen=True)
class Verdicts:
    """What persons said of two contacts (left id, right id), whatever their keys say."""

    same: frozenset[tuple[str, str]] = frozenset()
    apart: frozenset[tuple[str, str]] = frozenset()

    def parts(self, one: Place, other: Place) -> bool:
        """True where the two were said to be two persons."""
        left, right = (one, other) if one[0] is Side.LEFT else (other, one)
        return left[0] is not right[0] and (left[1], right[1]) in self.apart


@dataclass(frozen=True)
class Matched:
    """What first meetings lead to. alone: (side, id) that meet nobody; reread: to be read before they count.

    kept_out  (side, id) -> why a person's decision keeps it from being matched or created
    """

    pairs: tuple[tuple[str, str, str], ...] = ()  # left id, right id, key
    alone: tuple[tuple[Side, str], ...] = ()
    holds: tuple[Hold, ...] = ()
    reread: tuple[tuple[Side, str], ...] = ()
    kept_out: Mapping[tuple[Side, str], str] = field(default_factory=dict)


@dataclass
class _State:
    pairs: list[tuple[str, str, str]] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    reread: list[Place] = field(default_factory=list)
    kept_out: dict[Place, str] = field(default_factory=dict)


def names_of(values: Values) -> tuple[str, str]:
    """Folded given and family name, for Node.names."""
    given, family = names_for_key(values)
    return fold(given), fold(family)


def match(
    nodes: Sequence[Node],
    keys: Sequence[str],
    *,
    without_key: bool,
    verdicts: Verdicts = Verdicts(),
    marked: Collection[tuple[str, str]] = (),
) -> Matched:
    """Settle all first meetings. Deterministic: the order of `nodes` does not matter.

    marked  (left id, right id) of which our own mark says that one was made from the other
    """
    state = _State()
    open_nodes = {(n.side, n.id): n for n in nodes if not n.linked}
    linked = [n for n in nodes if n.linked]
    alone = _decided(open_nodes, verdicts, state)
    linked += _by_marks(open_nodes, verdicts, marked, state)
    keyless = {k for k, n in open_nodes.items() if not any(n.hashes.get(key) for key in keys)}
    for key in keys:
        bearers = [n for k, n in open_nodes.items() if k not in keyless and n.hashes.get(key)]
        for group in _groups([*bearers, *linked], key):
            if _settle_group(group, key, verdicts, state):
                for node in group:
                    open_nodes.pop((node.side, node.id), None)
    state.kept_out.update({p: LEFT_OUT for p, n in open_nodes.items() if n.wish == Wish.SKIP})
    for side, contact_id in sorted(open_nodes):
        if not open_nodes[side, contact_id].shown or (side, contact_id) in state.kept_out:
            continue
        if (side, contact_id) in keyless and not without_key:
            detail = f"no value for any of the match keys ({', '.join(keys)})"
            state.holds.append(Hold(side, contact_id, HoldReason.NO_KEY, detail))
        else:
            alone.append((side, contact_id))
    pairs, reread = tuple(sorted(state.pairs)), tuple(sorted(state.reread))
    return Matched(pairs, tuple(sorted(alone)), tuple(state.holds), reread, state.kept_out)


def _decided(open_nodes: dict[Place, Node], verdicts: Verdicts, state: _State) -> list[Place]:
    """What persons decided comes first; returns those who are created whatever their keys say."""
    for left, right in sorted(verdicts.same):
        places = (Side.LEFT, left), (Side.RIGHT, right)
        if not all(p in open_nodes for p in places):
            continue
        both = [open_nodes.pop(p) for p in places]
        if all(n.shown for n in both):
            state.pairs.append((left, right, BY_A_PERSON))
        else:
            state.reread.extend(places)
    new = [p for p, n in sorted(open_nodes.items()) if n.wish == Wish.CREATE and n.shown]
    for place in new:
        del open_nodes[place]
    return new


def _by_marks(
    open_nodes: dict[Place, Node], verdicts: Verdicts, marked: Collection[tuple[str, str]], state: _State
) -> list[Node]:
    """A mark tells of a link that was, and a link overrides keys. Returns who is linked by it, for groups of a key."""
    out: list[Node] = []
    for left, right in sorted(marked):
        places = (Side.LEFT, left), (Side.RIGHT, right)
        both = [open_nodes[p] for p in places if p in open_nodes]
        if len(both) < 2 or any(n.wish == Wish.SKIP for n in both) or verdicts.parts(*places):
            continue
        state.pairs.append((left, right, BY_MARK))
        out.extend(replace(open_nodes.pop(p), linked=True) for p in places)
    return out


def _out(node: Node, group: Sequence[Node], verdicts: Verdicts) -> str:
    """Why a person's decision takes a contact out of its group; '' = it does not."""
    if node.linked:
        return ""
    if node.wish == Wish.SKIP:
        return LEFT_OUT
    opposite = [n for n in group if n.side is not node.side]
    apart = bool(opposite) and all(verdicts.parts((node.side, node.id), (n.side, n.id)) for n in opposite)
    return KEPT_APART if apart else ""


def _settle_group(group: Sequence[Node], key: str, verdicts: Verdicts, state: _State) -> bool:
    """True when this key touched the group's contacts; a contact alone goes on to the next key."""
    away = {(n.side, n.id): why for n in group if (why := _out(n, group, verdicts))}
    state.kept_out.update(away)
    left_out = [n for n in group if (n.side, n.id) in away]
    group = [n for n in group if (n.side, n.id) not in away]
    unlinked = [n for n in group if not n.linked]
    if len(group) == 1 and unlinked:
        return any(n.side is not group[0].side for n in left_out) and _hold_beside(group[0], left_out, key, state)
    if not unlinked:
        return bool(away)
    lefts = [n for n in group if n.side is Side.LEFT]
    rights = [n for n in group if n.side is Side.RIGHT]
    one_pair = len(lefts) == len(rights) == 1 and len(unlinked) == 2
    if one_pair and not (lefts[0].shown and rights[0].shown):
        state.reread.extend((n.side, n.id) for n in unlinked)
        return True
    if one_pair and (key != "phone" or not contradict(lefts[0].names, rights[0].names)):
        state.pairs.append((lefts[0].id, rights[0].id, key))
        return True
    for node in unlinked:
        if node.shown:
            others = tuple(sorted(f"{n.side}:{n.id}" for n in group if n is not node))
            state.holds.append(
                Hold(node.side, node.id, HoldReason.AMBIGUOUS, _why(node, group, key), candidates=others[:20])
            )
    return True


def _hold_beside(node: Node, left_out: Sequence[Node], key: str, state: _State) -> bool:
    """Its only match was left out by a person: created there it would be a duplicate."""
    if node.shown:
        others = tuple(sorted(f"{n.side}:{n.id}" for n in left_out))
        detail = f"same {key} as a contact that a person left out or kept apart from it"
        state.holds.append(Hold(node.side, node.id, HoldReason.AMBIGUOUS, detail, candidates=others[:20]))
    return True


def _why(node: Node, group: Sequence[Node], key: str) -> str:
    linked = sum(n.linked for n in group)
    same = sum(n.side is node.side for n in group) - 1
    if len(group) == 2 and not linked and not same:
        return f"same {key}, but the names contradict each other"
    return f"same {key} as {len(group) - 1} others ({same} in the same app, {linked} already linked)"


def contradict(one: tuple[str, str] | None, other: tuple[str, str] | None) -> bool:
    """True where both have names that cannot be one person's: neither given nor family name agrees as far as known."""
    if one is None or other is None:
        return False
    both = [(a, b) for a, b in zip(one, other, strict=True) if a and b]
    return bool(both) and not any(a == b or a.startswith(b) or b.startswith(a) for a, b in both)


def _groups(nodes: Iterable[Node], key: str) -> list[list[Node]]:
    """Connected components by equal hashes of one key, in a fixed order."""
    parent: dict[tuple[Side, str], tuple[Side, str]] = {}

    def root(k: tuple[Side, str]) -> tuple[Side, str]:
        while parent[k] != k:
            parent[k] = parent[parent[k]]
            k = parent[k]
        return k

    bearer: dict[int, tuple[Side, str]] = {}
    by_key = {}
    for node in sorted(nodes, key=lambda n: (n.side, n.id)):
        me = (node.side, node.id)
        hashes = node.hashes.get(key, ())
        if not hashes:
            continue
        by_key[me] = node
        parent.setdefault(me, me)
        for h in hashes:
            first = bearer.setdefault(h, me)
            parent[root(me)] = root(first)
    groups: dict[tuple[Side, str], list[Node]] = {}
    for me, node in by_key.items():
        groups.setdefault(root(me), []).append(node)
    return list(groups.values())
