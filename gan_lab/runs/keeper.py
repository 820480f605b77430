"""What stays of a run: checkpoints, samples when they are due, a summary."""

from __future__ import annotations

from typing import Any

from gan_lab.runs.directory import RunDirectory
from gan_lab.runs.forking import parent_of
from gan_lab.runs.messages import State
from gan_lab.runs.pictures import pixels, png
from gan_lab.training.trainer import Counts, Trainer


class Keeper:
    """Writes into one run's folder; only the run's own thread calls it.

    Attributes:
        counts: how far the run was when it last asked whether a sample is due.
    """

    def __init__(self, directory: RunDirectory) -> None:
        self._directory = directory
        self.counts = Counts(0, 0, 0, 0.0)

    def checkpoint(self, trainer: Trainer, state: dict[str, Any]) -> None:
        """Write one, with the configuration as it stands; all readings are in the history."""
        self._directory.sync_history()
        self._directory.write_config(trainer.config)
        keep = trainer.config.training.keep_checkpoints
        self._directory.write_checkpoint(trainer.steps, state, keep)

    def newest(self) -> str:
        """In words, the step of the newest checkpoint."""
        files = self._directory.checkpoint_files()
        return f"step {int(files[-1].stem)}" if files else "no step at all"

    def sample_if_due(self, trainer: Trainer) -> None:
        """A grid of pictures, every ``training.sample_every`` steps, batches or epochs."""
        training = trainer.config.training
        now, last, whole = trainer.counts, self.counts, len(trainer.batches)
        self.counts = now
        if not training.sample_every:
            return
        before, after = {
            "steps": (last.steps, now.steps),
            "batches": (last.batches, now.batches),
            "epochs": (last.images // whole, now.images // whole),
        }[training.sample_unit]
        if before // training.sample_every != after // training.sample_every:
            for index, (name, one) in enumerate(trainer.preview().items()):
                self._directory.write_sample(now.steps, png(pixels(one)), name if index else "")

    def summary(self, trainer: Trainer, state: State, seconds: float) -> dict[str, Any]:
        """How the run stands, as ``train --json`` prints it."""
        counts = trainer.counts
        parent = parent_of(self._directory)
        return {
            "run": str(self._directory.path),
            **({"parent": parent._asdict()} if parent else {}),
            "state": str(state),
            "steps": counts.steps,
            "images": counts.images,
            "seconds": round(seconds, 3),
            "images_per_second": round(counts.images / seconds, 1) if seconds else 0.0,
            "metrics": trainer.recent_means(),
        }
