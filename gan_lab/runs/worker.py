"""What happens inside a run's thread: load, train, obey, publish, keep."""

from __future__ import annotations

import contextlib
import copy
import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from gan_lab.config import ConfigError, RunConfig
from gan_lab.data import Pictures, load
from gan_lab.games import game_of, rehearse
from gan_lab.runs import messages as m
from gan_lab.runs import trouble, wire
from gan_lab.runs.directory import DirectoryError, RunDirectory
from gan_lab.runs.film import Film
from gan_lab.runs.forking import parent_of
from gan_lab.runs.keeper import Keeper
from gan_lab.runs.mailbox import Mailbox
from gan_lab.runs.messages import Budget, Drawing, Moment, Picture, Shown, State, Walk
from gan_lab.runs.observer import Observer
from gan_lab.runs.opinions import counted
from gan_lab.runs.pace import CALM, LIVELY, Pace
from gan_lab.runs.pictures import encoded, still
from gan_lab.runs.walk import walk
from gan_lab.training import memory
from gan_lab.training.devices import use_threads
from gan_lab.training.history import History
from gan_lab.training.ledger import Entry, restored
from gan_lab.training.readings import Diverged
from gan_lab.training.trainer import Trainer, config_of

log = logging.getLogger(__name__)

FLUSH_INTERVAL = 1.0  # s; readings never wait longer than this on the device


