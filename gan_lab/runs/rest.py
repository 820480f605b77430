"""A run that nobody here trains: what its folder holds, to be looked at like any other.

Nothing is written into the folder, and the pictures that it was trained on need not be there.
Whatever of it is damaged is missing from what is shown, and told in the note.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

import torch

from gan_lab.archives.json_text import lines
from gan_lab.coach import dated, gravest_first, health
from gan_lab.config import ConfigError, RunConfig
from gan_lab.data import Kind, Pictures
from gan_lab.games import Game, Preview, game_of
from gan_lab.randomness import Streams, seeded
from gan_lab.runs import reading
from gan_lab.runs.account import Kept
from gan_lab.runs.best import Best
from gan_lab.runs.courses import thinned
from gan_lab.runs.directory import DirectoryError, RunDirectory
from gan_lab.runs.evidence import gathered
from gan_lab.runs.film import Film, FilmError
from gan_lab.runs.journal import Journal
from gan_lab.runs.mailbox import Mailbox
from gan_lab.runs.messages import (
    Bars,
    Checkup,
    Drawing,
    Moment,
    Opinion,
    Picture,
    Shown,
    State,
)
from gan_lab.runs.observer import KEPT, PAST
from gan_lab.runs.opening import open_generators, players_of
from gan_lab.runs.opinions import counted
from gan_lab.runs.pictures import encoded, picture, still
from gan_lab.runs.reading import Glance
from gan_lab.runs.viewed import Viewed
from gan_lab.training.history import History
from gan_lab.training.ledger import Entry
from gan_lab.training.trainer import Counts, config_of, kind_of

log = logging.getLogger(__name__)

_LEFT = (
    "Nobody trains this run any more, though it has not ended: perhaps the machine or the server"
    " went away. It is kept up to here, and Go on takes it from here."
)
_PART = 1 << 16  # records read at once
_SAMPLES = 64  # pictures of a generator that came alone
_UNKNOWN = Kind(3, 32, ())  # what pictures are taken for that nothing is known of
_T = TypeVar("_T")
_Tried = Callable[[str, Callable[[], _T]], _T | None]
_Look = tuple[dict[str, Picture | Drawing], dict[str, Opinion], int]


class Rest(Viewed):
    """A run at rest; see :func:`at_rest`.

    Attributes:
        damage: why it cannot go on; "" if it can.
    """

    def __init__(
        self,
        directory: RunDirectory,
        mailbox: Mailbox,
        account: Kept,
        film: Film,
        threads: int,
        damage: str,
        mark: tuple[Any, ...],
    ) -> None:
        super().__init__(directory, mailbox, threading.Lock())
        self._kept, self._film, self._threads, self._mark = account, film, threads, mark
        self.damage = damage

    @property
    def _account(self) -> Kept:
        return self._kept

    @property
    def threads(self) -> int:
        return self._threads

    @property
    def film(self) -> Film:
        return self._film

    @property
    def stale(self) -> bool:
        """Whether the folder is not as it was any more: another process may train there."""
        try:
            return reading.signature(self.directory.path) != self._mark
        except OSError:
            return True

    def join(self, timeout: float | None = None) -> bool:
        return True


def at_rest(directory: RunDirectory) -> Rest:
    """Read a run's folder, as far as it can be read.

    Raises DirectoryError, in one sentence, if not even its settings can, OSError.
    """
    mark, glance = reading.signature(directory.path), reading.glance(directory.path)
    missing: list[str] = []

    def tried(what: str, read: Callable[[], _T]) -> _T | None:
        try:
            return read()
        except Exception as error:  # a folder may come from anywhere, and be of any age
            log.info("%s: %s cannot be read: %s", directory.path, what, error)
            missing.append(what)
            return None

    state, damage = _state(directory)
    account = _account(directory, state, glance, tried)
    film = Film(directory.path / "film").open()
    film.shots = tuple(shot for shot in film.shots if shot.step <= account.counts.steps)
    shown = None
    if state or directory.alone:
        read = partial(players_of, state) if state else partial(open_generators, directory)
        shown = tried("its networks", read)
    views, opinions, step = _look(film, state, shown, tried) or ({}, {}, 0)
    first = Moment(
        number=1,
        state=State(glance.state) if glance.over else State.AT_REST,
        counts=account.counts,
        config=account.config,
        seconds=float(state["seconds"]) if state and not glance.over else glance.seconds,
        pictures=views,
        opinions=opinions,
        pictures_step=step,
        interventions=len(account.ledger),
    )
    mailbox = Mailbox(first)
    mailbox.shown = shown
    mailbox.stills = (tried("its scene", lambda: _stills(state)) if state else None) or {}
    mailbox.checkup = tried("what was found", lambda: _checkup(directory, account)) or Checkup()
    mailbox.moment = replace(first, note=_note(directory, glance, damage, missing))
    mailbox.close()
    threads = int(state["threads"]) if state else 1
    return Rest(directory, mailbox, account, film, threads, damage, mark)


def _state(directory: RunDirectory) -> tuple[dict[str, Any] | None, str]:
    """The newest checkpoint that can be read, or why there is none."""
    try:
        state = directory.read_checkpoint()
        config_of(state)  # raises where it is of another program
        kind_of(state)
        return state, ""
    except (DirectoryError, ConfigError) as error:
        return None, str(error).replace(f"{directory.path}/", "").replace(
            str(directory.path), "the folder"
        )
    except (ValueError, KeyError, TypeError) as error:
        log.info("%s: %s", directory.path, error)
        return None, "its checkpoint is not one of a run"


def _account(
    directory: RunDirectory, state: Mapping[str, Any] | None, glance: Glance, tried: _Tried[Any]
) -> Kept:
    """Settings, curves and ledger. Raises DirectoryError if there are no settings."""
    config = config_of(dict(state)) if state else glance.config
    if config is None:
        raise DirectoryError(
            f"{directory.path.name} cannot be opened: neither its settings nor a checkpoint of it"
            " can be read."
        )
    kept = int(state["steps"]) if state else 0
    steps = max(kept, glance.steps) if glance.over or not state else kept
    history = tried("its curves", lambda: _history(directory, steps)) or History(())
    if glance.state == State.FAILED:  # rounds after the one that broke are not worth counting
        steps = max(kept, history.records)
    ledger = None
    if glance.over or not state:  # else it knows of what is beyond the checkpoint
        ledger = tried("its list of changes", lambda: _ledger(directory, steps))
    if ledger is None:
        ledger = [Entry.from_json(line) for line in state["ledger"]] if state else []
    film = Film(directory.path / "film")
    return Kept(history, ledger, config, *_progress(state, glance, config, steps, film))


def _progress(
    state: Mapping[str, Any] | None, glance: Glance, config: RunConfig, steps: int, film: Film
) -> tuple[Counts, Kind, int]:
    """How far the run is, and of what kind and how many its pictures are."""
    if state is None:
        images = glance.images
        return Counts(steps, images // config.training.batch, images, 0.0), _UNKNOWN, 0
    total = int(state["pictures"]["count"])
    images = glance.images if steps > state["steps"] else int(state["seen"])
    epochs = images / max(1, total)  # but where pairs are made of it, as the film tells
    if glance.shot is not None and glance.shot.step:
        with contextlib.suppress(FilmError, ZeroDivisionError):
            then = film.counts(glance.shot)
            epochs = then.epochs * (images / then.images)
    counts = Counts(steps, int(state["drawn"]), images, epochs)
    return counts, kind_of(dict(state)), total


def _history(directory: RunDirectory, steps: int) -> History:
    """Fewer records than steps where the file is cut. Raises DirectoryError, OSError."""
    columns = directory.columns()
    history = History(columns)
    while columns and history.records < steps:
        part = min(_PART, steps - history.records)
        rows = directory.read_span(columns, history.records, part)
        if not len(rows):
            break
        history.append(rows)
    return history


def _ledger(directory: RunDirectory, steps: int) -> list[Entry]:
    """Those lines that are whole. Raises OSError."""
    path, found = directory.path / "ledger.jsonl", []
    for line in lines(path) if path.exists() else ():
        with contextlib.suppress(TypeError):
            entry = Entry(**line)
            if 0 <= entry.step <= steps and isinstance(entry.path, str):
                found.append(entry)
    return found


def _look(
    film: Film, state: dict[str, Any] | None, shown: Shown | None, tried: _Tried[Any]
) -> _Look | None:
    """What the page showed last: as the film has it, or drawn anew by the averaged G."""
    if film.shots:
        shot = film.shots[-1]
        filmed = tried("the end of its film", lambda: film.look(shot))
        if filmed is not None and filmed[0]:
            return (*filmed, shot.step)
    if state is not None:
        return tried("its pictures", lambda: _drawn(state))
    if shown is None or shown.kind.points:
        return None
    return tried("its pictures", lambda: _sampled(shown))


def _sampled(shown: Shown) -> _Look:
    """Of a generator alone, which has no fixed inputs of a run."""
    model = shown.model
    labels = torch.arange(_SAMPLES) % len(model.classes) if model.classes else None
    images = model.images(model.draw(_SAMPLES), labels)
    return {"samples": picture(Preview(images, caption="Drawn with seed 0."))}, {}, shown.step


def _drawn(state: dict[str, Any]) -> _Look:
    with torch.no_grad():
        views, verdicts, _ = _game(state).preview(state["controls"]).cpu()
    return {name: encoded(one) for name, one in views.items()}, counted(verdicts), state["steps"]


def _stills(state: dict[str, Any]) -> dict[str, Picture | Bars]:
    """Its real pictures are those that D was always asked about: they are in the state."""
    controls, kind = state["controls"], kind_of(state)
    empty = torch.zeros(1, kind.channels, kind.size, kind.size, dtype=torch.uint8)
    real = Pictures("", controls.get("real", empty), None, kind.classes)
    return {name: still(one) for name, one in _game(state).stills(controls, real).items()}


def _game(state: dict[str, Any]) -> Game:
    """The game as it stood, on the CPU; it is only looked at."""
    config, kind = config_of(state), kind_of(state)
    with seeded(0):  # first weights are replaced at once
        game = game_of(config)(config, kind, Streams(config.training.seed, torch.device("cpu")))
    for name, player in game.players.items():
        player.network.load_state_dict(state["players"][name]["network"])
        if player.shown is not None:
            player.shown.load_state_dict(state["players"][name]["shown"])
    game.load_state_dict(state["game"])
    return game


def _checkup(directory: RunDirectory, account: Kept) -> Checkup:
    """What was measured and found up to the step that is kept."""
    step, journal = account.counts.steps, Journal(directory.path)
    measured = tuple(thinned([m for m in journal.measured() if m.step <= step], KEPT))
    past = [one for one in journal.past() if (one.until or 0) <= step]
    well = None
    if account.history.records:
        standing = gravest_first(dated(one, step) for one in journal.standing(step))
        well = health(standing, gathered(account, threading.Lock(), measured))
    return Checkup(1, 0, measured, well, tuple(past[-PAST:]), Best.read(directory.path))


def _note(directory: RunDirectory, glance: Glance, damage: str, missing: list[str]) -> str:
    said = [f"{glance.why.rstrip('.')}."] if glance.over and glance.why else []
    if directory.trained() == "elsewhere":
        said = ["Another process trains this run; you see it as it was at its last checkpoint."]
    elif not glance.over and not damage:
        said = [_LEFT]
    if damage:
        said.append(f"It cannot go on: {damage.rstrip('.')}.")
    if missing:
        said.append(f"Damaged, and so not shown: {', '.join(missing)}.")
    return " ".join(said)
