"""Features of the Inception network that FID is defined by, where the user has it.

Through torch-fidelity (requirements-fidelity.txt), whose weights are those of the original. Nothing
is downloaded here: without the package or its weights file there are no such features.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gan_lab.randomness import seeded
from gan_lab.threads import interruptible

FEATURES = 2048
NAME = "Inception (2015, torch-fidelity), 2048 features"
WEIGHTS = "weights-inception-2015-12-05-6726825d.pth"
SOURCE = f"https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/{WEIGHTS}"
_PART = 32  # pictures at a time: each becomes 299 px wide


class Missing(ValueError):
    """Inception cannot be used here, in words that tell the user what to do."""


def weights_path() -> Path:
    """Where the weights are looked for: ``GANLAB_INCEPTION``, else where torch-fidelity keeps
    them."""
    own = os.environ.get("GANLAB_INCEPTION")
    return Path(own) if own else Path(torch.hub.get_dir()) / "checkpoints" / WEIGHTS


def why_not() -> str | None:
    """What is missing for Inception features, in a sentence or two; None if nothing is. Quick:
    nothing is imported or read."""
    if importlib.util.find_spec("torch_fidelity") is None:
        return "Inception needs torch-fidelity: pip install -r requirements-fidelity.txt"
    if not weights_path().is_file():
        return (
            f"the weights of Inception are not at {weights_path()}; download {SOURCE} there, or set"
            " GANLAB_INCEPTION to where the file is"
        )
    return None


def features(images: Tensor) -> Tensor:
    """float32 N×2048 of pictures, enlarged to 299 px as the original does.

    Args:
        images: uint8, N×C×S×S; grey ones are shown to all three channels.

    Raises:
        Missing: the package or its weights are not here, or the file is damaged.
        ValueError: not uint8, or neither 1 nor 3 channels.
    """
    if images.dtype != torch.uint8 or images.ndim != 4 or images.shape[1] not in (1, 3):
        raise ValueError(
            "Inception looks at uint8 pictures N×1×S×S or N×3×S×S, not"
            f" {images.dtype} {tuple(images.shape)}"
        )
    if reason := why_not():
        raise Missing(reason)
    network = _network(weights_path())
    rgb = images.cpu().expand(-1, 3, -1, -1)
    with torch.no_grad():
        parts = [network(part.contiguous())[0] for part in interruptible(rgb.split(_PART))]
    return torch.cat(parts) if len(images) else torch.empty(0, FEATURES)


@lru_cache(maxsize=1)
def _network(path: Path) -> Any:
    try:
        # torch-fidelity would unpickle whatever the file holds: first see that it is weights alone
        torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises half a dozen kinds for a damaged file
        raise Missing(f"{path} holds no weights that can be read; download {SOURCE}") from error
    found = importlib.import_module("torch_fidelity.feature_extractor_inceptionv3")
    with seeded(0):  # its first weights are drawn, then overwritten
        return found.FeatureExtractorInceptionV3(
            "inception-v3-compat", [str(FEATURES)], feature_extractor_weights_path=str(path)
        )
