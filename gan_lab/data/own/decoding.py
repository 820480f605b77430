"""The files of a set, decoded by worker processes, many small files a call.

A set has several lanes, each with one call under way and its share of the set's budgets, so that
what is refused does not depend on which worker was faster. Large images are decoded alone and last,
so that a set of bombs cannot use up what the small images need.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future
from typing import NamedTuple

import numpy as np

from gan_lab.archives import ArchiveError
from gan_lab.data.own.sources import File
from gan_lab.images import workers
from gan_lab.images.decoding import Budget, Facts, Shape
from gan_lab.sandbox import SandboxError
from gan_lab.threads import Pool

FREE_SECONDS = 10.0
"""Processor seconds that a set may take, whatever its bytes."""
SECONDS_A_MIB = 1.5
"""Beyond that, for each MiB of its files."""
LEAST = 1024
"""Bytes that a file counts as at least."""

_LANES = 4  # at most
_AT_ONCE = 256  # files of a call
_BYTES = 4 << 20  # of the files of a call, unless one alone is larger
_RESULT = 16 << 20  # bytes of the pixels of a call
_TOO_LONG = "its set takes too much computing time for its size, as bombs do"


class Read(NamedTuple):
    """What became of one file.

    Attributes:
        number: its place in the set.
        squares: uint8, parts×side×side×3; None if it was refused.
        facts: None if it was refused.
        digest: of the content.
        why: the reason of a refusal, or "".
    """

    number: int
    squares: np.ndarray | None
    facts: Facts | None
    digest: bytes
    why: str


def decoded(files: Sequence[File], shape: Shape) -> Generator[Read, None, None]:
    """Every file once: small images in the order of the set, then heavy ones.

    To close the iterator early ends all calls.
    """
    batches = list(_batches(files, shape))
    count = max(1, min(_LANES, os.cpu_count() or 1, len(batches)))
    stop = threading.Event()
    lanes = [_Lane(files, shape, count, stop) for _ in range(count)]
    pools = [Pool(1, "intake") for _ in lanes]
    try:
        waiting = deque[Future[list[Read]]]()
        for number, batch in enumerate(batches):
            lane = number % count
            waiting.append(pools[lane].submit(lanes[lane].read, batch))
            if len(waiting) > 2 * count:  # to bound the memory
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
        last = [pool.submit(lane.read_heavy) for pool, lane in zip(pools, lanes, strict=True)]
        for one in last:
            yield from one.result()
    finally:
        stop.set()
        for pool in pools:
            pool.shutdown(cancel_futures=True)


def _batches(files: Sequence[File], shape: Shape) -> Iterator[list[int]]:
    """Places of the files of one call."""
    most = max(1, min(_AT_ONCE, _RESULT // (3 * shape.parts * shape.side**2)))
    batch, size = list[int](), 0
    for number, file in enumerate(files):
        if batch and (len(batch) == most or size + file.size > _BYTES):
            yield batch
            batch, size = [], 0
        batch.append(number)
        size += file.size
    if batch:
        yield batch


class _Lane:
    """One call at a time, with a share of what the set may take."""

    def __init__(
        self, files: Sequence[File], shape: Shape, lanes: int, stop: threading.Event
    ) -> None:
        self._files, self._shape, self._stop = files, shape, stop
        self._budget = Budget(Budget.FREE // lanes, Budget.FLAT // lanes, heavy=False)
        self._left = FREE_SECONDS / lanes  # processor seconds
        self._heavy: list[int] = []

    def read(self, numbers: Sequence[int]) -> list[Read]:
        """What becomes of those files; heavy ones are put aside."""
        contents, found = self._contents(numbers)
        rest, alone = list(contents), False
        while rest:
            some = rest[:1] if alone else rest
            try:
                made = self._called([contents[number] for number in some])
            except SandboxError as error:
                if error.reason == "abandoned":
                    raise
                if len(some) > 1:  # one of them is guilty: find it
                    alone = True
                    continue
                made, alone = [workers.Decoded(None, None, str(error))], False
            for number, one in zip(rest, made, strict=False):
                if one.heavy:
                    self._heavy.append(number)
                    continue
                digest = hashlib.blake2b(contents[number], digest_size=16).digest()
                found.append(Read(number, one.squares, one.facts, digest, one.why))
            rest = rest[len(made) :]
        return found

    def _contents(self, numbers: Sequence[int]) -> tuple[dict[int, bytes], list[Read]]:
        """Those that can be read, and the refusals of the others."""
        contents, refused = dict[int, bytes](), list[Read]()
        for number in numbers:
            try:
                content = contents[number] = self._files[number].read()
            except (ArchiveError, OSError) as error:
                refused.append(Read(number, None, None, b"", _why(error, self._files[number])))
            else:
                if not self._budget.heavy:  # else it was counted before
                    self._left += SECONDS_A_MIB * max(LEAST, len(content)) / 2**20
        return contents, refused

    def read_heavy(self) -> list[Read]:
        """Those that were put aside, one by one."""
        self._budget.heavy = True
        heavy, self._heavy = self._heavy, []
        return [one for number in heavy for one in self.read([number])]

    def _called(self, contents: list[bytes]) -> list[workers.Decoded]:
        """At least the first of them. Raises SandboxError."""
        if self._left <= 0:
            return [workers.Decoded(None, None, _TOO_LONG) for _ in contents]
        return workers.decode_some(
            contents, self._shape, self._budget, cancelled=self._stop.is_set, charge=self._charge
        )

    def _charge(self, seconds: float) -> None:
        self._left -= seconds


def _why(error: ArchiveError | OSError, file: File) -> str:
    if isinstance(error, OSError):
        return (error.strerror or "cannot be read").lower()
    return str(error).removeprefix(f"{file.name} is ")
