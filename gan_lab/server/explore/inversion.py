"""From a picture to z on the latent page, with a look at how it goes."""

from __future__ import annotations

import time
from collections.abc import Generator

import numpy as np
import torch

from gan_lab.config import ConfigError
from gan_lab.latent import shell
from gan_lab.latent.inversion import Found, Search, invert, residual
from gan_lab.runs.pictures import mosaic, packed
from gan_lab.server.explore.asked import Answer, Asked, Wrong
from gan_lab.server.explore.subject import subject_of

_TURN = 0.15  # s of work until others have their turn
_BRIGHTER = 3  # times, so that small differences can be seen


def inversion(asked: Asked) -> Generator[Answer, None, None]:
    """Look for the z of a picture (fields of ``subject_of``); answers again and again.

    Fields: ``steps``, ``starts``, ``seed``, and ``only``, the class; -1 looks among all.

    The payload is one row of tiles: the picture, the nearest so far, how far they are apart. Header
    ``at``, ``of``, steps; ``psnr`` of every start, dB (null: equal); ``best``, which is nearest;
    ``z``, ``label``, ``length`` of that one and ``shell``, the usual length.
    """
    search = Search(
        starts=asked.whole("starts", 1, 32, Search.starts),
        steps=asked.whole("steps", 1, 2000, Search.steps),
    )
    classes = len(asked.model.classes)
    only = asked.whole("only", -1, max(0, classes - 1), -1)
    picture = subject_of(asked)[0]
    steps = invert(
        asked.model, picture, search, None if only < 0 or not classes else only,
        asked.whole("seed", 0, 2**31, 0),
    )  # fmt: skip
    around = shell(asked.model.latent).mean
    try:
        best: Found | None = None
        said = time.monotonic()
        for found in steps:
            if best is None or found.psnr.max() >= best.psnr.max():
                best = found
            last = found.step == search.steps
            if last or not found.step or time.monotonic() - said > _TURN:
                header, payload = _told(found, best, picture)
                header |= {"of": search.steps, "shell": around}
                yield Answer(header, payload, more=not last)
                said = time.monotonic()
    except ConfigError as error:
        raise Wrong(f"{error}.") from None


def _told(found: Found, best: Found, picture: torch.Tensor) -> tuple[dict[str, object], bytes]:
    number = best.best
    image, z = best.images[number], best.z[number]
    apart = (residual(image, picture).int() * _BRIGHTER).clamp(max=255).byte()
    payload, mime = packed(mosaic(torch.stack([picture, image, apart]), 3))
    psnr = [round(value, 2) if np.isfinite(value) else None for value in found.psnr.tolist()]
    header = {
        "at": found.step,
        "psnr": psnr,
        "best": _or_none(float(best.psnr[number])),
        "z": z.tolist(),
        "label": int(best.labels[number]) if best.labels is not None else 0,
        "length": float(z.norm()),
        "tile": picture.shape[-1],
        "mime": mime,
    }
    return header, payload


def _or_none(value: float) -> float | None:
    return round(value, 2) if np.isfinite(value) else None
