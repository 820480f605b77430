"""Optimisers from the configuration, and the live changes that keep their memory."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn
from torch.optim import SGD, Adam, AdamW, Optimizer, RMSprop

from gan_lab.config import PlayerOptim
from gan_lab.training.schedules import beta2, learning_rate


def make(optim: PlayerOptim, parameters: Iterable[nn.Parameter]) -> Optimizer:
    """A new optimiser, without memory."""
    parameters = list(parameters)
    # lr and the rest are set before every step by `tune`
    match optim.name:
        case "adam":
            optimiser: Optimizer = Adam(parameters, fused=True)
        case "adamw":
            optimiser = AdamW(parameters, fused=True)
        case "rmsprop":
            optimiser = RMSprop(parameters, alpha=optim.beta2, foreach=True)
        case "sgd":
            optimiser = SGD(parameters, lr=optim.lr, fused=True)
    tune(optimiser, optim, seen=0)
    return optimiser


def tune(optimiser: Optimizer, optim: PlayerOptim, seen: int) -> None:
    """Set everything but the memory: learning rate by schedule, betas, momentum, decay."""
    for group in optimiser.param_groups:
        group["lr"] = learning_rate(optim, seen)
        group["weight_decay"] = optim.weight_decay
        if "betas" in group:
            group["betas"] = (optim.beta1, beta2(optim, seen))
        if "alpha" in group:
            group["alpha"] = optim.beta2
        if "momentum" in group:
            group["momentum"] = optim.momentum
    if isinstance(optimiser, RMSprop | SGD) and optim.momentum:
        # made by PyTorch at a weight's first step only, so a momentum that comes later lacks it,
        # and the fused SGD takes them all or none
        for parameter in (p for group in optimiser.param_groups for p in group["params"]):
            state = (
                optimiser.state[parameter]
                if isinstance(optimiser, SGD)
                else (optimiser.state.get(parameter))
            )
            if state is not None and state.get("momentum_buffer") is None:
                state["momentum_buffer"] = torch.zeros_like(parameter)


def clipped_norm(optim: PlayerOptim, parameters: list[nn.Parameter]) -> torch.Tensor:
    """Clip gradients in place, by value and then by norm; returns the norm before any clipping."""
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = nn.utils.get_total_norm(gradients)
    if optim.clip_value:
        nn.utils.clip_grad_value_(parameters, optim.clip_value)
    if optim.clip_norm:
        after = nn.utils.get_total_norm(gradients) if optim.clip_value else norm
        nn.utils.clip_grads_with_norm_(parameters, optim.clip_norm, after)
    return norm
