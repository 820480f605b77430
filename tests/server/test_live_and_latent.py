"""The sockets of a run, with Starlette's test client in the place of a browser."""

from __future__ import annotations

import io
import json
import struct
import time
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient, WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

from gan_lab.config import RunConfig, put
from gan_lab.games import Generation
from gan_lab.measures import Measured, Value
from gan_lab.runs import Hosted, Registry, State, wire
from gan_lab.runs.messages import Checkup, Pause, Resume, Set, Step
from gan_lab.server import PREFIX, routes
from gan_lab.server.limits import LATENT
from gan_lab.server.origin import FOREIGN, UNKNOWN, same_origin
from tests.patience import WAIT

TINY = put(
    RunConfig(),
    {
        "networks.g.width": 4,
        "networks.d.width": 4,
        "latent.dim": 8,
        "training.grid": 3,
        "training.batch": 8,
    },
)


_WAITING = ThreadPoolExecutor(thread_name_prefix="receive")  # its thread ends with the socket


@pytest.fixture
def hosted(runs: Registry) -> Hosted:
    """A run that has paused after twelve steps."""
    return paused_after_twelve(runs, TINY)


def paused_after_twelve(runs: Registry, config: RunConfig) -> Hosted:
    one = runs.start(config, "somebody")
    deadline = time.monotonic() + WAIT
    wait([one.run.send(Pause()), one.run.send(Step(12))], WAIT)
    while one.run.latest().state is not State.PAUSED or one.run.latest().counts.steps < 12:
        assert not one.run.latest().state.over, one.run.latest().note
        assert time.monotonic() < deadline, one.run.latest()
        time.sleep(0.01)
    return one


def frame(socket: WebSocketTestSession) -> tuple[dict[str, Any], bytes]:
    """The next frame; fails if none comes."""
    return wire.decode(_WAITING.submit(socket.receive_bytes).result(WAIT))


def receive(
    socket: WebSocketTestSession, kind: str, **expected: object
) -> tuple[dict[str, Any], bytes]:
    """The next frame of a kind whose header has what is expected; fails if none comes."""
    deadline = time.monotonic() + WAIT
    while time.monotonic() < deadline:
        header, payload = frame(socket)
        if header["kind"] == kind and expected.items() <= header.items():
            return header, payload
    raise AssertionError(f"no {kind} with {expected} came")


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)), np.int16)


@pytest.mark.parametrize("which", ["live", "latent"])
def test_another_sites_page_is_turned_away(client: TestClient, hosted: Hosted, which: str) -> None:
    path = f"{PREFIX}/{which}/{hosted.view_id}"
    foreign = {"origin": "https://elsewhere.example"}
    with (
        client.websocket_connect(path, headers=foreign) as socket,
        pytest.raises(WebSocketDisconnect) as closed,
    ):
        frame(socket)
    assert closed.value.code == FOREIGN


def test_another_sites_page_may_ask_where_cors_is_off(runs: Registry, hosted: Hosted) -> None:
    client = TestClient(Starlette(routes=routes(runs, any_origin=True)))
    foreign = {"origin": "https://elsewhere.example"}
    with client.websocket_connect(f"{PREFIX}/live/{hosted.view_id}", headers=foreign) as socket:
        receive(socket, "moment")


@pytest.mark.parametrize(
    ("origin", "host", "same"),
    [
        (None, "h", True),
        ("https://h", "h", True),
        ("https://h", "h:443", True),
        ("http://h", "h:80", True),
        ("http://h:80", "h", True),
        ("http://H:8501", "h:8501", True),
        ("http://[::1]:8501", "[::1]:8501", True),
        ("https://h", "h:80", False),
        ("http://h", "h:443", False),
        ("http://h", "h:8501", False),
        ("http://h:8080", "h", False),
        ("http://h.evil", "h", False),
        ("null", "h", False),
        ("null", "", False),
        ("", "h", False),
        ("http://[", "h", False),
    ],
)
def test_default_ports_may_be_left_out(origin: str | None, host: str, same: bool) -> None:
    assert same_origin(origin, host) is same


@pytest.mark.parametrize("which", ["live", "latent"])
def test_an_unknown_run_is_said_to_be_unknown(client: TestClient, which: str) -> None:
    with (
        client.websocket_connect(f"{PREFIX}/{which}/nothing") as socket,
        pytest.raises(WebSocketDisconnect) as closed,
    ):
        frame(socket)
    assert closed.value.code == UNKNOWN


