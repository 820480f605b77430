"""Wells, inversion and neighbours over the latent socket."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from starlette.testclient import TestClient, WebSocketTestSession

from gan_lab.config import RunConfig, put
from gan_lab.data import load
from gan_lab.latent import measures
from gan_lab.runs import Hosted, Registry, wire
from gan_lab.runs.messages import Pause
from gan_lab.server import PREFIX
from gan_lab.server.explore import real
from tests.alike import same_images
from tests.patience import WAIT

TINY = {"networks.g.width": 4, "networks.d.width": 4, "latent.dim": 4}


def hosted(runs: Registry, changes: dict[str, Any] | None = None) -> Hosted:
    one = runs.start(put(RunConfig(), {**TINY, **(changes or {})}), "somebody")
    one.run.send(Pause()).result(WAIT)
    return one


@pytest.fixture
def socket(client: TestClient, runs: Registry) -> Any:
    with client.websocket_connect(f"{PREFIX}/latent/{hosted(runs).view_id}") as opened:
        yield opened


def asked(socket: WebSocketTestSession, name: str, **fields: object) -> list[tuple[dict, bytes]]:
    """All answers to a question."""
    socket.send_text(json.dumps({"ask": name, "id": 1, **fields}))
    answers = [wire.decode(socket.receive_bytes())]
    while answers[-1][0]["kind"] != "error" and not answers[-1][0]["done"]:
        answers.append(wire.decode(socket.receive_bytes()))
    return answers


def picture(payload: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(payload)))


def file_of(pixels: np.ndarray, kind: str = "PNG") -> str:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind)
    return base64.b64encode(buffer.getvalue()).decode()


def test_wells_are_summed(socket: WebSocketTestSession) -> None:
    fields = {"a": [[2, 0, 0, 0], [0, 2, 0, 0]], "b": [[1, 0, 0, 0]], "c": [[0, 0, 3, 0]]}
    [(header, payload)] = asked(socket, "wells", usual=False, **fields)
    assert header["z"] == [0, 1, 3, 0] and header["wells"] == ["a", "b", "c"]
    assert header["lengths"]["a"] == pytest.approx(2**0.5, abs=1e-3)
    assert picture(payload).shape == (8, 32)
    [(usual, _)] = asked(socket, "wells", **fields)
    assert np.linalg.norm(usual["z"]) == pytest.approx(usual["shell"], abs=1e-3)
    [(alone, payload)] = asked(socket, "wells", a=[[1, 0, 0, 0]], b=[], usual=False)
    assert alone["wells"] == ["a"] and picture(payload).shape == (8, 16)
    [(wrong, _)] = asked(socket, "wells")
    assert wrong["text"] == "Put a picture into a well first."


def test_real_pictures_are_offered_by_number(socket: WebSocketTestSession) -> None:
    train = load(RunConfig().data).images
    [(header, payload)] = asked(socket, "real", part="train", page=1)
    number = header["numbers"][9]
    shown = picture(payload)[8:16, 8:16]  # second row, second column
    assert header["count"] == len(train) and len(header["numbers"]) == 24
    assert np.array_equal(shown, train[number, 0].numpy())
    [(_, payload)] = asked(socket, "subject", of="train", number=number)
    assert np.array_equal(picture(payload), train[number, 0].numpy())


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_an_upload_is_cut_to_what_the_model_knows(socket: WebSocketTestSession, kind: str) -> None:
    wide = np.zeros((60, 120, 3), np.uint8)
    wide[:, 30:90] = 255
    [(_, payload)] = asked(socket, "subject", of="file", file=file_of(wide, kind))
    assert picture(payload).shape == (8, 8) and picture(payload).min() > 220


def test_what_is_no_picture_is_refused_kindly(socket: WebSocketTestSession) -> None:
    text = base64.b64encode(b"import os").decode()
    for fields in (
        {"of": "file", "file": text}, {"of": "file"}, {"of": "file", "file": "A" * (7 << 20)},
        {"of": "train", "number": 10**6}, {"of": "train"}, {"of": "elsewhere"},
        {"of": "here", "z": [1]},
    ):  # fmt: skip
        for name in ("subject", "inversion", "neighbours"):
            [(header, _)] = asked(socket, name, **fields)
            assert header["kind"] == "error" and header["text"].endswith(".")
            assert "Traceback" not in header["text"]


def test_an_inversion_tells_how_it_goes(socket: WebSocketTestSession) -> None:
    answers = asked(socket, "inversion", of="here", z=[1, 0, -1, 0.5], steps=60, starts=8)
    first, last = answers[0][0], answers[-1][0]
    assert (first["at"], last["at"], last["of"]) == (0, 60, 60)
    assert len(last["psnr"]) == 8 and last["best"] >= first["best"]
    assert picture(answers[-1][1]).shape == (8, 24)
    wanted, found, apart = np.split(picture(answers[-1][1]).astype(int), 3, 1)
    assert np.array_equal(np.minimum(255, 3 * abs(wanted - found)), apart)
    # its z makes the picture that was shown
    [(_, payload)] = asked(socket, "subject", of="here", z=last["z"])
    same_images(picture(payload), found)


def test_an_upload_can_be_looked_for(socket: WebSocketTestSession) -> None:
    answers = asked(socket, "inversion", of="file", file=file_of(np.zeros((9, 9), np.uint8)),
                    steps=5, starts=2)  # fmt: skip
    assert answers[-1][0]["done"] and len(answers[-1][0]["z"]) == 4


@pytest.mark.parametrize("feature", ["pixels", "edges"])
def test_a_training_picture_is_its_own_nearest(socket: WebSocketTestSession, feature: str) -> None:
    header, payload = asked(socket, "neighbours", of="train", number=17, feature=feature)[-1]
    assert header["numbers"][0] == 17 and header["exact"] is True
    assert header["distance"][0] == pytest.approx(0, abs=1e-5)
    assert header["distance"] == sorted(header["distance"])
    assert picture(payload).shape == (8, 72)
    header, _ = asked(socket, "neighbours", of="held out", number=3, feature=feature)[-1]
    assert header["exact"] is False and header["distance"][0] > 0


def test_a_thousand_samples_are_measured(socket: WebSocketTestSession) -> None:
    answers = asked(socket, "memorised")
    shares = [header["share"] for header, _ in answers]
    assert shares == sorted(shares) and shares[-1] == 1.0
    header, payload = answers[-1]
    assert sum(header["samples"]) == header["n"] == 1000
    assert sum(header["unseen"]) == header["m"] and header["held_out"]
    # a few rounds make no pictures like real ones
    assert header["verdict"] != "memorised" and "1,000 samples" in header["sentence"]
    assert picture(payload).shape == (16, 64)


def test_a_generator_that_holds_training_pictures_is_caught(
    socket: WebSocketTestSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gan_lab.server.explore import neighbours

    train = load(RunConfig().data).images

    def stolen(asked: object, count: int, seed: int) -> torch.Tensor:
        return train[torch.randint(400, (count,), generator=torch.Generator().manual_seed(seed))]

    monkeypatch.setattr(neighbours, "_samples", stolen)
    header, payload = asked(socket, "memorised", feature="pixels")[-1]
    assert header["verdict"] == "memorised"
    rows = picture(payload)
    assert np.array_equal(rows[:8], rows[8:]), "the copies stand above what they are copies of"


def test_pictures_that_are_not_here_are_said_to_be_missing(
    client: TestClient, runs: Registry, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    with client.websocket_connect(f"{PREFIX}/latent/{hosted(runs).view_id}") as socket:
        real._LOADED.clear()
        measures._LEARNED.clear()

        def gone(*_: object, **__: object) -> None:
            raise real.DataError(f"the data set is not below {tmp_path}")

        monkeypatch.setattr("gan_lab.latent.real.load_again", gone)
        for name, fields in (
            ("real", {}),
            ("memorised", {}),
            ("subject", {"of": "train", "number": 0}),
            ("directions", {"how": "labels"}),
            ("predicts", {"directions": [{"name": "one", "vector": [1, 0, 0, 0]}]}),
        ):
            [(header, _)] = asked(socket, name, **fields)
            assert "not on this machine" in header["text"] and str(tmp_path) not in header["text"]


def test_points_have_no_pictures_to_look_for(client: TestClient, runs: Registry) -> None:
    dense = {"networks.g.family": "dense", "networks.d.family": "dense"}
    plane = {"objective.game": "plane", "data.name": "ring", **dense}
    with client.websocket_connect(f"{PREFIX}/latent/{hosted(runs, plane).view_id}") as socket:
        for name in ("inversion", "neighbours", "memorised", "real"):
            header = asked(socket, name, of="here", z=[0, 0, 0, 0])[-1][0]
            assert header["kind"] == "error" and "points" in header["text"]
        header, payload = asked(socket, "wells", a=[[1, 0, 0, 0]])[-1]
        assert header["wells"] == ["a"] and picture(payload).shape == (384, 768, 3)


def test_a_conditional_model_is_asked_in_a_class(client: TestClient, runs: Registry) -> None:
    told = {"networks.labels": "concat"}
    with client.websocket_connect(f"{PREFIX}/latent/{hosted(runs, told).view_id}") as socket:
        header, _ = asked(socket, "wells", a=[[1, 0, 0, 0]], label=4)[-1]
        assert header["label"] == 4
        header, _ = asked(socket, "inversion", of="train", number=0, steps=3, only=7)[-1]
        assert header["label"] == 7
        header, _ = asked(socket, "memorised")[-1]
        assert header["n"] == 1000
