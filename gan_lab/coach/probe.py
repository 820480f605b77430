"""A look at the players themselves: what a few fakes and real pictures do in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


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
        checkers: power of fakes at the finest patterns that upsampling leaves (a half and a quarter
            of the sampling rate), over that of real pictures.
        dead: share of units that never fire for any picture, by the name of the player.
        right_train, right_held_out: share of real pictures that D calls real, of those it is
            trained on and of those that it never sees.
        right_fake: share of fakes that D calls fake.
        slope: mean norm of the gradient of G's loss at its fakes, per picture.
        copies: share of fakes nearer to a training picture than held-out ones ever are.
    """

    step: int
    n: int
    spread: float | None = None
    twins: float | None = None
    blank: float | None = None
    checkers: float | None = None
    dead: Mapping[str, float] | None = None
    right_train: float | None = None
    right_held_out: float | None = None
    right_fake: float | None = None
    slope: float | None = None
    copies: float | None = None
