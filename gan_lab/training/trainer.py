"""The trainer knows *when*: it descends each move, counts, applies changes, keeps the readings.

It knows nothing of threads, pages, files or clocks; whatever drives it calls ``round``.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from gan_lab.archives.json_text import parse
from gan_lab.config import KNOBS, ConfigError, RunConfig, from_tree, get, known, put
from gan_lab.data import Batches, Kind, Pictures
from gan_lab.games import (
    Controls,
    Game,
    Move,
    Now,
    Phase,
    Seen,
    Still,
    View,
    check_config,
    check_kind,
    game_of,
)
from gan_lab.randomness import Streams, derived_seed, seeded
from gan_lab.training import ema, memory, optimisers
from gan_lab.training.devices import pick_device
from gan_lab.training.history import History
from gan_lab.training.ledger import Entry
from gan_lab.training.readings import Diverged, Readings, means
from gan_lab.training.slow import Watched, in_order

_G_ALONE = KNOBS["training.g_pretrain"]
_NETWORKS = 2000  # seed path of the first weights


class Counts(NamedTuple):
    """How far a run is.

    Attributes:
        steps: rounds (iterations) completed.
        batches: batches of real pictures that D was trained on.
        images: the pictures in them.
        epochs: images as a share of the whole set.
    """

    steps: int
    batches: int
    images: int
    epochs: float


class Trainer:
    """One game being played."""

    def __init__(
        self, config: RunConfig, pictures: Pictures, aside: Pictures | None = None
    ) -> None:
        """
        Args:
            config: the experiment.
            pictures: what is real; already of the size and colour that ``config.data`` asks for.
            aside: pictures of the same kind that nobody is trained on, for previews of games that
                begin from pictures; the real ones themselves if there are none.

        Raises:
            ValueError: the device that ``config.training.device`` names is not there, or the game
                is not played with such pictures.
        """
        self.config = config
        self.pictures = pictures
        self.device = pick_device(config.training.device)
        check_kind(config, pictures.kind)
        self.streams = Streams(config.training.seed, self.device)
        with seeded(derived_seed(config.training.seed, _NETWORKS)):
            self.game: Game = game_of(config)(config, pictures.kind, self.streams)
        self.batches = Batches(
            pictures,
            config.training.batch,
            config.training.seed,
            config.networks.g.output,
            self.device,
            config.data.pairs,
        )
        self.controls: Controls = self.game.controls(aside or pictures)
        players = self.game.players
        self._parameters = {n: list(p.network.parameters()) for n, p in players.items()}
        self._optimisers = {n: self._new_optimiser(n) for n in players}
        self._averages = {
            n: ema.Average(p.network, p.shown) for n, p in players.items() if p.shown is not None
        }
        columns = (
            *self.game.readings,
            *(f"grad/{name}" for name in players),
            *(f"lr/{name}" for name in players),
        )
        self.history = History(columns)
        self.ledger: list[Entry] = []
        self.steps = self.drawn = self.seen = 0
        self._readings = Readings()

    @property
    def counts(self) -> Counts:
        return Counts(self.steps, self.drawn, self.seen, self.seen / len(self.batches))

    @property
    def kind(self) -> Kind:
        """What the pictures are like."""
        return self.pictures.kind

    @property
    def total(self) -> int:
        """Real pictures in the training set."""
        return len(self.pictures)

    # -- training ------------------------------------------------------------------------------

    def round(self, only: str | None = None) -> None:
        """One round: all moves of all players, or of ``only`` one."""
        for move, readings in self._moves(only):
            self._descend(move, readings)

    def slow_round(self) -> list[Phase]:
        """One round of all players, to the bit as :meth:`round` plays it, and what happened."""
        told = []
        for move, readings in self._moves(None):
            watched = Watched(move, self._parameters)
            self._descend(move, readings)
            told.append((move.players, watched.told(self.config.optim, self._optimisers, readings)))
        return in_order(told)

    def _moves(self, only: str | None) -> Iterator[tuple[Move, dict[str, Tensor]]]:
        """All moves of one round, and where its readings go; descend each before the next."""
        movers = frozenset(self.game.players) if only is None else frozenset({only})
        if only is None and (alone := self._alone()):
            movers = frozenset(n for n, p in self.game.players.items() if p.role == alone)
        readings: dict[str, Tensor] = {}
        before = self.seen
        for move in self.game.round(self.batches, Now(self.steps, self.seen), movers):
            yield move, readings
        self.steps += 1
        self._average(movers, self.seen - before)
        rates = tuple(o.param_groups[0]["lr"] for o in self._optimisers.values())
        self._readings.add(readings, rates)

    def _alone(self) -> str:
        """The role that trains alone for now; "" once the game has begun."""
        training = self.config.training
        for_g = training.g_pretrain if _G_ALONE.counts_in(self.config) else 0
        if self.steps < for_g:
            return "g"
        return "d" if self.steps < for_g + training.d_pretrain else ""

    def _descend(self, move: Move, readings: dict[str, Tensor]) -> None:
        for name in move.forget:
            self._optimisers[name] = self._new_optimiser(name)
        for name in move.players:
            self._optimisers[name].zero_grad(set_to_none=True)
        torch.autograd.backward(move.loss)
        readings.update(move.readings)
        for name in move.players:
            optim = self.config.optim.of(name)
            norm = optimisers.clipped_norm(optim, self._parameters[name])
            readings[f"grad/{name}"] = norm
            optimisers.tune(self._optimisers[name], optim, self.seen)
            self._optimisers[name].step()
        self.game.settle(move)
        self.drawn += move.images > 0
        self.seen += move.images

    def _average(self, movers: frozenset[str], images: int) -> None:
        """Once a round; a round of G alone counts as one batch, or nobody would see its effect."""
        images = max(images, self.config.training.batch)
        keep = ema.decay(self.config.regularisation, self.seen, images)
        for name in movers & self._averages.keys():
            self._averages[name].update(keep)

    def wait(self) -> None:
        """Until the device has done what was ordered; at once on a CPU."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        elif self.device.type == "mps":
            torch.mps.synchronize()

    def _new_optimiser(self, player: str) -> torch.optim.Optimizer:
        return optimisers.make(self.config.optim.of(player), self._parameters[player])

    # -- readings ------------------------------------------------------------------------------

    def flush(self) -> np.ndarray:
        """Move the readings since the last flush into the history, and return them.

        Returns:
            float32, steps×columns; NaN for what a step did not read.

        Raises:
            Diverged: at the first reading that is not finite; those before it are kept.
        """
        return self._readings.flush(self.history, self.steps)

    def check_weights(self) -> None:
        """Raises Diverged if a weight is no number: a last step may break what no reading saw."""
        for name, parameters in self._parameters.items():
            value = float(nn.utils.get_total_norm([p.detach() for p in parameters]))
            if not math.isfinite(value):
                raise Diverged(self.steps, f"the weights of {name}", value)

    def recent_means(self, steps: int = 100) -> dict[str, float]:
        """The mean of each reading over the last flushed steps; those never read are left out."""
        return means(self.history, steps)

    # -- changes -------------------------------------------------------------------------------

    def set(self, path: str, value: Any, why: str = "") -> Entry:
        """Apply one live change before the next round, or refuse it; either way into the ledger,
        with ``why``."""
        old: Any = None
        try:
            old = get(self.config, path)
            if not known(path).live:
                raise ConfigError(f"{path} applies on restart: start the run again to change it")
            changed = put(self.config, {path: value})
            check_config(changed)
            memory.refuse_more(self.config, changed, self.kind)
        except ConfigError as error:
            return self._note(Entry(self.steps, path, old, value, "refused", str(error)))
        before, self.config = self.config, changed
        self.game.config = changed
        note = why
        for name in self.game.players:
            if before.optim.of(name).name != changed.optim.of(name).name:
                self._optimisers[name] = self._new_optimiser(name)
                forgot = f"{name}'s optimiser starts without memory"
                note = f"{note}; {forgot}" if note else forgot
        return self._note(Entry(self.steps, path, old, get(changed, path), note=note))

    def _note(self, entry: Entry) -> Entry:
        self.ledger.append(entry)
        return entry

    def note(
        self, path: str, old: Any = None, new: Any = None, note: str = "", outcome: str = "applied"
    ) -> Entry:
        """Write something that happened to the run into the ledger."""
        return self._note(Entry(self.steps, path, old, new, outcome, note))

    # -- what people look at -------------------------------------------------------------------

    def look(self) -> Seen:
        """What people see of the fixed controls, and what D thinks of it, on the CPU."""
        return self.game.preview(self.controls).cpu()

    def preview(self) -> Mapping[str, View]:
        """Of that the pictures and planes alone, by name."""
        return self.look().views

    def stills(self) -> Mapping[str, Still]:
        """What people see beside the previews and what never changes, by name."""
        return self.game.stills(self.controls, self.pictures)

    def shown(self) -> dict[str, nn.Module]:
        """Copies, on the CPU and in eval mode, of what people look at, by the names of the
        generators; nobody will step them."""
        return {
            name: copy.deepcopy(player.shown).cpu()
            for name, player in self.game.players.items()
            if player.shown is not None
        }

    def learners(self) -> dict[str, nn.Module]:
        """As :meth:`shown`, of the generators themselves, not averaged."""
        return {
            name: copy.deepcopy(player.network).cpu().eval().requires_grad_(False)
            for name, player in self.game.players.items()
            if player.shown is not None
        }

    def judges(self) -> dict[str, nn.Module]:
        """Copies, on the CPU, in eval mode and without gradients of their weights, of the
        discriminators by name; nobody will step them."""
        return {
            name: copy.deepcopy(player.network).cpu().eval().requires_grad_(False)
            for name, player in self.game.players.items()
            if player.shown is None
        }

    def adopt(self, players: dict[str, Any]) -> tuple[int, int]:
        """Begin with the weights of another run's players instead of first weights.

        Tensors of a player of the same name and of the same shape are taken, the rest stays.

        Args:
            players: of the other run's :meth:`state_dict`.

        Returns:
            How many tensors were taken, and how many there are.
        """
        taken = every = 0
        for name, player in self.game.players.items():
            for part, network in (("network", player.network), ("shown", player.shown)):
                if network is None:
                    continue
                own = network.state_dict()
                other = (players.get(name) or {}).get(part) or {}
                fitting = {k: v for k, v in other.items() if k in own and own[k].shape == v.shape}
                network.load_state_dict(own | fitting)
                taken, every = taken + len(fitting), every + len(own)
        return taken, every

    # -- state ---------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Everything that a resumed run needs to go on as if it had never stopped."""
        players = {}
        for name, player in self.game.players.items():
            players[name] = {
                "network": player.network.state_dict(),
                "optimiser": self._optimisers[name].state_dict(),
                "shown": player.shown.state_dict() if player.shown is not None else None,
            }
        return {
            "config": self.config.model_dump_json(),
            "pictures": {
                "count": len(self.pictures),
                "kind": list(self.pictures.kind),
                "digest": self.pictures.digest,
            },
            "steps": self.steps,
            "drawn": self.drawn,
            "seen": self.seen,
            "players": players,
            "streams": self.streams.state_dict(),
            "batches": self.batches.state_dict(),
            "game": self.game.state_dict(),
            "controls": self.controls,
            "ledger": [entry.to_json() for entry in self.ledger],
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go back to (or on from) a state of the same experiment; the history is not part of it.

        The live parameters become the state's too.

        Raises:
            ValueError: the state belongs to other pictures or to other networks.
        """
        if state["pictures"]["digest"] != self.pictures.digest:
            raise ValueError(
                "the checkpoint was trained on other pictures than those found now under"
                f" {self.pictures.name}; put the former ones back to go on"
            )
        self.config = self.game.config = config_of(state)
        for name, player in self.game.players.items():
            saved = state["players"][name]
            try:
                player.network.load_state_dict(saved["network"])
                if player.shown is not None:
                    player.shown.load_state_dict(saved["shown"])
            except RuntimeError:  # PyTorch lists every weight that does not fit
                raise ValueError(
                    f"the checkpoint has other networks for {name} than this run"
                ) from None
            self._optimisers[name] = self._new_optimiser(name)
            self._optimisers[name].load_state_dict(saved["optimiser"])
        self.streams.load_state_dict(state["streams"])
        self.batches.load_state_dict(state["batches"])
        self.game.load_state_dict(state["game"])
        # older checkpoints have fewer: what is missing there stays as this run's seed drew it
        self.controls |= {name: x.to(self.device) for name, x in state["controls"].items()}
        self.steps, self.drawn, self.seen = state["steps"], state["drawn"], state["seen"]
        self.ledger = [Entry.from_json(line) for line in state["ledger"]]
        self._readings = Readings()


def config_of(state: dict[str, Any]) -> RunConfig:
    """The configuration inside a checkpoint's state, as it stood at that step."""
    return from_tree(parse(state["config"]))


def kind_of(state: dict[str, Any]) -> Kind:
    """What the pictures are like that a checkpoint's state was trained on."""
    channels, size, classes = state["pictures"]["kind"]
    return Kind(channels, size, tuple(classes))
