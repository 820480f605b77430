"""The question ``saliency`` of the panel "Look inside": what D looks at in one picture.

``of`` is "fake" (of ``z``, with channels ``turned``) or "real" (the ``index``-th, counted round).
The payload has, one after the other, signed bytes S×S of what ``speaks`` for real, S×S of where
``brighter`` would be more real, the maps of one ``stage`` of D, and the picture as a PNG.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, NamedTuple

import torch
from torch import Tensor

from gan_lab.config import ConfigError
from gan_lab.games import Onlooker
from gan_lab.latent import Model, inside
from gan_lab.latent.saliency import saliency as sought
from gan_lab.objectives import LOSSES
from gan_lab.objectives.scales import PROBABILITY
from gan_lab.runs.messages import Shown
from gan_lab.runs.pictures import mosaic, png
from gan_lab.server.explore.asked import Answer, Asked, Wrong
from gan_lab.server.explore.inside import packed, told, turned_by
from gan_lab.server.explore.real import real_of

COPIES = 16
"""Noisy ones that a calmer answer is the mean of."""
_UNTRAINED = ("loading", "running")


class _Chosen(NamedTuple):
    """The picture that D is asked about.

    Attributes:
        x: 1×C×S×S, in the range of G's output.
        labels: int64, 1; None where D is told of none.
        company: others of its kind, for a D that compares.
    """

    x: Tensor
    labels: Tensor | None
    company: Tensor | None


def saliency(asked: Asked) -> Generator[Answer, None, None]:
    shown = asked.explorable.shown()
    assert shown is not None
    onlooker = _onlooker(asked, shown)
    real = asked.choice("of", ("fake", "real"), "fake") == "real"
    chosen = _real(asked, shown.model, onlooker) if real else _fake(asked, shown.model, onlooker)
    found = sought(
        onlooker.look(chosen.labels),
        chosen.x,
        shown.model.output,
        company=chosen.company,
        copies=COPIES if asked.flag("calm") else 0,
    )
    number = asked.whole("stage", 1, len(onlooker.stages), 1)
    speaks = packed(found.speaks[None, None])
    brighter = packed(found.slope.sum(0)[None, None])
    maps = packed(found.features[number - 1])
    header: dict[str, Any] = {
        "step": shown.step,
        "score": found.score,
        "words": _words(shown, found.score),
        "label": None if chosen.labels is None else shown.model.classes[int(chosen.labels)],
        "side": speaks.shape[-1],
        "speaks": speaks.peaks[0],
        "brighter": brighter.peaks[0],
        "stages": [
            one | {"shape": list(part.shape[1:])}
            for one, part in zip(told(onlooker.stages), found.features, strict=True)
        ],
        "stage": number,
        "shape": list(maps.shape),
        "peaks": maps.peaks,
        "mime": "image/png",
    }
    picture = png(mosaic(shown.model.pixels(chosen.x)))
    yield Answer(header, speaks.data + brighter.data + maps.data + picture)


def _onlooker(asked: Asked, shown: Shown) -> Onlooker:
    """Raises Wrong if there is no D that could be asked."""
    if shown.kind.points:
        raise Wrong(
            "This model makes points of a plane. The page of the run draws what D thinks of every"
            " place there, and where it pushes each fake."
        )
    if not shown.judges and asked.state in _UNTRAINED:
        raise Wrong("D comes with the next moment of the run.")
    try:
        return shown.onlooker
    except ConfigError as error:
        words = str(error)
        raise Wrong(f"{words[:1].upper()}{words[1:]}.") from None


def _fake(asked: Asked, model: Model, onlooker: Onlooker) -> _Chosen:
    labels = asked.label()
    with torch.no_grad():
        x = inside.altered(model, asked.z(), labels, turned_by(asked))
        company = None
        if onlooker.company > 1:
            z = model.draw(onlooker.company - 1)
            company = model.raw(z, None if labels is None else labels.repeat(len(z)))
    return _Chosen(x, labels, company)


def _real(asked: Asked, model: Model, onlooker: Onlooker) -> _Chosen:
    real = real_of(model)
    index = asked.whole("index", 0, 2**31, 0) % len(real.train)
    mine = None
    if model.classes:
        if real.labels is None:
            raise Wrong("D is told a class here, but these real pictures have none.")
        mine = real.labels[index : index + 1]
    company = None
    if onlooker.company > 1:
        same = torch.arange(len(real.train))
        if real.labels is not None and mine is not None:
            same = same[real.labels == mine]
        others = same[same != index][: onlooker.company - 1]
        company = onlooker.known(real.train[others]) if len(others) else None
    return _Chosen(onlooker.known(real.train[index : index + 1]), mine, company)


def _words(shown: Shown, score: float) -> str:
    """What the score says, in one sentence or two."""
    scale = LOSSES[shown.config.objective.loss].scale
    if scale is PROBABILITY:
        share = float(torch.sigmoid(torch.tensor(score)))
        return f"D takes it for real with probability {share:.2f}."
    return f"D's raw score is {score:.2f}; the higher, the more real to D."
