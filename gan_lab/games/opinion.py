"""What D thinks, for people: its scores of some real pictures and of fakes.

D is asked at rest (see ``base.at_rest``) and shown pictures as they are: without augmentation and
instance noise, and G's before they are rounded to whole pixels, as in training.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from gan_lab.config import ConfigError, RunConfig
from gan_lab.data import Batch, to_pixels
from gan_lab.games.base import Player, Portraits, Preview, Verdicts, at_rest
from gan_lab.games.referee import Look
from gan_lab.memory import at_once
from gan_lab.metrics.verdicts import Tally
from gan_lab.objectives import LOSSES

PROBE = 64
"""Real pictures that D is asked about: as many as G usually shows."""

MORE = 8
"""The same where G begins from pictures, beside those on the page: there fakes are few."""

_PART = 64  # pictures of 32 px that pass D at once
HEADS = ("most convincing fake", "least convincing fake", "real, lowest score")

FAR_AHEAD = 0.97  # share told right of either kind, from which on hardly anything fools D
FLAT = 0.005  # spread of all scores
ALIKE = 0.75  # overlap from which on D can hardly tell
NEAR_ALL, FEW = 0.65, 0.35  # shares told right that are lopsided if they come together


def probe(count: int, generator: torch.Generator) -> Tensor:
    """int64: places of up to :data:`PROBE` pictures among ``count``, on the CPU."""
    order = torch.randperm(count, generator=generator, device=generator.device)
    return order[:PROBE].cpu()


def from_a_picture(config: RunConfig) -> ConfigError:
    """Why nobody asks D about a picture alone in this game."""
    return ConfigError(
        f"D of a run of the game {config.objective.game} is asked beside what G began from, so it"
        " cannot be looked into alone; the live page shows what it thinks"
    )


def unasked(beside: Tensor) -> Tensor:
    """Scores of as many tiles that D is never asked about."""
    return torch.full_like(beside, torch.nan)


@torch.no_grad()
def verdicts(
    config: RunConfig,
    player: Player,
    real: Batch,
    fake: Batch,
    look: Callable[[Tensor | None], Look] | None = None,
) -> Verdicts:
    """Ask a discriminator.

    Args:
        real, fake: pictures in the range of G's output, as D is shown them; classes if it is told.
        look: the discriminator for pictures of these classes; by default it is told of none.
    """
    ask = look or (lambda _: player.judge)
    with at_rest(player.network):
        of_real, of_fake = (_scores(config, ask, batch) for batch in (real, fake))
    found = of_scores(config, of_real, of_fake)
    return found._replace(portraits=_portraits(config, found, real.x, fake.x))


def _scores(config: RunConfig, ask: Callable[[Tensor | None], Look], batch: Batch) -> Tensor:
    """Raw scores, N×1 or N×1×h×w, from batches of one kind.

    A D that compares within the batch is shown as many at once as in training, or its score would
    be another; the last batch is filled up with pictures of the one before, so that none is in it
    twice.
    """
    (x, labels), compares = batch, config.networks.d.compares_batch
    size = config.training.batch if compares else at_once(_PART, x.shape[-1])
    found = []
    for begin in range(0, len(x), size):
        first = max(0, min(begin, len(x) - size)) if compares else begin
        part = slice(first, first + size)
        look = ask(None if labels is None else labels[part])
        found.append(look(x[part]).score[begin - first :])
    return torch.cat(found).float()


def of_scores(
    config: RunConfig,
    real: Tensor,
    fake: Tensor,
    names: tuple[str, str] = ("real pictures", "fakes"),
) -> Verdicts:
    """D's raw scores (N×…, M×…) on the scale of the loss, without portraits."""
    objective, loss = config.objective, LOSSES[config.objective.loss]
    says_real, says_fake = loss.verdicts(real, fake)
    # flipped labels bring both means nearer to it and leave it where it is
    target = (1.0 - objective.smooth_real + objective.smooth_fake) / 2.0
    if real[0].numel() > 1:
        names = ("real patches", "fake patches")
    return Verdicts(
        real=says_real.flatten(),
        fake=says_fake.flatten(),
        each_real=says_real.flatten(1).mean(1),
        each_fake=says_fake.flatten(1).mean(1),
        threshold=loss.threshold(target, says_real, says_fake),
        scale=loss.scale,
        names=names,
    )


def _portraits(config: RunConfig, found: Verdicts, real: Tensor, fake: Tensor) -> Portraits:
    best, worst = found.each_fake.argmax(), found.each_fake.argmin()
    doubted = found.each_real.argmin()
    tiles = torch.stack([fake[best], fake[worst], real[doubted]])
    # what D sees beside a picture stands in front of its channels
    colours = 3 if tiles.shape[1] in (3, 6) else 1
    images = to_pixels(tiles[:, -colours:], config.networks.g.output)
    scores = torch.stack([found.each_fake[best], found.each_fake[worst], found.each_real[doubted]])
    return Portraits(Preview(images, len(HEADS), HEADS), scores)


def told(found: Verdicts, tally: Tally) -> str:
    """What it means at this moment, in one or two short sentences."""
    real, fake = tally.told_real / len(found.real), tally.told_fake / len(found.fake)
    real_name, fake_name = found.names
    numbers = (
        f"D catches {tally.told_fake} of {len(found.fake)} {fake_name} and recognises"
        f" {tally.told_real} of {len(found.real)} {real_name}."
    )
    if _flat(found):
        meaning = "It gives nearly the same score to all of them: it does not tell them apart yet."
    elif min(real, fake) >= FAR_AHEAD and tally.overlap >= ALIKE:
        meaning = "It tells them apart, though its scores of both are nearly the same."
    elif min(real, fake) >= FAR_AHEAD:
        meaning = "It is far ahead: hardly anything fools it yet."
    elif tally.overlap >= ALIKE:
        meaning = "The two histograms overlap: D can hardly tell them apart, which is G's aim."
    elif fake <= FEW and real >= NEAR_ALL:
        meaning = "Most fakes pass for real: G is ahead for now."
    elif real <= FEW and fake >= NEAR_ALL:
        meaning = "It takes most of the real pictures for fakes, too."
    elif real + fake < 1.0:
        meaning = "It is wrong more often than right: it has to learn anew what G does now."
    else:
        meaning = "Where the two hills overlap, D cannot tell."
    return f"{numbers} {meaning}"


def _flat(found: Verdicts) -> bool:
    """Whether its scores differ by so little that what stands above or below the threshold is
    chance."""
    every = torch.cat([found.each_real, found.each_fake])
    return float(every.std(correction=0)) < FLAT * max(1.0, abs(float(every.mean())))
