"""Questions of the panel "Directions".

``directions`` finds some (``how``), ``samples`` are pictures to choose groups from, ``strips`` show
where directions lead, ``predicts`` how well they predict what pictures show, ``kept`` lists, keeps
and forgets those of the run, ``archive`` makes a file of some for NumPy.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Generator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gan_lab.data import DataError
from gan_lab.latent.attributes import predictions, sampled
from gan_lab.latent.directions import NAME, Direction, DirectionError, difference, direction_of
from gan_lab.latent.learned import MOST, SAMPLES, from_attributes, from_groups
from gan_lab.latent.measures import Measure, learning_of
from gan_lab.latent.pca import principal
from gan_lab.latent.sefa import factorised
from gan_lab.runs import kept_directions
from gan_lab.runs.pictures import mosaic, png
from gan_lab.server.explore.asked import Answer, Asked, Wrong
from gan_lab.server.explore.real import missing

Answers = Generator[Answer, None, None]

COUNT = 6  # directions that PCA and SeFa find at once
ASKED = 64  # directions that a question may bring
LATTICE = 24  # pictures to choose from
STEPS = (-2, -1, 0, 1, 2)  # σ, of a strip


def directions(asked: Asked) -> Answers:
    """Found in one of the ways of ``_WAYS``, as ``found`` in the header."""
    find = _WAYS[asked.choice("how", tuple(_WAYS))]
    try:
        yield from find(asked)
    except DirectionError as error:
        raise Wrong(_sentence(error)) from None


def _pca(asked: Asked) -> Answers:
    yield _found(principal(asked.model, COUNT))


def _sefa(asked: Asked) -> Answers:
    yield _found(factorised(asked.model, COUNT))


def _groups(asked: Asked) -> Answers:
    name = asked.text("name", NAME)
    these, those = asked.zs("these", MOST), asked.zs("those", MOST)
    yield _found([from_groups(asked.model, these, those, name)])


def _difference(asked: Asked) -> Answers:
    here, there = asked.z("here"), asked.z("there")
    yield _found([difference(asked.model, here[0], there[0], asked.text("name", NAME))])


def _labels(asked: Asked) -> Answers:
    measure = yield from _measure(asked)
    seen = sampled(asked.model, measure, SAMPLES)
    found = from_attributes(asked.model, seen.z, seen.values, measure.attributes)
    if not found:
        raise DirectionError("This model's pictures do not differ in anything that can be measured")
    yield _found(found)


_WAYS: dict[str, Callable[[Asked], Answers]] = {
    "pca": _pca,
    "sefa": _sefa,
    "labels": _labels,
    "groups": _groups,
    "difference": _difference,
}


def samples(asked: Asked) -> Answers:
    """Pictures of z drawn with ``seed``, all of one class; ``z`` stands in the header."""
    _pictures_only(asked)
    z = asked.model.draw(LATTICE, asked.whole("seed", 0, 2**31))
    label = asked.label()
    images = asked.model.images(z, None if label is None else label.expand(len(z)))
    header = {"z": [[round(value, 4) for value in row] for row in z.tolist()]}
    yield _mosaic(images, 6, header)


def strips(asked: Asked) -> Answers:
    """A row of pictures for each direction: z moved by each of STEPS."""
    _pictures_only(asked)
    z, label, ways = asked.z(), asked.label(), _brought(asked)
    moved = torch.cat([way.moved(z, torch.tensor(STEPS, dtype=z.dtype)) for way in ways])
    images = asked.model.images(moved, None if label is None else label.expand(len(moved)))
    yield _mosaic(images, len(STEPS), {"steps": list(STEPS)})


def predicts(asked: Asked) -> Answers:
    """A table: of every direction (row) and attribute (column) correlation and AUC, null where the
    pictures do not differ. Its columns tell how well each attribute is measured."""
    ways = _brought(asked)
    measure = yield from _measure(asked)
    seen = sampled(asked.model, measure)
    rows = predictions(ways, measure.attributes, seen)
    table = [[[_number(one.correlation), _number(one.auc)] for one in row] for row in rows]
    told = [{"name": a.name, "flag": a.flag, "skill": _number(a.skill), "trusted": a.trusted}
            for a in measure.attributes]  # fmt: skip
    header = {"table": table, "attributes": told, "pictures": len(seen.z)}
    yield Answer(header | {"held_out": measure.held_out})


def kept(asked: Asked) -> Answers:
    """Those of the run; ``do`` keeps or forgets one first, for whom the run belongs to."""
    do = asked.choice("do", ("list", "keep", "forget"), "list")
    directory, latent = asked.explorable.directory, asked.model.latent
    owns = directory is not None and asked.explorable.may_control(asked.sender.visitor)
    if do != "list" and not owns:
        raise Wrong("Only the one who started this run can keep directions with it.")
    listed: list[Direction] = []
    try:
        if directory is None:
            pass
        elif do == "keep":
            one = direction_of(asked.fields.get("direction"), latent)
            listed = kept_directions.keep(directory, one, latent)
        elif do == "forget":
            listed = kept_directions.forget(directory, asked.text("name", NAME), latent)
        else:
            listed = kept_directions.kept_directions(directory, latent)
    except DirectionError as error:
        raise Wrong(_sentence(error)) from None
    except OSError:
        raise Wrong("The run's folder cannot be written to; nothing was kept.") from None
    yield Answer({"kept": [one.plain() for one in listed], "owns": owns})


def archive(asked: Asked) -> Answers:
    """Some directions as a file for NumPy: ``vectors`` K×dim, ``sigmas``, ``steps``, ``names``."""
    ways, buffer = _brought(asked), io.BytesIO()
    np.savez(
        buffer,
        vectors=torch.stack([way.vector for way in ways]).numpy(),
        sigmas=np.array([way.sigma for way in ways], np.float32),
        steps=np.array([way.step for way in ways], np.int64),
        names=np.array([way.name for way in ways]),
    )
    yield Answer({}, buffer.getvalue())


def _measure(asked: Asked) -> Generator[Answer, None, Measure]:
    """What the pictures show can be measured once a small network has learned it; all who ask of
    the same pictures learn it together. Raises Wrong."""
    try:
        learning = learning_of(asked.model)
    except DirectionError as error:
        raise Wrong(_sentence(error)) from None
    except DataError:
        raise missing(asked.model.config.data) from None
    while learning.measure is None:
        share = learning.advance()
        yield Answer({"share": round(share, 3)}, more=True)
    return learning.measure


def _brought(asked: Asked) -> list[Direction]:
    """Directions that the page has, of this model. Raises Wrong."""
    given = asked.fields.get("directions")
    if not isinstance(given, list) or not 0 < len(given) <= ASKED:
        raise Wrong(f"directions must be a list of 1 to {ASKED}.")
    try:
        return [direction_of(one, asked.model.latent) for one in given]
    except DirectionError as error:
        raise Wrong(_sentence(error)) from None


def _found(found: list[Direction]) -> Answer:
    return Answer({"found": [one.plain() for one in found]})


def _mosaic(images: Tensor, columns: int, header: dict[str, Any]) -> Answer:
    shape = {"mime": "image/png", "tile": images.shape[-1], "columns": columns}
    pixels = mosaic(images, columns)
    return Answer(header | shape | {"count": len(images)}, png(pixels))


def _pictures_only(asked: Asked) -> None:
    if asked.model.kind.points:
        raise Wrong("This generator makes points: watch the point move as you turn a slider.")


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 3)


def _sentence(error: Exception) -> str:
    text = str(error).rstrip(".")
    return f"{text if ':' in text else text[:1].upper() + text[1:]}."  # a name stays as it is
