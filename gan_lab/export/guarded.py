"""What a file of PyTorch from outside holds, read without PyTorch's reader.

That reader runs no code with ``weights_only=True``, but it makes whatever it is told to: a hundred
gigabytes of zeros out of ten bytes, a storage longer than its record, or what another directory of
the same zip lists. So one reader decides: the records of a zip in which nothing else can hide
(``archives.records``), their list of parts looked through step by step, and tensors that lie inside
their records. What comes out consists of plain containers, texts, numbers and tensors.
"""

from __future__ import annotations

import io
import math
import pickle
import pickletools
from collections import OrderedDict
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import torch
from torch import Tensor

from gan_lab.archives import ArchiveError
from gan_lab.archives.records import Record, chunks, records_of
from gan_lab.export.base import ExportError

_PICKLE = 32 << 20  # bytes of what says how tensors are put together
_STEPS = 300_000  # of it; ours takes some thousands, and three for each change of a knob
_VALUES = 200_000  # in what it makes, each as often as it is named
_DEPTH = 32  # containers inside each other
_TEXT = 1 << 20  # characters of one text
_TEXTS = 32 << 20  # of all, however often one is named
_WHOLE = 1 << 64  # numbers without a fraction are smaller
_ALIGNED = 16  # bytes to which PyTorch aligns every storage
_TYPES = {
    "FloatStorage": torch.float32,
    "DoubleStorage": torch.float64,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}
_KNOWN = frozenset(
    {"collections OrderedDict", "torch._utils _rebuild_tensor_v2"}
    | {f"torch {name}" for name in _TYPES}
)
_OTHER_WAYS = frozenset("STACK_GLOBAL INST OBJ NEWOBJ NEWOBJ_EX EXT1 EXT2 EXT4".split())


def read_parts(path: Path, end: int | None = None) -> Any:
    """What ``torch.save`` wrote, its tensors mapped from the file.

    Args:
        end: where the zip ends, bytes; the end of the file by default.

    Raises ExportError, OSError.
    """
    try:
        records = records_of(path, end)
        with path.open("rb") as file:
            pickled = _list_of_parts(file, records)
            for record in records.values():
                for _ in chunks(file, record):
                    pass
    except ArchiveError as error:
        raise _refusal(str(error)) from None
    try:
        made = _Parts(path, records, pickled).load()
    except ExportError:
        raise
    except Exception:  # whatever a stranger's list of parts asks for
        raise _refusal("its list of parts is damaged") from None
    return _Plain(path.stat().st_size).plain(made)


def _list_of_parts(file: BinaryIO, records: Mapping[str, Record]) -> bytes:
    record = records.get("data.pkl")
    if record is None or record.size > _PICKLE:
        raise _refusal("its list of parts is none")
    if "byteorder" in records and b"".join(chunks(file, records["byteorder"])) != b"little":
        raise _refusal("its numbers are of another byte order")
    pickled = b"".join(chunks(file, record))
    _check_steps(pickled)
    return pickled


def _check_steps(pickled: bytes) -> None:
    asked, count = set[str](), 0
    try:
        for step, argument, _ in islice(pickletools.genops(pickled), _STEPS + 1):
            count += 1
            if step.name == "GLOBAL" or step.name in _OTHER_WAYS:
                asked.add(str(argument))
    except ValueError:
        raise _refusal("its list of parts is damaged") from None
    if count > _STEPS:
        raise _refusal("it has too many parts")
    if not asked <= _KNOWN:
        raise _refusal("it asks for more than tensors")


class _Storage(NamedTuple):
    """The numbers of one record."""

    data: torch.UntypedStorage
    dtype: torch.dtype
    numbers: int


