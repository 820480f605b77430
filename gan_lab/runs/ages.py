"""The generators of a run as they were: every kept moment of training, to ask them the same z."""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path

from gan_lab.latent import Model
from gan_lab.runs.directory import RunDirectory
from gan_lab.runs.opening import open_state
from gan_lab.runs.states import kept_states
from gan_lab.training.checkpoints import CheckpointError

MOST = 24  # moments of one run
ROOM = 64 << 20  # bytes of all generators that are kept in memory, of all runs


def moments(directory: RunDirectory, most: int = MOST) -> dict[int, Path]:
    """At most so many kept states by step, ascending, evenly, with both ends."""
    every = list(kept_states(directory).items())
    if len(every) > most:
        every = [every[round(i * (len(every) - 1) / (most - 1))] for i in range(most)]
    return dict(every)


class Ages:
    """Opened generators, the ones used last; thread-safe. Files are only read."""

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[Path, int, int], tuple[Model, int]] = OrderedDict()

    def at(self, path: Path) -> Model | None:
        """The first, or only, averaged G of a state; None if the file has gone, as a run thins its
        states while it trains, or cannot be read."""
        try:
            known = path.stat()
            key = (path, known.st_mtime_ns, known.st_size)
            with self._lock:
                if key in self._kept:
                    self._kept.move_to_end(key)
                    return self._kept[key][0]
            model = open_state(path).model
        except (OSError, CheckpointError):
            return None
        self._keep(key, model)
        return model

    def _keep(self, key: tuple[Path, int, int], model: Model) -> None:
        tensors = model.network.state_dict().values()
        size = sum(tensor.numel() * tensor.element_size() for tensor in tensors)
        with self._lock:
            self._kept[key] = model, size
            while sum(one[1] for one in self._kept.values()) > self._room:
                self._kept.popitem(last=False)
