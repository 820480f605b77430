"""All runs of one server: who may look, who may control, who is watching."""

from __future__ import annotations

import contextlib
import secrets
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field

from gan_lab.config import RunConfig
from gan_lab.runs.directory import RunDirectory, new_path
from gan_lab.runs.messages import Command, Pause, State, Stop
from gan_lab.runs.run import Run
from gan_lab.training.devices import share_threads
from gan_lab.training.ledger import Entry

GRACE = 60.0  # s without a viewer before a run is paused
KEPT = 3600.0  # s without a viewer before a run that is over leaves the memory
NOBODY = "Paused because nobody was watching. Press Resume to go on."


@dataclass
class Hosted:
    """A run as this server knows it.

    Attributes:
        view_id: unguessable; whoever has it may look and explore.
        owner: the visitor who started it and may control it.
        preset: name of the preset that it began from, for people.
    """

    view_id: str
    run: Run
    owner: str
    preset: str = ""
    _viewers: int = 0
    _unwatched_since: float = field(default_factory=time.monotonic)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def may_control(self, visitor: str) -> bool:
        return bool(visitor) and secrets.compare_digest(visitor.encode(), self.owner.encode())

    def send(self, command: Command, visitor: str) -> Future[Entry]:
        """Post a command if the visitor may control. Raises PermissionError if not."""
        if not self.may_control(visitor):
            raise PermissionError("only the one who started this run may control it")
        return self.run.send(command)

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """While inside, the run counts as watched."""
        with self._lock:
            self._viewers += 1
        try:
            yield
        finally:
            with self._lock:
                self._viewers -= 1
                self._unwatched_since = time.monotonic()

    @property
    def viewers(self) -> int:
        return self._viewers

    def lonely_for(self) -> float:
        """Seconds without a viewer; 0 while there is one."""
        with self._lock:
            return 0.0 if self._viewers else time.monotonic() - self._unwatched_since


class Registry:
    """Thread-safe."""

    def __init__(self, grace: float = GRACE) -> None:
        self._grace = grace
        self._lock = threading.Lock()
        self._hosted: dict[str, Hosted] = {}

    def start(
        self, config: RunConfig, owner: str, preset: str = "", download: bool = True
    ) -> Hosted:
        """Begin a run; its threads follow the cores and the runs that are active now.

        One core is left to the server and to the browser, which is often on the same machine.
        """
        with self._lock:
            states = [hosted.run.latest().state for hosted in self._hosted.values()]
            active = sum(state in (State.LOADING, State.RUNNING) for state in states)
            run = Run(
                config,
                RunDirectory.create(new_path(config, preset)),
                threads=share_threads(active),
                download=download,
            )
            hosted = Hosted(secrets.token_urlsafe(16), run, owner, preset)
            self._hosted[hosted.view_id] = hosted
        run.start()
        return hosted

    def get(self, view_id: str) -> Hosted | None:
        with self._lock:
            return self._hosted.get(view_id)

    def owned_by(self, visitor: str) -> list[Hosted]:
        """The runs that a visitor may control, newest last."""
        with self._lock:
            return [h for h in self._hosted.values() if h.may_control(visitor)]

    def reap(self) -> None:
        """Pause what nobody has watched for the grace period; a pause keeps everything.

        Runs that are over are let go from memory, not from disk, after an hour alone.
        """
        with self._lock:
            hosted = list(self._hosted.values())
        for one in hosted:
            if one.run.latest().state is State.RUNNING and one.lonely_for() > self._grace:
                one.run.send(Pause(NOBODY, checkpoint=True))
            if one.run.latest().state.over and one.lonely_for() > KEPT:
                with self._lock:
                    self._hosted.pop(one.view_id, None)

    def close(self, timeout: float = 10.0) -> None:
        """End all runs, each with a last checkpoint."""
        with self._lock:
            hosted = list(self._hosted.values())
        for one in hosted:
            one.run.send(Stop())
        deadline = time.monotonic() + timeout
        for one in hosted:
            one.run.join(max(0.0, deadline - time.monotonic()))
