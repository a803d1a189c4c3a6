"""Mutants that do what the program does: nobody could tell them apart, so they are no part of the score."""

from __future__ import annotations

from mutations import Mutation

# Function, and the lines that differ: why they come to the same.
EQUIVALENT: dict[tuple[str, str], str] = {}


_FUNCTIONS = {function for function, _ in EQUIVALENT}


def reason_of(mutation: Mutation) -> str | None:
    """Why a mutant is equivalent; None where it is not known to be."""
    function = f"{mutation.file.module}.{mutation.function}"
    return EQUIVALENT.get((function, mutation.diff)) if function in _FUNCTIONS else None
