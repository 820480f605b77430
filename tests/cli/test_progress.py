"""What a person sees while a run trains."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from gan_lab.cli import progress
from gan_lab.config import RunConfig
from gan_lab.runs import Budget, Moment, State
from gan_lab.training.trainer import Counts


def moment(state: State = State.RUNNING, seconds: float = 5.0) -> Moment:
    return Moment(1, state, Counts(30, 30, 1920, 1.3), RunConfig(), seconds, 6.0, 384.0)


@pytest.mark.parametrize(
    ("budget", "expected"),
    [
        (Budget(), 0.0),
        (Budget(steps=60), 0.5),
        (Budget(images=1920), 1.0),
        (Budget(seconds=20.0), 0.25),
        (Budget(steps=60, seconds=20.0), 0.5),
        (Budget(steps=3), 1.0),
    ],
)
def test_share_of_the_nearest_limit(budget, expected):
    assert progress.share(budget, moment()) == expected


def test_a_bar_in_a_terminal(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    with progress.shown_progress(Budget(steps=60), Path("run")) as show:
        show(moment())
    out, err = capsys.readouterr()
    assert out == ""
    assert "50%" in err
    assert "30 steps, 1,920 pictures, 5 s, 384 pictures/s" in err


def test_a_line_now_and_then_elsewhere(capsys, monkeypatch):
    with progress.shown_progress(Budget(steps=60), Path("some/run")) as show:
        show(moment())
        monkeypatch.setattr(progress, "LINE_INTERVAL", 0.0)
        show(moment())
        show(moment(State.FINISHED))
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "run: 30 steps, 1,920 pictures, 5 s, 384 pictures/s\n"
