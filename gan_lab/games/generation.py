"""The game that gave the field its name: pictures out of noise (Goodfellow et al. 2014)."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from gan_lab import networks
from gan_lab.config import RunConfig
from gan_lab.data import Batches, to_pixels
from gan_lab.games.base import Move, Player, frozen
from gan_lab.objectives import LOSSES, blurred, draw_z, instance_noise, targets
from gan_lab.randomness import Streams


class Generation:
    """G turns z into pictures; D scores pictures; k moves of D, then k moves of G a round."""

    readings = ("loss/D", "loss/G", "D(x)", "D(G(z))")

    def __init__(self, config: RunConfig, channels: int, size: int, streams: Streams) -> None:
        """Build both players on the streams' device; call it within ``randomness.seeded``."""
        self.config = config
        self._streams = streams
        device = streams["z"].device
        g = networks.generator(config.networks.g, config.latent.dim, channels, size)
        d = networks.discriminator(config.networks.d, channels, size)
        shown = copy.deepcopy(g).eval().requires_grad_(False)
        self.players = {
            "D": Player("d", self._placed(d, device)),
            "G": Player("g", self._placed(g, device), self._placed(shown, device)),
        }
        for player in self.players.values():
            # not to the copy that is shown: it never drops anything, and is copied in its turn
            networks.lend_generator(player.network, streams["dropout"])

    @staticmethod
    def _placed(network: nn.Module, device: torch.device) -> nn.Module:
        return network.to(device=device).to(memory_format=torch.channels_last)

    def round(self, batches: Batches, seen: int, movers: frozenset[str]) -> Iterator[Move]:
        fake = None  # what G made last, with its graph, if D's move and G's move share it
        if "D" in movers:
            shared = self.config.objective.share_fakes and "G" in movers
            for left in reversed(range(self.config.optim.d.steps)):
                fake = self._fakes(with_graph=shared and left == 0)
                yield self._d_move(batches.draw(), fake.detach(), seen)
        if "G" in movers:
            for index in range(self.config.optim.g.steps):
                if index > 0 or fake is None or not fake.requires_grad:
                    fake = self._fakes(with_graph=True)
                d = self.players["D"].network
                with frozen(d):
                    score = d(self._seen_by_d(fake, seen))
                    loss = LOSSES[self.config.objective.loss].g(None, score)
                    yield Move(("G",), loss, {"loss/G": loss.detach()})

    def _fakes(self, *, with_graph: bool) -> Tensor:
        """One batch of G's pictures, in training mode; the graph only if G will learn from it."""
        z = draw_z(self.config.latent, self.config.training.batch, self._streams["z"])
        with torch.set_grad_enabled(with_graph):
            return self.players["G"].network(z)

    def _seen_by_d(self, x: Tensor, seen: int) -> Tensor:
        half = 1.0 if self.config.networks.g.output == "tanh" else 0.5  # of the pixels' range
        sigma = half * instance_noise(self.config.objective, seen)
        return blurred(x, sigma, self._streams["noise"])

    def _d_move(self, x: Tensor, fake: Tensor, seen: int) -> Move:
        objective = self.config.objective
        d = self.players["D"].network
        x, fake = self._seen_by_d(x, seen), self._seen_by_d(fake, seen)
        if objective.joined_batch:
            real_score, fake_score = d(torch.cat([x, fake])).split([len(x), len(fake)])
        else:
            real_score, fake_score = d(x), d(fake)
        labels = targets(objective, real_score, fake_score, self._streams["labels"])
        loss = LOSSES[objective.loss]
        value = loss.d(real_score, fake_score, labels)
        readings = {
            "loss/D": value.detach(),
            "D(x)": loss.opinion(real_score.detach()).mean(),
            "D(G(z))": loss.opinion(fake_score.detach()).mean(),
        }
        return Move(("D",), value, readings, images=len(x))

    def settle(self, move: Move) -> None:
        """Keep a Wasserstein critic's weights within ±weight_clip (Arjovsky et al., alg. 1)."""
        clip = self.config.regularisation.weight_clip
        if "D" in move.players and clip and self.config.objective.loss == "wasserstein":
            with torch.no_grad():
                for parameter in self.players["D"].network.parameters():
                    parameter.clamp_(-clip, clip)

    def controls(self) -> Tensor:
        """z of the fixed grid, grid²×dim."""
        return draw_z(self.config.latent, self.config.training.grid**2, self._streams["preview"])

    @torch.no_grad()
    def preview(self, controls: Tensor) -> dict[str, Tensor]:
        shown = self.players["G"].shown
        assert shown is not None
        pixels = [to_pixels(shown(z), self.config.networks.g.output) for z in controls.split(64)]
        return {"samples": torch.cat(pixels)}
