"""Slow motion as a command: what goes out, for how long it stays, and what it leaves alone."""

import io
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from gan_lab.games import GAMES, Exhibit, Phase
from gan_lab.games.phases import Number, spoken
from gan_lab.presets import presets
from gan_lab.runs import Budget, State, wire
from gan_lab.runs.messages import Checkpoint, Pause, Resume, Set, Slow, Step, Stop, Undo
from gan_lab.runs.pictures import mosaic
from gan_lab.runs.walk import walk
from tests.patience import WAIT


def ask(run, command):
    return run.send(command).result(WAIT)


@pytest.fixture
def walked(until):
    """Play one round in slow motion, and the moment that tells of it."""

    def play(run):
        before = run.latest().number
        entry = ask(run, Slow())
        assert (entry.path, entry.outcome) == ("slow", "applied")
        return until(run, lambda m: m.number > before and m.state is State.PAUSED and m.walk)

    return play


@pytest.fixture
def run(begin, small, until):
    """A run that stands still after three rounds or more."""
    one = begin(small())
    until(one, lambda m: m.counts.steps >= 3)
    ask(one, Pause())
    until(one, lambda m: m.state is State.PAUSED)
    return one


def last(directory):
    state = directory.read_checkpoint()
    del state["seconds"]
    state.pop("ledger")
    return state


@pytest.mark.parametrize("game", list(GAMES))
def test_a_run_in_slow_motion_equals_one_at_full_speed(
    begin, small, until, walked, differences, game
):
    name = next(n for n, one in presets().items() if one.config.objective.game == game)
    fast, slow = (begin(small(name=name), which) for which in ("fast", "slow"))
    for one in (fast, slow):
        ask(one, Pause())
        until(one, lambda m: m.state is State.PAUSED)
    ahead = slow.latest().counts.steps - fast.latest().counts.steps
    if ahead < 0:
        fast, slow, ahead = slow, fast, -ahead
    total = slow.latest().counts.steps + 3
    with slow.subscribed(lambda _: None):
        for _ in range(3):
            walked(slow)
    ask(fast, Step(ahead + 3))
    until(fast, lambda m: m.state is State.PAUSED and m.counts.steps == total)
    for one in (fast, slow):
        ask(one, Checkpoint())
        ask(one, Stop())
        assert one.join(WAIT)
    assert slow.latest().counts == fast.latest().counts
    assert differences(last(fast.directory), last(slow.directory)) == []
    readings = [one.directory.path / "history" / "readings.f32" for one in (fast, slow)]
    assert readings[0].read_bytes() == readings[1].read_bytes()


def test_it_pauses_a_running_run_after_one_round(begin, small, until, walked):
    run = begin(small())
    until(run, lambda m: m.counts.steps >= 3)
    moment = walked(run)
    entry = next(e for e in run.ledger() if e.path == "slow")
    assert moment.counts.steps == entry.step + 1 == moment.walk.step
    assert len(moment.walk.phases) >= 10


def test_it_stays_while_the_run_stands_there_and_no_longer(run, until, walked):
    first = walked(run).walk
    assert ask(run, Set("optim.g.lr", 1e-4)).outcome == "applied"
    assert ask(run, Pause("again")).outcome == "applied"
    until(run, lambda m: m.note == "again")
    assert run.latest().walk is first
    second = walked(run)
    assert second.walk.step == first.step + 1
    assert ask(run, Undo(len(run.ledger()) - 3)).outcome == "applied"
    assert run.latest().walk is None
    walked(run)
    ask(run, Step(2))
    until(run, lambda m: m.state is State.PAUSED and m.counts.steps == first.step + 3)
    assert run.latest().walk is None
    walked(run)
    ask(run, Resume())
    assert until(run, lambda m: m.state is State.RUNNING).walk is None


def test_a_pause_before_the_round_calls_it_off(run, until):
    steps = run.latest().counts.steps
    answers = [run.send(command) for command in (Slow(), Pause(), Step(1))]
    assert [answer.result(WAIT).outcome for answer in answers] == ["applied"] * 3
    moment = until(run, lambda m: m.state is State.PAUSED and m.counts.steps > steps)
    if moment.counts.steps == steps + 1:  # else the round was played before the pause came
        assert moment.walk is None


