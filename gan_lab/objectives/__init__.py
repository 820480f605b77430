"""Losses, penalties, labels, noise and augmentation: pure functions, floor two of the house."""

from gan_lab.objectives.augment import Adaptive, augmented
from gan_lab.objectives.losses import LOSSES, Loss
from gan_lab.objectives.noise import blurred, draw_z, instance_noise, reach
from gan_lab.objectives.penalties import any_penalty, due, gamma, penalty, zero_centred
from gan_lab.objectives.perceptual import perceptual
from gan_lab.objectives.resting import Resting, resting
from gan_lab.objectives.scales import Scale
from gan_lab.objectives.targets import Targets, targets

__all__ = [
    "LOSSES",
    "Adaptive",
    "Loss",
    "Resting",
    "Scale",
    "Targets",
    "any_penalty",
    "augmented",
    "blurred",
    "draw_z",
    "due",
    "gamma",
    "instance_noise",
    "penalty",
    "perceptual",
    "reach",
    "resting",
    "targets",
    "zero_centred",
]
