"""The yardstick: a plain PyTorch loop over the same networks, with no playground around it.

No readings, no commands, no clock: what anybody would write for exactly this recipe.
"""

from __future__ import annotations

import copy
import time

import house  # noqa: F401  (the package, from anywhere)
import torch
import torch.nn.functional as F

from gan_lab import networks
from gan_lab.config import RunConfig
from gan_lab.data import Pictures, to_range
from gan_lab.randomness import seeded


def plain_speed(config: RunConfig, pictures: Pictures, seconds: float) -> float:
    """Real pictures a second of the bare recipe (cross-entropy or hinge, joined or not)."""
    with seeded(0):
        g = networks.generator(
            config.networks.g, (config.latent.dim,), pictures.channels, pictures.size
        )
        d = networks.discriminator(config.networks.d, pictures.channels, pictures.size)
    g, d = (n.to(memory_format=torch.channels_last) for n in (g, d))
    average = copy.deepcopy(g)
    og, od = (
        torch.optim.Adam(n.parameters(), o.lr, (o.beta1, o.beta2), fused=True)
        for n, o in ((g, config.optim.g), (d, config.optim.d))
    )
    averaged = [*average.parameters(), *average.buffers()]
    averaged = [t.data for t in averaged if t.is_floating_point()]
    source = [t.data for t in [*g.parameters(), *g.buffers()] if t.is_floating_point()]
    hinge, joined = config.objective.loss == "hinge", config.objective.joined_batch
    batch, shared = config.training.batch, config.objective.share_fakes
    weights = list(d.parameters())
    begun, seen = time.perf_counter(), 0
    while time.perf_counter() - begun < seconds:
        index = torch.randint(len(pictures), (batch,))
        x = to_range(pictures.images[index], config.networks.g.output)
        fake = g(torch.randn(batch, config.latent.dim))
        if joined:
            real_score, fake_score = d(torch.cat([x, fake.detach()])).chunk(2)
        else:
            real_score, fake_score = d(x), d(fake.detach())
        if hinge:
            loss = F.relu(1 - real_score).mean() + F.relu(1 + fake_score).mean()
        else:
            loss = F.softplus(-real_score).mean() + F.softplus(fake_score).mean()
        od.zero_grad()
        loss.backward()
        od.step()
        if not shared:
            fake = g(torch.randn(batch, config.latent.dim))
        for weight in weights:
            weight.requires_grad_(False)
        score = d(fake)
        for weight in weights:
            weight.requires_grad_(True)
        og.zero_grad()
        (-score.mean() if hinge else F.softplus(-score).mean()).backward()
        og.step()
        torch._foreach_lerp_(averaged, source, 0.01)
        seen += batch
    return seen / (time.perf_counter() - begun)


def trainer_speed(config: RunConfig, pictures: Pictures, seconds: float) -> float:
    """Real pictures a second of the bare Trainer: its rounds and readings, nobody watching."""
    from gan_lab.training.trainer import Trainer

    trainer = Trainer(config, pictures)
    begun = time.perf_counter()
    while time.perf_counter() - begun < seconds:
        trainer.round()
        if trainer.steps % 64 == 0:
            trainer.flush()
    return trainer.seen / (time.perf_counter() - begun)
