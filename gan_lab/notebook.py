"""Training and looking from Python, for a notebook: five lines each, see docs/python.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gan_lab.cli.output import Failed
from gan_lab.cli.progress import shown_progress
from gan_lab.cli.train import DEFAULT_SECONDS, POLL, new
from gan_lab.config import RunConfig, put
from gan_lab.export.sets import drawn_labels, made, together
from gan_lab.latent import Model, draw
from gan_lab.presets import DEFAULT
from gan_lab.presets import preset as named_preset
from gan_lab.runs import Budget, Run, RunDirectory, State, load, open_generators
from gan_lab.runs.messages import Stop
from gan_lab.training.devices import share_threads


@dataclass(frozen=True)
class Trained:
    """A run that has been trained, as it lies on disk.

    Attributes:
        folder: where it lives; ``streamlit run app.py`` and the command line open it too.
    """

    folder: Path

    @cached_property
    def config(self) -> RunConfig:
        """The experiment, with what was turned while it ran."""
        return self._directory.read_config()

    @cached_property
    def generator(self) -> Model:
        """The averaged G, in eval mode, as ``load`` gives it; ConfigError without noise."""
        return load(self.folder)

    @property
    def _directory(self) -> RunDirectory:
        return RunDirectory.find(str(self.folder))

    def curves(self) -> dict[str, NDArray[np.float32]]:
        """Every reading of every step, by name ("loss/D", "loss/G", …); ``step`` counts from 1.

        NaN where a step did not read that quantity. Raises DirectoryError.
        """
        directory = self._directory
        columns = directory.columns()
        rows = directory.read_span(columns, 0, directory.read_checkpoint()["steps"])
        curves = dict(zip(columns, rows.T, strict=True))
        return {"step": np.arange(1, len(rows) + 1, dtype=np.float32)} | curves

    def samples(self, n: int = 64, seed: int = 0, label: str | None = None) -> NDArray[Any]:
        """Fakes of the averaged G: uint8, N×H×W×C, or points, float32, N×2.

        The same as ``python -m gan_lab sample`` makes with this seed.

        Args:
            label: the class to draw, by name or number; any of them by default.

        Raises ConfigError, UsageError or DirectoryError.
        """
        parts = self._made(n, seed, label)
        if parts[0].ndim != 4:
            return np.concatenate([part.numpy() for part in parts])
        return np.concatenate([part.permute(0, 2, 3, 1).numpy() for part in parts])

    def picture(self, n: int = 64, seed: int = 0, label: str | None = None) -> Image.Image:
        """The same side by side; a notebook draws it if it stands last in a cell."""
        import torch

        shown = open_generators(self._directory)
        return Image.fromarray(together(shown, torch.cat(self._made(n, seed, label))))

    def _made(self, n: int, seed: int, label: str | None) -> list[Any]:
        model, shown = self.generator, open_generators(self._directory)
        labels = drawn_labels(model.config, model.kind.classes, n, seed, label)
        return list(made(shown, draw(model.latent, n, seed), labels))


def train(
    preset: str = DEFAULT,
    data: str | None = None,
    *,
    settings: Mapping[str, Any] | None = None,
    steps: int | None = None,
    images: int | None = None,
    seconds: float | None = None,
    seed: int | None = None,
    out: str | Path | None = None,
) -> Trained:
    """Train a GAN to its end, with a bar; interrupting the cell ends it early and keeps it.

    It equals ``python -m gan_lab train`` with the same settings, to the bit.

    Args:
        preset: where the experiment begins; ``python -m gan_lab presets`` lists them.
        data: a named set, such as "mnist:3,8", or a folder or zip of own pictures.
        settings: any parameter by its path, such as ``{"optim.g.lr": 1e-4}``.
        steps, images, seconds: when to end, whichever comes first; 60 s without any.
        seed: same seed, same run.
        out: its folder, new or empty; one below the runs root by default.

    Raises:
        ConfigError, DataError, DirectoryError: something that cannot be trained, in one sentence.
        Failed: the run broke off, and why; what it kept is in its folder.
    """
    config = named_preset(preset).config
    short = {"data.name": data, "training.seed": seed}
    given = {path: value for path, value in short.items() if value is not None}
    order = new(put(config, given | dict(settings or {})), preset, Path(out) if out else None)
    budget = Budget(steps, images, seconds)
    if budget == Budget():
        budget = Budget(seconds=DEFAULT_SECONDS)
    run = Run(
        order.config, order.directory, budget=budget, threads=share_threads(0),
        pictures=order.pictures,
    )  # fmt: skip
    with shown_progress(budget, order.directory.path) as show:
        run.start()
        while not _over(run):
            show(run.latest())
        show(run.latest())
    if run.latest().state is State.FAILED:
        raise Failed(run.latest().note)
    return Trained(order.directory.path)


def _over(run: Run) -> bool:
    """Wait a moment; an interrupted cell sends the run to its end instead."""
    try:
        return run.join(POLL)
    except KeyboardInterrupt:
        run.send(Stop())
        return False


def open_run(run: str | Path) -> Trained:
    """A run that was trained before, by its folder or by its name below the runs root.

    Raises DirectoryError if there is none.
    """
    return Trained(RunDirectory.find(str(run)).path)
