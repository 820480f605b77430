"""Where patients of the clinic train: rounds, what the coach is shown, and how it ended."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import house  # noqa: F401  (the package, from anywhere)
import numpy as np
import torch
from clinic_cases import Case
from torch import Tensor, nn

from gan_lab.coach import Evidence, Probe
from gan_lab.coach.probe import probe
from gan_lab.coach.reals import Reals
from gan_lab.config import ConfigError, RunConfig, put
from gan_lab.data import Pictures, load, plane_of, to_pixels, to_points, to_range
from gan_lab.measures import Measured, Reference, Weights, drawn, live_names, take
from gan_lab.measures.table import LIVE_N
from gan_lab.metrics import frechet
from gan_lab.metrics.plane import Truth, histogram
from gan_lab.objectives import draw_z
from gan_lab.objectives.conditions import with_classes
from gan_lab.presets import preset
from gan_lab.training.readings import Diverged
from gan_lab.training.trainer import Trainer

LOOK = 10
"""Rounds between two looks of the coach."""

PROBE = 60
"""Rounds between two probes of the players, and between two measurings."""

_FAKES = 1000
_SIDE = 8  # of the pictures in whose pixels the outcome is measured


def real(config: RunConfig, few: int = 0) -> tuple[Pictures, Pictures]:
    """What a configuration trains on, and what is held out; of the first perhaps only a few, evenly
    spread."""
    train, aside = load(config.data), load(config.data, train=False)
    if few:
        keep = torch.zeros(len(train), dtype=torch.bool)
        keep[torch.linspace(0, len(train) - 1, few).long()] = True
        train = train.chosen(keep)
    return train, aside


class Patient:
    """One case with one seed.

    Attributes:
        broke: step at which a reading became no number; 0 while all is finite.
    """

    def __init__(self, case: Case, seed: int, changes: dict[str, Any] | None = None) -> None:
        """``changes`` come on top of those of the case. Raises ConfigError for what cannot be."""
        config = put(preset(case.preset).config, dict(case.changes))
        fixed = {"training.seed": seed, "training.threads": 1, "training.device": "cpu"}
        self.case, self.seed = case, seed
        self.pictures, self.aside = real(config, case.few)
        self.trainer = Trainer(put(config, fixed | (changes or {})), self.pictures, self.aside)
        self.broke = 0
        self._measured: list[Measured] = []
        self._middles: list[Tensor] = []
        self._probe: Probe | None = None
        self._reference = Reference(self.trainer.config, self.pictures, self.aside)
        self._reals = Reals(self.trainer.config, self.pictures, self.aside)

    # -- training ------------------------------------------------------------------------------

    def train(self, rounds: int) -> None:
        """Until that many rounds are completed, or a reading breaks."""
        try:
            while self.trainer.steps < rounds and not self.broke:
                self.trainer.round()
                if self.trainer.steps % LOOK == 0:
                    self.trainer.flush()
                    self._middles.append(self.fakes(averaged=False).flatten(1).float().mean(0))
            if not self.broke:
                self.trainer.flush()
                self.trainer.check_weights()
        except Diverged as error:
            self.broke = error.step

    def looks(self) -> Iterator[Evidence]:
        """Trains to the end; what the coach is shown on the way."""
        while self.trainer.steps < self.case.rounds and not self.broke:
            self.train(min(self.trainer.steps + LOOK, self.case.rounds))
            if self.trainer.steps % PROBE == 0 and not self.broke:
                self._examine()
            yield self.evidence()

    def _examine(self) -> None:
        """The players are probed and the fakes measured, as beside a live run."""
        trainer, kind = self.trainer, self.pictures.kind
        config, step = trainer.config, trainer.steps
        players, judges = trainer.shown(), trainer.judges()
        raw = {"G": copy.deepcopy(trainer.game.players["G"].network).eval().requires_grad_(False)}
        judged = self._reference.judge is not None
        names = live_names(config, kind, judged)
        both: Mapping[Weights, dict[str, nn.Module]] = {"averaged": players, "raw": raw}
        for weights, networks in both.items():
            try:
                made = drawn(self._reference, config, networks, judges, LIVE_N[kind.points])
                values = take(made, names)
            except ValueError:  # a G that makes no numbers any more
                continue
            self._measured.append(Measured(step, weights, values))
        self._probe = probe(config, kind, step, players, judges, self._reals, raw)

    def evidence(self) -> Evidence:
        trainer = self.trainer
        return Evidence(
            config=trainer.config,
            kind=self.pictures.kind,
            total=len(self.pictures),
            counts=trainer.counts,
            recent=trainer.history.recent(500),
            whole=trainer.history.curves(),
            measured=tuple(self._measured),
            probe=self._probe,
            ledger=tuple(entry for entry in trainer.ledger if entry.turned),
        )

    def turn(self, changes: tuple[tuple[str, Any], ...]) -> None:
        """Turns knobs. Raises ConfigError if one is refused."""
        for path, value in changes:
            entry = self.trainer.set(path, value)
            if entry.outcome == "refused":
                raise ConfigError(entry.note)

    # -- a fork --------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """As it stands, to go on from."""
        return copy.deepcopy(self.trainer.state_dict())

    def restore(self, state: dict[str, Any]) -> None:
        self.trainer.load_state_dict(copy.deepcopy(state))
        self.broke = 0

    # -- how it ended --------------------------------------------------------------------------

    @torch.no_grad()
    def fakes(self, averaged: bool = True) -> Tensor:
        """What G makes of z that no run draws: points N×2 from -1 to 1, or uint8 pictures."""
        player = self.trainer.game.players["G"]
        g = player.shown if averaged else copy.deepcopy(player.network).eval()
        assert g is not None
        config, generator = self.trainer.config, torch.Generator().manual_seed(10_000 + self.seed)
        z = draw_z(config.latent, _FAKES, generator)
        told = config.networks.labels != "none"
        classes = len(self.pictures.classes) if told else 0
        labels = torch.arange(_FAKES) % classes if classes else None
        made = torch.cat(
            [
                g(with_classes(part, None if labels is None else own, classes))
                for part, own in zip(
                    z.split(250), (labels if labels is not None else z[:, 0]).split(250),
                    strict=True,
                )
            ]
        )  # fmt: skip
        output = config.networks.g.output
        return to_points(made, output) if self.pictures.kind.points else to_pixels(made, output)

    def outcome(self) -> float:
        """How far the fakes are from held-out real ones, smaller is better: JS for points, Frechet
        of the pixels of small pictures; infinite if the run broke."""
        if self.broke:
            return math.inf
        made = self.fakes()
        if self.pictures.kind.points:
            return self._plane(made)["js"]
        return frechet(_small(made), _small(self.aside.images[:2000]))

    def _plane(self, made: Tensor) -> dict[str, float]:
        plane = plane_of(self.trainer.config.data.name)
        truth = Truth(plane.places, plane.sigma, plane.reach, plane.modal)
        expected = histogram(self.aside.images.flatten(1) * plane.reach, plane.reach)
        return truth.measured(made * plane.reach, expected)

    def facts(self) -> dict[str, float]:
        """What can be said of the run without a coach; see the entries."""
        made = self.fakes(averaged=False)
        flat = made.flatten(1).float()
        given = self.aside.images[:_FAKES].flatten(1).float()
        facts = self._curves() | {
            "broke": float(self.broke),
            "outcome": self.outcome(),
            # mean distance of fakes to each other, as a share of that of real ones
            "spread": _spread(flat) / _spread(given),
            # how far the middle of all fakes goes between two looks, in the spread of real ones
            "wander": self._wander() / _spread(given),
            # share of units that fire for no fake, of the player who has more of them
            "dead": max(self._dead("G"), self._dead("D")),
            # of real pictures to D's mind: those it trained on, less those it never saw
            "gap": self._gap(),
        }
        if self.pictures.kind.points:
            return facts | (self._plane(self.fakes()) if not self.broke else {})
        return facts | {
            # share of pixels at the ends of the range, less that of real pictures
            "blank": _ends(made) - _ends(self.aside.images),
            # differences of neighbours of neighbours, over those of real pictures
            "fine": _fine(made) / _fine(self.aside.images[:2000]),
            # share of fakes much nearer to a training picture than to any of as many others
            "copies": _copies(made, self.pictures.images, self.aside.images),
        }

    def _wander(self) -> float:
        late = self._middles[len(self._middles) // 2 :]
        steps = [float((b - a).norm()) for a, b in pairwise(late)]
        return float(np.mean(steps)) if steps else 0.0

    def _curves(self) -> dict[str, float]:
        means = self.trainer.recent_means(100)
        found = {k: means.get(k, math.nan) for k in ("D(x)", "D(G(z))", "grad/G", "grad/D")}
        whole = self.trainer.history.curves()
        grown = []
        for name in ("grad/G", "grad/D"):
            course = whole.values[:, 1, whole.columns.index(name)]
            course = course[~np.isnan(course)]
            if len(course) > 20:  # its height at the end over that of its first twentieth
                grown.append(float(course[-20:].max() / max(course[: len(course) // 20 + 1].mean(),
                                                            1e-12)))  # fmt: skip
        return found | {"grown": max(grown, default=1.0)}

    @torch.no_grad()
    def _dead(self, player: str) -> float:
        network = copy.deepcopy(self.trainer.game.players[player].network).eval()
        alive: list[Tensor] = []

        def note(_m: nn.Module, _i: Any, y: Tensor) -> None:
            alive.append((y.transpose(0, 1).flatten(1) > 0).any(1))

        for module in network.modules():
            if isinstance(module, nn.ReLU):
                module.register_forward_hook(note)
        config = self.trainer.config
        if config.networks.labels != "none":
            return 0.0
        fakes = draw_z(config.latent, 250, torch.Generator().manual_seed(1))
        if player == "G":
            network(fakes)
        else:
            g = copy.deepcopy(self.trainer.game.players["G"].network).eval()
            known = to_range(self.pictures.images[:250], config.networks.g.output)
            network(torch.cat([g(fakes), known]))
        every = torch.cat(alive) if alive else torch.ones(1, dtype=torch.bool)
        return 1.0 - float(every.float().mean())

    @torch.no_grad()
    def _gap(self) -> float:
        """How much more D scores pictures that it was trained on than others, in the spread of the
        others' scores and fakes' together."""
        if self.trainer.config.networks.labels != "none":
            return 0.0
        d = copy.deepcopy(self.trainer.game.players["D"].network).eval()
        output = self.trainer.config.networks.g.output
        known = d(to_range(self.pictures.images[:300], output)).flatten()
        others = d(to_range(self.aside.images[:300], output)).flatten()
        return float(torch.sigmoid(known).mean() - torch.sigmoid(others).mean())


def _small(images: Tensor) -> Tensor:
    return nn.functional.adaptive_avg_pool2d(images.float() / 255, _SIDE).flatten(1)


def _spread(flat: Tensor) -> float:
    return float(nn.functional.pdist(flat[:400]).mean())


def _ends(images: Tensor) -> float:
    return float(((images <= 2) | (images >= 253)).float().mean())


def _fine(images: Tensor) -> float:
    x = images.float() / 255
    across = (2 * x[..., 1:-1] - x[..., :-2] - x[..., 2:]).square().mean()
    down = (2 * x[..., 1:-1, :] - x[..., :-2, :] - x[..., 2:, :]).square().mean()
    return float((across + down) / x.var())


def _copies(made: Tensor, train: Tensor, aside: Tensor) -> float:
    """Share of fakes that are under half as far from a training picture as held-out pictures
    usually are."""
    mine = torch.cdist(made[:300].flatten(1).float(), train[:2000].flatten(1).float()).min(1).values
    theirs = torch.cdist(aside[:300].flatten(1).float(), train[:2000].flatten(1).float())
    return float((mine < 0.5 * theirs.min(1).values.median()).float().mean())
