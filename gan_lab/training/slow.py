"""A round in slow motion: looking on while a move descends, without touching it."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn
from torch.optim import Optimizer

from gan_lab.config import Optim
from gan_lab.games import Move, Phase
from gan_lab.games.phases import Descent, learned

Weights = Mapping[str, list[nn.Parameter]]


class Watched:
    """One move: made just before it descends, asked just after."""

    def __init__(self, move: Move, weights: Weights) -> None:
        """
        Args:
            weights: of all players, by name.
        """
        self._move = move
        self._weights = {name: weights[name] for name in move.players}
        self._before = {
            name: [weight.detach().clone() for weight in every]
            for name, every in self._weights.items()
        }
        for asked in move.account.asked:
            if asked.made.requires_grad:
                asked.made.retain_grad()

    def told(
        self, optim: Optim, optimisers: Mapping[str, Optimizer], readings: Mapping[str, Tensor]
    ) -> list[Phase]:
        """What happened, in order.

        Args:
            readings: of the round so far, with the norms of the gradients before clipping.
        """
        move = self._move
        before = move.account.before()
        descents = tuple(
            self._descent(name, optim, optimisers[name], float(readings[f"grad/{name}"]))
            for name in move.players
        )
        after = learned(
            {column: float(value) for column, value in move.readings.items()},
            float(move.loss.detach()),
            move.account,
            descents,
            frozenset(number.name for phase in before for number in phase.numbers),
        )
        for asked in move.account.asked:
            asked.made.grad = None
        return [*before, *after]

    def _descent(self, name: str, optim: Optim, optimiser: Optimizer, gradient: float) -> Descent:
        weights, before = self._weights[name], self._before[name]
        slopes = [weight.grad for weight in weights if weight.grad is not None]
        player = optim.of(name)
        clips = player.clip_value or player.clip_norm
        return Descent(
            name,
            weights=sum(weight.numel() for weight in weights),
            gradient=gradient,
            clipped=float(nn.utils.get_total_norm(slopes)) if clips else gradient,
            rate=optimiser.param_groups[0]["lr"],
            moved=_norm([a.detach() - b for a, b in zip(weights, before, strict=True)]),
            length=_norm(before),
            optimiser=player.name,
        )


def _norm(tensors: list[Tensor]) -> float:
    return float(nn.utils.get_total_norm(tensors))


def in_order(told: list[tuple[tuple[str, ...], list[Phase]]]) -> list[Phase]:
    """The phases of a round; each says which of the round's moves it belongs to.

    Args:
        told: for each move who moved, and what happened.
    """
    return [
        phase._replace(
            move=f"Move {number} of {len(told)}: {' and '.join(players)}",
            role=players[0][0].lower(),
        )
        for number, (players, phases) in enumerate(told, 1)
        for phase in phases
    ]