def test_after_the_end_it_is_refused_in_words(run, walked):
    walked(run)
    ask(run, Stop())
    assert run.join(WAIT)
    assert run.latest().walk is None
    entry = ask(run, Slow())
    assert (entry.path, entry.outcome) == ("slow", "refused") and "over" in entry.note


def test_a_run_that_has_played_its_rounds_plays_no_more(run):
    steps = run.latest().counts.steps
    run._worker._budget = Budget(steps=steps)
    entry = ask(run, Slow())
    assert entry.outcome == "refused" and "all the rounds" in entry.note
    assert (run.latest().counts.steps, run.latest().state) == (steps, State.PAUSED)


def test_its_numbers_are_those_of_the_curves(run, walked):
    moment = walked(run)
    curves = run.curves()
    assert curves is not None and curves.level == 0
    row = dict(zip(curves.columns, curves.values[-1, 1], strict=True))
    told = {name: value for phase in moment.walk.phases for name, value, _ in phase["numbers"]}
    for column in ("loss/D", "loss/G", "D(x)", "D(G(z))"):
        assert np.float32(told[spoken(column)]) == row[column]


def test_a_step_of_one_player_tells_nothing(run, until):
    before = run.latest().counts.steps
    ask(run, Step(1, "D"))
    moment = until(run, lambda m: m.state is State.PAUSED and m.counts.steps == before + 1)
    assert moment.walk is None


# -- what is sent ------------------------------------------------------------------------------


def tiles(count=5, height=4, width=6, channels=3):
    chance = torch.Generator().manual_seed(count)
    shape = (count, channels, height, width)
    return torch.randint(256, shape, generator=chance, dtype=torch.uint8)


def part(one, data):
    return data[one["from"] : one["from"] + one["length"]]


def test_tiles_are_sent_as_they_are_and_twice_the_same_once():
    images = tiles()
    shown = Exhibit("fakes", "g", images, opinions=torch.tensor([0.1, 0.25, 1.0, 0.0, 0.123456]))
    one = walk(
        [Phase(("G",), "a", "b.", exhibits=(shown,)), Phase(("D",), "c", "d.", (), (shown,))], 7
    )
    first, second = (phase["exhibits"][0] for phase in one.phases)
    assert first == second and first["length"] == len(one.data)
    assert (first["count"], first["columns"], first["width"], first["height"]) == (5, 3, 6, 4)
    assert first["opinions"] == [0.1, 0.25, 1.0, 0.0, 0.1235]
    with Image.open(io.BytesIO(part(first, one.data))) as image:
        assert image.format == "PNG"
        np.testing.assert_array_equal(np.asarray(image), mosaic(images, 3))


def test_points_are_sent_with_their_pushes():
    points, pushes = torch.randn(4, 2), torch.randn(4, 2)
    shown = Exhibit("fakes", "g", points, 1.5, None, pushes)
    one = walk([Phase((), "a", "b.", exhibits=(shown, Exhibit("z", "ink", points, 3.0)))], 1)
    with_pushes, without = one.phases[0]["exhibits"]
    sent = np.frombuffer(part(with_pushes, one.data), "<f4").reshape(-1, 2)
    np.testing.assert_array_equal(sent, torch.cat([points, pushes]).numpy())
    assert with_pushes["pushes"] and with_pushes["reach"] == 1.5 and not without["pushes"]
    np.testing.assert_array_equal(np.frombuffer(part(without, one.data), "<f4"), points.flatten())


def test_what_is_no_number_can_be_sent_too(run, walked):
    numbers = tuple(Number("a", value) for value in (1.5, math.nan, math.inf))
    shown = Exhibit("x", "g", tiles(2), opinions=torch.tensor([0.5, math.nan]))
    told = walk([Phase((), "a", "b.", numbers, (shown,))], 3)
    assert [value for _, value, _ in told.phases[0]["numbers"]] == [1.5, None, None]
    assert told.phases[0]["exhibits"][0]["opinions"] == [0.5, None]
    moment = walked(run)
    header, data = wire.decode(wire.moment_frames(replace(moment, walk=told))[-1])
    assert (header["kind"], header["step"], header["phases"]) == ("walk", 3, list(told.phases))
    assert data == told.data
    assert wire.decode(wire.moment_frames(moment)[0])[0]["walk"] == moment.walk.step
    gone = wire.moment_frames(replace(moment, walk=None))
    assert "walk" not in [wire.decode(frame)[0]["kind"] for frame in gone]
    assert wire.decode(gone[0])[0]["walk"] is None
