"""Questions that are answered together: each gets his own answer, and nobody waits for long."""

from __future__ import annotations

import asyncio
import io
import struct
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any, TypeVar

import numpy as np
import pytest
import torch
from PIL import Image
from starlette.testclient import TestClient

from gan_lab.config import RunConfig, put
from gan_lab.presets import preset
from gan_lab.runs import Hosted, Registry, Run, State, wire
from gan_lab.runs.messages import Pause, Set, Step
from gan_lab.runs.pretrained import PretrainedError
from gan_lab.server import PREFIX
from gan_lab.server.explore import desk as module
from gan_lab.server.explore.desk import LONGEST, MOST, Desk, desk_of
from gan_lab.server.explore.picture import pictures
from tests.event_loop import completed
from tests.patience import WAIT

T = TypeVar("T")

TINY = put(
    RunConfig(),
    {
        "networks.g.width": 4, "networks.d.width": 4, "latent.dim": 4, "training.batch": 8,
        "training.grid": 2, "training.checkpoint_seconds": 0.0,
    },
)  # fmt: skip
CONDITIONAL = put(TINY, {"networks.labels": "concat"})
POINTS = put(preset("plane-ring").config, {"latent.dim": 4})


def played(runs: Registry, config: RunConfig) -> Hosted:
    """A run that stands still after a few steps; its pictures are told apart at a glance."""
    one = runs.start(config, "somebody")
    one.run.send(Pause()).result(WAIT)
    plays(one, 12)
    shown = one.run.shown()
    assert shown is not None
    if not shown.kind.points:
        with torch.no_grad():
            for weights in shown.network.parameters():
                weights.mul_(5.0)
    return one


def plays(hosted: Hosted, count: int) -> None:
    """So many rounds; afterwards it stands still."""
    entry = hosted.run.send(Step(count)).result(WAIT)
    assert entry.outcome == "applied", entry

    def there() -> bool:
        now = hosted.run.latest()
        return now.state is State.PAUSED and now.counts.steps == entry.step + count

    until(there)


def until(what: Any) -> None:
    deadline = time.monotonic() + WAIT
    while not what():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.005)


def pixels(frame: bytes) -> np.ndarray:
    header, payload = wire.decode(frame)
    assert header["kind"] == "latent", header
    return np.asarray(Image.open(io.BytesIO(payload)), np.int16)


def asked(count: int, label: Sequence[float] = (), scale: float = 1.0) -> list[Any]:
    z = scale * torch.randn(count, 4, generator=torch.Generator().manual_seed(5))
    return [struct.pack(f"<{4 + len(label)}f", *row, *label) for row in z.tolist()]


# -- pictures made together ----------------------------------------------------------------------


@pytest.mark.parametrize("config", [TINY, CONDITIONAL, POINTS], ids=["z", "classes", "points"])
def test_pictures_made_together_are_those_made_alone(runs: Registry, config: RunConfig) -> None:
    hosted = played(runs, config)
    # points should stay in the window
    questions = asked(9, (3.0,) if config is CONDITIONAL else (), 0.3 if config is POINTS else 1.0)
    together = [pixels(frame) for frame in pictures(questions, hosted)]
    alone = [pixels(pictures([one], hosted)[0]) for one in questions]
    for one, other in zip(together, alone, strict=True):
        if config is POINTS:  # a point near a border may fall into the next cell
            assert (one != other).any(-1).sum() <= 8
        else:
            assert np.abs(one - other).max() <= 1
    for i, one in enumerate(alone):
        for other in alone[:i]:
            assert np.abs(one - other).max() > 20, "what is alike could be mixed up unseen"


def test_each_gets_the_picture_of_his_own_class(runs: Registry) -> None:
    hosted = played(runs, CONDITIONAL)
    questions: list[bytes | dict[str, Any]] = [
        struct.pack("<5f", 0.5, 0.5, 0.5, 0.5, label) for label in (3, 7, 3)
    ]
    three, seven, again = (pixels(frame) for frame in pictures(questions, hosted))
    assert np.abs(three - again).max() <= 1
    assert np.abs(three - seven).max() > 20


def test_what_is_wrong_is_told_to_who_asked_it_alone(runs: Registry) -> None:
    hosted = played(runs, TINY)
    first, last = asked(2)
    wrong: list[bytes | dict[str, Any]] = [
        b"", b"\x00" * 3, {"z": "abc"}, {"z": [float("nan")] * 4}, {}
    ]  # fmt: skip
    got = pictures([first, *wrong, {"random": True}, last], hosted)
    assert [wire.decode(frame)[0]["kind"] for frame in got] == [
        "latent", *["error"] * len(wrong), "latent", "latent",
    ]  # fmt: skip
    assert all(wire.decode(frame)[0]["text"].endswith(".") for frame in got[1:-2])
    assert "z" in wire.decode(got[-2])[0]
    for frame, question in ((got[0], first), (got[-1], last)):
        assert np.abs(pixels(frame) - pixels(pictures([question], hosted)[0])).max() <= 1
    refused = pictures(wrong, hosted)
    assert all(wire.decode(frame)[0]["kind"] == "error" for frame in refused)


