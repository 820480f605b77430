"""Drawn faces whose every attribute is known, at any size."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from gan_lab.data.drawn.portrait import portrait
from gan_lab.data.drawn.traits import Dice, Traits, colours, draw, ramp
from gan_lab.data.files import FACE_CLASSES

CLASSES = FACE_CLASSES
SIZE = 64
COUNTS = {True: 10_000, False: 1_000}
HAIR = ("bald", "short", "parted", "bob", "long", "curly", "bun")
HAIR_COLOURS = ("black", "brown", "auburn", "blond", "red", "grey")
EYE_COLOURS = ("brown", "blue", "green", "grey")
HATS = ("none", "beanie", "cap")
BEARDS = ("none", "moustache", "full")
NUMBERS = (
    "skin", "smile", "open", "tilt", "u", "v", "scale", "width", "gaze", "brows", "blush", "light",
)  # fmt: skip
FLAGS = ("glasses", "round_glasses")
CHOICES = {
    "hair": HAIR, "hair_colour": HAIR_COLOURS, "eye_colour": EYE_COLOURS, "hat": HATS,
    "beard": BEARDS,
}  # fmt: skip
SMILING = 0.4  # from where on a face counts as smiling
_SEED = 1

_SKINS = colours("fbe3d2", "f3c9a8", "e0a97e", "bd8156", "8f5a38", "5d3a26")
_HAIR = colours("26211f", "5a3a26", "7d3f25", "dfb562", "c65f2c", "a9a6a3")
_EYES = colours("5b3a22", "3f79b5", "4a8a55", "77838c")
_WALLS = colours("9cc5d8", "f2c6a5", "b9d6a7", "e5b3bd", "c3b7de", "f1dc97", "8fb0a9", "d8d2c8")
_SHIRTS = colours("2f5d8a", "b5443f", "3d7f5f", "eeeae0", "474753", "d79a37", "7b5596", "dd8f9f")
_FRAMES = colours("1f1f24", "7a2f2f", "2b4a73", "9a7a35")


@lru_cache(maxsize=2)
def traits(train: bool = True) -> Traits:
    """Everything about every face of a part."""
    count = COUNTS[train]
    dice = Dice((_SEED, int(train)), count, 80)
    t = Traits(
        skin=dice.uniform(), tilt=dice.uniform(-0.22, 0.22), u=dice.uniform(-0.13, 0.13),
        v=dice.uniform(-0.1, 0.06), scale=dice.uniform(0.9, 1.12), width=dice.uniform(0.9, 1.1),
        gaze=dice.uniform(-1, 1), brows=dice.uniform(-1, 1), blush=dice.uniform(),
        light=dice.uniform(-1, 1),
        glasses=dice.uniform() < 0.45, round_glasses=dice.uniform() < 0.5,
        hair=dice.choice(dict(zip(HAIR, (0.5, 1, 1, 1, 1, 0.9, 0.7), strict=True))),
        hair_colour=dice.choice(dict(zip(HAIR_COLOURS, (1, 1, 0.6, 0.8, 0.4, 0.5), strict=True))),
        eye_colour=dice.choice(dict(zip(EYE_COLOURS, (1, 0.8, 0.5, 0.4), strict=True))),
        hat=dice.choice(dict(zip(HATS, (0.84, 0.08, 0.08), strict=True))),
        beard=dice.choice(dict(zip(BEARDS, (0.8, 0.08, 0.12), strict=True))),
    )  # fmt: skip
    smiles = dice.uniform() < 0.5  # nobody half smiles: the classes can be seen
    t["smile"] = np.where(smiles, dice.uniform(0.6, 1.0), dice.uniform(-0.35, 0.1))
    t["open"] = np.where(dice.uniform() < 0.35, dice.uniform(0.5, 1.0), 0.0)
    t["beard"] = np.where(np.isin(t["hair"], (3, 4, 6)), 0, t["beard"])
    skin = ramp(_SKINS, t["skin"])
    t["skin_rgb"] = skin
    t["line_rgb"] = skin * np.array([0.62, 0.5, 0.48])
    t["hair_rgb"] = dice.jittered(_HAIR[t["hair_colour"]], 0.05)
    t["eye_rgb"] = dice.jittered(_EYES[t["eye_colour"]], 0.05)
    t["wall_rgb"] = dice.palette(_WALLS, 0.08)
    t["shirt_rgb"] = dice.palette(_SHIRTS, 0.06)
    t["hat_rgb"] = dice.palette(_SHIRTS, 0.06)
    t["frame_rgb"] = dice.palette(_FRAMES, 0.03)
    return t


def attributes(index: int, train: bool = True) -> dict[str, float | bool | str]:
    """All about one face, in words and numbers."""
    t = traits(train)
    known: dict[str, float | bool | str] = {name: float(t[name][index]) for name in NUMBERS}
    known |= {name: bool(t[name][index]) for name in FLAGS}
    return known | {name: words[t[name][index]] for name, words in CHOICES.items()}


def table(train: bool = True) -> tuple[tuple[str, ...], Tensor]:
    """Names of K attributes, and all faces' values, float32 N×K.

    Numbers as they are, flags as 0 or 1, each choice as a column of 0 or 1 (``hair=long``).
    """
    t = traits(train)
    names = [*NUMBERS, *FLAGS]
    columns = [t[name].astype(np.float32) for name in names]
    for name, words in CHOICES.items():
        names += [f"{name}={word}" for word in words]
        columns += [(t[name] == k).astype(np.float32) for k in range(len(words))]
    return tuple(names), torch.from_numpy(np.stack(columns, 1))


def read(train: bool, size: int) -> tuple[Tensor, Tensor]:
    """uint8 N×3×size×size and the number of each one's class."""
    t = traits(train)
    labels = t["glasses"] + 2 * (t["smile"] > SMILING)
    return draw(t, size or SIZE, portrait), torch.from_numpy(labels.astype(np.int64))
