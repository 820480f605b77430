"""Generators that came with the app: two files each in ``assets/pretrained``.

``NAME.pt`` holds the averaged G of a run: format, configuration, kind of pictures, step, and the
weights, float32. It is read with ``weights_only``, so it cannot carry code. ``NAME.toml`` says
what it is and how it was made.
"""

from __future__ import annotations

import json
import tomllib
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import IO, Any

import torch

from gan_lab.config import from_tree
from gan_lab.data import Kind
from gan_lab.games import game_of
from gan_lab.randomness import seeded
from gan_lab.runs.fitting import fit, planned
from gan_lab.runs.messages import Shown

FOLDER = Path(__file__).parent.parent.parent / "assets" / "pretrained"
FIRST = "faces"
"""What a page without a run opens with."""
PREFIX = "pretrained:"
"""Before a name, where a run could be named as well."""
FORMAT = 1
_VIEW = "pretrained-"
_WORDS = ("title", "about", "made", "seconds", "machine", "date", "data")


class PretrainedError(ValueError):
    """A generator that cannot be opened or kept, in one line."""


@dataclass(frozen=True)
class Pretrained:
    """One generator that stands still for everybody; an ``Explorable``.

    Attributes:
        name: of its files.
        title, about: for people; ``about`` is a sentence or two.
        made: the commands that made the file, a line each.
        seconds: of training, on the machine that is named.
        date: of the training.
        data: what it was trained on, and whose that is.
    """

    name: str
    title: str
    about: str
    made: str
    seconds: int
    machine: str
    date: str
    data: str

    state = "pretrained"
    directory = None

    @property
    def view_id(self) -> str:
        """A public name: everybody may look, and there is nothing to control."""
        return _VIEW + self.name

    @cached_property
    def _shown(self) -> Shown:
        return read(FOLDER / f"{self.name}.pt")

    def shown(self) -> Shown:
        """Raises PretrainedError."""
        return self._shown

    def exploring(self) -> AbstractContextManager[None]:
        return nullcontext()

    def may_control(self, visitor: str) -> bool:
        return False


@cache
def pretrained() -> dict[str, Pretrained]:
    """All by name, in the order in which a picker shows them."""
    found = [_described(path) for path in sorted(FOLDER.glob("*.toml"))]
    found.sort(key=lambda one: one.name != FIRST)
    return {one.name: one for one in found}


def of_view(view_id: str) -> Pretrained | None:
    """The one that a page calls so."""
    return pretrained().get(view_id.removeprefix(_VIEW)) if view_id.startswith(_VIEW) else None


def named(name: str) -> Pretrained:
    """Raises PretrainedError if there is none of that name."""
    try:
        return pretrained()[name]
    except KeyError:
        known = ", ".join(pretrained())
        raise PretrainedError(f"there is no generator {PREFIX}{name}; there are {known}") from None


def _described(path: Path) -> Pretrained:
    """Raises PretrainedError."""
    try:
        words = tomllib.loads(path.read_text("utf-8"))
        return Pretrained(path.stem, **{word: words[word] for word in _WORDS})
    except (OSError, ValueError, KeyError) as error:
        raise PretrainedError(f"{path} does not say what its generator is ({error!r})") from None


def write(shown: Shown, file: IO[bytes]) -> None:
    """Keep a generator that begins from noise as such a file.

    Raises:
        PretrainedError: it begins from a picture.
    """
    config = shown.config
    if not game_of(config).from_noise:
        raise PretrainedError("this generator begins from a picture and has no latent space")
    weights = {name: t.detach().cpu().clone() for name, t in shown.network.state_dict().items()}
    torch.save(
        {
            "format": FORMAT,
            "config": config.model_dump_json(),
            "kind": [shown.kind.channels, shown.kind.size, list(shown.kind.classes)],
            "step": shown.step,
            "weights": weights,
        },
        file,
    )


def read(path: Path) -> Shown:
    """The generator in a file, on the CPU, in eval mode.

    Raises:
        PretrainedError: no such file, or it is damaged, or something else.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        if state["format"] != FORMAT:
            raise ValueError(f"its format is {state['format']}, not {FORMAT}")
        return opened(state)
    except Exception as error:  # torch raises half a dozen kinds for a damaged file
        reason = (str(error) or type(error).__name__).splitlines()[0][:120]
        raise PretrainedError(f"{path} cannot be read as a generator ({reason})") from None


def opened(state: dict[str, Any]) -> Shown:
    """The generator of what such a file holds; networks are built last.

    Raises:
        PretrainedError: its weights are of another network, or broken.
        ConfigError, ValueError, KeyError, TypeError: it is not what such a file holds.
    """
    channels, size, classes = state["kind"]
    config, kind = from_tree(json.loads(state["config"])), Kind(channels, size, tuple(classes))
    if not game_of(config).from_noise:
        raise ValueError("it begins from a picture")
    name, plan = next(iter(planned(config, kind)[0].items()))
    if not fit(plan, state["weights"]):
        raise PretrainedError("its weights do not fit the configuration beside them")
    for key, weight in state["weights"].items():
        if not weight.isfinite().all():
            raise PretrainedError(f"{key} is not finite")
    with seeded(0):  # the first weights are replaced at once
        network = game_of(config).generators(config, kind)[name]
    network.load_state_dict(state["weights"])
    network.eval().requires_grad_(False)
    return Shown({name: network}, int(state["step"]), config, kind)
