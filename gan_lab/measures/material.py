"""What is measured: fakes of one G, beside what is real."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from gan_lab.config import RunConfig
from gan_lab.games import Onlooker, game_of
from gan_lab.latent import Model
from gan_lab.measures import spaces
from gan_lab.measures.reference import Reference
from gan_lab.memory import at_once
from gan_lab.threads import interruptible, safe_point

T = TypeVar("T")
Progress = Callable[[float], None]
"""Is told the share that is done; may take its time, or raise to end it."""

_PART = 128  # fakes of 32 px that are made at once
_LABELS = 1  # added to the seed: the classes are drawn by numbers of their own


@dataclass(frozen=True)
class Source:
    """A G from noise, and the noise that its fakes were made from; D where it is kept."""

    model: Model
    z: Tensor
    onlooker: Onlooker | None


@dataclass(frozen=True)
class Material:
    """Some fakes, and what they are measured against.

    Attributes:
        reference: what is real.
        fakes: uint8 N×C×S×S; points: float32 N×2, in the plane's units.
        labels: int64 N: of which class each was asked for; None where G is told of none.
        answers: uint8 N×C×S×S: what each should have been, where the game knows.
        source: what they come from, in games that begin from noise.
        real: whether these are real pictures that stand in for fakes.
    """

    reference: Reference
    fakes: Tensor
    labels: Tensor | None = None
    answers: Tensor | None = None
    source: Source | None = None
    real: bool = False
    _kept: dict[Any, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.fakes)

    def first(self, n: int) -> Material:
        """The first ``n`` fakes alone."""
        if n >= len(self):
            return self
        labels, answers = (None if x is None else x[:n] for x in (self.labels, self.answers))
        less = replace(self, fakes=self.fakes[:n], labels=labels, answers=answers, _kept={})
        return self.kept(("first", n), lambda: less)

    def features(self, space: str) -> Tensor:
        """float32, N×f: of the fakes, in a space by its name."""
        make = self.reference.mapped if self.real else self._mapped
        return self.kept(("features", space), lambda: make(space, self.fakes))

    def _mapped(self, space: str, images: Tensor) -> Tensor:
        return spaces.in_parts(self.reference.feature(space), images)

    def classes(self) -> Tensor:
        """int64, N: what the classifier takes each fake for."""
        judge = self.reference.judge
        assert judge is not None
        return self.kept("classes", lambda: spaces.in_parts(judge.classes, self.fakes))

    def kept(self, key: Any, make: Callable[[], T]) -> T:
        """What was made once for several measures."""
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]


def stand_in(reference: Reference, n: int) -> Material:
    """Real pictures in the place of ``n`` fakes: what they come to is the floor of a measure."""

    def make() -> Material:
        labels = reference.spare_labels
        labels = None if labels is None else labels[:n]
        return Material(reference, reference.spare[:n], labels, real=True)

    return reference.kept(("stand in", n), make)


def drawn(
    reference: Reference, config: RunConfig, generators: Mapping[str, nn.Module],
    judges: Mapping[str, nn.Module], n: int, seed: int = 0, progress: Progress = lambda _: None,
) -> Material:  # fmt: skip
    """Fakes to be measured, drawn by a generator of their own: nothing of the run moves.

    Args:
        reference: what is real.
        config: of the run as it stands.
        generators, judges: players by name, copies in eval mode on the CPU; there may be no judges.
        n: how many would be best; see :meth:`Reference.enough`.
        seed: the same seed gives the same noise, so that only what G has learned makes a
            difference.

    Raises ValueError if G makes points that are no numbers.
    """
    n = reference.enough(n)
    if game_of(config).from_noise:
        return _from_noise(reference, config, generators, judges, n, seed, progress)
    return _from_pictures(reference, config, generators, n, seed, progress)


def _from_noise(
    reference: Reference, config: RunConfig, generators: Mapping[str, nn.Module],
    judges: Mapping[str, nn.Module], n: int, seed: int, progress: Progress,
) -> Material:  # fmt: skip
    model = Model(next(iter(generators.values())), config, reference.kind, 0)
    z, labels = model.draw(n, seed), None
    if model.classes:
        labels = _asked(reference.train.labels, len(model.classes), n, seed + _LABELS)
    make, parts = model.points if reference.kind.points else model.images, []
    size = at_once(_PART, reference.kind.size)
    told = [None] * n if labels is None else labels.split(size)
    for part, classes in zip(z.split(size), told, strict=False):
        safe_point()
        parts.append(make(part, classes))
        progress(len(parts) * size / n)
    fakes = torch.cat(parts)
    if fakes.is_floating_point() and not bool(torch.isfinite(fakes).all()):
        raise ValueError("G makes points that are no numbers; there is nothing to measure")
    onlooker = None
    if judges:
        players = {**generators, **judges}
        onlooker = game_of(config).onlooker(config, reference.kind, players)
    return Material(reference, fakes, labels, source=Source(model, z, onlooker))


def _asked(labels: Tensor | None, classes: int, n: int, seed: int) -> Tensor:
    """int64, n: classes as often as among the real pictures, as in training."""
    generator = torch.Generator().manual_seed(seed)
    if labels is None:
        return torch.randint(classes, (n,), generator=generator)
    return labels[torch.randint(len(labels), (n,), generator=generator)]


def _from_pictures(
    reference: Reference, config: RunConfig, generators: Mapping[str, nn.Module],
    n: int, seed: int, progress: Progress,
) -> Material:  # fmt: skip
    """What G makes of pictures that it was not trained on, where the set has such."""
    game, aside = game_of(config), reference.held_out or reference.train
    given = reference.kept("given", lambda: game.given(config, aside))
    order = torch.randperm(len(given), generator=torch.Generator().manual_seed(seed))[:n]
    parts, size = [], at_once(_PART // 4, reference.kind.size)
    for part in interruptible(order.split(size)):
        parts.append(game.apply(config, dict(generators), given[part]))
        progress(len(parts) * size / len(order))
    answers = None
    if game.has_answers:
        answers = reference.kept("wanted", lambda: game.wanted(config, aside))[order]
    return Material(reference, torch.cat(parts), answers=answers)
