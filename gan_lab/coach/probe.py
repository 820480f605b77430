"""A look at the players themselves: what a few fakes and real pictures do in them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan_lab.coach.faults import at_the_ends, fine_patterns, memories, nearest_two, spread
from gan_lab.coach.reals import Reals, reduced
from gan_lab.config import ConfigError, RunConfig
from gan_lab.data import Batch, Kind, to_pixels, to_points, to_range
from gan_lab.games import Onlooker, Player, game_of
from gan_lab.games.base import at_rest
from gan_lab.games.opinion import verdicts
from gan_lab.latent.model import Model
from gan_lab.networks import Staged
from gan_lab.networks.build import LayerList
from gan_lab.networks.lines import last_weighted
from gan_lab.objectives import LOSSES

_SEED = 7  # of z: the same at every look, so that looks can be compared
_ASKED = 64  # fakes whose slope is taken
_SILENT = 1e-6  # what a unit gives that does not fire


@dataclass(frozen=True)
class Probe:
    """What was seen at one step. A number that makes no sense for the game at hand is None.

    Attributes:
        step: rounds completed.
        n: fakes, and real pictures, that were looked at.
        spread: mean distance of fakes to each other, as a share of that of real pictures: 1 is as
            varied as the real ones, 0 is one picture.
        twins: share of the fakes that have another fake nearer than real pictures ever come to
            each other.
        blank: share of pixels of fakes at the very ends of the range, less that of real pictures.
        blank_real: that share of real pictures.
        checkers: how far the finest patterns that upsampling leaves (a half and a quarter of the
            sampling rate) stand out of the spectrum of fakes, over the same of real pictures.
        dead: share of units that never fire for any picture, by the name of the player.
        right_train, right_held_out: share of real pictures that D calls real, of those it is
            trained on and of those that it never sees.
        right_fake: share of fakes that D calls fake.
        n_held_out: the held-out pictures that ``right_held_out`` is of; None if as many as ``n``.
        slope: mean norm of the gradient of G's loss at its fakes, per picture.
        copies: share of fakes nearer to a single training picture than held-out ones ever are.
    """

    step: int
    n: int
    spread: float | None = None
    twins: float | None = None
    blank: float | None = None
    blank_real: float | None = None
    checkers: float | None = None
    dead: Mapping[str, float] | None = None
    right_train: float | None = None
    right_held_out: float | None = None
    n_held_out: int | None = None
    right_fake: float | None = None
    slope: float | None = None
    copies: float | None = None


def probe(
    config: RunConfig,
    kind: Kind,
    step: int,
    generators: Mapping[str, nn.Module],
    judges: Mapping[str, nn.Module],
    reals: Reals,
    raw: Mapping[str, nn.Module] | None = None,
) -> Probe:
    """Look at the players. Nothing in them changes, nothing of the run is drawn.

    Args:
        generators: the averaged ones, whose pictures people see, by name; copies on the CPU that
            nobody steps.
        judges: the discriminators, the same.
        reals: real pictures, prepared once.
        raw: the generators that train against these D; the averaged ones, if there are none.

    Returns:
        What could be seen; numbers are None where that makes no sense in this game, or where a
        network gives none any more.
    """
    found: dict[str, Any] = {}
    players = {**generators, **judges}
    names = [name for name in game_of(config).names if name in generators]
    fighting = {**generators, **(raw or {})}
    shown, fighter = generators[names[0]], fighting[names[0]]
    with at_rest(shown), at_rest(fighter):
        if reals.given is not None:
            found |= _of_pictures(config, fighting, shown, reals)
        else:
            look = _Look(config, kind, step, reals)
            found |= look.faults(look.made(shown))
            with torch.no_grad():
                found["dead"] = look.dead(names[0], fighter)
            onlooker = _onlooker(config, kind, players)
            if onlooker is not None and "D" in judges:
                with at_rest(judges["D"]):
                    found |= look.opinions(onlooker, judges["D"], look.made(fighter))
                    found["dead"] = found["dead"] | look.dead_judge(onlooker, look.made(fighter))
    found["dead"] = found.get("dead") or None
    return Probe(step, reals.count, **{k: v for k, v in found.items() if _sound(v)})


def _sound(value: Any) -> bool:
    return not isinstance(value, float) or math.isfinite(value)


def _onlooker(config: RunConfig, kind: Kind, players: Mapping[str, nn.Module]) -> Onlooker | None:
    try:
        return game_of(config).onlooker(config, kind, players)
    except (ConfigError, KeyError):
        return None


@dataclass(frozen=True)
class _Look:
    """One look at players that begin from noise."""

    config: RunConfig
    kind: Kind
    step: int
    reals: Reals

    def _model(self, network: nn.Module) -> Model:
        return Model(network, self.config, self.kind, self.step)

    @property
    def labels(self) -> Tensor | None:
        """Classes of the fakes: those of the real pictures, so that they come as often."""
        told = self.config.networks.labels != "none"
        return self.reals.train.labels if told else None

    def _z(self, network: nn.Module) -> Tensor:
        count = self.reals.count if self.labels is None else len(self.labels)
        return self._model(network).draw(count, _SEED)

    @torch.no_grad()
    def made(self, network: nn.Module) -> Tensor:
        """Fakes, in the range of G's output; of a G that still grows, enlarged."""
        x = self._model(network).raw(self._z(network), self.labels)
        side = self.kind.size
        return x if x.shape[-1] == side else F.interpolate(x, (side, side))

    def faults(self, fake: Tensor) -> dict[str, float | None]:
        """What is wrong with fakes as people see them."""
        if not bool(fake.isfinite().all()):
            return {}
        reals, output = self.reals, self.config.networks.g.output
        if reals.points:
            flat = to_points(fake, output)
            return _variety(flat, reals)
        images = to_pixels(fake, output)
        near, single = reals.unusual
        distance, beside = memories(reduced(images), reals.memory)
        copies = float(((distance < near) & (beside < single)).float().mean())
        return _variety(images.flatten(1).float(), reals) | _finish(images, reals) | {
            "copies": copies
        }  # fmt: skip

    def dead(self, name: str, network: nn.Module) -> dict[str, float]:
        """Of a generator's hidden layers."""
        if not isinstance(network, Staged):
            return {}
        source = self._model(network).source(self._z(network), self.labels)
        return _share({name: _hidden(network, source)})

    @torch.no_grad()
    def dead_judge(self, onlooker: Onlooker, fake: Tensor) -> dict[str, float]:
        """Of D's, which has to fire for no picture, real or fake."""
        some = self.reals.train.images[: len(fake)]
        labels = self._told(self.reals.train.labels)
        x = torch.cat([onlooker.known(some), fake[: len(some)]])
        told = None if labels is None else torch.cat([labels[: len(some)], labels[: len(fake)]])
        return _share({"D": onlooker.look(told)(x).features})

    def _told(self, labels: Tensor | None) -> Tensor | None:
        return labels if self.config.networks.labels != "none" else None

    def opinions(self, onlooker: Onlooker, judge: nn.Module, fake: Tensor) -> dict[str, Any]:
        """What D gets right, and what it answers to G."""
        if not bool(fake.isfinite().all()):
            return {}
        train, aside = self.reals.train, self.reals.held_out
        parts = [train] if aside is None else [train, aside]
        images = onlooker.known(torch.cat([part.images for part in parts]))
        labels = [self._told(part.labels) for part in parts]
        told = None if labels[0] is None else torch.cat([x for x in labels if x is not None])
        player = Player("d", judge)
        said = verdicts(
            self.config, player, Batch(images, told), Batch(fake, self.labels), onlooker.look
        )  # all together: where D compares, the line between the kinds must be one
        scores = torch.cat([said.each_real, said.each_fake])
        if not bool(scores.isfinite().all()):
            return {}
        right = (said.each_real > said.threshold).float()
        return {
            "right_train": float(right[: len(train.images)].mean()),
            "right_held_out": None if aside is None else float(right[len(train.images) :].mean()),
            "n_held_out": None if aside is None else len(aside.images),
            "right_fake": float((said.each_fake < said.threshold).float().mean()),
            "slope": self._slope(onlooker, images, fake),
        }

    def _slope(self, onlooker: Onlooker, real: Tensor, fake: Tensor) -> float:
        """Mean norm of the gradient of G's loss at single fakes."""
        n = min(_ASKED if onlooker.company == 1 else onlooker.company, len(fake), len(real))
        loss = LOSSES[self.config.objective.loss]
        look = onlooker.look(None if self.labels is None else self.labels[:n])
        with torch.enable_grad():
            at = fake[:n].detach().clone().requires_grad_()
            with torch.no_grad():
                beside = look(real[:n]).score
            value = loss.g(beside, look(at).score) * n
            (slope,) = torch.autograd.grad(value, at)
        return float(slope.flatten(1).norm(dim=1).mean())


