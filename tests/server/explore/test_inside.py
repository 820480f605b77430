"""The questions of "Look inside" over the socket, held against the maths itself."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from starlette.testclient import TestClient, WebSocketTestSession

from gan_lab.config import RunConfig, put
from gan_lab.data import load
from gan_lab.latent import Model, inside
from gan_lab.latent.inside import Turned
from gan_lab.latent.saliency import saliency
from gan_lab.presets import preset
from gan_lab.runs import Hosted, Registry, wire
from gan_lab.runs.messages import Pause, Shown, State
from gan_lab.runs.pictures import mosaic, png
from gan_lab.server import PREFIX
from tests.patience import WAIT

TINY: dict[str, Any] = {
    "networks.g.width": 4, "networks.d.width": 4, "latent.dim": 4, "data.name": "digits",
    "training.batch": 4, "training.threads": 1,
}  # fmt: skip
Z = [0.5, -0.5, 0.25, 1.0]


@pytest.fixture
def talk(client: TestClient, runs: Registry) -> Callable[..., tuple[WebSocketTestSession, Hosted]]:
    """A socket to a paused run of a tiny experiment with some changes."""

    def open_(changes: dict[str, Any] | None = None, config: RunConfig | None = None) -> Any:
        one = runs.start(config or put(RunConfig(), {**TINY, **(changes or {})}), "somebody")
        stand_still(one)
        return client.websocket_connect(f"{PREFIX}/latent/{one.view_id}"), one

    return open_


def ask(socket: WebSocketTestSession, name: str, **fields: object) -> tuple[dict[str, Any], bytes]:
    socket.send_text(json.dumps({"ask": name, "id": 1, **fields}))
    return wire.decode(socket.receive_bytes())


def stand_still(one: Hosted) -> None:
    """Pause, and wait for the moment that shows it."""
    one.run.send(Pause()).result(WAIT)
    deadline = time.monotonic() + WAIT
    while one.run.latest().state is not State.PAUSED:
        assert time.monotonic() < deadline
        time.sleep(0.002)


def shown_of(one: Hosted) -> Shown:
    shown = one.shown()
    assert shown is not None
    return shown


def numbers(header: dict[str, Any], data: bytes) -> np.ndarray:
    """What the signed bytes of maps stand for."""
    shape = header["shape"]
    found = np.frombuffer(data[: int(np.prod(shape))], np.int8).astype(float).reshape(shape) / 127
    peaks = np.array(header["peaks"])
    return found * (peaks[:, None, None] if len(shape) == 3 else peaks[0])


def test_what_a_stage_gives_is_told_map_by_map(talk) -> None:
    opened, one = talk()
    with opened as socket:
        model = shown_of(one).model
        stages = inside.stages(model)
        given = inside.activations(model, torch.tensor([Z]))
        for number, stage in enumerate(stages, 1):
            header, data = ask(socket, "inside", z=Z, stage=number)
            assert [told["name"] for told in header["stages"]] == [s.name for s in stages]
            assert (header["stage"], tuple(header["shape"])) == (number, stage.shape)
            expected = given[number - 1][0].numpy()
            peak = np.abs(expected).max()
            assert np.abs(numbers(header, data) - expected).max() <= peak / 127
            assert (header["change"], header["difference"]) == (0.0, None)


def test_the_picture_follows_what_is_turned(talk) -> None:
    opened, one = talk()
    with opened as socket:
        model, z = shown_of(one).model, torch.tensor([Z])
        off = [[2, 1, 0], [2, 3, 2.5]]
        turned = [Turned(*t) for t in off]
        raw = inside.altered(model, z, turned=turned)
        header, data = ask(socket, "turned", z=Z, turned=off)
        assert data == png(mosaic(model.pixels(raw)))
        assert (header["tile"], header["mime"], header["state"]) == (8, "image/png", "paused")
        header, data = ask(socket, "inside", z=Z, stage=2, turned=off)
        before = model.raw(z)
        expected = float(inside.difference(model, before, raw))
        assert header["change"] == pytest.approx(expected) and expected > 0
        sent = np.frombuffer(data[int(np.prod(header["shape"])) :], np.int8).reshape(8, 8)
        change = (raw - before)[0, 0].numpy() / 2
        peak = header["difference"]["peak"]
        assert header["difference"]["shape"] == [8, 8]
        assert peak == pytest.approx(np.abs(change).max(), rel=1e-3)
        assert np.abs(sent / 127 * peak - change).max() <= peak / 127
        # others who explore the same generator see nothing of it
        assert ask(socket, "turned", z=Z)[1] == png(mosaic(model.images(z)))


def test_which_channels_matter_comes_part_by_part(talk) -> None:
    opened, one = talk()
    with opened as socket:
        model = shown_of(one).model
        socket.send_text(json.dumps({"ask": "important", "id": 5, "z": Z, "stage": 2}))
        found: dict[int, float] = {}
        while True:
            header, _ = wire.decode(socket.receive_bytes())
            found |= dict(zip(header["channels"], header["changes"], strict=True))
            assert header["tried"] == len(found)
            if header["done"]:
                break
        expected = inside.importance(model, torch.tensor([Z]), 2)
        assert len(found) == len(expected) == header["all"]
        for channel, change in found.items():
            assert change == pytest.approx(float(expected[channel]), abs=2e-6)


@pytest.mark.parametrize(
    "turned",
    [3, [[1, 2]], [[0, 0, 0]], [[99, 0, 0]], [[2, 9999, 0]], [[2, 0, 4.5]], [[2, 0, "x"]],
     [[2, 0.5, 1]], [[True, 0, 1]], [[2, 0, 1]] * 65],
)  # fmt: skip
def test_what_cannot_be_turned_is_answered_in_words(talk, turned) -> None:
    opened, _ = talk()
    with opened as socket:
        header, _ = ask(socket, "turned", z=Z, turned=turned)
        assert header["kind"] == "error" and header["text"].endswith(".")
        assert "turned" in header["text"]
        assert ask(socket, "turned", z=Z)[0]["kind"] == "turned", "the talk goes on"


@pytest.mark.parametrize(
    "changes",
    [{}, {"networks.labels": "concat"}, {"networks.labels": "projection"},
     {"networks.d.minibatch": "stddev"}, {"objective.loss": "wasserstein"}],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("of", ["fake", "real"])
def test_d_is_asked_about_one_picture_as_its_game_asks_it(talk, changes, of) -> None:
    opened, one = talk(changes)
    with opened as socket:
        header, data = ask(socket, "saliency", of=of, z=Z, label=3, index=7)
        assert header["kind"] == "saliency", header
        shown = shown_of(one)
        model, onlooker = shown.model, shown.onlooker
        data_set = load(model.config.data)
        told = "networks.labels" in changes
        compares = "networks.d.minibatch" in changes
        assert data_set.labels is not None
        if of == "real":
            label = data_set.labels[7:8] if told else None
            x, others = onlooker.known(data_set.images[7:8]), data_set.images[:3]
            company = onlooker.known(others) if compares else None
        else:
            label = torch.tensor([3]) if told else None
            x = model.raw(torch.tensor([Z]), label)
            company = model.raw(model.draw(3)) if compares else None
        found = saliency(onlooker.look(label), x, model.output, company=company)
        assert header["score"] == pytest.approx(found.score, abs=1e-5)
        speaks, peak = np.frombuffer(data[:64], np.int8).reshape(8, 8), header["speaks"]
        assert np.abs(speaks / 127 * peak - found.speaks.numpy()).max() <= max(peak, 1e-9) / 126
        brighter = np.frombuffer(data[64:128], np.int8).reshape(8, 8)
        expected = found.slope.sum(0).numpy()
        assert (
            np.abs(brighter / 127 * header["brighter"] - expected).max()
            <= np.abs(expected).max() / 126
        )
        assert header["label"] == (None if label is None else str(int(label)))
        assert data.endswith(png(mosaic(model.pixels(x))))
        maps = numbers(header, data[128:])
        assert np.allclose(maps, found.features[0][0].numpy(), atol=max(header["peaks"]) / 120)
        words = "raw score" if "objective.loss" in changes else "probability"
        assert words in header["words"]
        calm, _ = ask(socket, "saliency", of=of, z=Z, label=3, index=7, calm=True)
        assert calm["score"] == header["score"] and calm["speaks"] != header["speaks"]


def test_a_generator_without_its_d_is_told_so_kindly(talk) -> None:
    opened, one = talk()
    one.run._mailbox.shown = replace(shown_of(one), judges={})
    with opened as socket:
        header, _ = ask(socket, "saliency", z=Z)
        assert header["text"].startswith("Only the generator was kept here")
        assert ask(socket, "inside", z=Z)[0]["kind"] == "inside"


def test_points_are_looked_into_but_d_is_drawn_elsewhere(talk) -> None:
    config = put(
        preset("plane-ring").config, {"latent.dim": 4, "training.threads": 1, "training.batch": 8}
    )
    opened, one = talk(config=config)
    with opened as socket:
        header, _ = ask(socket, "inside", z=Z, stage=1, turned=[[1, 0, 0]])
        model: Model = shown_of(one).model
        z = torch.tensor([Z])
        moved = inside.altered(model, z, turned=[Turned(1, 0)])
        way = float(inside.difference(model, model.raw(z), moved))
        assert header["points"] and header["change"] == pytest.approx(way)
        assert header["difference"] is None
        assert ask(socket, "turned", z=Z, turned=[[1, 0, 0]])[1].startswith(b"\x89PNG")
        assert "makes points" in ask(socket, "saliency", z=Z)[0]["text"]


def test_the_discriminator_that_is_shown_is_a_copy_that_stands_still(runs: Registry) -> None:
    one = runs.start(put(RunConfig(), TINY), "somebody")
    stand_still(one)
    shown = shown_of(one)
    assert list(shown.judges) == ["D"]
    living = one.run._worker.trainer.game.players["D"].network
    copy = shown.judges["D"]
    assert not copy.training and not any(p.requires_grad for p in copy.parameters())
    assert living.training, "the one that trains is as it was"
    for mine, its in zip(copy.parameters(), living.parameters(), strict=True):
        assert torch.equal(mine, its) and mine.data_ptr() != its.data_ptr()
