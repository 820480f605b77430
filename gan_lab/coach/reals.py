"""Real pictures as a probe needs them: prepared once, for all looks at a run."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from gan_lab.coach.faults import at_the_ends, fine_patterns, memories, nearest_two, spread
from gan_lab.config import RunConfig
from gan_lab.data import PAIRED, Pictures, domains
from gan_lab.games import game_of

MOST = 256
"""Pictures of each kind that are looked at."""

_NUMBERS = 256 * 28 * 28  # in all of them: fewer, if they are larger
_REMEMBERED = 4_000_000  # numbers of training pictures that fakes are compared with
_SIDE = 32  # px; larger pictures are made smaller before they are compared
_UNUSUAL = 0.01  # share of the real ones that may be nearer than "ever"
_SEED = 20141210  # of the choice of pictures: the same at every look


class Some(NamedTuple):
    """Some real pictures: uint8 N×C×S×S (points: float32), and their classes, if there are any."""

    images: Tensor
    labels: Tensor | None


class Reals:
    """Some training pictures and some held-out ones, and what is known of them.

    All that is costly is computed when it is first asked for.
    """

    def __init__(
        self, config: RunConfig, train: Pictures, held_out: Pictures | None = None
    ) -> None:
        """
        Args:
            held_out: pictures that nobody is trained on. Where these are the training pictures
                themselves, as in sets that are too small, there are none.
        """
        per = train.images[0].numel()
        self.count = max(16, min(MOST, _NUMBERS // per, len(train)))
        aside = held_out
        if aside is not None and (len(aside) < 2 or aside.digest == train.digest):
            aside = None
        self.points = train.kind.points
        self.train = self._some(train, self.count)
        self.held_out = None if aside is None else self._some(aside, self.count)
        self.given: Tensor | None = None
        """What G begins from, where it begins from pictures."""
        self.wanted = self.train.images
        """Some of the kind that G is to make."""
        if not game_of(config).from_noise:
            self._begin_from_pictures(config, train)
        self._every, self._aside = train, aside

    @staticmethod
    def _some(pictures: Pictures, count: int) -> Some:
        order = torch.Generator().manual_seed(_SEED)
        places = torch.randperm(len(pictures), generator=order)[:count]
        labels = None if pictures.labels is None else pictures.labels[places]
        return Some(pictures.images[places], labels)

    def _begin_from_pictures(self, config: RunConfig, train: Pictures) -> None:
        few = torch.randperm(len(train), generator=torch.Generator().manual_seed(_SEED))
        keep = torch.zeros(len(train), dtype=torch.bool)
        keep[few[: 4 * self.count]] = True
        part = train if config.data.pairs in PAIRED else train.chosen(keep)
        self.given = game_of(config).given(config, part)[: self.count // 4]
        pairs = config.data.pairs
        wanted = part.images if pairs == "none" else domains(part, pairs)[1]
        self.wanted = wanted[: self.count]

    # -- what they are like ----------------------------------------------------------------------

    @cached_property
    def flat(self) -> Tensor:
        """Those of the kind that G is to make, float32 N×D."""
        return self.wanted.flatten(1).float()

    @cached_property
    def spread(self) -> float:
        """Their mean distance to each other."""
        return spread(self.flat)

    @cached_property
    def closest(self) -> float:
        """A distance that hardly any of them has to its nearest one."""
        return float(nearest_two(self.flat)[0].quantile(_UNUSUAL))

    @cached_property
    def blank(self) -> float:
        """Share of their pixels at the very ends of the range."""
        return at_the_ends(self.wanted)

    @cached_property
    def patterns(self) -> Tensor | None:
        """How far the finest patterns stand out of their spectrum; see ``fine_patterns``."""
        return fine_patterns(self.wanted)

    # -- what can be known by heart --------------------------------------------------------------

    @cached_property
    def memory(self) -> Tensor:
        """Training pictures that fakes are compared with, float32 M×D; all, if they are few."""
        small = reduced(self._every.images[:1])
        count = min(len(self._every), _REMEMBERED // small.shape[1])
        return reduced(self._some(self._every, count).images)

    @cached_property
    def unusual(self) -> tuple[float, float]:
        """How near to the nearest training picture, and how near beside the next ones, hardly any
        picture is that nobody was trained on; training pictures, if there is none."""
        if self.held_out is None:
            own = self.memory[: self.count]
            distance, beside = memories(own, self.memory, itself=True)
        else:
            distance, beside = memories(reduced(self.held_out.images), self.memory)
        return float(distance.quantile(_UNUSUAL)), float(beside.quantile(_UNUSUAL))


def reduced(images: Tensor) -> Tensor:
    """uint8 N×C×S×S as float32 N×D; large pictures are made smaller, which keeps who is near."""
    x = images.float()
    if x.shape[-1] > _SIDE:
        x = F.adaptive_avg_pool2d(x, _SIDE // 2)
    return x.flatten(1)
