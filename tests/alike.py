"""What is close where bits are not promised."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def same_images(found: ArrayLike, wanted: ArrayLike) -> None:
    """Assert that 8-bit images are the same but for rounding.

    G computes another batch, or with weights in another memory layout, by other kernels, which sum
    in another order: where a value lies between two grey levels, it may become either of them.
    """
    a, b = (np.asarray(one).astype(np.int16) for one in (found, wanted))
    assert a.shape == b.shape
    apart = np.abs(a - b)
    assert apart.max(initial=0) <= 1, f"{apart.max()} grey levels apart"
    assert np.count_nonzero(apart) <= 0.01 * apart.size + 1
