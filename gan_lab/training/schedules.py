"""Learning rates as functions of the real pictures seen, so that resuming is exact."""

from __future__ import annotations

import math

from gan_lab.config import PlayerOptim


def learning_rate(optim: PlayerOptim, seen: int) -> float:
    """The learning rate after ``seen`` real pictures.

    ``lr · warm-up · schedule`` with T = schedule_images: linear 1 - seen/T and cosine
    (1 + cos(π·seen/T)) / 2 (Loshchilov & Hutter 2017, eq. 5), both 0 from T on; inverse time
    1 / (1 + seen/T). The warm-up rises in a line from 1/warmup_images.
    """
    done = seen / optim.schedule_images
    match optim.schedule:
        case "constant":
            factor = 1.0
        case "linear":
            factor = max(0.0, 1.0 - done)
        case "cosine":
            factor = 0.5 * (1.0 + math.cos(math.pi * min(1.0, done)))
        case "inverse":
            factor = 1.0 / (1.0 + done)
    if seen < optim.warmup_images:
        factor *= (seen + 1) / optim.warmup_images
    return optim.lr * factor


def beta2(optim: PlayerOptim, seen: int) -> float:
    """Adam's β2 after ``seen`` real pictures.

    From beta2_first to beta2 in half a cosine over beta2_images (R3GAN, Huang et al. 2024, app. D:
    0.9 to 0.99 in the burn-in); beta2 at once if that is 0.
    """
    if seen >= optim.beta2_images:
        return optim.beta2
    share = 0.5 * (1.0 - math.cos(math.pi * seen / optim.beta2_images))
    return optim.beta2_first + share * (optim.beta2 - optim.beta2_first)
