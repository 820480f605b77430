"""Memorised or new, on the latent page: the nearest training pictures of one, and of a thousand."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Generator
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

from gan_lab.config import Data
from gan_lab.latent.memorised import Yardstick, distances, judge, yardstick
from gan_lab.latent.neighbours import FEATURES, look
from gan_lab.latent.sampling import draw_labels
from gan_lab.runs.pictures import mosaic, packed
from gan_lab.server.explore.asked import Answer, Asked
from gan_lab.server.explore.real import real_of
from gan_lab.server.explore.subject import subject_of

T = TypeVar("T")
SAMPLES = 1000
NEAREST = 8
_BINS = 40
_KEPT = 16  # yardsticks in memory; some kilobytes each
_LOCK = threading.Lock()
_MEASURED: OrderedDict[tuple[Data, str], Yardstick] = OrderedDict()


def neighbours(asked: Asked) -> Generator[Answer, None, None]:
    """The nearest training pictures of one (fields of ``subject_of``), in ``feature``.

    Answers ``share`` while it goes on. The last payload is one row of tiles, the picture and its
    neighbours; header ``distance`` and ``numbers`` of these, ``count``, of all that were compared,
    ``copies``, of exact copies among them that count once, ``exact``, whether the nearest is the
    very same picture.
    """
    feature = asked.choice("feature", tuple(FEATURES), "pixels")
    real = real_of(asked.model)
    picture = subject_of(asked)
    once = real.once
    found = yield from _told(look(once.images, picture, FEATURES[feature], NEAREST))
    index = found.places[0]
    near = once.images[index]
    payload, mime = packed(mosaic(torch.cat([picture, near]), 1 + len(near)))
    yield Answer(
        {"share": 1.0, "distance": found.distance[0].tolist(),
         "numbers": once.places[index].tolist(), "count": len(once.images),
         "copies": len(real.train) - len(once.images), "tile": picture.shape[-1],
         "exact": torch.equal(near[0], picture[0]), "mime": mime},
        payload,
    )  # fmt: skip


def memorised(asked: Asked) -> Generator[Answer, None, None]:
    """How far a thousand samples are from the training pictures, beside unseen real ones.

    Fields ``feature`` and ``seed``. Answers ``share`` while it goes on. The last header has
    ``verdict`` and ``sentence``; ``samples`` and ``unseen``, histograms of the distances from 0 to
    ``high``; how many each are, ``n`` and ``m``; ``held_out``, whether these were; ``copies``, of
    training pictures among them, which do not count; ``numbers``, the training pictures that the
    nearest samples are near to. The payload is two rows of tiles: those samples, and below each its
    training picture.
    """
    name = asked.choice("feature", tuple(FEATURES), "pixels")
    seed = asked.whole("seed", 0, 2**31, 0)
    model, real = asked.model, real_of(asked.model)
    once = real.once
    key = (model.config.data, name)
    with _LOCK:
        stick = _MEASURED.get(key)
    if stick is None:
        steps = yardstick(once.images, real.held_out, FEATURES[name], SAMPLES)
        stick = yield from _told(steps, 0.0, 0.5)
        with _LOCK:
            _MEASURED[key] = stick
            while len(_MEASURED) > _KEPT:
                _MEASURED.popitem(last=False)
    yield Answer({"share": 0.5}, more=True)
    samples = []
    for part in range(0, SAMPLES, 100):  # a large network needs its time: others have their turn
        samples.append(_samples(asked, 100, seed + part))
        yield Answer({"share": 0.5}, more=True)
    images = torch.cat(samples)
    far = yield from _told(distances(once.images, images, FEATURES[name]), 0.5, 0.5)
    finding = judge(far, stick)
    high = float(torch.cat([far.nearest, stick.distances.nearest]).max()) or 1.0
    header: dict[str, Any] = {
        "share": 1.0,
        "verdict": finding.verdict,
        "sentence": finding.sentence,
        "samples": _histogram(far.nearest, high),
        "unseen": _histogram(stick.distances.nearest, high),
        "high": high,
        "n": len(far),
        "m": len(stick.distances),
        "held_out": stick.held_out,
        "copies": stick.copies,
        "tile": images.shape[-1],
    }
    order = far.beside.argsort()[:NEAREST]
    others = once.images[far.index[order]]
    payload, mime = packed(mosaic(torch.cat([images[order], others]), len(order)))
    header |= {"mime": mime, "numbers": once.places[far.index[order]].tolist(),
               "beside": far.beside[order].tolist()}  # fmt: skip
    yield Answer(header, payload)


def _samples(asked: Asked, count: int, seed: int) -> Tensor:
    model = asked.model
    return model.images(model.draw(count, seed), draw_labels(len(model.classes), count, seed))


def _histogram(values: Tensor, high: float) -> list[int]:
    return np.histogram(values.numpy(), _BINS, (0.0, high))[0].tolist()


def _told(
    steps: Generator[float, None, T], begin: float = 0.0, width: float = 1.0
) -> Generator[Answer, None, T]:
    """Tells how far it is after every step, so that others have their turn in between."""
    while True:
        try:
            share = next(steps)
        except StopIteration as end:
            return end.value
        yield Answer({"share": begin + width * min(share, 0.999)}, more=True)
