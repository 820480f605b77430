"""A probe made of what the page shows anyway: the images of the grid and D's scores.

It costs next to nothing, so it can be taken as often as the page gets new images. It says less than
a probe of the networks themselves: fewer fakes, no units, no held-out images.
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from gan_lab.coach.faults import at_the_ends, nearest_two, spread
from gan_lab.coach.probe import Probe
from gan_lab.coach.reals import Reals, reduced
from gan_lab.config import RunConfig
from gan_lab.data import Pictures
from gan_lab.games import Seen, Verdicts, game_of

MOST = 64
"""Images of the grid that are compared, and as many real ones."""

_PART = 16  # images that are made smaller at once
_UNUSUAL = 0.02  # share of the real images that may be nearer to another one than "ever"


class PreviewProbes:
    """Those of one run. What is known of the real images is worked out once."""

    def __init__(self, config: RunConfig, train: Pictures) -> None:
        """
        Args:
            config: of the run; only what cannot change while it trains is read.
            train: what it is trained on, in memory already.
        """
        self._config, self._train = config, train
        self._last: tuple[int, Tensor] | None = None

    def take(self, step: int, seen: Seen) -> Probe | None:
        """What the preview of one step says; None if there is nothing to tell, or if D's scores are
        not finite.

        Args:
            step: rounds completed.
            seen: of that step, on the CPU.
        """
        if not all(_finite(one) for one in seen.verdicts.values()):
            return None
        fakes = seen.fakes
        if fakes is None or len(fakes) < 2:
            return None
        flat = self._flat(fakes)
        self._last = (step, flat)
        found: dict[str, Any] = {"spread": spread(flat) / max(self._spread, 1e-9)}
        if not self._train.kind.points:
            found["blank"] = at_the_ends(fakes) - self._blank
            found["blank_real"] = self._blank
        if game_of(self._config).from_noise:
            found["twins"] = float((nearest_two(flat)[0] <= self._closest).float().mean())
            found |= _right(seen)
        return Probe(step, len(flat), **found)

    def change_since(self, fakes: Tensor | None) -> float | None:
        """How far the same fakes have moved since: their mean distance, as a share of the distance
        of real images to each other. None if they cannot be compared.

        Args:
            fakes: as :meth:`small` gave them.
        """
        if fakes is None or self._last is None or fakes.shape != self._last[1].shape:
            return None
        moved = (self._last[1] - fakes).norm(dim=1).mean()
        return float(moved) / max(self._spread, 1e-9)

    @property
    def small(self) -> Tensor | None:
        """The fakes of the newest preview, float32 N×D, made smaller; None before the first."""
        return None if self._last is None else self._last[1]

    def _flat(self, images: Tensor) -> Tensor:
        """Up to 64 of them, evenly chosen, float32 N×D."""
        chosen = torch.linspace(0, len(images) - 1, min(MOST, len(images))).round().long()
        some = images[chosen]
        if self._train.kind.points:
            return some.flatten(1).float()
        return torch.cat([reduced(part) for part in some.split(_PART)])

    # -- real images ---------------------------------------------------------------------------

    @cached_property
    def _real(self) -> Tensor:
        """uint8 N×C×S×S of the kind that G should make; points: float32."""
        return Reals(self._config, self._train).wanted[:MOST]

    @cached_property
    def _spread(self) -> float:
        return spread(self._flat(self._real))

    @cached_property
    def _closest(self) -> float:
        """A distance that hardly any of as many real images has to its nearest one."""
        return float(nearest_two(self._flat(self._real))[0].quantile(_UNUSUAL))

    @cached_property
    def _blank(self) -> float:
        return at_the_ends(self._real)


def _finite(one: Verdicts) -> bool:
    every = (one.each_real, one.each_fake)
    return math.isfinite(one.threshold) and all(bool(x.isfinite().all()) for x in every)


def _right(seen: Seen) -> dict[str, float | None]:
    """Shares of the real images and of the fakes that D tells right."""
    if (one := seen.verdicts.get("D")) is None:
        return {}
    return {
        "right_train": float((one.each_real > one.threshold).float().mean()),
        "right_fake": float((one.each_fake < one.threshold).float().mean()),
    }
