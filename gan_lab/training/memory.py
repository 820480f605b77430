"""How much memory an experiment needs, told before any of it is taken.

Players are built and a batch passes them on PyTorch's *meta* device, which has shapes but neither
numbers nor memory. What autograd would keep of that is counted, and multiplied by what a round does
with it; ``benchmarks/memory.py`` holds the result against what real runs took.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks

from gan_lab.config import ConfigError, PlayerOptim, RunConfig, put
from gan_lab.data import Kind, expected
from gan_lab.games import game_of
from gan_lab.memory import at_once, free_bytes, gigabytes
from gan_lab.objectives import any_penalty
from gan_lab.training.devices import pick_device

_SHARE = 0.9  # of the free memory that one run may plan with
_BASE = 100e6  # bytes of what every run has beside: workspace of kernels, curves, pictures
_ON_THE_WAY = 2  # largest results that are in work at once
_PENALTY = 3  # graphs of D that a slope adds, as its own gradients are differentiated
_LOOK = 64  # pictures of 32 px that pass a network at once when people look
_MEASURED, _MADE = 512, 128  # fakes that are measured while it trains, and made at once for it
_CUT = 16  # bytes for each number of those while they are cut into pieces
_MOST_KNOWN = 64  # estimates that are kept, some kilobytes each
_MEMORIES = {"adam": 2, "adamw": 2, "rmsprop": 1, "sgd": 0}  # numbers for each weight


class Pass(NamedTuple):
    """One batch through one network, bytes.

    Attributes:
        kept: what autograd keeps for the way back.
        largest: the largest single result.
    """

    kept: int
    largest: int


class Need(NamedTuple):
    """What an experiment takes, bytes.

    Attributes:
        state: weights and their gradients, optimisers, averages, and copies of them to look at, to
            measure, and to go back to.
        batch: what a round has in work at once.
        beside: copies of the pictures, what measuring takes, and what every run has.
    """

    state: float
    batch: float
    beside: float

    @property
    def total(self) -> float:
        """All of it."""
        return self.state + self.batch + self.beside


_KNOWN: dict[str, Need] = {}


def need(config: RunConfig, kind: Kind, count: int = 0) -> Need:
    """What an experiment needs once its pictures are read; takes some hundredths of a second the
    first time, and no memory.

    Args:
        count: of its pictures.

    Raises ConfigError, ValueError or RuntimeError where its players cannot be built.
    """
    key = f"{config!r} {kind!r} {count}"  # a page and its run ask about the same experiment
    known = _KNOWN.get(key)
    if known is None:
        known = _estimated(config, kind, count)
        if len(_KNOWN) >= _MOST_KNOWN:
            _KNOWN.clear()
        _KNOWN[key] = known
    return known


def _estimated(config: RunConfig, kind: Kind, count: int) -> Need:
    game = game_of(config)
    sources = game.sources(config, kind)
    with torch.device("meta"):
        g, d = game.generators(config, kind), game.discriminators(config, kind)
        batch = max(2, config.training.batch)  # batch norm wants two
        made = {name: _pass(network, batch, sources.g) for name, network in g.items()}
        labels = torch.zeros(batch, dtype=torch.long) if kind.classes else None
        judged = {name: _pass(network, batch, sources.d, labels) for name, network in d.items()}
    widest = max(one.largest for one in (*made.values(), *judged.values())) / batch
    look = _ON_THE_WAY * widest * min(at_once(_LOOK, kind.size), config.training.grid**2)
    moves = _moves(config, made, judged) + _ON_THE_WAY * widest * batch
    return Need(_state(config, g, d), max(moves, look), _beside(config, kind, count, widest))


def refuse_too_much(config: RunConfig, kind: Kind, count: int = 0) -> None:
    """Raises ConfigError, with both numbers and what to lower, if an experiment on so many such
    pictures, which are read already, would not fit into what is free now."""
    _refuse(config, kind, count, need(config, kind, count))


def refuse_expected(config: RunConfig) -> None:
    """The same as far as it can be told before the pictures are read; what cannot be built is left
    to ``games.rehearse``, which has words for it."""
    try:
        kind = expected(config.data)
        due = need(config, kind)
    except (RuntimeError, ValueError):
        return
    _refuse(config, kind, 0, due)


def _refuse(config: RunConfig, kind: Kind, count: int, due: Need) -> None:
    free = _free(config)
    if due.total <= _SHARE * free:
        return
    raise ConfigError(
        f"this experiment needs about {gigabytes(due.total)} of memory, and {gigabytes(free)} are"
        f" free here ({gigabytes(due.state)} are for the networks and their optimisers,"
        f" {gigabytes(due.batch)} for a batch of {config.training.batch:,});"
        f" {_cure(config, kind, count, due, _SHARE * free)}"
    )


def refuse_more(before: RunConfig, after: RunConfig, kind: Kind) -> None:
    """Raises ConfigError if a change of a run that trains would take more than is free now."""
    if _of_memory(before) == _of_memory(after):
        return
    more, free = need(after, kind).total - need(before, kind).total, _free(after)
    if more > _SHARE * free:
        raise ConfigError(
            f"this needs about {gigabytes(more)} of memory more, and {gigabytes(free)} are free"
            " here; start again with a smaller training.batch or smaller networks for it"
        )


def _of_memory(config: RunConfig) -> tuple[object, ...]:
    """Of the live parameters those that decide how much memory a round takes."""
    optim, players = config.optim, game_of(config).names
    memories = tuple(_memory(optim.of(name)) for name in players)
    return memories, any_penalty(config.regularisation), config.objective.share_fakes


def _free(config: RunConfig) -> int:
    """Bytes that a run could have now, where it would train."""
    device = pick_device(config.training.device)
    return torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else free_bytes()


def _cure(config: RunConfig, kind: Kind, count: int, due: Need, room: float) -> str:
    """What to lower."""
    most = int(config.training.batch * (room - due.state - due.beside) / due.batch)
    while most >= 2:
        if need(put(config, {"training.batch": most}), kind, count).total <= room:
            return f"make training.batch {most:,} or less"
        most //= 2
    return "make networks.g, networks.d or data.size smaller"


def _state(config: RunConfig, g: Mapping[str, nn.Module], d: Mapping[str, nn.Module]) -> float:
    total = 0.0
    for name, network in {**g, **d}.items():
        weights = _bytes(network)
        memory = weights * _memory(config.optim.of(name))
        shown = weights if name in g else 0
        # trained, its gradient, its optimiser, the average; again all but the gradient to go back
        # to; then what people look at and what is measured
        total += 2 * (weights + memory + shown) + weights + shown + weights
    return total


def _memory(optim: PlayerOptim) -> int:
    """Numbers that an optimiser remembers for each weight."""
    return _MEMORIES[optim.name] + (optim.momentum > 0 and optim.name in {"rmsprop", "sgd"})


def _moves(config: RunConfig, made: Mapping[str, Pass], judged: Mapping[str, Pass]) -> float:
    """What autograd keeps in the larger of D's move and G's."""
    graphs = 2 + (_PENALTY if any_penalty(config.regularisation) else 0)  # real and fake
    d_move = max(graphs * one.kept for one in judged.values())
    passes = 3 if len(made) > 1 else 1  # there, back, and as it is: where two G answer each other
    g_move = passes * sum(one.kept for one in made.values())
    if config.objective.share_fakes:
        d_move += g_move
    return max(d_move, g_move + sum(one.kept for one in judged.values()))


def _beside(config: RunConfig, kind: Kind, count: int, widest: float) -> float:
    """Copies of the pictures, in pairs and to measure with, and what measuring takes.

    Args:
        widest: the largest result of any layer, of one picture.
    """
    numbers = kind.channels * kind.size**2
    copies = (config.data.pairs != "none") + (config.training.measuring > 0)
    total = _BASE + count * numbers * copies
    if config.training.measuring:
        total += _CUT * _MEASURED * numbers + _ON_THE_WAY * at_once(_MADE, kind.size) * widest
    return total


def _pass(network: nn.Module, batch: int, source: tuple[int, ...], labels: Tensor | None = None
          ) -> Pass:  # fmt: skip
    """One batch through a network on the meta device; nothing is computed."""
    own = {_storage(tensor) for tensor in (*network.parameters(), *network.buffers())}
    kept: dict[int, Tensor] = {}

    def keep(tensor: Tensor) -> Tensor:
        if (where := _storage(tensor)) not in own:
            kept[where] = tensor  # which keeps the place its own
        return tensor

    x = torch.empty(batch, *source)
    with saved_tensors_hooks(keep, lambda tensor: tensor):
        network(x) if labels is None else network(x, labels)
    sizes = [tensor.untyped_storage().nbytes() for tensor in kept.values()]
    return Pass(sum(sizes), max(sizes, default=0))


def _storage(tensor: Tensor) -> int:
    """What tensors share that are views of one another; on the meta device they have no address."""
    return tensor.untyped_storage()._cdata


def _bytes(network: nn.Module) -> int:
    return sum(t.numel() * t.element_size() for t in (*network.parameters(), *network.buffers()))