def test_a_viewer_gets_the_moment_and_the_picture_at_once(
    client: TestClient, hosted: Hosted
) -> None:
    own = {"origin": "http://testserver"}
    with client.websocket_connect(f"{PREFIX}/live/{hosted.view_id}", headers=own) as socket:
        moment, _ = receive(socket, "moment")
        assert moment["state"] == "paused"
        assert moment["counts"]["steps"] == 12
        picture, data = receive(socket, "picture")
        assert (picture["count"], picture["tile"], picture["step"]) == (9, 8, 12)
        assert data.startswith(b"\x89PNG")
        assert hosted.viewers == 1
    assert hosted.viewers == 0


def test_a_change_of_state_is_pushed(client: TestClient, hosted: Hosted) -> None:
    with client.websocket_connect(f"{PREFIX}/live/{hosted.view_id}") as socket:
        receive(socket, "moment")
        hosted.run.send(Step(3))
        while receive(socket, "moment", state="paused")[0]["counts"]["steps"] != 15:
            pass


def test_a_hidden_viewer_hears_of_changes_of_state_alone(
    client: TestClient, hosted: Hosted
) -> None:
    with client.websocket_connect(f"{PREFIX}/live/{hosted.view_id}") as socket:
        receive(socket, "moment")
        socket.send_text(json.dumps({"hidden": True}))
        socket.send_text(json.dumps({"curves": {}}))
        receive(socket, "curves")  # what was said before is now known
        hosted.run.send(Resume())
        number = receive(socket, "moment", state="running")[0]["number"]
        deadline = time.monotonic() + WAIT
        while hosted.run.latest().number < number + 5:
            assert time.monotonic() < deadline, hosted.run.latest()
            time.sleep(0.01)
        socket.send_text(json.dumps({"curves": {}}))
        kinds = [frame(socket)[0]["kind"]]
        while kinds[-1] != "curves":
            kinds.append(frame(socket)[0]["kind"])
        assert "moment" not in kinds
        hosted.run.send(Pause())
        receive(socket, "moment", state="paused")
        socket.send_text(json.dumps({"hidden": False}))
        receive(socket, "moment", state="paused")


def test_what_curves_did_around_a_step_can_be_asked(client: TestClient, hosted: Hosted) -> None:
    wait([hosted.run.send(Set("optim.g.lr", 0.125))], WAIT)
    wait([hosted.run.send(Step(3))], WAIT)
    while hosted.run.latest().counts.steps < 15:
        time.sleep(0.01)
    with client.websocket_connect(f"{PREFIX}/live/{hosted.view_id}") as socket:
        socket.send_text(json.dumps({"around": 12}))
        header, payload = receive(socket, "around")
        assert header["steps"] == [12, 3] and header["columns"][-2:] == ["lr/D", "lr/G"]
        before, after = np.frombuffer(payload, "<f4").reshape(2, -1)
        rates = [TINY.optim.d.lr, TINY.optim.g.lr]
        np.testing.assert_allclose([before[-2:], after[-2:]], [rates, [rates[0], 0.125]], rtol=1e-6)
        change = next(mark for mark in header["done"] if mark["path"] == "optim.g.lr")
        assert (change["new"], change["undoable"]) == (0.125, True)
        for wrong in (16, -1, 10**30):
            socket.send_text(json.dumps({"around": wrong}))
            assert receive(socket, "error")[0]["text"].startswith(f"there is no step {wrong}")
        for wrong in (None, True, 1.5, "12", [12], {}):
            socket.send_text(json.dumps({"around": wrong}))
            assert receive(socket, "error")[0]["text"] == "that was no question"
        socket.send_text(json.dumps({"around": 0}))
        assert receive(socket, "around")[0]["steps"] == [0, 15], "the talk goes on"


def test_curves_go_by_cursor(client: TestClient, hosted: Hosted) -> None:
    with client.websocket_connect(f"{PREFIX}/live/{hosted.view_id}") as socket:
        socket.send_text(json.dumps({"curves": {"level": -1, "since": 0, "marks": 0}}))
        whole, data = receive(socket, "curves")
        assert (whole["first"], whole["buckets"], whole["records"]) == (0, 12, 12)
        assert len(data) == 4 * 12 * 3 * len(whole["columns"])
        assert [mark["path"] for mark in whole["marks"]] == ["pause", "step"]
        cursor = {"level": whole["level"], "since": 9, "marks": whole["marks_end"]}
        socket.send_text(json.dumps({"curves": cursor}))
        rest, _ = receive(socket, "curves")
        assert (rest["first"], rest["buckets"], rest["marks"]) == (9, 3, [])


