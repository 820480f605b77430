"""Mutants of valid files, and the decoders that are tried with them in worker processes.

Another decoder of untrusted bytes is a line in ``DECODERS``: valid files by kind, and a function of
a module's top level that takes the content, returns nothing, and raises ValueError (or a class of
it) for a file that it refuses.
"""

from __future__ import annotations

import random
import struct
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from benchmarks import image_files
from gan_lab.images.decoding import Shape, squares
from gan_lab.sandbox import Limits, Pool, SandboxError

LARGEST = 1 << 20  # bytes of a mutant
_HEADER = 96  # bytes at the beginning, in which fields are changed
_VALUES = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)
_FORMATS = (">H", "<H", ">I", "<I", "B")

Decode = Callable[[bytes], None]


def decode_image(content: bytes) -> None:
    """As for a set: upright, on its background, square. Raises Unreadable."""
    squares(content, Shape(side=32))


DECODERS: dict[str, tuple[Callable[[], dict[str, list[bytes]]], Decode]] = {
    "images": (image_files.seeds, decode_image),
}


# -- mutants ---------------------------------------------------------------------------------------


def flipped(content: bytearray, rng: random.Random, _: bytes) -> bytearray:
    """Some bytes are others."""
    for _ in range(rng.choice((1, 1, 2, 4, 8))):
        content[rng.randrange(len(content))] ^= rng.randrange(1, 256)
    return content


def truncated(content: bytearray, rng: random.Random, _: bytes) -> bytearray:
    return content[: rng.randrange(len(content)) + 1]


def spliced(content: bytearray, rng: random.Random, other: bytes) -> bytearray:
    """The beginning of one file and the end of another."""
    return content[: rng.randrange(len(content)) + 1] + other[rng.randrange(len(other)) :]


def renumbered(content: bytearray, rng: random.Random, _: bytes) -> bytearray:
    """Fields near the beginning state other numbers."""
    for _ in range(rng.choice((1, 1, 2))):
        form = rng.choice(_FORMATS)
        size = struct.calcsize(form)
        at = rng.randrange(max(1, min(_HEADER, len(content)) - size))
        value = rng.choice((*_VALUES, rng.getrandbits(32))) % 256**size
        content[at : at + size] = struct.pack(form, value)
    return content


def repeated(content: bytearray, rng: random.Random, _: bytes) -> bytearray:
    """A part of it comes many times."""
    begin = rng.randrange(len(content))
    part = content[begin : begin + rng.choice((2, 4, 16, 64, 256, 1024))]
    times = min(rng.choice((2, 10, 100, 1000, 10_000)), LARGEST // len(part))
    return content[:begin] + part * times + content[begin:]


MUTATIONS = (flipped, truncated, spliced, renumbered, repeated)


def mutant(files: Sequence[bytes], rng: random.Random) -> bytes:
    """One to three mutations of one of these files."""
    content = bytearray(rng.choice(files))
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        content = rng.choice(MUTATIONS)(content, rng, rng.choice(files)) or bytearray(b"\0")
    return bytes(content[:LARGEST])


# -- trying them -----------------------------------------------------------------------------------


@dataclass
class Tried:
    """What became of the mutants of one kind.

    Attributes:
        decoded, refused: how many ended in that.
        killed: by reason, of those that reached a limit or crashed their worker.
        seconds: the most processor seconds of one.
        peak: the most resident memory of a worker, bytes, as far as it lived to tell.
        worst: the mutant that took longest.
    """

    decoded: int = 0
    refused: int = 0
    killed: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    peak: int = 0
    worst: bytes = b""

    @property
    def count(self) -> int:
        return self.decoded + self.refused + sum(self.killed.values())


@cache
def _seeds(name: str) -> dict[str, list[bytes]]:
    return DECODERS[name][0]()


def kinds(name: str) -> list[str]:
    """The kinds of files that a decoder reads."""
    return list(_seeds(name))


def attempt(name: str, content: bytes) -> dict[str, Any]:
    """In the worker: decode, and tell whether that went well and what memory the process had."""
    try:
        DECODERS[name][1](content)
        well = True
    except ValueError:
        well = False
    return {"decoded": well, "peak": _peak()}


def _peak() -> int:
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def fuzz(name: str, kind: str, count: int, seed: int, pool: Pool, limits: Limits) -> Tried:
    """Try so many mutants of one kind of file."""
    rng, tried, files = random.Random(f"{kind}-{seed}"), Tried(), _seeds(name)[kind]
    for _ in range(count):
        content = mutant(files, rng)
        spent: list[float] = []
        try:
            told = pool.call(attempt, name, content, limits=limits, charge=spent.append)
        except SandboxError as error:
            tried.killed[error.reason] = tried.killed.get(error.reason, 0) + 1
        else:
            tried.decoded += told["decoded"]
            tried.refused += not told["decoded"]
            tried.peak = max(tried.peak, int(told["peak"]))
        if spent[0] >= tried.seconds:
            tried.seconds, tried.worst = spent[0], content
    return tried
