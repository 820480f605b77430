"""A package as others might write one: a loss, two networks, a data set, a rule of the coach."""

import torch

from gan_lab.coach.findings import Advice, Rule, Sign, Weight
from gan_lab.config import LayerSpec
from gan_lab.data import NamedSet
from gan_lab.objectives.losses import LeastSquares


class Cubic(LeastSquares):
    """Scores are pulled to 1 and 0 by |error|³."""

    def d(self, real, fake, targets):
        return (real - targets.real).abs().pow(3).mean() + (fake - targets.fake).abs().pow(3).mean()

    def g(self, real, fake):
        return (fake - 1).abs().pow(3).mean()


CUBIC = Cubic()


class Wide:
    """One wide hidden layer on each side."""

    @staticmethod
    def generator(config, source, size):
        return [
            LayerSpec(kind="linear", channels=96, activation="relu"),
            LayerSpec(kind="linear"),
            LayerSpec(kind="reshape", side=size, activation=config.output),
        ]

    @staticmethod
    def discriminator(config, size):
        return [
            LayerSpec(kind="flatten"),
            LayerSpec(kind="linear", channels=96, activation="leaky"),
            LayerSpec(kind="linear"),
        ]


def read(train, size):
    """Crosses and rings of 8 px."""
    pictures = torch.zeros(64 if train else 16, 1, 8, 8, dtype=torch.uint8)
    pictures[0::2, :, 3:5, :] = 255
    pictures[0::2, :, :, 3:5] = 255
    pictures[1::2, :, 1:7, 1:7] = 255
    pictures[1::2, :, 3:5, 3:5] = 0
    return pictures, torch.arange(len(pictures)) % 2


SIGNS = NamedSet(
    "signs", "Crosses and rings", 64, 8, 1, ("cross", "ring"), 0, lambda: True, tuple, read, None
)

ALWAYS = Rule(
    "tiny-always", "A rule from elsewhere", Weight.NEWS, "It always sees something.", "nobody",
    lambda evidence: Sign(0.5, f"Step {evidence.step} has come."),
    lambda evidence: (Advice("Nothing is to be done."),),
    patience=0, warm_up=0,
)  # fmt: skip