@torch.no_grad()
def _of_pictures(
    config: RunConfig, fighting: Mapping[str, nn.Module], shown: nn.Module, reals: Reals
) -> dict[str, Any]:
    """Where G begins from pictures: their faults, and its units that never fire."""
    assert reals.given is not None
    name = next(iter(fighting))
    made = game_of(config).apply(config, {**fighting, name: shown}, reals.given)
    source = to_range(reals.given, config.networks.g.output)
    network = fighting[name]
    if not bool(network(source).isfinite().all()):
        return {}
    dead = _share({name: _hidden(network, source)}) if isinstance(network, Staged) else {}
    return {"spread": spread(made.flatten(1).float()) / max(reals.spread, 1e-9), "dead": dead} | (
        _finish(made, reals)
    )


def _variety(flat: Tensor, reals: Reals) -> dict[str, float | None]:
    return {
        "spread": spread(flat) / max(reals.spread, 1e-9),
        "twins": float((nearest_two(flat)[0] <= reals.closest).float().mean()),
    }


def _finish(images: Tensor, reals: Reals) -> dict[str, float | None]:
    """Faults of pixels: uint8 N×C×S×S."""
    fake, real = fine_patterns(images), reals.patterns
    checkers = None if fake is None or real is None else float((fake / real.clamp_min(1.0)).max())
    blank = at_the_ends(images) - reals.blank
    return {"blank": blank, "blank_real": reals.blank, "checkers": checkers}


def _hidden(network: Staged, source: Tensor) -> list[Tensor]:
    """What the layers of a generator give that stand before the one that makes the picture; those
    with a bend, where it is known which these are."""
    outputs = list(network.outputs(source))
    if not isinstance(network, LayerList):
        return outputs[:-1]
    last = last_weighted([line.spec for line in network.lines])
    return [
        x for line, x in zip(network.lines, outputs, strict=True)
        if line.number < last and line.spec.activation != "none"
    ]  # fmt: skip


def _share(layers: Mapping[str, list[Tensor]]) -> dict[str, float]:
    """Share of the units (channels) that give nothing for any picture, at any place, by player;
    nothing of one whose numbers are none any more."""
    found = {}
    for name, outputs in layers.items():
        if not outputs or not all(bool(x.isfinite().all()) for x in outputs):
            continue
        silent = [
            x.transpose(0, 1).flatten(1).abs().amax(1) <= _SILENT for x in outputs if x.ndim > 1
        ]
        found[name] = float(torch.cat(silent).float().mean())
    return found
