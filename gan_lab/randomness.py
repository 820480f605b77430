"""Where chance comes from.

No training draw uses a process-global generator: another run's draw would move it. Each run owns
one ``torch.Generator`` per purpose, all derived from its seed and all part of its checkpoint.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import numpy as np
import torch

PURPOSES = ("z", "noise", "labels", "dropout", "preview")
_BUILDING = threading.Lock()


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


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Lend the process-global CPU generator, seeded, to code that draws from nothing else.

    Network initialisation in PyTorch does. One lock keeps two runs from building at once; the
    generator's former state is put back at the end.
    """
    with _BUILDING, torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


