"""What stays of a run: checkpoints, samples when they are due, states on the way, the film."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gan_lab.runs.directory import RunDirectory
from gan_lab.runs.film import Film
from gan_lab.runs.forking import parent_of
from gan_lab.runs.messages import State
from gan_lab.runs.pictures import pixels, png
from gan_lab.runs.ration import MEGABYTE, Ration
from gan_lab.runs.states import States, kept_states, link
from gan_lab.training.trainer import Counts, Trainer

log = logging.getLogger(__name__)

_STRETCH = 100  # steps, at most, whose readings a shot tells the means of


class Keeper:
    """Writes into one run's folder; only the run's own thread calls it.

    Attributes:
        counts: how far the run was when it last asked whether a sample is due.
        film: what the page showed.
    """

    def __init__(self, directory: RunDirectory) -> None:
        self._directory = directory
        self._states = States(directory)
        self.film = Film(directory.path / "film")
        self._ration = Ration(directory, self._states, self.film)
        self.counts = Counts(0, 0, 0, 0.0)

    def checkpoint(self, trainer: Trainer, state: dict[str, Any]) -> None:
        """Write one, with the configuration as it stands; all readings are in the history."""
        self._directory.sync_history()
        self._directory.write_config(trainer.config)
        keep = trainer.config.training.keep_checkpoints
        self._directory.write_checkpoint(trainer.steps, state, keep)
        self._keep_for_later(self._directory.checkpoint_files()[-1], trainer)
        self._keep_within(trainer)

    def _keep_within(self, trainer: Trainer) -> None:
        try:
            self._ration.keep_within(trainer.config.training.keep_megabytes * MEGABYTE)
        except OSError as error:
            log.warning("what is too much could not be dropped: %s", error)

    def _keep_for_later(self, checkpoint: Path, trainer: Trainer) -> None:
        try:
            self._states.take(checkpoint, _states_of(trainer))
        except OSError as error:
            log.warning("a checkpoint could not be kept for later: %s", error)

    def state_due(self, trainer: Trainer) -> bool:
        """Whether to write a state that is no checkpoint, for a new run to start from."""
        most = _states_of(trainer)
        if not most or not trainer.config.training.checkpoint_seconds:
            return False
        return self._states.due(trainer.steps, most)

    def state(self, trainer: Trainer, state: dict[str, Any]) -> None:
        """Write one; a full disk costs the state, not the run."""
        try:
            self._directory.sync_history()
            self._states.save(trainer.steps, state, _states_of(trainer))
        except OSError as error:
            log.warning("a state on the way could not be kept: %s", error)
        self._keep_within(trainer)

    def shot_due(self, trainer: Trainer) -> bool:
        """Whether to make pictures for the film, though nobody watches."""
        return self.film.due(trainer.steps)

    def shoot(
        self,
        trainer: Trainer,
        seconds: float,
        look: Sequence[bytes],
        cost: float,
    ) -> None:
        """Put what was just drawn onto the film; a full disk costs the shot, not the run.

        Args:
            seconds: of training.
            look: see :meth:`Film.add`.
            cost: s that it took to make the pictures.
        """
        last = self.film.shots[-1].step if self.film.shots else 0
        stretch = min(_STRETCH, max(1, trainer.steps - last))
        readings = trainer.recent_means(stretch)
        try:
            self.film.add(
                trainer.counts, seconds, len(trainer.ledger), readings, look, cost=cost,
                pinned=kept_states(self._directory),
            )  # fmt: skip
        except OSError as error:
            log.warning("step %d could not be put onto the film: %s", trainer.steps, error)

    def cut(self, trainer: Trainer) -> None:
        """States and shots of later steps never happened."""
        kept = self._directory.path / "checkpoints" / f"{trainer.steps:09d}.pt"
        if not kept.exists():  # the newest checkpoint was damaged, and this was kept on the way
            link(self._directory.path / "states" / kept.name, kept)
        self._states.cut(trainer.steps)
        self._keep_for_later(kept, trainer)
        self.film.open().cut(trainer.steps, len(trainer.ledger))

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
                tail = name if index else ""
                try:
                    self._directory.write_sample(now.steps, png(pixels(one)), tail)
                except OSError as error:
                    log.warning("a sample could not be written: %s", error)

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


def _states_of(trainer: Trainer) -> int:
    """How many states are kept on the way, at most."""
    return trainer.config.training.keep_states
