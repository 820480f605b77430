"""The film of a run over HTTP: who may ask, what is answered, what is kept by browsers."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import Callable
from concurrent.futures import wait
from threading import Event, Thread
from types import SimpleNamespace

import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.testclient import TestClient

from gan_lab.config import RunConfig, put
from gan_lab.runs import Hosted, Registry, Run, State, wire
from gan_lab.runs.animation import AnimationError
from gan_lab.runs.film import messages
from gan_lab.runs.messages import Checkpoint, Pause, Set, Step, Undo
from gan_lab.server import COOKIE, PREFIX, routes
from gan_lab.server import film as module
from gan_lab.server.limits import of_address
from tests.event_loop import completed
from tests.patience import WAIT

TINY = put(
    RunConfig(),
    {
        "networks.g.width": 4,
        "networks.d.width": 4,
        "latent.dim": 8,
        "training.grid": 2,
        "training.batch": 8,
        "training.checkpoint_seconds": 0.0,
    },
)


@pytest.fixture
def hosted(runs: Registry, monkeypatch: pytest.MonkeyPatch) -> Hosted:
    """A run that stands still at step 6 and has shots and states of steps 0, 3 and 6."""
    begin = Run.start

    def paused(run: Run) -> Run:
        run.send(Pause())  # before its first round
        return begin(run)

    monkeypatch.setattr(Run, "start", paused)
    one = runs.start(TINY, "somebody")
    for step in (3, 6):
        wait([one.run.send(Step(3))], WAIT)
        deadline = time.monotonic() + WAIT
        while (now := one.run.latest()).counts.steps < step or now.state is not State.PAUSED:
            assert not now.state.over, now.note
            assert time.monotonic() < deadline, now
            time.sleep(0.01)
        wait([one.run.send(Checkpoint())], WAIT)
    return one


def root(hosted: Hosted) -> str:
    return f"{PREFIX}/film/{hosted.view_id}"


def test_what_there_is(client: TestClient, hosted: Hosted) -> None:
    answer = client.get(root(hosted))
    assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store"
    index = answer.json()
    assert [step for step, _, _ in index["shots"]] == index["states"] == [0, 3, 6]
    assert index["shots"][-1][1] == pytest.approx(hosted.run.latest().seconds, abs=1e-3)
    assert index["changes"] == []
    wait([hosted.run.send(Set("optim.g.lr", 0.05))], WAIT)
    (change,) = client.get(root(hosted)).json()["changes"]
    assert (change["path"], change["new"]) == ("optim.g.lr", 0.05)
    assert change["place"] == len(hosted.run.ledger()) - 1


def test_a_shot_is_what_went_to_the_page_and_stays_in_the_browser(
    client: TestClient, hosted: Hosted
) -> None:
    step, _, tag = client.get(root(hosted)).json()["shots"][-1]
    answer = client.get(f"{root(hosted)}/{step}-{tag}")
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]
    assert "private" in answer.headers["cache-control"]
    first, *rest = messages(answer.content)
    header, _ = wire.decode(first)
    assert (header["kind"], header["step"]) == ("film", 6)
    assert header["readings"].keys() >= {"loss/D", "loss/G"}
    moment = hosted.run.latest()
    assert moment.pictures and moment.opinions
    assert rest == wire.moment_frames(moment)[1:]


@pytest.mark.parametrize("path", ["", "/0-x", "/animation.gif"])
def test_only_who_has_the_view_id_and_a_page_of_this_server_may_look(
    runs: Registry, client: TestClient, hosted: Hosted, path: str
) -> None:
    for view_id in ("guess", hosted.view_id[:-1], hosted.view_id + "x"):
        answer = client.get(f"{PREFIX}/film/{view_id}{path}")
        assert answer.status_code == 404 and "no such run" in answer.text
    foreign = {"origin": "https://elsewhere.example"}
    answer = client.get(root(hosted) + path, headers=foreign)
    assert answer.status_code == 403 and answer.text == "not from here"
    own = {"origin": "http://testserver"}
    assert client.get(root(hosted), headers=own).status_code == 200
    anybody = TestClient(Starlette(routes=routes(runs, any_origin=True)))
    assert anybody.get(root(hosted), headers=foreign).status_code == 200


@pytest.mark.parametrize(
    "shot",
    ["1-00000000", "6-00000000", "-1-x", "6", "6-", "99999999999999999999999-x", "x-y",
     "..%2f..%2fconfig.json", "6-..%2f..%2fconfig.json", "animation.avi", "animation."],
)  # fmt: skip
def test_what_is_not_on_the_film_is_not_found(
    client: TestClient, hosted: Hosted, shot: str
) -> None:
    answer = client.get(f"{root(hosted)}/{shot}")
    assert answer.status_code == 404
    assert "immutable" not in answer.headers.get("cache-control", "")


def test_a_shot_that_never_happened_any_more_is_not_found(
    client: TestClient, hosted: Hosted
) -> None:
    run = hosted.run
    wait([run.send(Set("optim.g.lr", 0.05))], WAIT)
    place = len(run.ledger()) - 1
    wait([run.send(Step(2))], WAIT)
    deadline = time.monotonic() + WAIT
    while run.latest().counts.steps < 8 or run.latest().state is not State.PAUSED:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    wait([run.send(Checkpoint())], WAIT)
    step, _, tag = client.get(root(hosted)).json()["shots"][-1]
    assert step == 8 and client.get(f"{root(hosted)}/8-{tag}").status_code == 200
    wait([run.send(Undo(place))], WAIT)
    assert client.get(f"{root(hosted)}/8-{tag}").status_code == 404
    index = client.get(root(hosted)).json()
    assert index["shots"][-1][0] == 6 and index["states"][-1] == 6


def test_a_damaged_file_is_not_handed_out(client: TestClient, hosted: Hosted) -> None:
    step, _, tag = client.get(root(hosted)).json()["shots"][1]
    path = hosted.run.directory.path / "film" / f"{step:09d}.film"
    path.write_bytes(path.read_bytes()[:-3])
    assert client.get(f"{root(hosted)}/{step}-{tag}").status_code == 404
    path.unlink()
    assert client.get(f"{root(hosted)}/{step}-{tag}").status_code == 404


@pytest.mark.parametrize("kind", ["gif", "webp"])
def test_the_film_as_one_file(client: TestClient, hosted: Hosted, kind: str) -> None:
    answer = client.get(f"{root(hosted)}/animation.{kind}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == f"image/{kind}"
    name = f"{hosted.run.directory.path.name}.{kind}"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    with Image.open(io.BytesIO(answer.content)) as opened:
        assert opened.n_frames == 3  # type: ignore[attr-defined]


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> tuple[Event, Event]:
    """Animations wait for the first event; the second one says that one has begun."""
    hold, begun = Event(), Event()

    def slow(*_: object) -> bytes:
        begun.set()
        hold.wait(WAIT)
        return b"done"

    monkeypatch.setattr(module, "animation", slow)
    return hold, begun


def test_one_visitor_asks_for_one_film_at_a_time(
    client: TestClient, hosted: Hosted, held: tuple[Event, Event]
) -> None:
    hold, begun = held
    path = f"{root(hosted)}/animation.gif"
    anna, bert = ({"cookie": f"{COOKIE}={name}"} for name in ("anna", "bert"))
    answers = []
    with client:
        first = Thread(target=lambda: answers.append(client.get(path, headers=anna)))
        first.start()
        assert begun.wait(WAIT)
        assert client.get(path, headers=anna).status_code == 503
        second = Thread(target=lambda: answers.append(client.get(path, headers=bert)))
        second.start()
        hold.set()
        first.join(WAIT)
        second.join(WAIT)
    assert [answer.status_code for answer in answers] == [200, 200]


def test_a_film_that_nobody_waits_for_any_more_is_ended() -> None:
    begun, ended = Event(), Event()

    def slow(stopped: Callable[[], bool]) -> bytes:
        begun.set()
        for _ in range(int(WAIT / 0.01)):
            if stopped():
                ended.set()
                raise AnimationError("nobody waits for this film any more")
            time.sleep(0.01)
        return b"done"

    async def play() -> None:
        gone = asyncio.Event()

        async def receive() -> dict[str, str]:
            await gone.wait()
            return {"type": "http.disconnect"}

        request = Request({"type": "http", "headers": []}, receive)
        made = asyncio.create_task(module._while_wanted(request, slow))
        assert await asyncio.to_thread(begun.wait, WAIT)
        gone.set()
        with pytest.raises(AnimationError):
            await asyncio.wait_for(made, WAIT)

    completed(play())
    assert ended.is_set()


def test_many_who_ask_at_once_are_asked_to_wait(
    client: TestClient,
    hosted: Hosted,
    held: tuple[Event, Event],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hold, begun = held
    monkeypatch.setattr(module, "_QUEUE", 1)
    answers = []
    path = f"{root(hosted)}/animation.gif"
    with client:  # one loop for all
        first = Thread(target=lambda: answers.append(client.get(path)))
        first.start()
        assert begun.wait(WAIT)
        refused = client.get(path)
        assert refused.status_code == 503 and "try again" in refused.text
        hold.set()
        first.join(WAIT)
        assert answers[0].content == b"done"
        assert client.get(path).status_code == 200


def test_invented_cookies_of_one_address_leave_an_animation_to_others(
    hosted: Hosted, held: tuple[Event, Event]
) -> None:
    hold, begun = held
    whole = module.film_animation(SimpleNamespace(get=lambda _: hosted))  # type: ignore[arg-type]

    def asks(visitor: str, address: str) -> asyncio.Task[Response]:
        async def receive() -> dict[str, str]:
            await asyncio.Event().wait()
            raise AssertionError

        scope = {
            "type": "http", "client": (address, 50000),
            "path_params": {"view_id": "", "kind": "gif"},
            "headers": [(b"cookie", f"{COOKIE}={visitor}".encode())],
        }  # fmt: skip
        return asyncio.create_task(whole(Request(scope, receive)))  # type: ignore[arg-type]

    async def play() -> None:
        first = [asks(f"invented {n}", "192.0.2.1") for n in range(of_address(module._QUEUE))]
        assert await asyncio.to_thread(begun.wait, WAIT)
        assert (await asks("invented", "192.0.2.1")).status_code == 503
        hers = asks("anna", "198.51.100.7")
        await asyncio.sleep(0)
        hold.set()
        answers = await asyncio.wait_for(asyncio.gather(*first, hers), WAIT)
        assert [answer.status_code for answer in answers] == [200] * len(answers)

    completed(play())


def test_routes_follow_the_base_path(runs: Registry, hosted: Hosted) -> None:
    client = TestClient(Starlette(routes=routes(runs, "lab")))
    assert client.get(f"/lab{root(hosted)}").status_code == 200
    assert client.get(root(hosted)).status_code == 404


@pytest.mark.parametrize("digits", [16, 4_300, 4_301, 30_000])
def test_a_step_of_too_many_digits_is_not_on_the_film(client, hosted, digits) -> None:
    """Python reads no whole number of more than 4,300 digits."""
    for tag in ("x", "0"):
        answer = client.get(f"{PREFIX}/film/{hosted.view_id}/{'9' * digits}-{tag}")
        assert (answer.status_code, answer.text) == (404, "that step is not on the film")
