"""What the coach can say: one rule a file, listed in ``RULES``."""

from gan_lab.coach.findings import Rule
from gan_lab.coach.rules import (
    converged,
    d_untrained,
    d_wins,
    equilibrium,
    exploding,
    improving,
    nan_coming,
    norms,
    oscillation,
    rate_high,
    rates_apart,
    smoothing,
    stuck,
    unbounded,
    vanishing,
)

RULES: tuple[Rule, ...] = (
    converged.RULE,
    d_untrained.RULE,
    d_wins.RULE,
    equilibrium.RULE,
    exploding.RULE,
    improving.RULE,
    nan_coming.RULE,
    norms.RULE,
    oscillation.RULE,
    rate_high.RULE,
    rates_apart.RULE,
    smoothing.RULE,
    stuck.RULE,
    unbounded.RULE,
    vanishing.RULE,
)