class _Parts(pickle.Unpickler):
    """Makes what a list of parts says, of nothing but the records of its file."""

    def __init__(self, path: Path, records: Mapping[str, Record], pickled: bytes) -> None:
        super().__init__(io.BytesIO(pickled))
        size = path.stat().st_size
        self._whole = torch.UntypedStorage.from_file(str(path), False, size)  # private, mapped
        self._records = records
        self._made: dict[str, _Storage] = {}

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        if f"{module_name} {global_name}" not in _KNOWN:
            raise _refusal("it asks for more than tensors")
        if module_name == "collections":
            return OrderedDict
        return _tensor if module_name == "torch._utils" else _TYPES[global_name]

    def persistent_load(self, pid: Any) -> _Storage:
        kind, dtype, key, _, count = pid
        if key in self._made and self._made[key][1:] == (dtype, count):
            return self._made[key]
        record = self._records.get(f"data/{key}")
        good = kind == "storage" and key not in self._made and isinstance(dtype, torch.dtype)
        if not good or record is None or record.size != count * dtype.itemsize:
            raise _refusal("its tensors are larger than the file")
        if record.offset % _ALIGNED:
            raise _refusal("its parts are packed")
        part = self._whole[record.offset : record.offset + record.size]
        assert isinstance(part, torch.UntypedStorage)
        self._made[key] = _Storage(part, dtype, count)
        return self._made[key]


def _tensor(
    storage: _Storage,
    offset: int,
    size: tuple[int, ...],
    stride: tuple[int, ...],
    _grad: object = False,
    _hooks: object = None,
) -> Tensor:
    """A view of a storage; raises ExportError if it would reach beyond it or repeat its numbers."""
    numbers = (offset, *size, *stride)
    if len(size) != len(stride) or not all(type(n) is int and n >= 0 for n in numbers):
        raise _refusal("a tensor of it cannot be")
    last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    if math.prod(size) > storage.numbers or (0 not in size and last >= storage.numbers):
        raise _refusal("its tensors are larger than the file")
    return torch.empty(0, dtype=storage.dtype).set_(storage.data, offset, size, stride)


class _Plain:
    """A copy in which nothing is but containers, texts, numbers and tensors; how often a part is
    named counts, since whoever goes through it does so that often."""

    def __init__(self, size: int) -> None:
        self._bytes, self._values, self._texts = size, _VALUES, _TEXTS
        self._seen: dict[int, tuple[Any, Tensor]] = {}

    def plain(self, one: Any, depth: int = _DEPTH) -> Any:
        """Raises ExportError."""
        self._values -= 1
        if self._values < 0 or depth < 0:
            raise _refusal("it has too many parts")
        if isinstance(one, Tensor):
            return self._tensor(one)
        if isinstance(one, str):
            return self._text(one)
        if one is None or isinstance(one, bool | float):
            return one
        if isinstance(one, int) and abs(one) < _WHOLE:
            return one
        if isinstance(one, list | tuple) and type(one) in (list, tuple):
            return type(one)(self.plain(part, depth - 1) for part in one)
        if isinstance(one, dict):
            return self._mapping(one, depth - 1)
        raise _refusal("it asks for more than tensors")

    def _mapping(self, one: dict[Any, Any], depth: int) -> dict[Any, Any]:
        if not all(isinstance(key, str | int) for key in one):
            raise _refusal("its list of parts is none")
        ordered = isinstance(one, OrderedDict)
        made: dict[Any, Any] = OrderedDict() if ordered else {}
        for key, value in dict.items(one):  # its own might be hidden by an attribute
            made[self.plain(key, depth)] = self.plain(value, depth)
        about = vars(one).get("_metadata") if ordered else None
        if isinstance(about, dict):  # versions of the modules, which PyTorch keeps there
            made._metadata = self.plain(about, depth)  # type: ignore[union-attr]
        return made

    def _text(self, one: str) -> str:
        self._texts -= len(one)
        if len(one) > _TEXT or self._texts < 0:
            raise _refusal("its texts are too long")
        return one

    def _tensor(self, one: Tensor) -> Tensor:
        if id(one) not in self._seen:
            due = one.numel() * one.element_size()
            self._bytes -= due
            if due > one.untyped_storage().nbytes() or self._bytes < 0:
                raise _refusal("its tensors are larger than the file")
            self._seen[id(one)] = one, one.detach()
        return self._seen[id(one)][1]


def _refusal(why: str) -> ExportError:
    return ExportError(f"this is no checkpoint of ours: {why}")
