"""Each rule sees its disease, and is silent on health and on runs without its readings."""

from __future__ import annotations

import numpy as np
import pytest

from gan_lab.coach import Evidence
from gan_lab.coach.rules import RULES
from gan_lab.config import put
from gan_lab.presets import presets
from tests.coach.evidence import evidence, healthy

BY_NAME = {rule.name: rule for rule in RULES}
AT = np.arange(1200)
GOOD = {"loss/D": 1.386, "loss/G": 0.7, "D(x)": 0.505, "D(G(z))": 0.495, "grad/G": 1, "grad/D": 1}
WON = {"loss/D": 0.01, "loss/G": 9, "D(x)": 0.995, "D(G(z))": 0.004, "grad/G": 2.0, "grad/D": 0.1}
FALLING = 50.0 * np.exp(-np.arange(20) / 8)
WAVING = 5.0 + 0.2 * np.random.default_rng(0).normal(size=40)
SWD = {"swd": 1.0}

SICK: dict[str, Evidence] = {
    "d-wins": evidence(curves=WON),
    "d-untrained": evidence(curves=GOOD, changes={"optim.d.lr": 1e-6}),
    "oscillation": evidence(
        curves=GOOD | {"D(G(z))": 0.5 + 0.3 * np.sin(2 * np.pi * AT / 60)}, steps=1200, noise=0.02
    ),
    "vanishing": evidence(curves=WON | {"grad/G": np.geomspace(1.0, 1e-7, 600)}),
    "exploding": evidence(curves=GOOD | {"grad/D": np.geomspace(1.0, 1e4, 600)}),
    "nan-coming": evidence(curves=GOOD | {"loss/G": np.geomspace(1e-10, 1e5, 150)}, steps=150),
    "rate-high": evidence(curves=GOOD, changes={"optim.g.lr": 0.1}),
    "rates-apart": evidence(curves=WON, changes={"optim.g.lr": 1e-5}),
    "smoothing": evidence(changes={"objective.smooth_fake": 0.1}),
    "norms": evidence("dcgan-small", changes={"regularisation.r1": 1.0}),
    "unbounded": evidence("wgan-gp", changes={"regularisation.gp": 0.0}),
    "equilibrium": evidence(curves=GOOD, measured={"swd": [2.0] * 8}, floors=SWD),
    "stuck": evidence(curves=GOOD, measured={"swd": [50.0] * 16}, floors=SWD),
    "improving": evidence(measured={"swd": FALLING}, floors=SWD),
    "converged": evidence(measured={"swd": WAVING}, floors={"swd": 2.0}, steps=3000),
}


@pytest.mark.parametrize("name", SICK)
def test_a_rule_sees_its_disease(name: str):
    sign = BY_NAME[name].look(SICK[name])
    assert sign is not None
    assert 0.0 < sign.sure <= 1.0
    assert sign.seen.endswith((".", "nothing"))
    assert 0 <= sign.first <= sign.last == SICK[name].step
    assert 1 <= len(BY_NAME[name].advice(SICK[name])) <= 3


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
@pytest.mark.parametrize("preset", [n for n in presets() if not n.startswith("broken")])
def test_every_rule_is_silent_on_health_and_without_readings(rule, preset: str):
    assert rule.look(healthy(preset)) is None
    assert rule.look(evidence(preset)) is None


@pytest.mark.parametrize("preset", list(presets()))
def test_every_advice_can_be_followed(preset: str):
    for rule in RULES:
        for advice in rule.advice(healthy(preset)):
            put(presets()[preset].config, dict(advice.changes))


@pytest.mark.parametrize("name", SICK)
def test_advice_for_the_disease_can_be_followed(name: str):
    for advice in BY_NAME[name].advice(SICK[name]):
        put(SICK[name].config, dict(advice.changes))


def test_a_critics_opinions_are_no_victory():
    curves = {"loss/D": -2.0, "loss/G": -12.0, "D(x)": 0.9999, "D(G(z))": 0.001, "grad/G": 5.0}
    for rule in RULES:
        assert rule.look(evidence("wgan-gp", curves | {"grad/D": 7.0})) is None


def test_d_ahead_of_a_g_that_learns_is_no_victory():
    ahead = evidence(curves=WON, measured={"swd": FALLING})
    assert BY_NAME["d-wins"].look(ahead) is None
