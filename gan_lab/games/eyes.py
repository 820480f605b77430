"""The weights of VGG19: where they are looked for, and what to do where there are none."""

from __future__ import annotations

import pickle
import zipfile
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor, nn

from gan_lab.config import KNOBS, ConfigError, RunConfig
from gan_lab.data import data_root
from gan_lab.networks import vgg
from gan_lab.objectives import perceptual

NAME = "vgg19-dcbb9e9d.pth"
SOURCE = f"https://download.pytorch.org/models/{NAME}"
LAYOUT = vgg.VGG19
_KNOB = KNOBS["objective.vgg"]
_PART = "features."  # of the file; the rest names ImageNet's classes


class Eyes:
    """VGG19's look at pictures, loaded when it is first needed. It belongs to no player: nobody
    trains it, and no checkpoint holds it."""

    def __init__(self) -> None:
        self._network: nn.Module | None = None

    def distance(self, config: RunConfig, made: Tensor, true: Tensor) -> Tensor:
        """:func:`perceptual` of pictures in the range of G's output, counted as pixels are.

        Raises ConfigError if the weights cannot be had.
        """
        if self._network is None:
            self._network = _loaded().to(made.device)
        low = 0.0 if config.networks.g.output == "sigmoid" else -1.0
        squared = config.objective.pixel_norm == "squared"
        return perceptual(self._network, made, true, low=low, squared=squared)


def check_eyes(config: RunConfig) -> None:
    """Raises ConfigError if ``objective.vgg`` asks for weights that are not here or no good."""
    if config.objective.vgg and _KNOB.counts_in(config):
        _loaded()


def places() -> tuple[Path, ...]:
    """The folders that are looked in, in order."""
    return data_root() / "vgg", Path(torch.hub.get_dir()) / "checkpoints"


def _loaded() -> nn.Module:
    path = next((place / NAME for place in places() if (place / NAME).is_file()), None)
    if path is None:
        raise ConfigError(
            f"objective.vgg needs the weights of VGG19, which are not here: put {SOURCE} (575 MB)"
            f" into {places()[0]}, or set objective.vgg to 0"
        )
    try:
        return vgg.features(LAYOUT, _read(path, path.stat().st_mtime_ns))
    except (OSError, RuntimeError, ValueError, EOFError, pickle.UnpicklingError):
        raise ConfigError(
            f"{path} is damaged or is not torchvision's VGG19: put {SOURCE} in its place, or set"
            " objective.vgg to 0"
        ) from None


@lru_cache(maxsize=1)
def _read(path: Path, _changed: int) -> dict[str, Tensor]:
    """The convolutions' weights, once for all runs: 80 MB. Only tensors are read, never code."""
    packed = zipfile.is_zipfile(path)  # then what is not used stays on the disk
    every = torch.load(path, map_location="cpu", weights_only=True, mmap=packed)
    if not isinstance(every, dict):
        raise ValueError("no table of weights")
    return {
        str(name).removeprefix(_PART): value.detach().float().clone()
        for name, value in every.items()
        if str(name).startswith(_PART) and isinstance(value, Tensor)
    }
