"""When a run's networks are probed and measured, and what that may cost."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from gan_lab.coach.evidence import FIRST_STEPS
from gan_lab.runs.measurer import CHANGED, PROBE_EVERY, Measurer
from gan_lab.runs.purse import CREDIT, Purse

STEP = FIRST_STEPS + 100


class Nobody:
    """Hears of nothing."""

    def hear_probe(self, left, probe):
        raise AssertionError("nothing was probed")

    hear_metrics = hear_probe


class Previews:
    """The fakes on the page, and how far they have moved since."""

    def __init__(self, change):
        self.change = change
        self.small = torch.zeros(4, 2)

    def change_since(self, fakes):
        return None if fakes is None else self.change


@pytest.fixture
def measurer():
    """Without a thread; no processor time passes but what a test spends."""

    def make(metrics=0.0, probes=0.0, **others):
        budgets = [Purse(lambda: 0.0), Purse(lambda: 0.0)]
        for purse, spent in zip(budgets, (metrics, probes), strict=True):
            purse.spend(spent)
            purse.last = 0.0
        one = Measurer(Nobody(), *budgets)
        for name, value in others.items():
            setattr(one, name, value)
        return one

    return make


@pytest.fixture
def at_step(trainer):
    def make(step, measuring=0.05):
        one = trainer({"training.measuring": measuring})
        one.steps = step
        return one

    return make


@pytest.mark.parametrize(
    ("spent", "last", "wish"),
    [(0.0, 0.0, "NOW"), (1.0, 0.4, "SAVED"), (1.0, 0.2, "NOW"), (1.0, 0.6, "NEVER"),
     (9.0, 0.1, "NEVER")],
)  # fmt: skip
def test_what_is_left_decides_whether_to_measure(measurer, at_step, spent, last, wish):
    one = measurer(spent)
    one.metrics.last = last
    assert one.wished(at_step(STEP)).name == wish
    assert one.wished(at_step(STEP, measuring=0.0)).name == "NEVER"


def test_a_probe_does_not_wait_until_metrics_can_be_paid(measurer, at_step):
    one = measurer(metrics=1000.0)
    one.metrics.last = 500.0
    assert one.wished(at_step(STEP)).name == "NEVER"
    assert one.probe_due(at_step(STEP), now=0.0)


def test_probes_have_a_budget_and_a_rhythm_of_their_own(measurer, at_step):
    dear = measurer(probes=1000.0)
    assert not dear.probe_due(at_step(STEP), now=0.0)
    one = measurer()
    one._probed_at = 100.0
    assert not one.probe_due(at_step(STEP), now=100.0 + PROBE_EVERY / 2)
    assert one.probe_due(at_step(STEP), now=100.0 + PROBE_EVERY)
    assert not one.probe_due(at_step(FIRST_STEPS), now=200.0)  # nobody may judge by it
    assert not one.probe_due(at_step(STEP, measuring=0.0), now=200.0)


def test_metrics_of_the_first_steps_are_repeated_once_the_images_have_changed(measurer, at_step):
    early = {"previews": Previews(CHANGED / 2), "_fakes_then": torch.zeros(4, 2), "_last": (6, 0)}
    one = measurer(metrics=1000.0, **early)  # whatever the price
    assert one.wished(at_step(STEP)).name == "NEVER"
    one.previews.change = CHANGED
    assert one.wished(at_step(STEP)).name == "NOW"
    assert one.wished(at_step(FIRST_STEPS)).name == "NEVER"
    one._last = (STEP, 0)
    assert one.wished(at_step(STEP + 1)).name == "NEVER"  # from then on by the budget


def test_metrics_of_the_first_steps_are_repeated_where_nobody_looks_on(measurer, at_step):
    one = measurer(metrics=1000.0, _last=(6, 0))
    assert one.wished(at_step(FIRST_STEPS + 1)).name == "NEVER"
    assert one.wished(at_step(4 * FIRST_STEPS)).name == "NOW"


def test_a_g_that_stands_still_is_measured_again_by_the_budget(measurer, at_step):
    early = {"previews": Previews(0.0), "_fakes_then": torch.zeros(4, 2), "_last": (6, 0)}
    assert measurer(**early).wished(at_step(FIRST_STEPS + 1)).name == "NEVER"
    assert measurer(**early).wished(at_step(STEP + 100)).name == "NOW"
    assert measurer(metrics=1000.0, **early).wished(at_step(STEP + 100)).name == "NEVER"


def test_preparing_the_real_images_keeps_no_later_look_waiting():
    purse = Purse(lambda: 0.0)
    purse.spend(300.0, prepared=True)
    assert purse.left(0.05) == 0.0 >= purse.last
    purse.spend(2.0)
    assert purse.left(0.05) == -2.0
    assert purse.last == 2.0
    assert Purse(lambda: 0.0, credit=CREDIT / 2).left(0.05) == CREDIT / 2


def test_copies_are_left_for_what_was_wished(measurer, at_step):
    player, one = at_step(STEP), measurer()
    one.wish(player, now=0.0)
    one.between_rounds(player)
    assert one._left.metrics and one.is_measured(player)
    one._left = None
    one.metrics.spend(1000.0)
    one.wish(player, now=0.0)
    one.between_rounds(player)
    assert not one._left.metrics and one._left.shown.step == STEP
    assert dataclasses.is_dataclass(one._left)
