"""Values as bytes, between the server and a worker process.

Not pickle: a worker that a decoder's fault has taken over must not be able to run code in the
server. A message is the length of a JSON text, that text, then the buffers it refers to.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable
from typing import Any, BinaryIO

import numpy as np

_HEAD = struct.Struct("<QQ")  # bytes of the JSON text and of all buffers together
_KIND = "$"


class CodecError(ValueError):
    """A message is damaged, too large, or holds a value of a kind that is not passed on."""


def encoded(value: Any) -> list[bytes | memoryview]:
    """One message, in the pieces to be written. Raises CodecError for a value of another kind.

    Passed on are None, bool, int, float, str, bytes, lists and tuples (as lists), dicts with text
    keys, and numpy arrays of numbers.
    """
    buffers = _Buffers()
    text = json.dumps(_encoded(value, buffers)).encode()
    return [_HEAD.pack(len(text), buffers.size), text, *buffers.pieces]


def write(file: BinaryIO, value: Any) -> None:
    """Write one message and flush. Raises CodecError as ``encoded`` does, OSError."""
    file.writelines(encoded(value))
    file.flush()


def read(file: BinaryIO, most: int | None = None) -> Any:
    """Read one message.

    Args:
        most: bytes that it may have; None for any number.

    Raises:
        EOFError: the other side has closed the stream.
        CodecError: the message is damaged or larger than ``most``.
    """
    text_size, buffer_size = _HEAD.unpack(_exactly(file, _HEAD.size))
    if most is not None and text_size + buffer_size > most:
        raise CodecError(f"a message of {text_size + buffer_size:,} bytes is too large")
    text, buffers = _exactly(file, text_size), _exactly(file, buffer_size)
    try:
        return _decoded(json.loads(text), memoryview(buffers))
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise CodecError("a message is damaged") from error


def _exactly(file: BinaryIO, count: int) -> bytes:
    data = file.read(count)
    if len(data) < count:
        raise EOFError
    return data


class _Buffers:
    """What a message holds beside its JSON text."""

    def __init__(self) -> None:
        self.pieces: list[bytes | memoryview] = []
        self.size = 0

    def add(self, data: bytes | memoryview) -> dict[str, int]:
        """Where it lies."""
        begin = self.size
        self.pieces.append(data)
        self.size += len(data)
        return {"begin": begin, "size": len(data)}


def _encoded(value: Any, buffers: _Buffers) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, bytes):
        return {_KIND: "bytes", **buffers.add(value)}
    if isinstance(value, np.ndarray) and value.dtype.kind in "buif":
        flat = np.ascontiguousarray(value).reshape(-1).view(np.uint8).data if value.size else b""
        shape, dtype = list(value.shape), value.dtype.str
        return {_KIND: "array", "dtype": dtype, "shape": shape, **buffers.add(flat)}
    if isinstance(value, list | tuple):
        return [_encoded(one, buffers) for one in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        items = {key: _encoded(one, buffers) for key, one in value.items()}
        return {_KIND: "dict", "items": items}
    raise CodecError(f"a value of the type {type(value).__name__} cannot be passed on")


def _decoded(told: Any, buffers: memoryview) -> Any:
    if isinstance(told, list):
        return [_decoded(one, buffers) for one in told]
    if not isinstance(told, dict):
        return told
    make: dict[str, Callable[[], Any]] = {
        "dict": lambda: {k: _decoded(v, buffers) for k, v in told["items"].items()},
        "bytes": lambda: bytes(_part(told, buffers)),
        "array": lambda: _array(told, _part(told, buffers)),
    }
    return make[told[_KIND]]()


def _part(told: dict[str, Any], buffers: memoryview) -> memoryview:
    begin, size = told["begin"], told["size"]
    if begin < 0 or size < 0 or begin + size > len(buffers):
        raise CodecError("a message refers to bytes that it does not hold")
    return buffers[begin : begin + size]


def _array(told: dict[str, Any], data: memoryview) -> np.ndarray:
    dtype = np.dtype(told["dtype"])
    if dtype.kind not in "buif" or math.prod(told["shape"]) * dtype.itemsize != len(data):
        raise CodecError("an array is not what its message says")
    return np.frombuffer(bytes(data), dtype).reshape(told["shape"]).copy()
