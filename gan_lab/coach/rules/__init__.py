"""What the coach can say: one rule a file, listed in ``RULES``."""

import logging

from gan_lab.coach.findings import Rule
from gan_lab.coach.rules import (
    checkerboard,
    collapse,
    converged,
    d_memorises,
    d_overfits,
    d_untrained,
    d_wins,
    dead_units,
    equilibrium,
    exploding,
    far_change,
    improving,
    memorises,
    nan_coming,
    norms,
    oscillation,
    partial_collapse,
    rate_high,
    rates_apart,
    saturated,
    smoothing,
    stuck,
    unbounded,
    vanishing,
)
from gan_lab.config import ConfigError, plugins

RULES: tuple[Rule, ...] = (
    checkerboard.RULE,
    collapse.RULE,
    converged.RULE,
    d_memorises.RULE,
    d_overfits.RULE,
    d_untrained.RULE,
    d_wins.RULE,
    dead_units.RULE,
    equilibrium.RULE,
    exploding.RULE,
    far_change.RULE,
    improving.RULE,
    memorises.RULE,
    nan_coming.RULE,
    norms.RULE,
    oscillation.RULE,
    partial_collapse.RULE,
    rate_high.RULE,
    rates_apart.RULE,
    saturated.RULE,
    smoothing.RULE,
    stuck.RULE,
    unbounded.RULE,
    vanishing.RULE,
)

_EVERY: plugins.Table[Rule] = plugins.Table(plugins.RULES, {rule.name: rule for rule in RULES})


def every_rule() -> dict[str, Rule]:
    """Our rules and those that other packages bring, by name; one that cannot be had is left out,
    as a coach with a rule less is better than none."""
    found: dict[str, Rule] = {}
    for name in _EVERY:
        try:
            found[name] = _EVERY[name]
        except ConfigError as error:
            logging.getLogger(__name__).warning("%s", error)
    return found