def test_where_there_is_no_generator_everybody_is_told() -> None:
    nothing: Any = SimpleNamespace(shown=lambda: None, state="loading")
    for frame in pictures(asked(3), nothing):
        assert "no generator yet" in wire.decode(frame)[0]["text"]


# -- waiting -------------------------------------------------------------------------------------


class Waiting:
    """In the place of the network: notes who was answered together, and holds on if told so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.batches: list[list[Any]] = []
        self.begun, self.go = threading.Event(), threading.Event()
        self.hold: Any = None
        self.clock, self.costs = 0.0, 0.0  # s, and s that a picture costs
        monkeypatch.setattr(module, "pictures", self.pictures)
        monkeypatch.setattr(module, "time", SimpleNamespace(perf_counter=lambda: self.clock))

    def pictures(self, questions: list[Any], explorable: Any) -> list[bytes]:
        self.batches.append(list(questions))
        if self.hold is None or explorable is self.hold:
            self.begun.set()
            assert self.go.wait(WAIT)
        self.clock += self.costs * len(questions)
        return [b"answer to " + one for one in questions]


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Iterator[Waiting]:
    waiting = Waiting(monkeypatch)
    yield waiting
    waiting.go.set()


def explorable(name: str, state: str = "paused", share: float = 1.0) -> Any:
    config = put(RunConfig(), {"training.exploring": share})
    return SimpleNamespace(view_id=name, state=state, shown=lambda: SimpleNamespace(config=config))


async def begun(network: Waiting) -> None:
    assert await asyncio.to_thread(network.begun.wait, WAIT)


def test_who_comes_while_others_are_answered_is_in_the_next_batch(network: Waiting) -> None:
    async def scene() -> list[bytes]:
        desk = Desk(explorable("a"))
        desk._most = MOST
        first = asyncio.create_task(desk.answer(b"0"))
        await begun(network)
        others = [asyncio.create_task(desk.answer(b"%d" % i)) for i in range(1, 30)]
        await asyncio.sleep(0)
        network.go.set()
        return await asyncio.gather(first, *others)

    answers = completed(scene())
    assert answers == [b"answer to %d" % i for i in range(30)], "each the answer to his own"
    assert network.batches == [[b"0"], [b"%d" % i for i in range(1, 30)]]


def test_a_generator_that_cannot_be_read_is_told_to_all_who_wait() -> None:
    def damaged() -> Any:
        raise PretrainedError("its file is damaged")

    async def scene() -> list[bytes]:
        desk = Desk(SimpleNamespace(view_id="a", state="pretrained", shown=damaged))
        return await asyncio.wait_for(
            asyncio.gather(*(desk.answer(b"") for _ in range(9))), timeout=WAIT
        )

    for frame in completed(scene()):  # more than the first batch holds
        assert "damaged" in wire.decode(frame)[0]["text"]


def test_who_has_waited_longest_comes_first_however_many_there_are(network: Waiting) -> None:
    """Three times as many as fit into a batch, who ask again and again: nobody falls behind."""
    network.go.set()
    network.costs = LONGEST / 10  # so ten make a batch

    async def scene() -> list[int]:
        desk = Desk(explorable("a"))
        counts = [0] * 30

        async def visitor(number: int) -> None:
            while sum(counts) < 3000:
                await desk.answer(b"%d" % number)
                counts[number] += 1

        await asyncio.gather(*(visitor(i) for i in range(30)))
        return counts

    counts = completed(scene())
    assert max(counts) - min(counts) <= 2
    settled = network.batches[2:-5]
    assert {len(batch) for batch in settled} <= {9, 10}
    assert all(len(set(batch)) == len(batch) for batch in settled)


def test_a_batch_is_as_long_as_the_network_is_quick(network: Waiting) -> None:
    network.go.set()

    async def batch_after(costs: float) -> int:
        network.costs = costs
        desk = Desk(explorable("a"))
        await desk.answer(b"0")
        network.batches.clear()
        await asyncio.gather(*(desk.answer(b"0") for _ in range(2 * MOST)))
        return len(network.batches[0])

    assert completed(batch_after(0.0)) == MOST
    assert completed(batch_after(LONGEST / 4.5)) == 4
    assert completed(batch_after(10 * LONGEST)) == 1


def test_who_goes_away_in_the_middle_disturbs_nobody(network: Waiting) -> None:
    async def scene() -> list[bytes]:
        desk = Desk(explorable("a"))
        stays, goes = (asyncio.create_task(desk.answer(one)) for one in (b"stays", b"goes"))
        await begun(network)
        goes.cancel()
        waits = [asyncio.create_task(desk.answer(one)) for one in (b"goes too", b"waits")]
        await asyncio.sleep(0)
        waits[0].cancel()
        network.go.set()
        return [await stays, await waits[1]]

    assert completed(scene()) == [b"answer to stays", b"answer to waits"]


def test_a_slow_generator_does_not_hold_up_another(network: Waiting) -> None:
    slow, quick = explorable("slow"), explorable("quick")
    network.hold = slow

    async def scene() -> None:
        desk = Desk(slow)
        many = [asyncio.create_task(desk.answer(b"slow")) for _ in range(10)]
        await begun(network)
        for _ in range(3):
            assert await Desk(quick).answer(b"quick") == b"answer to quick"
        assert not any(one.done() for one in many)
        network.go.set()
        await asyncio.gather(*many)

    completed(scene())


def test_all_who_explore_one_generator_wait_at_one_desk() -> None:
    a, same_name, b = explorable("a"), explorable("a"), explorable("b")

    async def scene() -> Desk:
        desk = desk_of(a)
        assert desk_of(a) is desk
        assert desk_of(b) is not desk
        assert desk_of(same_name) is not desk, "it would show another run"
        return desk

    completed(scene())
    assert "a" not in module._DESKS, "a desk goes with the last visitor"
    held = completed(scene())
    assert completed(scene()) is not held, "its loop is gone"


@pytest.mark.parametrize(
    ("state", "share", "rest"),
    [("running", 0.5, 0.02), ("running", 0.25, 0.06), ("running", 1.0, 0.0), ("paused", 0.25, 0.0),
     ("pretrained", 0.25, 0.0)],
)  # fmt: skip
def test_a_desk_rests_by_the_dial_while_its_run_trains(
    network: Waiting, monkeypatch: pytest.MonkeyPatch, state: str, share: float, rest: float
) -> None:
    network.go.set()
    network.costs = 0.02
    rested: list[float] = []

    async def scene() -> None:
        monkeypatch.setattr(asyncio, "sleep", sleep)
        await Desk(explorable("a", state, share)).answer(b"0")
        await real(0)

    async def sleep(seconds: float) -> None:
        rested.append(seconds)

    real = asyncio.sleep
    completed(scene())
    assert rested == [pytest.approx(rest)]


# -- over the socket -----------------------------------------------------------------------------


def test_rubbish_and_farewells_between_others_questions(client: TestClient, runs: Registry) -> None:
    hosted = played(runs, TINY)
    path = f"{PREFIX}/latent/{hosted.view_id}"
    questions = asked(12)
    wanted = [pixels(pictures([one], hosted)[0]) for one in questions]
    stop = threading.Event()

    def polite() -> None:
        with client.websocket_connect(path) as socket:
            for question, picture in zip(questions, wanted, strict=True):
                socket.send_bytes(question)
                got = pixels(socket.receive_bytes())
                assert np.abs(got - picture).max() <= 1, "the picture of somebody else"

    def rude() -> None:
        while not stop.is_set():
            with client.websocket_connect(path) as socket:
                socket.send_bytes(b"rubbish")
                assert wire.decode(socket.receive_bytes())[0]["kind"] == "error"
                socket.send_text('{"random": true}')  # and goes, without waiting for it

    with client, ThreadPoolExecutor(8) as people:  # one loop for all
        others = [people.submit(rude) for _ in range(2)]
        try:
            for one in [people.submit(polite) for _ in range(6)]:
                one.result(WAIT)
        finally:
            stop.set()
        for one in others:
            one.result(WAIT)
    assert hosted.viewers == 0


def test_a_run_that_is_explored_trains_as_one_that_is_not(
    client: TestClient, runs: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the dial says, and when it is turned: to the bit."""
    begin = Run.start

    def paused(run: Run) -> Run:
        run.send(Pause())  # before its first round
        return begin(run)

    monkeypatch.setattr(Run, "start", paused)
    alone, explored = (runs.start(TINY, "somebody") for _ in range(2))
    trains(alone)
    stop, made = threading.Event(), [0] * 4
    with client, ThreadPoolExecutor(len(made)) as people:  # one loop for all
        asking = [people.submit(drags, client, explored, stop, made, i) for i in range(len(made))]
        try:
            until(lambda: all(made))
            trains(explored)
            assert sum(made) > 3 * len(made), "hardly anybody asked while it trained"
        finally:
            stop.set()
        for one in asking:
            one.result(WAIT)
    assert same(end_of(alone), end_of(explored))


def trains(hosted: Hosted) -> None:
    for share in (0.05, 1.0, 0.5):
        hosted.run.send(Set("training.exploring", share)).result(WAIT)
        plays(hosted, 40)


def end_of(hosted: Hosted) -> Any:
    trainer = hosted.run._worker.trainer
    state = trainer.state_dict()
    return [
        *(state[part] for part in ("players", "streams", "batches", "steps")),
        trainer.history.recent(1000),
    ]


def drags(
    client: TestClient, hosted: Hosted, stop: threading.Event, made: list[int], number: int
) -> None:
    with client.websocket_connect(f"{PREFIX}/latent/{hosted.view_id}") as socket:
        while not stop.is_set():
            socket.send_text('{"random": true}')
            made[number] += wire.decode(socket.receive_bytes())[0]["kind"] == "latent"


def same(one: Any, other: Any) -> bool:
    """Equal to the bit, NaN among them."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other, equal_nan=True)
    return one == other
