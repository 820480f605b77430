"""Past fakes that are shown to D again, so that it does not forget what G used to do."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


class Pool:
    """Up to ``size`` past fakes (Shrivastava et al. 2017, §2.3, as Zhu et al. 2017 use it, §4).

    While there is room, every fake is kept and shown at once. From then on half of the fakes are
    shown as they are; each of the others takes the place of a kept one, which is shown instead.
    """

    def __init__(self, size: int, generator: torch.Generator) -> None:
        """
        Args:
            size: pictures kept; 0 for none, then fakes pass through.
            generator: where chance comes from, on the pictures' device.
        """
        self._size = size
        self._generator = generator
        self._kept: Tensor | None = None  # size×C×H×W, from the first fakes on
        self._filled = 0

    @torch.no_grad()
    def exchange(self, fakes: Tensor) -> Tensor:
        """What D is shown instead of ``fakes`` (N×C×H×W): as many, some of them older ones."""
        if not self._size:
            return fakes
        if self._kept is None:
            self._kept = fakes.new_zeros(self._size, *fakes.shape[1:])
        room = min(self._size - self._filled, len(fakes))
        self._kept[self._filled : self._filled + room] = fakes[:room]
        self._filled += room
        if room == len(fakes):
            return fakes
        return torch.cat([fakes[:room], self._swapped(fakes[room:])])

    def _swapped(self, fakes: Tensor) -> Tensor:
        """One after the other, as two may want the same place; without waiting for the device."""
        kept, device = self._kept, fakes.device
        assert kept is not None
        chance = torch.rand(len(fakes), generator=self._generator, device=device) < 0.5
        places = torch.randint(self._size, (len(fakes),), generator=self._generator, device=device)
        shown = []
        for k, fake in enumerate(fakes.split(1)):
            swap, place = chance[k : k + 1].view(1, 1, 1, 1), places[k : k + 1]
            old = kept[place]
            shown.append(torch.where(swap, old, fake))
            kept[place] = torch.where(swap, fake, old)
        return torch.cat(shown)

    def state_dict(self) -> dict[str, Any]:
        """The pictures that are kept, M×C×H×W, or None; their number is the pool's only other
        memory."""
        kept = None if self._kept is None else self._kept[: self._filled].clone()
        return {"kept": kept}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        kept: Tensor | None = state["kept"]
        self._kept, self._filled = None, 0
        if kept is not None:
            kept = kept[: self._size].to(self._generator.device)
            self._kept = kept.new_zeros(self._size, *kept.shape[1:])
            self._kept[: len(kept)] = kept
            self._filled = len(kept)