def test_what_never_changes_is_sent_to_whoever_asks(client: TestClient, hosted: Hosted) -> None:
    trainer = hosted.run._worker.trainer
    with client.websocket_connect(f"{PREFIX}/live/{hosted.view_id}") as socket:
        socket.send_text('{"still": "z"}')
        bars, numbers = receive(socket, "still")
        assert (bars["name"], bars["bars"], bars["rows"], bars["columns"]) == ("z", True, 4, 8)
        z = trainer.controls["z"][:4].numpy()
        assert np.array_equal(np.frombuffer(numbers, "<f4").reshape(4, 8), z)
        socket.send_text('{"still": "real"}')
        real, data = receive(socket, "still")
        assert (real["bars"], real["count"], real["tile"]) == (False, 4, 8)
        assert data.startswith(b"\x89PNG")
        socket.send_text('{"still": "../config.json"}')
        receive(socket, "error")


@pytest.mark.parametrize(
    "nonsense",
    ["", "{", "[]", "7", '{"curves": 3}', '{"curves": {"since": "x"}}', "[" * 900, "x" * 5000,
     '{"curves": {"since": Infinity}}'],
)  # fmt: skip
def test_nonsense_is_answered_and_the_talk_goes_on(
    client: TestClient, hosted: Hosted, nonsense: str
) -> None:
    with client.websocket_connect(f"{PREFIX}/live/{hosted.view_id}") as socket:
        socket.send_text(nonsense)
        receive(socket, "error")
        socket.send_text('{"curves": {}}')
        receive(socket, "curves")


def test_z_makes_a_picture(client: TestClient, hosted: Hosted) -> None:
    with client.websocket_connect(f"{PREFIX}/latent/{hosted.view_id}") as socket:
        socket.send_bytes(struct.pack("<8f", *([0.5] * 8)))
        header, by_bytes = receive(socket, "latent")
        assert (header["step"], header["tile"], header["state"]) == (12, 8, "paused")
        socket.send_text(json.dumps({"z": [0.5] * 8}))
        assert receive(socket, "latent")[1] == by_bytes
        socket.send_bytes(struct.pack("<8f", *([-0.5] * 8)))
        assert receive(socket, "latent")[1] != by_bytes


def test_a_class_stands_behind_z(client: TestClient, runs: Registry) -> None:
    hosted = paused_after_twelve(runs, put(TINY, {"networks.labels": "concat"}))
    z = [0.5] * 8
    with client.websocket_connect(f"{PREFIX}/latent/{hosted.view_id}") as socket:
        socket.send_bytes(struct.pack("<9f", *z, 3))
        three = receive(socket, "latent")[1]
        socket.send_text(json.dumps({"z": z, "label": 3}))
        assert receive(socket, "latent")[1] == three
        socket.send_text(json.dumps({"z": z, "label": 4}))
        assert receive(socket, "latent")[1] != three
        socket.send_text('{"random": true, "label": 9}')
        header, _ = receive(socket, "latent")
        assert (len(header["z"]), header["classes"]) == (8, list("0123456789"))
        wrong: bytes | str
        for wrong in (
            struct.pack("<8f", *z), struct.pack("<9f", *z, 0.5), struct.pack("<9f", *z, 10),
            '{"random": true, "label": -1}', '{"random": true, "label": "three"}',
            '{"random": true, "label": [3]}', '{"random": true, "label": NaN}',
        ):  # fmt: skip
            socket.send_bytes(wrong) if isinstance(wrong, bytes) else socket.send_text(wrong)
            assert "class" in receive(socket, "error")[0]["text"]


def test_a_game_without_noise_has_no_latent_space(
    client: TestClient, hosted: Hosted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Generation, "from_noise", False)
    with client.websocket_connect(f"{PREFIX}/latent/{hosted.view_id}") as socket:
        socket.send_text('{"random": true}')
        assert "begins from a picture" in receive(socket, "error")[0]["text"]


