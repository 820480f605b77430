"""Measures copies of the players of one run: how good are the fakes, what do the networks do."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import nn

from gan_lab.coach.probe import Probe, probe
from gan_lab.coach.reals import Reals
from gan_lab.config import RunConfig
from gan_lab.data import DataError, Pictures, load
from gan_lab.measures import (
    LIVE_N,
    Measured,
    Reference,
    Weights,
    best_of,
    drawn,
    live_names,
    take,
)
from gan_lab.metrics.judge import kept_judge
from gan_lab.runs.messages import Shown


class Abandoned(Exception):
    """Nobody waits for it any more."""


@dataclass(frozen=True)
class Examined:
    """What was found at one step.

    Attributes:
        measured: of the averaged G, and of G itself where that is another one.
        best_by: the measure that tells the best state, and which way is better; None for none.
    """

    measured: tuple[Measured, ...]
    best_by: tuple[str, str] | None


class Examiner:
    """One run's. What is worked out about the real pictures is kept for the next time."""

    def __init__(self, train: Pictures, go_on: Callable[[], None]) -> None:
        """
        Args:
            train: what the run learns from.
            go_on: asked between two measures; raises Abandoned to end it.
        """
        self._train = train
        self._go_on = go_on
        self._reference: Reference | None = None
        self._reals: Reals | None = None
        self._aside: Pictures | None = None

    def examine(self, shown: Shown) -> Examined:
        """Measure; nothing of the run moves, nothing of its chance is drawn.

        Raises ValueError if G makes what cannot be measured, Abandoned as asked to.
        """
        reference = self._reference or self._prepared(shown.config)
        measured = [
            self._measured(reference, shown, weights, networks)
            for weights, networks in _generators(shown)
        ]
        self._go_on()
        by = best_of(shown.config, shown.kind, reference.judge is not None)
        return Examined(tuple(m for m in measured if m.values), by)

    def probe(self, shown: Shown) -> Probe | None:
        """A probe of the networks; None where there is nothing to tell. Cheap beside metrics.

        Raises Abandoned as asked to.
        """
        if self._reals is None:
            self._reals = Reals(shown.config, self._train, self._held_out(shown.config))
            self._go_on()
        return probe(
            shown.config, shown.kind, shown.step, shown.networks, shown.judges, self._reals,
            shown.raw,
        )  # fmt: skip

    def _prepared(self, config: RunConfig) -> Reference:
        """The real pictures; read from the disk the first time. A judge is never trained here."""
        held_out = self._held_out(config)
        self._go_on()
        judge = kept_judge(self._train) if config.data.pairs == "none" else None
        self._go_on()
        self._reference = Reference(config, self._train, held_out, judge)
        return self._reference

    def _held_out(self, config: RunConfig) -> Pictures:
        """What nobody is trained on; the training images themselves where there are no others."""
        if self._aside is None:
            try:
                self._aside = load(config.data, train=False)
            except DataError:
                self._aside = self._train
        return self._aside

    def _measured(
        self, reference: Reference, shown: Shown, weights: Weights, networks: dict[str, nn.Module]
    ) -> Measured:
        begun, values = time.thread_time(), {}
        config, kind = shown.config, shown.kind
        self._go_on()
        material = drawn(reference, config, networks, shown.judges, LIVE_N[kind.points])
        for name in live_names(config, kind, reference.judge is not None):
            self._go_on()
            values |= take(material, [name])
        return Measured(shown.step, weights, values, round(time.thread_time() - begun, 4))


def _generators(shown: Shown) -> Iterator[tuple[Weights, dict[str, nn.Module]]]:
    yield "averaged", shown.networks
    if shown.raw and not all(_same(shown.networks[n], shown.raw[n]) for n in shown.raw):
        yield "raw", shown.raw


def _same(a: nn.Module, b: nn.Module) -> bool:
    """Whether two networks of one kind have the same weights, as without averaging."""
    one, other = a.state_dict(), b.state_dict()
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)
