"""Two states of a run, compared to the bit; the tests compare by it too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch


def differences(a: Any, b: Any, path: str = "") -> Iterator[str]:
    """Where two nested states differ in a single bit, as paths of keys and places."""
    if isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor):
        if a.dtype != b.dtype or not torch.equal(a, b):
            yield path
    elif isinstance(a, Mapping) and isinstance(b, Mapping):
        for key in {**a, **b}:
            if key in a and key in b:
                yield from differences(a[key], b[key], f"{path}/{key}")
            else:
                yield f"{path}/{key}"
    elif isinstance(a, list | tuple) and isinstance(b, list | tuple) and len(a) == len(b):
        for index, (x, y) in enumerate(zip(a, b, strict=True)):
            yield from differences(x, y, f"{path}/{index}")
    elif a != b:
        yield path
