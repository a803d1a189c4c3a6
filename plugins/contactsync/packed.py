"""Many contacts, links or actions in little memory: each is kept as packed bytes, and made when it is looked at.

As Python objects what a run holds of a hundred thousand contacts takes ten times its text, and this text several times
its packed form: the items of one collection are much alike, so the first of them serves the others as dictionary.
Looking at an item makes it anew: whoever goes through a collection once pays little, and no copy changes another.
The bytes stay in this process; nothing that is read from anywhere is unpickled.
"""

from __future__ import annotations

import functools
import pickle  # nosec B403  # only of what this process has pickled itself
import zlib
from collections.abc import Callable, Iterable, Iterator, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, overload

from pydantic import TypeAdapter

SMALL = 300  # bytes
AS_IT_IS = b"\0"
K = TypeVar("K")
T = TypeVar("T")


@dataclass(frozen=True)
class Form(Generic[T]):
    """How an item becomes bytes, and is made of them."""

    dump: Callable[[T], bytes]
    load: Callable[[bytes], T]


PICKLED: Form[Any] = Form(pickle.dumps, pickle.loads)


@functools.cache
def json_form(kind: Any) -> Form[Any]:
    """As JSON text of a dataclass, a tuple or a plain value: items that go into an artefact as they are."""
    adapter: TypeAdapter[Any] = TypeAdapter(kind)
    return Form(adapter.dump_json, adapter.validate_json)


class _Press:
    """The bytes of items that are much alike, made small. What is small already stays as it is, behind a zero."""

    def __init__(self) -> None:
        self._like = b""

    def press(self, data: bytes) -> bytes:
        if len(data) < SMALL:
            return AS_IT_IS + data
        self._like = self._like or data
        press = zlib.compressobj(1, zdict=self._like)
        return press.compress(data) + press.flush()

    def release(self, data: bytes) -> bytes:
        if data.startswith(AS_IT_IS):  # zlib's own first byte tells its window, which is never zero
            return data[1:]
        return zlib.decompressobj(zdict=self._like).decompress(data)


class Packed(Sequence[T]):
    """A long list, equal to any list or tuple of the same items."""

    def __init__(self, items: Iterable[T] = (), form: Form[T] = PICKLED) -> None:
        self.form, self._press = form, _Press()
        self._held: list[bytes] = []
        self.extend(items)

    def append(self, item: T) -> None:
        """Add one."""
        self.add_dumped(self.form.dump(item))

    def extend(self, items: Iterable[T]) -> None:
        """Add several, which may come one by one."""
        for item in items:
            self.append(item)

    def add_dumped(self, data: bytes) -> None:
        """Add one in its form; whether it can be read shows when it is looked at."""
        self._held.append(self._press.press(data))

    def dumped(self) -> Iterator[bytes]:
        """Each in its form."""
        return map(self._press.release, self._held)

    def in_order(self, order: Iterable[int]) -> Packed[T]:
        """The items at these places, in this order, without looking at any."""
        other: Packed[T] = Packed(form=self.form)
        other._press, other._held = self._press, [self._held[n] for n in order]
        return other

    @overload
    def __getitem__(self, at: int) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> list[T]: ...
    def __getitem__(self, at: int | slice) -> T | list[T]:
        if isinstance(at, slice):
            return [self._made(data) for data in self._held[at]]
        return self._made(self._held[at])

    def __len__(self) -> int:
        return len(self._held)

    def __iter__(self) -> Iterator[T]:
        return map(self._made, self._held)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (Packed, list, tuple)):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]  # as of any list

    def __repr__(self) -> str:
        return f"Packed({list(self)!r})"

    def _made(self, data: bytes) -> T:
        return self.form.load(self._press.release(data))


class PackedMap(MutableMapping[K, T]):
    """A large dict, its values packed."""

    def __init__(self, items: Iterable[tuple[K, T]] = ()) -> None:
        self._press = _Press()
        self._held: dict[K, bytes] = {}
        self.update(items)

    def only(self, keys: Iterable[K]) -> PackedMap[K, T]:
        """Another with these keys, without looking at a value."""
        other: PackedMap[K, T] = PackedMap()
        other._press, other._held = self._press, {key: self._held[key] for key in keys}
        return other

    def __getitem__(self, key: K) -> T:
        value: T = PICKLED.load(self._press.release(self._held[key]))
        return value

    def __setitem__(self, key: K, value: T) -> None:
        self._held[key] = self._press.press(PICKLED.dump(value))

    def __delitem__(self, key: K) -> None:
        del self._held[key]

    def __contains__(self, key: object) -> bool:
        return key in self._held

    def __iter__(self) -> Iterator[K]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)

    def __repr__(self) -> str:
        return f"PackedMap({dict(self)!r})"
