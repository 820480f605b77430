"""The patients of the clinic: configurations that are well, and such that are made ill on purpose.

A case states what differs from a preset. That an illness really broke out is asked of the outcome
(``shows``), which knows nothing of the coach: of curves, of what the fakes are like, and of how the
same seed does without the illness.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Facts = Mapping[str, float]
"""What is known of a run when it is over; see ``clinic_ward.Patient.facts``."""


@dataclass(frozen=True)
class Case:
    """One patient.

    Attributes:
        name: unique, of letters and dashes.
        part: "points" or "pictures".
        preset: what it begins with.
        changes: path to value.
        disease: rule that should be found; "" for the healthy.
        accepted: other rules that name the same disease.
        rounds: how long it trains.
        few: real pictures to train on; 0 for all.
        shows: whether the disease is there, asked of the outcome.
        curable: whether something can be done once it is found.
    """

    name: str
    part: str
    preset: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    disease: str = ""
    accepted: tuple[str, ...] = ()
    rounds: int = 1000
    few: int = 0
    shows: Callable[[Facts], bool] = lambda _: True
    curable: bool = True

    @property
    def right(self) -> frozenset[str]:
        """All rules that count as having found it."""
        return frozenset((self.disease, *self.accepted)) - {""}


def _rates(g: float, d: float) -> dict[str, Any]:
    return {"optim.g.lr": g, "optim.d.lr": d}


def _batch_norm(player: str) -> dict[str, Any]:
    return {f"networks.{player}.batch_norm": "everywhere"}


def _gp(strength: float) -> dict[str, Any]:
    return {"objective.loss": "wasserstein", "regularisation.weight_clip": 0.0,
            "regularisation.gp": strength}  # fmt: skip


def _momentum(beta1: float) -> dict[str, Any]:
    return {"optim.g.beta1": beta1, "optim.d.beta1": beta1}


def _sgd(rate: float, momentum: float) -> dict[str, Any]:
    names = {"optim.g.name": "sgd", "optim.d.name": "sgd"}
    return names | _rates(rate, rate) | {"optim.g.momentum": momentum, "optim.d.momentum": momentum}


def _pooled(side: int, *more: dict[str, Any]) -> dict[str, Any]:
    """A D that begins with the means of squares of ``side`` px and sees nothing finer."""
    layers = (
        {"kind": "average", "stride": side},
        *more,
        {"kind": "flatten"},
        {"kind": "linear", "channels": 1},
    )
    return {"networks.d.family": "layers", "networks.d.layers": layers}


def _halving(channels: int) -> dict[str, Any]:
    return {"kind": "conv", "channels": channels, "kernel": 4, "stride": 2, "activation": "leaky"}


_BEND = {"kind": "conv", "channels": 16, "activation": "leaky"}
_UNBOUND = {"objective.loss": "wasserstein", "regularisation.weight_clip": 0.0}
_SMALL = {"data.name": "digits", "networks.g.width": 16, "networks.d.width": 8}
_MNIST = {"data.name": "mnist", "networks.g.width": 8}
_DENSE = {
    f"networks.{player}.{name}": value
    for player in "gd"
    for name, value in (("family", "dense"), ("hidden", (64, 64)), ("activation", "relu"),
                        ("batch_norm", "nowhere"))
} | {"networks.d.spectral_norm": False}  # fmt: skip
_SLOW = {"optim.g.schedule": "constant", "optim.d.schedule": "constant"}
_SHARP = {"networks.d.spectral_norm": False}


def _points(name: str, disease: str, changes: Mapping[str, Any], *accepted: str,
            preset: str = "plane-ring", **more: Any) -> Case:  # fmt: skip
    return Case(f"points-{name}", "points", preset, changes, disease, accepted, **more)


def _pictures(name: str, disease: str, changes: Mapping[str, Any], *accepted: str,
              preset: str = "quick", rounds: int = 600, **more: Any) -> Case:  # fmt: skip
    if preset == "quick":
        changes = _SMALL | dict(changes)
    return Case(f"digits-{name}", "pictures", preset, changes, disease, accepted, rounds, **more)


# fmt: off
_WELL_POINTS = (
    _points("ring", "", {}),
    _points("grid", "", {}, preset="plane-grid"),
    _points("moons", "", {}, preset="plane-moons"),
    _points("spiral", "", {}, preset="plane-spiral"),
    _points("gaussians", "", {}, preset="plane-gaussians"),
    _points("line", "", {}, preset="plane-line"),
    _points("least-squares", "", {"objective.loss": "least-squares"}),
    _points("hinge", "", {"objective.loss": "hinge"}),
    _points("wgan-gp", "", _gp(1.0) | _momentum(0.0) | {"optim.d.steps": 3}),
    _points("wgan-gp-weak", "", _gp(0.1) | {"optim.d.steps": 2}),
    _points("r1", "", {"regularisation.r1": 0.1}),
    _points("smoothed", "", {"objective.smooth_real": 0.1}),
    _points("slower", "", _rates(1e-3, 1e-3), rounds=1500),
)

_ILL_POINTS = (
    _points("d-wins-slow-g", "d-wins", _rates(2e-5, 4e-3) | {"optim.d.steps": 5}, "rates-apart",
            shows=lambda f: f["js"] > 0.3 and f["D(G(z))"] < 0.2),
    _points("d-wins-fine", "d-wins", _rates(1e-4, 4e-3)
            | {"optim.d.steps": 5, "data.name": "ring-fine"}, "rates-apart",
            shows=lambda f: f["js"] > 0.3 and f["D(G(z))"] < 0.2),
    _points("vanishing", "vanishing", _rates(2e-5, 4e-3)
            | {"objective.loss": "minimax", "optim.d.steps": 3, "data.name": "ring-fine"},
            "d-wins", shows=lambda f: f["D(G(z))"] < 0.05),
    _points("d-untrained", "d-untrained", _rates(4e-3, 1e-6), "rates-apart",
            shows=lambda f: f["js"] > 0.3),
    _points("collapse-momentum", "collapse", _momentum(0.9) | {"optim.g.steps": 3},
            shows=lambda f: f["spread"] < 0.1),
    _points("collapse-grid", "collapse", {"optim.g.steps": 8, **_rates(1e-2, 1e-4)},
            preset="plane-grid", shows=lambda f: f["spread"] < 0.1),
    _points("partial-tiny-g", "partial-collapse", {"networks.g.hidden": (2,)}, "collapse",
            shows=lambda f: f["modes"] < 0.8 * f["of"]),
    _points("partial-one-number", "partial-collapse", {"networks.g.hidden": (8,),
            "latent.dim": 1}, "collapse", preset="plane-grid",
            shows=lambda f: f["modes"] < 0.8 * f["of"]),
    _points("partial-momentum", "partial-collapse", _momentum(0.9), "collapse", "oscillation",
            preset="plane-grid", shows=lambda f: f["modes"] < 0.8 * f["of"]),
    _points("oscillation", "oscillation", _rates(1e-2, 1e-2) | _momentum(0.9) | _SLOW,
            "collapse", "partial-collapse", "rate-high",
            shows=lambda f: f["wander"] > 0.2),
    _points("oscillation-moves", "oscillation", {"optim.g.steps": 2, "data.name": "ring-fine",
            **_momentum(0.5)}, "collapse", "partial-collapse",
            shows=lambda f: f["wander"] > 0.2),
    _points("oscillation-least-squares", "oscillation", _sgd(0.03, 0.9) | _SLOW
            | {"objective.loss": "least-squares"}, "collapse", "partial-collapse", "rate-high",
            shows=lambda f: f["wander"] > 0.2),
    _points("exploding", "exploding", _UNBOUND | _rates(1e-4, 4e-3) | _SLOW, "nan-coming",
            shows=lambda f: f["grad/G"] > 100),
    _points("exploding-fast", "exploding", _UNBOUND | _rates(1e-4, 1e-2) | _SLOW
            | {"optim.d.steps": 2}, "nan-coming", shows=lambda f: f["grad/G"] > 100),
    _points("nan-coming", "nan-coming", _UNBOUND | _sgd(0.003, 0.9) | _SLOW, "exploding",
            "rate-high", rounds=600, shows=lambda f: f["broke"] > 0),
    _points("nan-coming-sgd", "nan-coming", _sgd(0.02, 0.9) | _SLOW, "exploding",
            "rate-high", rounds=600, shows=lambda f: f["broke"] > 0),
    _points("rate-high", "rate-high", _rates(0.2, 0.2), "exploding", "nan-coming",
            shows=lambda f: f["js"] > 0.3),
    _points("rate-high-wgan-gp", "rate-high", _gp(1.0) | _rates(0.2, 0.2), "exploding",
            "nan-coming", shows=lambda f: f["js"] > 0.3),
    _points("rates-apart", "rates-apart", _rates(4e-3, 4e-6), "d-untrained",
            shows=lambda f: f["js"] > 0.3),
    _points("rates-apart-d", "rates-apart", _rates(4e-6, 4e-3), "d-wins",
            shows=lambda f: f["js"] > 0.3),
    _points("smoothing-fake", "smoothing", {"objective.smooth_fake": 0.3}),
    _points("smoothing-both", "smoothing",
            {"objective.smooth_fake": 0.4, "objective.smooth_real": 0.1}, preset="plane-grid"),
    _points("norms-penalty", "norms", _gp(1.0) | _batch_norm("d")),
    _points("norms-tiny-batch", "norms", {"training.batch": 2, **_batch_norm("g"),
            **_batch_norm("d")}),
    _points("dead-units", "dead-units", {"networks.d.activation": "relu",
            "networks.g.activation": "relu", **_rates(0.1, 0.1)} | _SLOW,
            shows=lambda f: f["dead"] > 0.5),
    _points("stuck", "stuck", {"objective.instance_noise": 2.0},
            shows=lambda f: f["js"] > 0.3),
    _points("stuck-blind-d", "stuck", {"networks.d.hidden": (2,), "networks.d.activation":
            "sigmoid"}, "partial-collapse", "collapse", preset="plane-grid",
            shows=lambda f: f["js"] > 0.4),
)

_WELL_PICTURES = (
    _pictures("quick", "", {}),
    _pictures("quick-wide", "", {"networks.g.width": 32, "networks.d.width": 16}),
    _pictures("hinge", "", {"objective.loss": "hinge"}),
    _pictures("least-squares", "", {"objective.loss": "least-squares"}),
    _pictures("relativistic", "", {"objective.loss": "relativistic-average"}),
    _pictures("smoothed", "", {"objective.smooth_real": 0.1}),
    _pictures("slower", "", _rates(1e-3, 1e-3)),
    _pictures("classes", "", {"networks.labels": "concat"}),
    _pictures("augmented", "", {"objective.augment": "translation"}),
    _pictures("stddev", "", {"networks.d.minibatch": "stddev"}),
    _pictures("mnist", "", _MNIST, rounds=300),
)

_ILL_PICTURES = (
    _pictures("d-wins", "d-wins", _SHARP | _rates(2e-4, 2e-3)
              | {"objective.loss": "minimax", "optim.d.steps": 5}, "vanishing", rounds=500,
              shows=lambda f: f["D(G(z))"] < 0.05),
    _pictures("d-wins-slow-g", "d-wins", _SHARP | _rates(2e-5, 2e-3) | {"optim.d.steps": 3},
              "rates-apart", "vanishing", rounds=500,
              shows=lambda f: f["D(G(z))"] < 0.1),
    _pictures("vanishing", "vanishing", _SHARP | _rates(1e-4, 4e-3)
              | {"objective.loss": "minimax", "optim.d.steps": 3}, "d-wins", rounds=500,
              shows=lambda f: f["grad/G"] < 1e-2),
    _pictures("d-untrained", "d-untrained", _rates(4e-3, 1e-6), "rates-apart",
              shows=lambda f: f["spread"] < 0.5),
    _pictures("collapse", "collapse", _SHARP | _rates(1e-2, 5e-5) | {"optim.g.steps": 8},
              "partial-collapse", rounds=500, shows=lambda f: f["spread"] < 0.5),
    _pictures("collapse-spectral", "collapse", _rates(2e-2, 5e-5) | {"optim.g.steps": 8},
              "partial-collapse", rounds=500, shows=lambda f: f["spread"] < 0.5),
    _pictures("partial-one-number", "partial-collapse", {"latent.dim": 1}, "collapse",
              rounds=1000, shows=lambda f: f["spread"] < 0.9),
    _pictures("partial-sharp", "partial-collapse", _SHARP | {"latent.dim": 1}, "collapse",
              rounds=1000, shows=lambda f: f["spread"] < 0.9),
    _pictures("oscillation", "oscillation", _SHARP | _rates(1e-2, 1e-2) | _momentum(0.9),
              "rate-high", "exploding", "partial-collapse", "collapse",
              rounds=800, shows=lambda f: f["wander"] > 0.3),
    _pictures("exploding", "exploding", _UNBOUND | _SHARP | _rates(1e-4, 4e-3), "nan-coming",
              shows=lambda f: f["grad/G"] > 1000),
    _pictures("exploding-fast", "exploding", _UNBOUND | _SHARP | _rates(1e-4, 1e-2), "nan-coming",
              shows=lambda f: f["grad/G"] > 1000),
    _pictures("nan-coming", "nan-coming", _UNBOUND | _SHARP | _sgd(0.001, 0.9), "exploding",
              "rate-high", shows=lambda f: f["broke"] > 0),
    _pictures("d-overfits", "d-memorises", _SHARP | _rates(1e-3, 2e-3), "d-overfits",
              "memorises", few=40, rounds=800, shows=lambda f: f["gap"] > 0.2),
    _pictures("d-overfits-fewer", "d-memorises", _SHARP, "d-overfits", "memorises", few=20,
              rounds=800, shows=lambda f: f["gap"] > 0.2),
    _pictures("memorises", "memorises", {}, few=4, rounds=1200,
              shows=lambda f: f["copies"] > 0.3),
    _pictures("memorises-sharp", "memorises", _SHARP | {"networks.g.width": 32}
              | _rates(4e-3, 1e-3), few=8, rounds=1200,
              shows=lambda f: f["copies"] > 0.3),
    _pictures("saturated", "saturated", _rates(0.5, 2e-3), rounds=400,
              shows=lambda f: f["blank"] > 0.3),
    _pictures("saturated-no-norm", "saturated", _rates(0.2, 2e-3)
              | {"networks.g.batch_norm": "nowhere", "networks.g.init": "framework"}, rounds=400,
              shows=lambda f: f["blank"] > 0.3),
    _pictures("dead-units", "dead-units", _DENSE | _rates(0.1, 0.1), rounds=400,
              shows=lambda f: f["dead"] > 0.5),
    _pictures("checkerboard", "checkerboard", _MNIST | {"networks.g.kernel": 3,
              "networks.g.last_up": "transposed"} | _pooled(2, _halving(16), _halving(32)),
              rounds=900, shows=lambda f: f["fine"] > 1.2),
    _pictures("smoothing", "smoothing", {"objective.smooth_fake": 0.3}),
    _pictures("rate-high", "rate-high", _rates(0.2, 0.2), "exploding",
              shows=lambda f: f["blank"] > 0.1),
    _pictures("rates-apart", "rates-apart", _rates(1e-2, 1e-5), "d-untrained",
              shows=lambda f: f["spread"] < 0.8),
    _pictures("norms-penalty", "norms", _gp(10.0) | _SHARP | _batch_norm("d")),
    _pictures("norms-tiny-batch", "norms", {"training.batch": 2}),
    _pictures("stuck", "stuck", _pooled(8, _BEND, _BEND), "collapse", "vanishing", rounds=1000,
              shows=lambda f: f["outcome"] > 2.0),
)
# fmt: on

CASES: Mapping[str, Case] = {
    case.name: case for case in (*_WELL_POINTS, *_ILL_POINTS, *_WELL_PICTURES, *_ILL_PICTURES)
}
"""All patients by name."""
