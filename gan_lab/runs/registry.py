"""All runs of one server: who may look, who may control, who is watching."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

from gan_lab.config import RunConfig, put
from gan_lab.data import NAMED, DataError, Pictures, load_again, split_name
from gan_lab.runs.directory import DirectoryError, Mark, RunDirectory, new_path
from gan_lab.runs.explorable import Explorable
from gan_lab.runs.forking import UNCHANGED, Parent, fork, parent_of
from gan_lab.runs.library import HERE, PAUSED, library
from gan_lab.runs.library import Entry as Listed
from gan_lab.runs.messages import Command, Pause, Shown, State, Stop
from gan_lab.runs.origin import keep_preset
from gan_lab.runs.pretrained import of_view
from gan_lab.runs.reading import small
from gan_lab.runs.rest import Rest, at_rest
from gan_lab.runs.run import LAST_CHECKPOINT, Run
from gan_lab.runs.uploads import in_reach, refuse_foreign
from gan_lab.runs.viewed import Viewed
from gan_lab.training import memory
from gan_lab.training.devices import share_threads
from gan_lab.training.ledger import Entry
from gan_lab.training.trainer import config_of, kind_of

GRACE = 60.0  # s without a viewer before a run is paused
KEPT = 3600.0  # s without a viewer before a paused run ends, and one that is over is forgotten
NOBODY = "Paused because nobody was watching. Press Resume to go on."


@dataclass
class Hosted:
    """A run as this server knows it.

    Attributes:
        view_id: unguessable; whoever has it may look and explore.
        owner: the visitor who started it (or went on with it) and may control it; "" for a run at
            rest that is nobody's.
        preset: name of the preset that it began from, for people.
        parent: the run that it was forked from, and at which step; None if it began by itself.
        started: when it came to this server, seconds since 1970.
        left: view id of the parent that this very server forked it from; "" for all others.
    """

    view_id: str
    run: Viewed
    owner: str
    preset: str = ""
    parent: Parent | None = None
    started: float = field(default_factory=time.time)
    left: str = ""
    _told: Future[Entry] | None = None
    _viewers: int = 0
    _unwatched_since: float = field(default_factory=time.monotonic)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def may_control(self, visitor: str) -> bool:
        if not visitor or not self.owner:
            return False
        return secrets.compare_digest(visitor.encode(), self.owner.encode())

    def send(self, command: Command, visitor: str) -> Future[Entry]:
        """Post a command if the visitor may control. Raises PermissionError if not."""
        if not self.may_control(visitor):
            raise PermissionError("only the one who started this run may control it")
        return self.run.send(command)

    def may_go_on(self, visitor: str) -> bool:
        """Whether a visitor may train a run further that is over or at rest: his own, and one that
        is nobody's."""
        if not self.run.latest().state.over or (isinstance(self.run, Rest) and self.run.damage):
            return False
        if self.may_control(visitor):
            return True
        return not self.owner and library().may_go_on(self.directory.path, visitor)

    def tell(self, command: Command) -> None:
        """Post the server's own command, unless its last one still waits behind a long step."""
        if self._told is None or self._told.done():
            self._told = self.run.send(command)

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

    def shown(self) -> Shown | None:
        return self.run.shown()

    @property
    def state(self) -> str:
        return str(self.run.latest().state)

    @property
    def directory(self) -> RunDirectory:
        return self.run.directory

    @contextlib.contextmanager
    def exploring(self) -> Iterator[None]:
        """While inside, the run counts as watched, and every moment shows its generators."""
        with self.watched(), self.run.explored():
            yield

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
        self._opening: WeakValueDictionary[Path, threading.Lock] = WeakValueDictionary()
        self._hosted: dict[str, Hosted] = {}

    def start(
        self,
        config: RunConfig,
        owner: str,
        preset: str = "",
        *,
        instead_of: Hosted | None = None,
        download: bool = True,
    ) -> Hosted:
        """Begin a run; its threads follow the cores and the runs that are active now.

        Args:
            instead_of: a run of the same owner that ends now and hands on its threads, so that
                the same experiment started again gives the same bits.

        Raises:
            DirectoryError: it should begin with the weights of what is no run below the runs root
                that this visitor may see; or all runs take too much room.
            DataError: the pictures are somebody else's, or of a folder that nobody may name.
            ConfigError: it needs more memory than is free.
            OSError: the runs root cannot be written.
        """
        if config.training.start_from:
            other = _seen(config.training.start_from, owner)
            config = put(config, {"training.start_from": str(other.path)})
        _refuse_foreign(config, owner)
        memory.refuse_expected(config)
        library().make_room()
        directory = RunDirectory.create(new_path(config, preset), _mark_of(owner))
        keep_preset(directory.path, preset)
        with self._lock:
            threads = (
                share_threads(self._active()) if instead_of is None else instead_of.run.threads
            )
            run = Run(config, directory, threads=threads, download=download)
            hosted = Hosted(secrets.token_urlsafe(16), run, owner, preset)
            self._hosted[hosted.view_id] = hosted
        if instead_of is not None:
            instead_of.run.send(Stop())
        run.start()
        return hosted

    def fork(
        self,
        parent: Hosted,
        step: int | None,
        owner: str,
        changes: Mapping[str, Any] = UNCHANGED,
    ) -> Hosted:
        """Begin a run that goes on from a kept state of another one, which is left alone.

        It trains with as many threads as its parent, so that the same steps give the same bits.

        Args:
            parent: whoever may look at it may fork it.
            step: the newest kept state at or before it is taken; None for the newest of all.
            changes: live parameters to change before the first round, by path.

        Raises:
            DirectoryError: there is no such state, or all runs take too much room.
            DataError: the pictures are somebody else's, or of a folder that nobody may name.
            ConfigError: a change that no run could take while it trains.
            OSError: the runs root cannot be written.
        """
        library().make_room()
        path = new_path(parent.run.latest().config, parent.preset)
        directory = fork(parent.run.directory, path, step, changes, _mark_of(owner))
        config = directory.read_config()  # of that state, which may name others than the newest
        try:
            _refuse_foreign(config, owner)
        except DataError:
            shutil.rmtree(path, ignore_errors=True)
            raise
        keep_preset(path, parent.preset)
        run = Run(
            config, directory, threads=parent.run.threads, resume=True,
            download=True, changes=dict(changes),
        )  # fmt: skip
        origin = parent_of(directory)
        hosted = Hosted(secrets.token_urlsafe(16), run, owner, parent.preset, origin)
        hosted.left = parent.view_id
        with self._lock:
            self._hosted[hosted.view_id] = hosted
        run.start()
        return hosted

    def open(self, folder: str | Path, visitor: str) -> Hosted:
        """A run of the disk, whatever its state, as one of this server: at rest until somebody goes
        on with it. Nothing is written into its folder.

        It keeps its view id as long as it is hosted.

        Args:
            folder: its name below the runs root, or its path.

        Raises:
            DirectoryError: there is no run of that name that this visitor may see, or nothing of it
                can be read.
            OSError: it may not be read.
        """
        books = library()
        entry = books.entry(str(folder), visitor)
        if entry is None:
            raise DirectoryError("That run is not here any more.")
        with self._alone_at(entry.path):
            hosted = self._hosting(entry.path)
            if hosted is None:
                rest = at_rest(RunDirectory(entry.path))
                parent = parent_of(rest.directory)
                hosted = Hosted(secrets.token_urlsafe(16), rest, "", entry.preset, parent)
                with self._lock:
                    self._hosted[hosted.view_id] = hosted
            elif isinstance(hosted.run, Rest) and hosted.run.stale:
                self._replace(hosted, at_rest(RunDirectory(entry.path)))
            if not hosted.owner and books.owners.is_of(books.owners.of(entry.path), visitor):
                hosted.owner = visitor
        return hosted

    def resume(self, hosted: Hosted, visitor: str) -> Hosted:
        """Go on with a run that is over or at rest, exactly as ``train --resume`` does; it keeps
        its view id. Whoever goes on with a run that is nobody's has control while it is hosted.

        Raises:
            PermissionError: it is somebody else's.
            DirectoryError: another process trains it, or it is too damaged to go on.
            DataError: its pictures are not here, or are other ones.
            ConfigError: it needs more memory than is free.
        """
        with self._alone_at(hosted.directory.path):
            if not hosted.run.latest().state.over:
                return hosted
            self._check_resumable(hosted, visitor)
            state = hosted.directory.read_checkpoint()
            config = config_of(state)
            _refuse_foreign(config, visitor)
            memory.refuse_too_much(config, kind_of(state), state["pictures"]["count"])
            pictures = _pictures_of(config, state)
            before = hosted.run
            run = Run(
                config, RunDirectory(hosted.directory.path), threads=before.threads,
                resume=True, download=True, pictures=pictures, take=before.latest().take + 1,
            )  # fmt: skip
            hosted.owner = hosted.owner or visitor
            self._replace(hosted, run)
        run.start()
        return hosted

    def _alone_at(self, path: Path) -> threading.Lock:
        """Held while a folder is opened or gone on with, which may take as long as reading its
        pictures does; whoever opens another one does not wait for that."""
        path = path.resolve()
        with self._lock:
            return self._opening.setdefault(path, threading.Lock())

    def _check_resumable(self, hosted: Hosted, visitor: str) -> None:
        hosted.run.join(1.0)  # a run that is just over may still hold its folder
        if isinstance(hosted.run, Rest) and hosted.run.damage:
            raise DirectoryError(f"This run cannot go on: {hosted.run.damage}")
        if not hosted.may_go_on(visitor):
            raise PermissionError("only the one who started this run may go on with it")
        if hosted.directory.trained():
            raise DirectoryError(
                "This run is being trained by another process; stop that one first."
            )

    def _replace(self, hosted: Hosted, run: Viewed) -> None:
        before, hosted.run = hosted.run, run
        before.make_way()

    def entries(self, visitor: str) -> list[Listed]:
        """The runs of the disk that a visitor may see, newest first; what trains here is told as
        it is now, not as it was saved last."""
        with self._lock:
            here = {h.directory.path.resolve(): h for h in self._hosted.values()}
        return [
            _as_now(entry, here.get(entry.path.resolve())) if entry.state == HERE else entry
            for entry in library().entries(visitor)
        ]

    def _hosting(self, path: Path) -> Hosted | None:
        with self._lock:
            every = list(self._hosted.values())
        return next((h for h in every if h.directory.path.resolve() == path.resolve()), None)

    def parent_of(self, hosted: Hosted, visitor: str) -> Hosted | None:
        """The run that one was forked from, if it is in memory and this visitor may look at it.

        Whoever had it forked here has seen it. Else only its name is known, of a file that may have
        come from anywhere: it leads to no run that the visitor could not see without it.
        """
        if hosted.left and hosted.may_control(visitor):
            return self.get(hosted.left)
        with self._lock:
            every = list(self._hosted.values())
        name = hosted.parent.run if hosted.parent else ""
        found = [h for h in every if h.directory.path.name == name]
        return next((h for h in found if library().may_see(h.directory.path, visitor)), None)

    def _active(self) -> int:
        states = [hosted.run.latest().state for hosted in self._hosted.values()]
        return sum(state in (State.LOADING, State.RUNNING) for state in states)

    def runs_of(self, owner: str) -> list[Hosted]:
        """The runs that this visitor started and that are in memory, newest first."""
        with self._lock:
            every = list(self._hosted.values())  # in the order in which they came
        return [hosted for hosted in reversed(every) if hosted.may_control(owner)]

    def get(self, view_id: str) -> Hosted | None:
        with self._lock:
            return self._hosted.get(view_id)

    def explorable(self, view_id: str) -> Explorable | None:
        """What has a latent space and this name: a run, or a generator that came with the app."""
        return self.get(view_id) or of_view(view_id)

    def reap(self) -> None:
        """Pause what nobody has watched for the grace period; a pause keeps everything.

        After an hour alone a paused run is ended, and a run that is over is let go from memory;
        its folder stays.
        """
        with self._lock:
            hosted = list(self._hosted.values())
        for one in hosted:
            state, alone = one.run.latest().state, one.lonely_for()
            if state is State.RUNNING and alone > self._grace:
                one.tell(Pause(NOBODY, checkpoint=True))
            elif state is State.PAUSED and alone > KEPT:
                one.tell(Stop())
            elif state.over and alone > KEPT:
                with self._lock:
                    self._hosted.pop(one.view_id, None)

    def close(self, timeout: float = LAST_CHECKPOINT) -> tuple[int, int]:
        """End all runs, each with a last checkpoint.

        Args:
            timeout: s to wait for all of them; a run may be in the middle of a long step.

        Returns:
            How many runs were under way and have been saved; how many more were under way.
        """
        with self._lock:
            hosted = list(self._hosted.values())
        active = [one for one in hosted if not one.run.latest().state.over]
        for one in hosted:
            one.run.send(Stop())
        deadline = time.monotonic() + timeout
        for one in hosted:
            one.run.join(max(0.0, deadline - time.monotonic()))
        saved = sum(one.run.latest().state in (State.STOPPED, State.FINISHED) for one in active)
        return saved, len(active) - saved


