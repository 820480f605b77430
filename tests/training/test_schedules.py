"""Learning rates at known places."""

import pytest

from gan_lab.config import PlayerOptim
from gan_lab.training.schedules import learning_rate


@pytest.mark.parametrize(
    ("schedule", "seen", "factor"),
    [
        ("constant", 0, 1.0), ("constant", 10**9, 1.0),
        ("linear", 0, 1.0), ("linear", 250, 0.75), ("linear", 1000, 0.0), ("linear", 5000, 0.0),
        ("cosine", 0, 1.0), ("cosine", 500, 0.5), ("cosine", 1000, 0.0), ("cosine", 5000, 0.0),
        ("cosine", 250, 0.8535533905932737),  # (1 + cos 45°) / 2 = (1 + √2/2) / 2
        ("inverse", 0, 1.0), ("inverse", 1000, 0.5), ("inverse", 3000, 0.25),
    ],
)  # fmt: skip
def test_schedules_at_known_places(schedule, seen, factor):
    optim = PlayerOptim(lr=0.2, schedule=schedule, schedule_images=1000)
    assert learning_rate(optim, seen) == pytest.approx(0.2 * factor, abs=1e-12)


def test_warm_up_rises_in_a_line_and_multiplies_the_schedule():
    optim = PlayerOptim(lr=0.2, warmup_images=100, schedule="linear", schedule_images=1000)
    assert learning_rate(optim, 0) == pytest.approx(0.2 * 0.01)
    assert learning_rate(optim, 49) == pytest.approx(0.2 * 0.5 * 0.951)
    assert learning_rate(optim, 99) == pytest.approx(0.2 * 0.901)
    assert learning_rate(optim, 100) == pytest.approx(0.2 * 0.9)
