"""The real pictures that a model was trained on, and those held out, for questions about them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Generator
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from gan_lab.config import Data
from gan_lab.data import DataError, split_name
from gan_lab.latent import Model, real_pictures
from gan_lab.latent.neighbours import Unique, unique
from gan_lab.runs.pictures import mosaic, packed
from gan_lab.server.explore.asked import Answer, Asked, Wrong

PARTS = ("train", "held out")
_SHOWN = 24  # real pictures to choose from at a time
_KEPT = 2  # data sets in memory, beside those that train


@dataclass(frozen=True)
class Real:
    """Real pictures.

    Attributes:
        train: uint8, M×C×S×S.
        labels: int64, M, of the training pictures; None if they have no classes.
        held_out: uint8, or None if nothing was kept aside.
    """

    train: Tensor
    labels: Tensor | None
    held_out: Tensor | None

    @cached_property
    def once(self) -> Unique:
        """The training pictures, each once."""
        return unique(self.train)

    def part(self, name: str) -> Tensor:
        """Raises Wrong if nothing was held out."""
        if name == "train":
            return self.train
        if self.held_out is None:
            raise Wrong("No pictures were held out; the run was trained on all of them.")
        return self.held_out


_LOCK = threading.Lock()
_LOADED: OrderedDict[tuple[Data, str], Real] = OrderedDict()  # by the digest, too


def real_of(model: Model) -> Real:
    """Those that a model was trained on. Raises Wrong if they are not here, or are points."""
    if model.kind.points:
        raise Wrong("This generator makes points, not pictures. Where the real ones lie is drawn"
                    " behind its own, at the left.")  # fmt: skip
    key = model.config.data, model.real
    with _LOCK:  # one read for all who ask at once
        if key not in _LOADED:
            _LOADED[key] = _load(model)
            while len(_LOADED) > _KEPT:
                _LOADED.popitem(last=False)
        _LOADED.move_to_end(key)
        found = _LOADED[key]
    if found.train.shape[1:] != (model.kind.channels, model.kind.size, model.kind.size):
        raise Wrong("The real pictures on this machine are not those that this model learned from.")
    return found


def _load(model: Model) -> Real:
    try:
        train, aside = real_pictures(model)
    except DataError:
        raise missing(model.config.data) from None
    same = len(train) == len(aside) and torch.equal(train.images, aside.images)
    return Real(train.images, train.labels, None if same else aside.images)


def missing(data: Data) -> Wrong:
    """Why there are no real pictures, without places on the disk: whoever may look need not know
    them."""
    name, _ = split_name(data.name)
    return Wrong(f"The real pictures ({name.rsplit('/', 1)[-1]}) are not on this machine.")


def real(asked: Asked) -> Generator[Answer, None, None]:
    """Some real pictures to choose from: ``part`` and ``page``, from 0, of random ones.

    The payload is one mosaic; header ``numbers``, of the pictures in it, ``columns``, ``tile``,
    ``count``, of all, ``mime``.
    """
    images = real_of(asked.model).part(asked.choice("part", PARTS, "train"))
    page = asked.whole("page", 0, 10_000, 0)
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(1))
    numbers = order.roll(-page * _SHOWN)[:_SHOWN]
    columns = 8
    payload, mime = packed(mosaic(images[numbers], columns))
    yield Answer(
        {"numbers": numbers.tolist(), "columns": columns, "tile": images.shape[-1],
         "count": len(images), "mime": mime},
        payload,
    )  # fmt: skip
