"""All small changes of a source file, by mutmut's operators: each is one mutant of the score (score.py).

Only bodies of functions are changed, decorated ones too. Left out is what no user could miss: words of errors and of
logs, what only type checkers read, and checks of the programmer's own (`assert`, `zip(strict=True)`).
"""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators

PACKAGE = Path(__file__).parents[2] / "plugins" / "contactsync"
# Reached only where the code is wrong, or read only by type checkers.
_NOT_ENTERED = (cst.Annotation, cst.Decorator, cst.Parameters, cst.Raise, cst.Assert)
_OWN_CHECKS = frozenset({"strict"})
_LOGS = frozenset({"log", "logger"})


@dataclass(frozen=True, eq=False)
class Mutation:
    """One change. `first` and `last` are the lines on which it takes effect."""

    file: SourceFile
    function: str  # with its class: Carriers.__call__
    starts: int  # the function's first line, with its decorators
    number: int  # counted in the function
    first: int
    last: int
    old: cst.CSTNode
    new: cst.CSTNode

    @property
    def name(self) -> str:
        """Stays the same while the function does."""
        return f"{self.file.module}.{self.function}:{self.number}"

    @cached_property
    def text(self) -> str:
        """The whole file with the change."""
        changed = self.file.tree.deep_replace(self.old, self.new)
        assert isinstance(changed, cst.Module)
        return changed.code

    @cached_property
    def diff(self) -> str:
        """The lines that differ, as `- old` and `+ new`, without their indentation."""
        lines = difflib.ndiff(self.file.text.splitlines(), self.text.splitlines())
        return "\n".join(f"{line[0]} {line[2:].strip()}" for line in lines if line[0] in "+-")


@dataclass(eq=False)
class SourceFile:
    """A module's source. `module` is its name below contactsync: sync.fold."""

    module: str
    text: str
    tree: cst.Module = field(init=False)

    @property
    def path(self) -> Path:
        return PACKAGE.joinpath(*self.module.split(".")).with_suffix(".py")

    def mutations(self) -> list[Mutation]:
        """All changes, in the order of the source."""
        wrapper = MetadataWrapper(cst.parse_module(self.text), unsafe_skip_copy=True)
        self.tree = wrapper.module
        visitor = _Visitor(self)
        wrapper.visit(visitor)
        return visitor.found


def source_files(package: str) -> list[SourceFile]:
    """The modules of a package, without its migrations."""
    paths = sorted((PACKAGE / package).glob("*.py"))
    return [SourceFile(f"{package}.{p.stem}", p.read_text()) for p in paths if p.stem != "__init__"]


class _Visitor(cst.CSTVisitor):
    """Collects the changes of one file."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self, file: SourceFile) -> None:
        super().__init__()
        self.file, self.found = file, []
        self._names: list[str] = []
        self._function: tuple[str, int] | None = None  # the outermost one, and its first line
        self._depth = 0
        self._statements: list[int] = []
        self._typed: cst.CSTNode | None = None  # the type that a cast names
        self._numbers = itertools.count(1)

    def on_visit(self, node: cst.CSTNode) -> bool:
        if node is self._typed or isinstance(node, _NOT_ENTERED) or any(left_out(node) for left_out in _LEFT_OUT):
            return False
        if isinstance(node, cst.ClassDef | cst.FunctionDef):
            self._enter(node)
        if isinstance(node, cst.BaseStatement):
            self._statements.append(self._lines(node)[0])
        if isinstance(node, cst.Call) and list(_called(node)) == ["cast"]:
            self._typed = node.args[0]
        elif self._function:
            self._collect(node)
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        node = original_node
        if isinstance(node, cst.BaseStatement):
            self._statements.pop()
        if isinstance(node, cst.ClassDef | cst.FunctionDef):
            self._names.pop()
        if isinstance(node, cst.FunctionDef):
            self._depth -= 1
            self._function = self._function if self._depth else None

    def _enter(self, node: cst.ClassDef | cst.FunctionDef) -> None:
        self._names.append(node.name.value)
        if isinstance(node, cst.FunctionDef):
            if not self._depth:
                starts = self._lines(node.decorators[0] if node.decorators else node)[0]
                self._function, self._numbers = (".".join(self._names), starts), itertools.count(1)
            self._depth += 1

    def _lines(self, node: cst.CSTNode) -> tuple[int, int]:
        place = self.get_metadata(PositionProvider, node)
        return place.start.line, place.end.line

    def _collect(self, node: cst.CSTNode) -> None:
        for kind, operator in mutation_operators:
            for new in operator(node) if isinstance(node, kind) else ():
                if not _drops_own_check(node, new):
                    name, starts = self._function or ("", 0)
                    lines = self._statements[-1], self._lines(node)[1]
                    self.found.append(Mutation(self.file, name, starts, next(self._numbers), *lines, node, new))


def _called(node: cst.CSTNode) -> Iterator[str]:
    """The name of what is called, and of what it belongs to."""
    while isinstance(node, cst.Call):
        node = node.func
    while isinstance(node, cst.Attribute):
        yield node.attr.value
        node = node.value
    if isinstance(node, cst.Name):
        yield node.value


def _is_log(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Call) and bool(_LOGS & set(_called(node)))


def _is_count(node: cst.CSTNode) -> bool:
    """mutmut leaves these alone as well: their arguments decide nothing but an exception."""
    return isinstance(node, cst.Call) and list(_called(node)) in (["len"], ["isinstance"])


def _is_own_check(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Arg) and bool(node.keyword and node.keyword.value in _OWN_CHECKS)


def _drops_own_check(old: cst.CSTNode, new: cst.CSTNode) -> bool:
    if not isinstance(old, cst.Call) or not isinstance(new, cst.Call):
        return False
    own = [a for a in old.args if _is_own_check(a)]
    return any(all(a is not kept for kept in new.args) for a in own)


_LEFT_OUT = (_is_log, _is_count, _is_own_check)
