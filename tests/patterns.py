"""Every regular expression of the product, how it is used, and texts made to keep it busy.

A text that a pattern nearly matches, again and again, is what makes a careless pattern take quadratic time or worse.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import contactsync

USES = ("search", "match", "fullmatch", "sub", "subn", "split", "findall", "finditer")
FROM_A_LIBRARY = {"contactsync.phones": 1}  # of phonenumbers; its callers are tried with whole texts
FOLDER = Path(contactsync.__file__).parent


@dataclass(frozen=True)
class Used:
    """A pattern, where it stands, and the methods that are called of it."""

    place: str
    pattern: re.Pattern[str]
    methods: frozenset[str]


def modules() -> Iterator[tuple[str, ast.Module]]:
    """(name, source) of every module of the product; sandbox and demo play its surroundings."""
    for info in pkgutil.walk_packages(contactsync.__path__, "contactsync."):
        if info.name.split(".")[1] in ("sandbox", "demo") or ".migrations." in info.name:
            continue
        path = FOLDER.joinpath(*info.name.split(".")[1:])
        file = path / "__init__.py" if info.ispkg else path.with_suffix(".py")
        yield info.name, ast.parse(file.read_text("utf-8"))


def used() -> Iterator[Used]:
    """Patterns with a name, and those written where they are used. Errors: AssertionError for one of neither kind."""
    for name, tree in modules():
        compiled = [node for node in ast.walk(tree) if _is_call_of_re(node, ("compile",))]
        named = _named(name, tree)
        expected = len(compiled) - FROM_A_LIBRARY.get(name, 0)
        assert len(named) == expected, f"{name}: a pattern is compiled that has no name in its module"
        for variable, pattern in named.items():
            yield Used(f"{name}.{variable}", pattern, frozenset(_methods(variable)))
        for node in ast.walk(tree):
            if _is_call_of_re(node, USES):
                assert isinstance(node, ast.Call)
                for text in _texts_of(node.args[0], name):
                    yield Used(f"{name}:{node.lineno}", re.compile(text), frozenset({node.func.attr}))  # type: ignore[attr-defined]


def _is_call_of_re(node: ast.AST, names: tuple[str, ...]) -> bool:
    func = node.func if isinstance(node, ast.Call) else None
    return (
        isinstance(func, ast.Attribute)
        and func.attr in names
        and isinstance(func.value, ast.Name)
        and func.value.id == "re"
    )


def _named(name: str, tree: ast.Module) -> dict[str, re.Pattern[str]]:
    if not any(_is_call_of_re(node, ("compile",)) for node in ast.walk(tree)):
        return {}
    held: dict[str, Any] = dict(vars(importlib.import_module(name)))
    names = {
        t.id for node in ast.walk(tree) if isinstance(node, ast.Assign) for t in node.targets if isinstance(t, ast.Name)
    }
    names |= {n.target.id for n in ast.walk(tree) if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)}
    found = {key: value for key, value in held.items() if key in names}
    patterns = {key: value for key, value in found.items() if isinstance(value, re.Pattern)}
    for key, value in found.items():
        rows = value.values() if isinstance(value, dict) else value if isinstance(value, tuple | list) else ()
        flat = [part for row in rows for part in (row if isinstance(row, tuple) else (row,))]
        patterns |= {f"{key}[{n}]": part for n, part in enumerate(flat) if isinstance(part, re.Pattern)}
    return patterns


def _methods(variable: str) -> Iterator[str]:
    """Methods called of a name anywhere in the package; of patterns in tables, all that might be."""
    bare = variable.partition("[")[0]
    text = "\n".join(path.read_text("utf-8") for path in FOLDER.rglob("*.py"))
    found = set(re.findall(rf"\b{re.escape(bare)}\.({'|'.join(USES)})\(", text))
    yield from found or {"search", "match", "fullmatch"}


def _texts_of(node: ast.expr, module: str) -> list[str]:
    """A pattern as it is written; what stands in braces is some sign, and escaped text some word."""
    if isinstance(node, ast.IfExp):
        return [*_texts_of(node.body, module), *_texts_of(node.orelse, module)]
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "re.escape":
        return ["word"]
    assert isinstance(node, ast.JoinedStr), f"{module}:{node.lineno}: a pattern that is put together while running"
    return ["".join(str(part.value) if isinstance(part, ast.Constant) else ";" for part in node.values)]


# ---- texts


def hostile(pattern: re.Pattern[Any], size: int) -> Iterator[Any]:
    """Texts of that size made of what the pattern is made of, each ending in what it cannot end in."""
    atoms = list(dict.fromkeys(_atoms(parser.parse(pattern.pattern, pattern.flags))))[:9]
    pairs = ("".join(pair) for pair in permutations(atoms[:5], 2))
    triples = ("".join(triple) for triple in permutations(atoms[:3], 3))
    for piece in dict.fromkeys([*atoms, *pairs, *triples]):
        body = piece * (size // len(piece))
        for text in (f"{body}\x00", f"{body}\n", f"x{body}", body):
            yield text.encode("utf-8", "replace") if isinstance(pattern.pattern, bytes) else text


def _atoms(parsed: Any) -> Iterator[str]:
    """A character for each kind of character that the pattern looks for."""
    for operation, argument in parsed:
        name = str(operation)
        if name in ("LITERAL", "NOT_LITERAL"):
            yield chr(argument) if name == "LITERAL" else ("a" if argument != ord("a") else "b")
        elif name == "ANY":
            yield "a"
        elif name == "IN":
            yield from _of_set(argument)
        elif name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            yield from _atoms(argument[2])
        elif name == "SUBPATTERN":
            yield from _atoms(argument[3])
        elif name == "ATOMIC_GROUP":
            yield from _atoms(argument)
        elif name == "BRANCH":
            for branch in argument[1]:
                yield from _atoms(branch)
        elif name in ("ASSERT", "ASSERT_NOT"):
            yield from _atoms(argument[1])


_CATEGORIES = {"DIGIT": "7", "SPACE": " ", "WORD": "w", "NOT_DIGIT": "d", "NOT_SPACE": "s", "NOT_WORD": "-"}


def _of_set(members: Any) -> Iterator[str]:
    negated = any(str(operation) == "NEGATE" for operation, _ in members)
    if negated:
        yield "~"
    for operation, argument in members:
        name = str(operation)
        if name == "LITERAL":
            yield chr(argument)
        elif name == "RANGE":
            yield chr(argument[0])
        elif name == "CATEGORY":
            yield _CATEGORIES[str(argument).removeprefix("CATEGORY_")]
