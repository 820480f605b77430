"""What the tests of exports share: a run that has ended, with everything in its folder."""

from __future__ import annotations

import pytest

from gan_lab.runs import Budget, RunDirectory, State
from tests.patience import WAIT


@pytest.fixture
def ended(begin, small):
    """``ended({...})``: the folder of a small run of six steps; a knob was turned after four."""

    def make(changes=None, name="run", preset=None) -> RunDirectory:
        config = small({"training.checkpoint_steps": 2, **(changes or {})}, preset)
        run = begin(config, name, budget=Budget(steps=4))
        assert run.join(WAIT) and run.latest().state == State.FINISHED, run.latest()
        turned = {"optim.g.lr": 3e-4}
        run = begin(config, name, budget=Budget(steps=6), resume=True, changes=turned)
        assert run.join(WAIT)
        return run.directory

    return make