class Worker:
    """Trains one run; alive from ``live``'s call to its return. Only its own thread calls it,
    but for ``trainer.history``, which is read under ``history_lock``."""

    def __init__(
        self,
        config: RunConfig,
        directory: RunDirectory,
        mailbox: Mailbox,
        *,
        budget: Budget,
        threads: int,
        resume: bool,
        download: bool,
        changes: dict[str, Any],
        pictures: Pictures | None,
        take: int,
    ) -> None:
        """See :class:`gan_lab.runs.run.Run`."""
        self._config = config
        self._directory = directory
        self._mailbox = mailbox
        self._budget = budget
        self.threads = config.training.threads or threads
        self._resume = resume
        self._download = download
        self._changes = changes
        self._pictures = pictures
        self._take = take
        self.history_lock = threading.Lock()
        self.loaded: Trainer | None = None
        self._state = State.LOADING
        self._note = ""
        self._steps_left: int | None = None
        self._only: str | None = None
        self._slowly = False
        self._walk: Walk | None = None
        self._seconds = 0.0
        self._refused = ""  # why the disk lacks something that memory has
        self._logged = 0  # entries of the ledger that are on disk
        self._keeper = Keeper(directory)
        self._observer = Observer(directory, mailbox, self.history_lock)
        self._pace = Pace()
        self._seen: dict[str, Picture | Drawing] | None = None
        self._opinions: dict[str, m.Opinion] = {}
        self._seen_at: tuple[int, int, RunConfig] = (0, 0, config)  # of what is seen
        self._looked_for = 0.0  # s that it took to make

    @property
    def film(self) -> Film:
        """Anybody may read it."""
        return self._keeper.film

    @property
    def trainer(self) -> Trainer:
        assert self.loaded is not None, "used before the run has loaded"
        return self.loaded

    def live(self) -> None:
        """The thread's body: never raises, always leaves a last moment and a closed mailbox."""
        try:
            with self._directory.claimed():
                self._load()
                self._train()
        except Diverged as broken:
            self._observer.diverged()
            self._fail(
                f"{broken}. The last good checkpoint, of {self._keeper.newest()}, is kept."
                " Start again with a smaller learning rate."
            )
        except ValueError as error:  # wrong input, in words of its own
            log.debug("a run was refused", exc_info=True)
            self._fail(str(error))
        except OSError as error:
            begun = self._directory.checkpoint_files()
            then = f"go on from {self._keeper.newest()}" if begun else "start again"
            self._fail(f"{trouble.words(error)}, then {then}.")
        except Exception as error:
            self._fail(self._diagnosis(error))
        finally:
            self._observer.end(None)
            self._mailbox.close()

    def _diagnosis(self, error: Exception) -> str:
        """Words for an error without any of its own: a network that cannot be built, perhaps."""
        if self._pictures is not None and not self._mailbox.moment.counts.steps:
            try:
                rehearse(self._config, self._pictures.kind)
            except ConfigError as wrong:
                return str(wrong)
        log.error("a run failed", exc_info=error)
        return f"something unforeseen went wrong ({type(error).__name__}: {error})"

    # -- beginning -----------------------------------------------------------------------------

    def _load(self) -> None:
        state = self._directory.read_checkpoint() if self._resume else None
        if state is not None:
            self._config = config_of(state)
            # the same number of threads rounds the same way
            self.threads = self._config.training.threads or state["threads"]
        use_threads(self.threads)
        if self._pictures is None:
            self._pictures = load(self._config.data, download=self._download)
        rehearse(self._config, self._pictures.kind)
        memory.refuse_too_much(self._config, self._pictures.kind, len(self._pictures))
        aside = None
        if not game_of(self._config).from_noise:
            aside = load(self._config.data, train=False)
        trainer = Trainer(self._config, self._pictures, aside)
        trainer.history.take = self._take
        if state is None and self._config.training.start_from:
            self._begin_from(trainer, self._config.training.start_from)
        if state is not None:
            lost = self._directory.history_lost(trainer.history.columns, state["steps"])
            if lost:
                self._directory.mend_history(trainer.history.columns, state["steps"])
            self._take_up(trainer, state, self._take)
            self._cut_back(trainer)
            self._directory.forget_summary()
            self._tell_damage(trainer, lost)
            self._note_parent(trainer)
        self.loaded = trainer
        self._mailbox.stills = {name: still(x) for name, x in trainer.stills().items()}
        self._pace = Pace(LIVELY if trainer.game.plays_points else CALM)
        for path, value in self._changes.items():
            trainer.set(path, value)
        self._log(trainer)
        self._directory.write_config(trainer.config)
        if state is None or self._changes:
            self._save_checkpoint()
        if not self._refused:
            self._state = State.RUNNING
        self._observer.begin(trainer)
        self._publish()

    def _take_up(self, trainer: Trainer, state: dict[str, Any], take: int = 0) -> None:
        """Go on from a state, with the readings that belong to it; nothing on disk changes.

        Raises DirectoryError, or ValueError as the trainer does.
        """
        history = History(trainer.history.columns, take)
        for part in self._directory.read_history(history.columns, state["steps"]):
            history.append(part)
        if history.records != state["steps"]:
            raise DirectoryError(f"the readings up to step {state['steps']:,} are not whole")
        with self.history_lock:
            trainer.load_state_dict(state)
            trainer.history = history
        self._seconds = state["seconds"]
        self._keeper.counts = trainer.counts

    def _cut_back(self, trainer: Trainer) -> None:
        """What the folder has beyond the newest checkpoint never happened."""
        self._directory.cut_history(trainer.history.columns, trainer.history.records)
        self._directory.rewrite_ledger(trainer.ledger)
        self._logged = len(trainer.ledger)
        self._directory.forget_changes(len(trainer.ledger))
        self._keeper.cut(trainer)
        self._observer.cut(trainer)

    def _tell_damage(self, trainer: Trainer, lost: int) -> None:
        """What of the folder was damaged: into the ledger, and onto the page.

        Args:
            lost: how many of the newest readings.
        """
        aside = self._directory.set_aside_after(trainer.steps)
        said = [f"{name} could not be read and is set aside" for name in aside]
        if lost:
            said.append(f"the readings of the last {lost:,} steps were lost; training lost nothing")
        for note in said:
            trainer.note("resume", note=note)
        if said:
            self._note = f"Gone on from step {trainer.steps:,}: {'; '.join(said)}."

    def _note_parent(self, trainer: Trainer) -> None:
        """A fork's ledger says once where it left its parent."""
        parent = parent_of(self._directory)
        if parent and not any(e.path == "fork" and e.new == parent.run for e in trainer.ledger):
            trainer.note("fork", new=parent.run, note=f"from step {parent.step}")

    def _begin_from(self, trainer: Trainer, name: str) -> None:
        """Weights of another run, found by folder or name. Raises DirectoryError."""
        other = RunDirectory.find(name).read_checkpoint()
        taken, every = trainer.adopt(other["players"])
        note = f"{taken} of {every} tensors of {name}, step {other['steps']}"
        trainer.note("start_from", new=name, note=note)

    # -- the loop ------------------------------------------------------------------------------

    def _train(self) -> None:
        trainer = self.trainer
        flushed = saved = time.perf_counter()
        while self._obey():
            if self._budget.spent(trainer.counts, self._seconds):
                self._state = State.FINISHED
                break
            before = time.perf_counter()
            self._play()
            now = time.perf_counter()
            self._seconds += now - before
            self._count_down()
            self._keeper.sample_if_due(trainer)
            training = trainer.config.training
            by_steps = training.checkpoint_steps and trainer.steps % training.checkpoint_steps == 0
            by_clock = training.checkpoint_seconds and now - saved > training.checkpoint_seconds
            if by_steps or by_clock:
                self._save_checkpoint()
                saved = time.perf_counter()
            elif self._keeper.state_due(trainer):
                self._save_checkpoint(on_the_way=True)
            self._observer.between_rounds(trainer)
            if now - flushed > FLUSH_INTERVAL:
                self._flush()
                flushed = now
            if self._pace.due(trainer.steps, somebody_came=self._mailbox.newcomer):
                self._publish()
        self._save_checkpoint()
        self._observer.end(trainer)
        with self._disk():
            self._directory.write_summary(self.summary())
        self._publish()

    def _play(self) -> None:
        """One round; in slow motion, if that was asked for."""
        if not self._slowly:
            self.trainer.round(self._only)
            return
        phases = self.trainer.slow_round()
        self._walk = walk(phases, self.trainer.steps)

    def _count_down(self) -> None:
        """Pause after as many rounds as a Step command asked for."""
        if self._steps_left is not None:
            self._steps_left -= 1
            if not self._steps_left:
                self._stand("")

    def _obey(self) -> bool:
        """Apply the waiting commands; while paused, wait for more. False once the run is over."""
        waiting = self._mailbox.waiting  # those that come meanwhile wait for the next round
        while not self._state.over:
            paused = self._state is State.PAUSED
            if paused:
                self._publish()
                self._observer.standing(self.trainer)
            elif not waiting:
                return True
            letter = self._mailbox.take(wait=paused)
            if letter is None:
                return True
            waiting -= 1
            command, answer = letter
            try:
                entry = self._apply(command)
                self._log(self.trainer)
            except Exception:
                self._mailbox.put_back(letter)
                raise
            answer.set_result(entry)
        return False

    def _apply(self, command: m.Command) -> Entry:
        trainer = self.trainer
        match command:
            case m.Set(path, value, note):
                return self._change(path, value, note)
            case m.Undo(change):
                return self._undo(change)
            case m.Pause(note, checkpoint):
                self._stand(note)
                entry = trainer.note("pause", note=note)
                if checkpoint:
                    self._save_checkpoint()
                return entry
            case m.Resume():
                return self._resume_training()
            case m.Step(count, player):
                return self._step(count, player)
            case m.Slow():
                return self._slow()
            case m.Checkpoint():
                return self._save_now()
            case m.Stop():
                self._state, self._walk = State.STOPPED, None
                return trainer.note("stop")

    def _save_now(self) -> Entry:
        refused, entry = self._refused, self.trainer.note("checkpoint")
        self._save_checkpoint()
        if self._refused:
            return self.trainer.note("checkpoint", note=self._refused, outcome="refused")
        if refused:  # the disk takes again what it had refused
            self._note = ""
        return entry

    def _resume_training(self) -> Entry:
        self._go(None, None)
        entry = self.trainer.note("resume")
        if self._refused:  # or stand still again, before more is at risk
            self._save_checkpoint()
        return entry

    def _step(self, count: int, player: str | None) -> Entry:
        if count < 1 or player not in (None, *self.trainer.game.players):
            players = ", ".join(self.trainer.game.players)
            why = f"a step needs a count of at least 1, and one of {players} or nobody"
            return self.trainer.note("step", new=count, note=why, outcome="refused")
        self._go(count, player)
        return self.trainer.note("step", new=count, note=player or "")

    def _slow(self) -> Entry:
        if self._budget.spent(self.trainer.counts, self._seconds):
            why = "the run has played all the rounds that it was to play"
            return self.trainer.note("slow", note=why, outcome="refused")
        self._go(1, None, slowly=True)
        return self.trainer.note("slow")

    def _change(self, path: str, value: Any, why: str = "") -> Entry:
        """Turn a knob; what was just before is kept, to go back to."""
        self._flush()  # the readings on disk must reach to here
        self.trainer.check_weights()
        before = self._state_now()
        entry = self.trainer.set(path, value, why)
        if entry.outcome == "applied":
            try:
                self._directory.write_before(len(self.trainer.ledger) - 1, before)
            except OSError as error:  # a full disk costs the way back, not the run
                log.warning("what was before a change could not be kept: %s", error)
        return entry

    def _undo(self, change: int) -> Entry:
        """Back to just before a change: weights, optimisers, draws, knobs, curves, ledger."""
        trainer, undone = self.trainer, self.trainer.ledger[max(0, change) :]
        self._flush()
        later, history = copy.deepcopy(self._state_now()), trainer.history  # should the disk refuse
        try:
            state = self._directory.read_before(change)
            self._take_up(trainer, state, trainer.history.take + 1)
        except ValueError as error:
            return trainer.note("undo", new=change, note=str(error), outcome="refused")
        try:
            self._directory.return_to(trainer.steps, self._state_now())
        except OSError as error:
            with self.history_lock:  # not from the disk, which may lack what is in memory
                trainer.load_state_dict(later)
                history.take = trainer.history.take + 1
                trainer.history = history
            self._seconds = later["seconds"]
            self._keeper.counts = trainer.counts
            why = f"{trouble.words(error)}, then go back again"
            return trainer.note("undo", new=change, note=why, outcome="refused")
        self._directory.write_config(trainer.config)
        self._cut_back(trainer)
        self._walk = None
        entry = trainer.note("undo", note=restored(undone))
        self._publish()  # who is answered should find the run as it is now
        return entry

    def _stand(self, note: str) -> None:
        self._state, self._note = State.PAUSED, note
        self._steps_left = self._only = None
        self._slowly = False

    def _go(self, steps: int | None, only: str | None, *, slowly: bool = False) -> None:
        self._state, self._note = State.RUNNING, ""
        self._steps_left, self._only, self._slowly = steps, only, slowly
        self._walk = None

    def _log(self, trainer: Trainer) -> None:
        """What the ledger has got and the disk has not."""
        ledger = trainer.ledger
        with self._disk():
            while self._logged < len(ledger):
                self._directory.append_ledger(ledger[self._logged])
                self._logged += 1

    @contextlib.contextmanager
    def _disk(self) -> Iterator[None]:
        """What is written inside: a disk that does not take it stops the training, not the run.

        What did not reach the disk is in memory still, and is written with the next checkpoint.
        """
        try:
            yield
        except OSError as error:
            log.warning("%s: %s", self._directory.path, error)
            self._refused = trouble.words(error)
            then = f"the last checkpoint is of {self._keeper.newest()}"
            if not self._state.over:
                then = "then press Resume. Nothing is lost as long as the app runs"
                self._stand("")
            self._note = f"{self._refused}, {then}."

    # -- what goes out -------------------------------------------------------------------------

    def _flush(self) -> None:
        """Readings from the device into the history, in memory and on disk."""
        trainer = self.trainer
        if trainer.device.type != "cpu":  # the rounds have only ordered the work: wait for it
            begun = time.perf_counter()
            trainer.wait()
            self._seconds += time.perf_counter() - begun
        try:
            with self.history_lock:
                rows = trainer.flush()
        except Diverged as broken:
            self._directory.append_history(trainer.history.columns, broken.before)
            raise
        with self._disk():
            self._directory.append_history(trainer.history.columns, rows)

    def _publish(self) -> None:
        """One moment to all who watch."""
        begun = time.perf_counter()
        self._mailbox.welcome()
        self._flush()
        trainer, last, still = self.trainer, self._mailbox.moment, self._state is not State.RUNNING
        # whoever comes while it stands still finds pictures and a G to explore
        if look := self._mailbox.watched or still or self._keeper.shot_due(trainer):
            self._look()
        if self._mailbox.being_explored or still or self._mailbox.shown is None:
            self._mailbox.shown = Shown(
                trainer.shown(), trainer.steps, trainer.config, trainer.pictures.kind,
                trainer.judges() if self._mailbox.being_explored or still else {},
                real=trainer.pictures.digest,
            )  # fmt: skip
        counts, span = trainer.counts, self._seconds - last.seconds
        moment = Moment(
            number=last.number + 1,
            state=self._state,
            counts=counts,
            config=trainer.config,
            seconds=self._seconds,
            steps_per_second=(counts.steps - last.counts.steps) / span if span > 0 else 0.0,
            images_per_second=(counts.images - last.counts.images) / span if span > 0 else 0.0,
            publishing=self._pace.share,
            pictures=self._seen,
            opinions=self._opinions,
            pictures_step=self._seen_at[0],
            note=self._note,
            interventions=len(trainer.ledger),
            take=trainer.history.take,
            walk=self._walk,
            refused=self._refused,
        )
        self._mailbox.publish(moment)
        if look:
            self._shoot()
        self._pace.published(time.perf_counter() - begun)

    def _look(self) -> dict[str, Picture | Drawing]:
        """What the page draws of this very step; made once."""
        now = (self.trainer.steps, self.trainer.history.take, self.trainer.config)
        if self._seen is None or self._seen_at != now:
            begun = time.perf_counter()
            seen = self.trainer.look()
            self._observer.saw(self.trainer, seen)
            self._seen = {name: encoded(x) for name, x in seen.views.items()}
            self._opinions = counted(seen.verdicts)
            self._seen_at = now
            self._looked_for = time.perf_counter() - begun
        return self._seen

    def _shoot(self) -> None:
        """This step onto the film."""
        pictures = self._look()
        look = wire.look_frames(self.trainer.steps, pictures, self._opinions)
        self._keeper.shoot(self.trainer, self._seconds, look, self._looked_for)

    def _fail(self, why: str) -> None:
        self._state = State.FAILED
        last = self._mailbox.moment
        counts = last.counts
        if self.loaded is not None:  # rounds after the one that broke are not worth counting
            counts = self.loaded.counts._replace(steps=self.loaded.history.records)
        self._mailbox.publish(
            replace(
                last, number=last.number + 1, state=State.FAILED, counts=counts, note=why, walk=None
            )
        )
        self._observer.end(None)  # its last look belongs into the summary
        if self.loaded is not None:
            with contextlib.suppress(OSError):  # the disk may be what failed
                self._directory.write_summary(self.summary() | {"note": why})

    def _state_now(self) -> dict[str, Any]:
        """All that a checkpoint holds; the tensors are the living ones."""
        return self.trainer.state_dict() | {"seconds": self._seconds, "threads": self.threads}

    def _save_checkpoint(self, *, on_the_way: bool = False) -> None:
        """Readings first: nothing broken may become a checkpoint, nor a checkpoint outrun them.

        Args:
            on_the_way: a state to start from again; ``checkpoints/`` stays as it is.
        """
        self._flush()
        self.trainer.check_weights()
        if not on_the_way:
            with self._disk():
                self._write_checkpoint()
        elif not self._refused:
            self._keeper.state(self.trainer, self._state_now())
        self._observer.between_rounds(self.trainer, saved=True)
        self._shoot()

    def _write_checkpoint(self) -> None:
        """With all that the disk has refused so far. Raises OSError."""
        trainer = self.trainer
        if self._refused:
            self._directory.append_history(trainer.history.columns, trainer.flush())
        self._keeper.checkpoint(trainer, self._state_now())
        self._refused = ""

    def summary(self) -> dict[str, Any]:
        """How the run ended, as ``train --json`` prints it."""
        told = self._keeper.summary(self.trainer, self._state, self._seconds)
        return self._observer.told(told)
