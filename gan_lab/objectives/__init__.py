"""Losses, labels and noise: pure functions, floor two of the house."""

from gan_lab.objectives.losses import LOSSES, Loss
from gan_lab.objectives.noise import blurred, draw_z, instance_noise
from gan_lab.objectives.resting import Resting, resting
from gan_lab.objectives.targets import Targets, targets

__all__ = [
    "LOSSES",
    "Loss",
    "Resting",
    "Targets",
    "blurred",
    "draw_z",
    "instance_noise",
    "resting",
    "targets",
]
