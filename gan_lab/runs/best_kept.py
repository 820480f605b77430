"""The best state of a run by a measure: one file, kept whatever becomes of the other states."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Sequence
from pathlib import Path

from gan_lab.measures import Measured
from gan_lab.runs.best import Best
from gan_lab.runs.directory import RunDirectory
from gan_lab.runs.states import kept_states, link

log = logging.getLogger(__name__)


class BestKept:
    """Keeps it; a full disk costs the best state, not the run.

    Attributes:
        best: None if none is kept.
    """

    def __init__(self, directory: RunDirectory) -> None:
        self._directory = directory
        self._path = directory.path
        self.best = Best.read(self._path)

    def settle(self, measured: Sequence[Measured], by: tuple[str, str] | None) -> None:
        """Keep the best of the states that are on disk and were measured, and of what is kept.

        Args:
            by: name of the measure, and which way is better, "less" or "more"; None to keep none.
        """
        if by is None or (self.best is not None and self.best.measure != by[0]):
            self.forget()  # a number of another measure says nothing beside this one's
        if by is None:
            return
        name, better = by
        files = kept_states(self._directory)
        there = [
            Best(m.step, name, m.values[name].number, m.values[name].n)
            for m in measured
            if m.weights == "averaged" and name in m.values and m.step in files
        ]
        if self.best is not None:
            there.insert(0, self.best)  # of equals the first stays
        if not there:
            return
        best = (min if better == "less" else max)(there, key=lambda one: one.number)
        if best is not self.best:
            self._keep(best, files[best.step])

    def cut(self, step: int) -> None:
        """What is beyond ``step`` never happened; a state of that very step may know of a change
        that was taken back, but the checkpoint does not."""
        if self.best is None or self.best.step < step:
            return
        checkpoint = self._path / "checkpoints" / f"{step:09d}.pt"
        if self.best.step == step and checkpoint.exists():
            self._keep(self.best, checkpoint)
        else:
            self.forget()

    def forget(self) -> None:
        """Keep none."""
        self.best = None
        (self._path / "best.json").unlink(missing_ok=True)
        self._drop_all_but(None)

    def _keep(self, best: Best, state: Path) -> None:
        """A crash in between leaves the former one, or none."""
        try:
            target = best.file(self._path)
            target.parent.mkdir(exist_ok=True)
            writing = target.with_suffix(".writing")
            writing.unlink(missing_ok=True)
            try:
                link(state, writing)
            except FileNotFoundError:  # thinned or dropped just now: the next one may stay
                return
            os.replace(writing, target)
            told = self._path / ".best.json.writing"
            told.write_text(json.dumps(best._asdict()) + "\n", "utf-8")
            os.replace(told, self._path / "best.json")
            self.best = best
            self._drop_all_but(target)
        except OSError as error:
            log.warning("the best state could not be kept: %s", error)

    def _drop_all_but(self, kept: Path | None) -> None:
        for path in (self._path / "best").glob("*"):
            if path != kept:
                path.unlink(missing_ok=True)
