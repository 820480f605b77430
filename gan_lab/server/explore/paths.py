"""Questions of the panels "Paths" and "Through time".

``stops`` draws pictures to go through; ``path`` goes through some, both ways; ``wander`` is a
random walk; ``ages`` is one z at every kept moment of training; ``reel`` makes one file of any of
these.

``path`` and ``wander`` answer in parts: headers have ``way``, ``first`` and ``count`` of the frames
in this part, ``frames`` in all, ``norms`` and ``near`` (the waypoint) of each, ``shell``, and how
pictures lie in the payload: behind ``count`` z, float32, a mosaic of ``tile`` and ``columns``.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from gan_lab.latent import Model, natural, path, random_walk, shell
from gan_lab.latent.paths import WAYS
from gan_lab.runs.ages import Ages, moments
from gan_lab.runs.pictures import mosaic, packed
from gan_lab.runs.reels import LASTS, REELS, REST, Pixels, looks, reel
from gan_lab.server.explore.asked import Answer, Asked, Wrong

Answers = Generator[Answer, None, None]

STOPS = 16  # pictures that one path goes through
FRAMES = 240
PART = 24  # frames that are made at once; others have their turn in between
_COLUMNS = 6
_POINT = 2  # a plane is sent smaller by this factor: it is large, and there are many
_AGE = 500  # ms of a moment of training, in a film
_TURN = 0.1  # s between two looks at whether another film is ready
_SEED = 2**31
_AGES = Ages()
_MAKING = threading.Lock()  # one file is made at a time


class _Film(NamedTuple):
    """Attributes:
    z: F×dim.
    labels: int64, F; None where G is told of none.
    near: which waypoint each frame is nearest to.
    loop: whether it goes round.
    """

    z: Tensor
    labels: Tensor | None
    near: Tensor
    loop: bool


def stops(asked: Asked) -> Answers:
    """Some z drawn with ``seed``, as ``z`` in the header, and their pictures in class ``label``."""
    number = asked.whole("count", 1, STOPS)
    z = asked.model.draw(number, asked.whole("seed", 0, _SEED))
    label = asked.label()
    frames = looks(asked.model, z, None if label is None else label.expand(number))
    header, payload = _sheet(asked.model, frames)
    yield Answer(
        header | {"z": [[round(value, 4) for value in row] for row in z.tolist()]}, payload
    )


def path_(asked: Asked) -> Answers:
    """Both ways through ``stops`` (and ``labels``), part by part, the two in turns."""
    yield from _parts(asked.model, {way: _through(asked, way) for way in WAYS})


def wander(asked: Asked) -> Answers:
    """A random walk from ``z`` on, with ``seed``, in the class ``label``."""
    yield from _parts(asked.model, {"random": _walk(asked)})


def ages(asked: Asked) -> Answers:
    """``z`` in every kept moment, oldest first, ``at`` its step, and last as G is now; ``share`` of
    the way done. What a run has thinned away meanwhile is left out."""
    for step, frame, share in _aged(asked):
        header, payload = _sheet(asked.model, [frame])
        yield Answer(header | {"at": step, "share": share}, payload, more=share < 1.0)


def reel_(asked: Asked) -> Answers:
    """The file, in the last frame; those before it tell ``share``, or that it is ``waiting``.

    ``what`` is "path" (and ``way``), "wander" or "ages", with the fields of that question; ``file``
    one of REELS.
    """
    kind = asked.choice("file", tuple(REELS))
    what = asked.choice("what", ("path", "wander", "ages"))
    source = _moments(asked) if what == "ages" else _frames(asked, what)
    while not _MAKING.acquire(blocking=False):
        yield Answer({"waiting": True, "share": 0.0}, more=True, pause=_TURN)
    try:
        shown: list[Pixels] = []
        words: list[str] = []
        for frames, said, share in source:
            shown += frames
            words += said
            yield Answer({"waiting": False, "share": 0.9 * share}, more=True)
        timing: dict[str, Any] = {"lasts": LASTS}
        if what == "ages":
            timing = {"lasts": _AGE, "rest": 3 * _AGE, "words": words}
        elif asked.flag("loop"):
            timing["rest"] = LASTS
        else:
            timing["rest"] = REST
        data = reel(shown, kind, stopped=asked.stopped.is_set, **timing)
    finally:
        _MAKING.release()
    yield Answer({"mime": REELS[kind], "name": f"{what}.{kind}", "share": 1.0}, data)


# -- what a film is made of ------------------------------------------------------------------------


def _through(asked: Asked, way: Any) -> _Film:
    waypoints = asked.zs("stops", STOPS)
    if len(waypoints) < 2:
        raise Wrong("A path needs at least two pictures.")
    labels = asked.labels("labels", len(waypoints))
    loop, ease = asked.flag("loop"), asked.flag("ease")
    frames = asked.whole("frames", 2, FRAMES)
    z, near = path(waypoints, frames, way, loop=loop, ease=ease)
    return _Film(z, None if labels is None else labels[near], near, loop)


def _walk(asked: Asked) -> _Film:
    frames, seed, loop = (
        asked.whole("frames", 2, FRAMES), asked.whole("seed", 0, _SEED), asked.flag("loop"),
    )  # fmt: skip
    z = random_walk(asked.model.latent, frames, seed, begin=asked.z()[0], loop=loop)
    label = asked.label()
    none = torch.zeros(frames, dtype=torch.long)
    return _Film(z, None if label is None else label.expand(frames), none, loop)


def _cut(film: _Film) -> Iterator[tuple[int, Tensor, Tensor | None]]:
    """Parts of it: number of the first frame, z, labels."""
    for first in range(0, len(film.z), PART):
        part = slice(first, first + PART)
        yield first, film.z[part], None if film.labels is None else film.labels[part]


def _parts(model: Model, films: dict[str, _Film]) -> Answers:
    around = shell(model.latent)
    told = {
        "shell": [round(norm, 4) for norm in (around.low, around.middle, around.high)],
        "natural": natural(model.latent),
    }
    total = len(next(iter(films.values())).z)
    for cuts in zip(*(_cut(film) for film in films.values()), strict=True):
        for (way, film), (first, z, labels) in zip(films.items(), cuts, strict=True):
            last = first + len(z) == total and way == list(films)[-1]
            header, picture = _sheet(model, looks(model, z, labels))
            header |= told | {
                "way": way, "first": first, "frames": total,
                "norms": [round(norm, 4) for norm in z.norm(dim=1).tolist()],
                "near": film.near[first : first + len(z)].tolist(),
            }  # fmt: skip
            yield Answer(header, z.numpy().astype("<f4").tobytes() + picture, more=not last)


def _frames(asked: Asked, what: str) -> Iterator[tuple[list[Pixels], list[str], float]]:
    film = _walk(asked) if what == "wander" else _through(asked, asked.choice("way", WAYS))
    for first, z, labels in _cut(film):
        yield looks(asked.model, z, labels), [], (first + len(z)) / len(film.z)


def _moments(asked: Asked) -> Iterator[tuple[list[Pixels], list[str], float]]:
    for step, frame, share in _aged(asked):
        yield [frame], [f"step {step:,}"], share


def _aged(asked: Asked) -> Iterator[tuple[int, Pixels, float]]:
    z, label, model = asked.z(), asked.label(), asked.model
    found = moments(asked.explorable.directory) if asked.explorable.directory else {}
    if not found:
        raise Wrong(
            "Of this generator no earlier moments are kept. Train one of your own, and you can"
            " watch it learn."
        )
    earlier = [(step, file) for step, file in found.items() if step < model.step]
    for number, (step, file) in enumerate(earlier):
        then = _AGES.at(file)
        if then is not None and then.dim == model.dim:
            yield step, looks(then, z, label)[0], (number + 1) / (len(earlier) + 1)
    yield model.step, looks(model, z, label)[0], 1.0


def _sheet(model: Model, frames: Sequence[Pixels]) -> tuple[dict[str, Any], bytes]:
    """Frames as one mosaic: how they lie in it, and the encoded picture."""
    if model.kind.points:
        frames = [frame[::_POINT, ::_POINT] for frame in frames]
    tiles = torch.stack([torch.from_numpy(frame.copy()) for frame in frames])
    tiles = tiles.unsqueeze(1) if tiles.ndim == 3 else tiles.permute(0, 3, 1, 2)
    columns = min(_COLUMNS, len(frames))
    data, mime = packed(mosaic(tiles, columns))
    header = {"mime": mime, "tile": tiles.shape[-1], "columns": columns, "count": len(frames)}
    return header, data