def test_a_random_z_is_the_runs_own_noise_and_can_be_repeated(
    client: TestClient, hosted: Hosted
) -> None:
    with client.websocket_connect(f"{PREFIX}/latent/{hosted.view_id}") as socket:
        socket.send_text('{"random": true}')
        header, picture = receive(socket, "latent")
        assert len(header["z"]) == 8
        assert np.isfinite(header["z"]).all()
        socket.send_text(json.dumps({"z": header["z"]}))
        again = receive(socket, "latent")[1]
        assert np.abs(pixels(again) - pixels(picture)).max() <= 1  # z was rounded on its way
        socket.send_text('{"random": true}')
        assert receive(socket, "latent")[0]["z"] != header["z"]


def test_a_random_z_of_uniform_noise_stays_in_its_range(client: TestClient, runs: Registry) -> None:
    hosted = paused_after_twelve(runs, put(TINY, {"latent.noise": "uniform"}))
    with client.websocket_connect(f"{PREFIX}/latent/{hosted.view_id}") as socket:
        drawn = []
        for _ in range(20):
            socket.send_text('{"random": true}')
            drawn += receive(socket, "latent")[0]["z"]
    assert np.abs(drawn).max() <= 1.0
    assert np.std(drawn) == pytest.approx(3**-0.5, abs=0.15)


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"\x00" * 31,
        struct.pack("<7f", *([0.0] * 7)),
        struct.pack("<8f", *([float("nan")] * 8)),
        struct.pack("<8f", *([float("inf")] * 8)),
        b"\x00" * (LATENT.longest + 1),
        '{"z": [1, 2]}',
        '{"z": "abc"}',
        '{"z": [NaN, 0, 0, 0, 0, 0, 0, 0]}',
        '{"z": [1e300, 0, 0, 0, 0, 0, 0, 0]}',
        "[]",
        "null",
        "not json",
    ],
)
def test_a_wrong_z_is_answered_in_words(
    client: TestClient, hosted: Hosted, wrong: bytes | str
) -> None:
    with client.websocket_connect(f"{PREFIX}/latent/{hosted.view_id}") as socket:
        socket.send_bytes(wrong) if isinstance(wrong, bytes) else socket.send_text(wrong)
        header, _ = receive(socket, "error")
        assert header["text"].endswith(".")
        socket.send_text('{"random": true}')
        receive(socket, "latent")


def test_a_checkup_comes_at_once_and_whenever_there_is_a_new_one(
    client: TestClient, hosted: Hosted
) -> None:
    with client.websocket_connect(f"{PREFIX}/live/{hosted.view_id}") as socket:
        header, payload = receive(socket, "checkup")
        assert set(header) == {"kind", "number", "take", "health", "measured", "past", "best"}
        assert payload == b""
        told = (Measured(5, "averaged", {"swd": Value(12.3456789, 64, 3.0)}),)
        hosted.run._mailbox.publish_checkup(Checkup(number=999, measured=told))
        header, _ = receive(socket, "checkup", number=999)
        (course,) = header["measured"]
        assert (course["name"], course["weights"], course["n"]) == ("swd", "averaged", 64)
        assert (course["steps"], course["numbers"], course["floor"]) == ([5], [12.346], 3.0)
        assert course["title"] and course["meaning"] and course["better"] in ("less", "more")


def test_a_long_course_keeps_both_ends_and_at_most_three_hundred_points() -> None:
    told = tuple(Measured(i, "averaged", {"swd": Value(float(i), 64)}) for i in range(1000))
    header, _ = wire.decode(wire.checkup_frame(Checkup(measured=told), TINY))
    steps = header["measured"][0]["steps"]
    assert (len(steps), steps[0], steps[-1]) == (300, 0, 999)
    assert steps == sorted(set(steps))


def test_what_a_curve_means_can_be_asked(client: TestClient, hosted: Hosted) -> None:
    with client.websocket_connect(f"{PREFIX}/live/{hosted.view_id}") as socket:
        socket.send_text(json.dumps({"meaning": "loss/D"}))
        header, _ = receive(socket, "meaning")
        assert header["of"] == "loss/D" and len(header["text"]) > 20


@pytest.mark.parametrize("wrong", [None, 3, ["loss/D"], {}])
def test_what_is_no_curve_is_refused_and_the_talk_goes_on(
    client: TestClient, hosted: Hosted, wrong: object
) -> None:
    with client.websocket_connect(f"{PREFIX}/live/{hosted.view_id}") as socket:
        socket.send_text(json.dumps({"meaning": wrong}))
        receive(socket, "error")
        socket.send_text(json.dumps({"curves": {}}))
        receive(socket, "curves")
