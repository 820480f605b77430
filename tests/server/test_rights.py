"""Nothing of one visitor's run by the name of its folder: not by any route, not for another one."""

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from gan_lab.runs import Registry, State, wire
from gan_lab.runs.messages import Pause, Stop
from gan_lab.server.hub import Reached, alone_on, library
from gan_lab.server.routes import PREFIX, routes
from tests.patience import WAIT

ANNA, BERT = "anna's cookie", "bert's cookie"


@pytest.fixture
def runs():
    registry = Registry()
    yield registry
    registry.close()


@pytest.fixture
def client(runs):
    with TestClient(Starlette(routes=routes(runs))) as client:
        yield client


@pytest.fixture
def stopped(runs, small, until):
    """Anna's, at rest on the disk of a server that was started anew."""
    hosted = runs.start(small(), ANNA, "quick")
    until(hosted.run, lambda m: m.counts.steps > 2)
    hosted.send(Stop(), ANNA)
    assert hosted.run.join(WAIT)
    runs._hosted.clear()
    return hosted.directory.path


GUESSES = ("{name}", "{name}/", "..%2f{name}", "quick", "digits", "0", "pretrained")
ROUTES = ("/film/{guess}", "/film/{guess}/1-00000000", "/film/{guess}/animation.gif")


@pytest.mark.parametrize("opened", [False, True])
def test_a_folders_name_opens_nothing(client, runs, stopped, opened):
    if opened:
        runs.open(stopped.name, ANNA)
    for guess in (one.format(name=stopped.name) for one in GUESSES):
        for route in ROUTES:
            assert client.get(PREFIX + route.format(guess=guess)).status_code == 404, guess
        for socket in ("live", "latent"):
            with (
                pytest.raises(WebSocketDisconnect) as refused,
                client.websocket_connect(f"{PREFIX}/{socket}/{guess}") as line,
            ):
                line.receive_bytes()
            assert refused.value.code in (4404, 1000), guess


def test_a_view_id_shows_a_run_at_rest_and_gives_no_right(client, runs, stopped):
    hosted = runs.open(stopped.name, ANNA)
    told = client.get(f"{PREFIX}/film/{hosted.view_id}").json()
    step, _, tag = told["shots"][-1]
    assert client.get(f"{PREFIX}/film/{hosted.view_id}/{step}-{tag}").status_code == 200
    with client.websocket_connect(f"{PREFIX}/live/{hosted.view_id}") as line:
        moment, _ = wire.decode(line.receive_bytes())
        assert (moment["kind"], moment["state"]) == ("moment", "stopped")
        kinds = set()
        while "checkup" not in kinds:
            kinds.add(wire.decode(line.receive_bytes())[0]["kind"])
        assert {"picture", "opinion"} <= kinds
        line.send_json({"curves": {}})
        curves, _ = wire.decode(line.receive_bytes())
        assert curves["records"] == moment["counts"]["steps"]
    for visitor in (BERT, "", hosted.view_id, stopped.name):
        with pytest.raises(PermissionError):
            hosted.send(Pause(), visitor)
        with pytest.raises(PermissionError):
            runs.resume(hosted, visitor)


def heard(line):
    """The states of all moments, and behind them the code with which the server closed."""
    while True:
        try:
            header, _ = wire.decode(line.receive_bytes())
        except WebSocketDisconnect as closed:
            yield closed.code
            return
        if header["kind"] == "moment":
            yield header["state"]


def test_who_watches_a_run_at_rest_hears_that_it_goes_on(client, runs, stopped, until):
    hosted = runs.open(stopped.name, ANNA)
    address = f"{PREFIX}/live/{hosted.view_id}"
    with client.websocket_connect(address) as line:
        runs.resume(hosted, ANNA)
        *_, last, code = heard(line)
        assert (last, code) == (State.LOADING, 1012), "it comes again"
    hosted.send(Pause(), ANNA).result(WAIT)
    until(hosted.run, lambda m: m.state is State.PAUSED)
    with client.websocket_connect(address) as line:
        assert wire.decode(line.receive_bytes())[0]["state"] == "paused"


@pytest.mark.parametrize(
    ("address", "see", "all_of_them"),
    [("localhost", None, True), ("127.0.0.1", "", True), ("::1", "all", True),
     (None, None, False), ("0.0.0.0", None, False), ("192.168.1.2", None, False),
     ("a name", None, False), ("localhost", "own", False), ("0.0.0.0", "all", True)],
)  # fmt: skip
def test_who_is_alone_on_a_machine_sees_all(runs_root, monkeypatch, address, see, all_of_them):
    if see is None:
        monkeypatch.delenv("GANLAB_SEE", raising=False)
    else:
        monkeypatch.setenv("GANLAB_SEE", see)
    alone_on(address)
    assert library().see_all is all_of_them


@pytest.mark.parametrize(
    ("headers", "see", "all_of_them"),
    [({"host": "localhost:8501"}, None, True), ({"host": "127.0.0.1"}, None, True),
     ({"host": "[::1]:8501"}, None, True), ({"host": "gan.example.org"}, None, False),
     ({"host": "localhost", "x-forwarded-for": "10.0.0.7"}, None, False),
     ({"host": "localhost", "forwarded": "for=10.0.0.7"}, None, False),
     ({"host": "[nonsense"}, None, False), ({"host": "gan.example.org"}, "all", True)],
)  # fmt: skip
def test_behind_a_proxy_nobody_is_alone(runs_root, monkeypatch, headers, see, all_of_them):
    monkeypatch.delenv("GANLAB_SEE", raising=False)
    if see is not None:
        monkeypatch.setenv("GANLAB_SEE", see)
    alone_on("localhost")
    app = Starlette(middleware=[Middleware(Reached)])
    TestClient(app).get("/", headers=headers)
    assert library().see_all is all_of_them
    TestClient(app).get("/", headers={"host": "localhost"})
    assert library().see_all is all_of_them, "for good"
