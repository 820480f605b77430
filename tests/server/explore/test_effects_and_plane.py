"""What the sliders and the map ask: effects, planes, pictures at places on them, draws by seed."""

from __future__ import annotations

import io
import json
import time
from typing import Any

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient, WebSocketTestSession

from gan_lab.config import RunConfig, put
from gan_lab.runs import Hosted, Registry, wire
from gan_lab.runs.messages import Pause
from gan_lab.server import PREFIX
from gan_lab.server.explore.plane import MOST
from tests.patience import WAIT

TINY = put(RunConfig(), {"networks.g.width": 4, "networks.d.width": 4, "latent.dim": 4})
PLANE = {"origin": [0, 0, 0.5, -0.5], "across": [1, 0, 0, 0], "up": [0, 1, 0, 0]}


@pytest.fixture
def talk(client: TestClient, runs: Registry) -> Any:
    """``talk({...})`` opens a socket of a paused run with these changes."""
    opened = []

    def begin(**changes: object) -> WebSocketTestSession:
        one: Hosted = runs.start(put(TINY, changes), "somebody")
        one.run.send(Pause()).result(WAIT)
        deadline = time.monotonic() + WAIT
        while one.run.shown() is None:
            assert not one.run.latest().state.over, one.run.latest().note
            assert time.monotonic() < deadline, one.run.latest()
            time.sleep(0.01)
        socket = client.websocket_connect(f"{PREFIX}/latent/{one.view_id}")
        opened.append(socket)
        return socket.__enter__()

    yield begin
    for socket in opened:
        socket.__exit__(None, None, None)


def ask(socket: WebSocketTestSession, name: str, **fields: object) -> list[tuple[dict, bytes]]:
    """All answers."""
    socket.send_text(json.dumps({"ask": name, "id": 1, **fields}))
    answers = [wire.decode(socket.receive_bytes())]
    while answers[-1][0]["kind"] != "error" and not answers[-1][0]["done"]:
        answers.append(wire.decode(socket.receive_bytes()))
    return answers


def refusal(socket: WebSocketTestSession, name: str, **fields: object) -> str:
    ((header, _),) = ask(socket, name, **fields)
    assert header["kind"] == "error", header
    return header["text"]


def picture(socket: WebSocketTestSession, **asked: object) -> tuple[dict, np.ndarray]:
    socket.send_text(json.dumps(asked))
    header, payload = wire.decode(socket.receive_bytes())
    assert header["kind"] == "latent", header
    return header, pixels(payload)


def pixels(payload: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(payload)), np.int16)


def test_effects_get_better_known_and_end(talk: Any) -> None:
    answers = ask(talk(), "effects")
    assert [header["done"] for header, _ in answers] == [False, False, False, True]
    found = [np.frombuffer(payload, "<f4") for _, payload in answers]
    assert all(one.shape == (4,) and (one > 0).all() for one in found)
    assert answers[0][0]["unit"] == "grey levels of 255"
    np.testing.assert_allclose(found[0], found[-1], rtol=0.5)


def test_a_lattice_is_the_pictures_of_its_places(talk: Any) -> None:
    socket = talk()
    places = [[-1, 0.5], [0, 0], [2, -2]]
    ((header, payload),) = ask(socket, "lattice", **PLANE, places=places, side=64)
    assert (header["first"], header["count"], header["columns"], header["tile"]) == (0, 3, 3, 8)
    for i, (x, y) in enumerate(places):
        _, alone = picture(socket, z=[x, y, 0.5, -0.5])
        assert np.abs(pixels(payload)[:, 8 * i : 8 * i + 8] - alone).max() <= 1


def test_a_long_lattice_comes_in_parts_that_follow_each_other(talk: Any) -> None:
    socket = talk()
    answers = ask(socket, "lattice", **PLANE, places=[[0.01 * i, 0] for i in range(MOST)], side=8)
    assert sum(header["count"] for header, _ in answers) == MOST
    assert [header["first"] for header, _ in answers] == [0, 128]
    text = refusal(socket, "lattice", **PLANE, places=[[0, 0]] * (MOST + 1), side=8)
    assert text == f"places must be a list of 1 to {MOST} places."


def test_large_pictures_are_reduced_to_what_is_asked_for(talk: Any) -> None:
    socket = talk(**{"data.size": 32})
    ((header, payload),) = ask(socket, "lattice", **PLANE, places=[[0, 0]], side=16)
    assert header["tile"] == 16
    _, whole = picture(socket, z=PLANE["origin"])
    mean = whole.reshape(16, 2, 16, 2).mean((1, 3))
    assert np.abs(pixels(payload) - mean).max() <= 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"places": []}, {"places": [1, 2]}, {"places": [[1, 2, 3]]}, {"places": "all"},
        {"places": [[0, None]]}, {"places": [[0, 1e300]]}, {"places": [[0, 200]]},
        {"places": [[0]] * 2}, {"up": [0, 1]}, {"side": 4000}, {"side": "large"}, {"origin": None},
    ],
)  # fmt: skip
def test_a_wrong_lattice_is_refused_in_a_sentence(talk: Any, wrong: dict[str, Any]) -> None:
    asked = {**PLANE, "places": [[0, 0]], "side": 64, **wrong}
    assert refusal(talk(), "lattice", **asked).endswith(".")