def _as_now(entry: Listed, hosted: Hosted | None) -> Listed:
    moment = hosted.run.latest() if hosted is not None else None
    if moment is None or moment.state.over:
        return entry
    try:
        seen = small(moment.pictures or {})
    except (OSError, ValueError):
        seen = b""
    return replace(
        entry,
        state=PAUSED if moment.state is State.PAUSED else HERE,
        steps=moment.counts.steps,
        images=moment.counts.images,
        seconds=moment.seconds,
        thumbnail=seen or entry.thumbnail,
    )


def _mark_of(owner: str) -> Mark:
    return lambda run: library().owners.mark(run, owner)


def _seen(name: str, visitor: str) -> RunDirectory:
    """A run below the runs root; of one that is not this visitor's to see it is not said even
    whether it exists. Raises DirectoryError."""
    found = RunDirectory.below_root(name)
    if not library().may_see(found.path, visitor):
        raise DirectoryError(f"there is no run {name!r} on this server")
    return found


def _refuse_foreign(config: RunConfig, visitor: str) -> None:
    """Raises DataError, before anything is looked at, if a visitor may not train on these pictures.

    It is asked whenever a run begins, forks or goes on, of its owner too: a run that was brought
    may name any folder of this server.
    """
    refuse_foreign(config.data.name, visitor, trusted=library().see_all)


def pictures_in_reach(explorable: Explorable, config: RunConfig) -> bool:
    """Whether what a run names as its pictures may be read for whoever looks at it: a run that was
    brought may name any folder of this server. What nobody of the app started may."""
    directory = explorable.directory
    if directory is None or not library().owners.of(directory.path):
        return True
    return in_reach(config.data.name, trusted=library().see_all)


def _pictures_of(config: RunConfig, state: dict[str, Any]) -> Pictures | None:
    """What a state was trained on; None if it is to be downloaded first.

    Raises DataError if it is not here, or not the same any more.
    """
    entry = NAMED.get(split_name(config.data.name)[0])
    if entry is not None and not entry.here():
        return None
    return load_again(config.data, state["pictures"]["digest"])
