"""Where chance comes from.

No training draw uses a process-global generator: another run's draw would move it. Each run owns
one ``torch.Generator`` per purpose, all derived from its seed and all part of its checkpoint.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

PURPOSES = (
    "z", "noise", "labels", "dropout", "preview", "penalty", "augment", "pool", "classes",
)  # fmt: skip
"""New ones go to the end: the place of each is part of its seed."""


def derived_seed(seed: int, *path: int) -> int:
    """A 63-bit seed that depends on ``seed`` and on every number of ``path``."""
    state = np.random.SeedSequence([seed, *path]).generate_state(1, np.uint64)[0]
    return int(state) >> 1


class Streams(Mapping[str, torch.Generator]):
    """One generator per purpose, so that a draw for one never moves another."""

    def __init__(self, seed: int, device: torch.device) -> None:
        self._generators = {
            purpose: torch.Generator(device).manual_seed(derived_seed(seed, index))
            for index, purpose in enumerate(PURPOSES)
        }

    def __getitem__(self, purpose: str) -> torch.Generator:
        return self._generators[purpose]

    def __iter__(self) -> Iterator[str]:
        return iter(self._generators)

    def __len__(self) -> int:
        return len(self._generators)

    def state_dict(self) -> dict[str, torch.Tensor]:
        return {purpose: generator.get_state() for purpose, generator in self.items()}

    def load_state_dict(self, state: Mapping[str, torch.Tensor]) -> None:
        for purpose, generator in self.items():
            generator.set_state(state[purpose])


class _Lent(TorchFunctionMode):
    """Hands a generator to every draw of this thread that names none."""

    def __init__(self, generator: torch.Generator) -> None:
        super().__init__()
        self._generator = generator

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        # torch.nn.init's functions pass theirs on, even if it is None
        draws = func in _DRAWS or "generator" in kwargs
        if draws and kwargs.get("generator") is None:
            kwargs = {**kwargs, "generator": self._generator}
        return func(*args, **kwargs)


_DRAWS = frozenset(
    {
        Tensor.normal_, Tensor.uniform_, Tensor.bernoulli_, Tensor.random_, Tensor.exponential_,
        torch.normal, torch.rand, torch.randn, torch.randint, torch.randperm, torch.bernoulli,
    }
)  # fmt: skip


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Lend a seeded CPU generator to code that asks for none.

    Network initialisation in PyTorch draws from the process-global one, which any other thread
    may move meanwhile. That one is neither used nor moved here.
    """
    with _Lent(torch.Generator().manual_seed(seed)):
        yield
