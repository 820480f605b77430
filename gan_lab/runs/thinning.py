"""What is kept of a growing series: both ends, and between them ever fewer as it ages.

Things are spread evenly over the square root of the steps. Evenly over steps, an hour of training
would leave a handful to its first minute, in which most happens; evenly over their logarithm, the
last half hour would have to do with as few. The square root gives that first minute an eighth.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence


def superfluous(steps: Sequence[int], pinned: Collection[int] = ()) -> int | None:
    """The place of the one that is missed least: its neighbours are closest together.

    If always that one is dropped as soon as there are more than n, no gap that it leaves (on the
    scale of the square root) is wider than two (n-1)-ths of the whole.

    Args:
        steps: ascending.
        pinned: steps that stay, as the first and the last do.
    """
    places = [math.sqrt(step) for step in steps]
    between = [i for i in range(1, len(steps) - 1) if steps[i] not in pinned]
    return min(between, key=lambda i: places[i + 1] - places[i - 1], default=None)


def worth_adding(steps: Sequence[int], step: int, most: int) -> bool:
    """Whether ``step`` would stay for a while, where at most ``most`` are kept."""
    most = max(2, most)  # both ends stay, whatever was asked for
    if len(steps) < most:
        return True
    return math.sqrt(step) - math.sqrt(steps[-1]) >= math.sqrt(step) / (most - 1)
