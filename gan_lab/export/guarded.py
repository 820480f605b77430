"""Whether a checkpoint from outside may be read at all.

PyTorch's own reader runs no code with ``weights_only=True``, but it makes whatever it is told to: a
hundred gigabytes of zeros out of ten bytes, or out of a storage that was packed. So what a file is
made of is looked at first, byte by byte, and its tensors afterwards.
"""

from __future__ import annotations

import pickletools
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from torch import Tensor

from gan_lab.archives import ArchiveError, Limits, open_archive
from gan_lab.archives.zips import STORED
from gan_lab.export.base import ExportError

_ANY = Limits(entries=100_000, entry_bytes=1 << 40, total_bytes=1 << 40, ratio=1.0)
_PICKLE = 32 << 20  # bytes of what says how tensors are put together
_STEPS = 1_000_000  # of it; ours takes some thousands
_NUMBERS = "Float Double Half BFloat16 Long Int Short Char Byte Bool".split()
_KNOWN = frozenset(
    {"collections OrderedDict", "torch._utils _rebuild_tensor_v2"}
    | {f"torch {kind}Storage" for kind in _NUMBERS}
)
_OTHER_WAYS = frozenset("STACK_GLOBAL INST OBJ NEWOBJ NEWOBJ_EX EXT1 EXT2 EXT4".split())


def check_packing(path: Path) -> None:
    """Before it is read. Raises ExportError, OSError."""
    try:
        with open_archive(path, _ANY) as archive:
            if archive.refused or any(entry.method != STORED for entry in archive.entries):
                raise ExportError("this is no checkpoint of ours: its parts are packed")
            found = [entry for entry in archive.entries if entry.path.name == "data.pkl"]
            if len(found) != 1 or found[0].size > _PICKLE:
                raise ExportError("this is no checkpoint of ours: its list of parts is none")
            _check_steps(archive.read(found[0]))
    except ArchiveError as error:
        raise ExportError(f"this is no checkpoint of ours: {error}") from None


def _check_steps(pickled: bytes) -> None:
    asked, count = set[str](), 0
    try:
        for step, argument, _ in islice(pickletools.genops(pickled), _STEPS + 1):
            count += 1
            if step.name == "GLOBAL" or step.name in _OTHER_WAYS:
                asked.add(str(argument))
    except ValueError:
        raise ExportError("this is no checkpoint of ours: its list of parts is damaged") from None
    if count > _STEPS:
        raise ExportError("this is no checkpoint of ours: it has too many parts")
    if not asked <= _KNOWN:
        raise ExportError("this is no checkpoint of ours: it asks for more than tensors")


def check_tensors(state: Any, size: int) -> None:
    """Afterwards: none of its tensors says that it is larger than what the file holds of it.

    Args:
        size: of the file, bytes.

    Raises ExportError.
    """
    total = 0
    for one in _tensors(state):
        due = one.numel() * one.element_size()
        total += due
        if due > one.untyped_storage().nbytes() or total > size:
            raise ExportError("this is no checkpoint of ours: its tensors are larger than the file")


def _tensors(state: Any) -> Iterator[Tensor]:
    """All of them, each container once, however often it is named."""
    left, seen = [state], set[int]()
    while left:
        one = left.pop()
        if isinstance(one, Tensor):
            yield one
        elif isinstance(one, Mapping | list | tuple) and id(one) not in seen:
            seen.add(id(one))
            left += one.values() if isinstance(one, Mapping) else one
