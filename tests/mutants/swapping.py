"""Puts a mutant in the place of the imported function, in this process: what was imported keeps its identity."""

from __future__ import annotations

import functools
import gc
from collections.abc import Iterator, Mapping, Sequence
from types import CodeType, FunctionType

from mutations import PACKAGE, Mutation

# File, name and first line of a function.
Place = tuple[str, str, int]


class Unfit(Exception):
    """The change is none, or none that Python accepts."""


def functions() -> dict[Place, list[FunctionType]]:
    """The product's imported functions and methods."""
    found: dict[Place, list[FunctionType]] = {}
    for thing in gc.get_objects():
        if type(thing) is FunctionType and thing.__code__.co_filename.startswith(str(PACKAGE)):
            found.setdefault(_place(thing.__code__), []).append(thing)
    return found


def swap(mutation: Mutation, living: Mapping[Place, Sequence[FunctionType]]) -> None:
    """From now on the function does what the mutant does.

    Errors: Unfit where the mutant is no other program, or its function was not imported.
    """
    code = _code(mutation, mutation.text)
    if code == _code(mutation, mutation.file.text):
        raise Unfit("the same program")
    here = living.get(_place(code), ())
    if not here:
        raise Unfit("not imported")
    for function in here:
        try:
            function.__code__ = code
        except ValueError as problem:  # a method that no longer says super(), say
            raise Unfit(str(problem)) from problem
    _forget_results()


def _code(mutation: Mutation, text: str) -> CodeType:
    path = str(mutation.file.path)
    try:
        compiled = compile(text, path, "exec", dont_inherit=True)
    except SyntaxError as problem:
        raise Unfit(str(problem)) from problem
    wanted = (path, mutation.function, mutation.starts)
    return next(code for code in _codes(compiled) if _place(code) == wanted)


def _codes(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes(constant)


def _place(code: CodeType) -> Place:
    return code.co_filename, code.co_qualname, code.co_firstlineno


def _forget_results() -> None:
    for thing in gc.get_objects():
        if type(thing) is functools._lru_cache_wrapper:
            thing.cache_clear()