def vectors(answers: list[tuple[dict, bytes]]) -> tuple[dict, np.ndarray]:
    ((header, payload),) = answers
    assert header["kind"] == "plane", header
    return header, np.frombuffer(payload, "<f4").reshape(3, -1)


def test_planes_of_every_kind(talk: Any) -> None:
    socket, z = talk(), [0.5, 1, -1, 2]
    header, found = vectors(ask(socket, "plane", of="numbers", i=3, j=0, z=z))
    assert header["numbers"] == [3, 0]
    assert found.tolist() == [[0, 1, -1, 0], [0, 0, 0, 1], [1, 0, 0, 0]]
    assert 1 < header["typical"] < 3  # about √4
    effects = np.frombuffer(ask(socket, "effects")[0][1], "<f4")
    header, _ = vectors(ask(socket, "plane", of="strongest", z=z))
    assert header["numbers"] == np.argsort(-effects)[:2].tolist()
    three = [z, [1, 1, 1, 1], [0, 0, 0, -3]]
    header, found = vectors(ask(socket, "plane", of="pictures", pictures=three))
    back = found[0] + np.array(header["marks"]) @ found[1:]
    np.testing.assert_allclose(back, three, atol=1e-5)
    _, found = vectors(
        ask(socket, "plane", of="vectors", z=z, vectors=[[2, 0, 0, 0], [1, 1, 0, 0]])
    )
    np.testing.assert_allclose(found[1:], [[1, 0, 0, 0], [0, 1, 0, 0]], atol=1e-6)
    seven = [vectors(ask(socket, "plane", of="random", seed=7, z=z))[1] for _ in range(2)]
    other = vectors(ask(socket, "plane", of="random", seed=8, z=z))[1]
    assert (seven[0] == seven[1]).all() and not np.allclose(seven[0], other)


def test_a_plane_that_is_none_is_refused(talk: Any) -> None:
    socket, z = talk(), [0.5, 1, -1, 2]
    assert "same way" in refusal(socket, "plane", of="numbers", i=1, j=1, z=z)
    assert "same way" in refusal(
        socket, "plane", of="pictures", pictures=[z, [0] * 4, [-x for x in z]]
    )
    assert "three" in refusal(socket, "plane", of="pictures", pictures=[z, z[::-1]])
    assert "must be one of" in refusal(socket, "plane", of="everything", z=z)
    assert "from 0 to 3" in refusal(socket, "plane", of="numbers", i=0, j=4, z=z)


def test_points_and_a_single_number_have_no_map(talk: Any) -> None:
    single = talk(**{"latent.dim": 1})
    assert "single number" in refusal(single, "plane", of="strongest", z=[0])
    dense = {f"networks.{who}.family": "dense" for who in "gd"}
    points = talk(**{"data.name": "ring", "objective.game": "plane", **dense})
    assert "makes points" in refusal(points, "plane", of="strongest", z=[0] * 4)
    assert "makes points" in refusal(points, "lattice", **PLANE, places=[[0, 0]], side=8)
    header, payload = ask(points, "effects")[-1]
    assert header["unit"] == "units of the plane"
    assert (np.frombuffer(payload, "<f4") > 0).all()


def test_the_class_is_that_of_the_question(talk: Any) -> None:
    socket = talk(**{"networks.labels": "concat"})
    three, four = (
        ask(socket, "lattice", **PLANE, places=[[0, 0]], side=8, label=label)[0][1]
        for label in (3, 4)
    )
    assert np.abs(pixels(three) - pixels(four)).max() > 0
    assert "class" in refusal(socket, "effects", label=10)


def test_a_seed_draws_the_same_again_and_what_is_held_stays(talk: Any) -> None:
    socket = talk()
    first, made = picture(socket, random=True, seed=42)
    again, same = picture(socket, random=True, seed=42)
    assert first["z"] == again["z"] and (made == same).all() and first["seed"] == 42
    half, _ = picture(socket, random=True, seed=42, scale=0.5)
    np.testing.assert_allclose(half["z"], 0.5 * np.array(first["z"]), atol=1e-3)
    held, _ = picture(socket, random=True, seed=42, held=[[2, 1.25]])
    assert held["z"] == [*first["z"][:2], 1.25, first["z"][3]]
    other, _ = picture(socket, random=True)
    assert other["seed"] != 42 and other["z"] != first["z"]
    assert picture(socket, random=True, seed=other["seed"])[0]["z"] == other["z"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"seed": -1}, {"seed": 1.5}, {"seed": "7"}, {"seed": True}, {"seed": 2**60},
        {"scale": -1}, {"scale": "x"}, {"scale": float("nan")}, {"scale": 100}, {"scale": True},
        {"held": 1}, {"held": [1]}, {"held": [[0]]}, {"held": [[4, 0]]}, {"held": [[0, "x"]]},
        {"held": [[0, 1e300]]}, {"held": [[0, float("nan")]]}, {"held": [[True, 0]]},
        {"held": [[0, 0]] * 5}, {"held": [["0", 0]]},
    ],
)  # fmt: skip
def test_a_wrong_draw_is_refused_in_a_sentence(talk: Any, wrong: dict[str, Any]) -> None:
    socket = talk()
    socket.send_text(json.dumps({"random": True, **wrong}))
    header, _ = wire.decode(socket.receive_bytes())
    assert header["kind"] == "error" and header["text"].endswith(".")
    assert "could be made" not in header["text"]
