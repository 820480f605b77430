"""The panels "Paths" and "Through time" as they ask: frames, norms, kept moments, files."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from starlette.testclient import TestClient, WebSocketTestSession

from gan_lab.config import RunConfig, put
from gan_lab.latent import path, shell
from gan_lab.runs import Hosted, Registry, wire
from gan_lab.runs.ages import MOST, Ages, moments
from gan_lab.runs.messages import Checkpoint, Pause, Step
from gan_lab.runs.states import kept_states
from gan_lab.server import PREFIX
from gan_lab.server.explore import paths as module
from tests.alike import same_images
from tests.patience import WAIT

DIM = 4
TINY = put(RunConfig(), {"networks.g.width": 4, "networks.d.width": 4, "latent.dim": DIM})
CLASSES = put(TINY, {"networks.labels": "concat"})
POINTS = put(
    TINY,
    {"data.name": "ring", "objective.game": "plane", "networks.g.family": "dense",
     "networks.d.family": "dense"},
)  # fmt: skip
STOPS = [[0.0, 0.0, 0.0, 2.0], [2.0, 0.0, 0.0, 0.0], [0.0, 2.0, 0.0, 0.0]]
Frame = tuple[dict[str, Any], bytes]


class Page:
    """A page that asks one thing after the other."""

    def __init__(self, socket: WebSocketTestSession) -> None:
        self.socket, self.number = socket, 0

    def ask(self, question: str, /, **fields: object) -> list[Frame]:
        """All frames of the answer."""
        self.number += 1
        self.socket.send_text(json.dumps({"ask": question, "id": self.number, **fields}))
        found = []
        while True:
            header, payload = wire.decode(self.socket.receive_bytes())
            assert header["id"] == self.number
            found.append((header, payload))
            if header["kind"] == "error" or header["done"]:
                return found

    def refused(self, question: str, /, **fields: object) -> str:
        (header, _), *rest = self.ask(question, **fields)
        assert header["kind"] == "error" and not rest
        return header["text"]


@pytest.fixture
def start(runs: Registry) -> Callable[[RunConfig], Hosted]:
    def begin(config: RunConfig) -> Hosted:
        hosted = runs.start(config, "somebody")
        hosted.run.send(Pause()).result(WAIT)
        return hosted

    return begin


@pytest.fixture
def open_page(client: TestClient, start: Callable[[RunConfig], Hosted]) -> Any:
    sockets = []

    def begin(config: RunConfig) -> tuple[Page, Hosted]:
        hosted = start(config)
        socket = client.websocket_connect(f"{PREFIX}/latent/{hosted.view_id}")
        sockets.append(socket)
        return Page(socket.__enter__()), hosted

    yield begin
    for socket in sockets:
        socket.__exit__(None, None, None)


def tiles(header: dict[str, Any], data: bytes) -> np.ndarray:
    """count×tile×tile×3, out of a mosaic."""
    sheet = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    side, columns = header["tile"], header["columns"]
    return np.stack([
        sheet[i // columns * side :, i % columns * side :][:side, :side]
        for i in range(header["count"])
    ])  # fmt: skip


def film(frames: list[Frame], way: str) -> tuple[np.ndarray, np.ndarray, list[float]]:
    """z, pictures and norms of one way, of all parts."""
    z, pictures, norms = [], [], []
    for header, payload in frames:
        if header["way"] != way:
            continue
        assert header["first"] == sum(map(len, z))
        length = 4 * DIM * header["count"]
        z.append(np.frombuffer(payload[:length], "<f4").reshape(-1, DIM))
        pictures.append(tiles(header, payload[length:]))
        norms += header["norms"]
    return np.concatenate(z), np.concatenate(pictures), norms


def of_model(hosted: Hosted, z: np.ndarray, labels: list[int] | None = None) -> np.ndarray:
    shown = hosted.run.shown()
    assert shown is not None
    told = None if labels is None else torch.tensor(labels)
    images = shown.model.images(torch.from_numpy(z.copy()), told).permute(0, 2, 3, 1).numpy()
    return np.broadcast_to(images, (*images.shape[:3], 3))


def test_a_path_is_made_both_ways(open_page: Any) -> None:
    page, hosted = open_page(TINY)
    frames = page.ask("path", stops=STOPS, frames=60, loop=True, ease=True)
    assert [header["way"] for header, _ in frames] == ["linear", "spherical"] * 3
    for way in ("linear", "spherical"):
        z, pictures, norms = film(frames, way)
        expected = path(torch.tensor(STOPS), 60, way, loop=True, ease=True)
        np.testing.assert_allclose(z, expected.z.numpy(), atol=1e-6)
        same_images(pictures, of_model(hosted, z))
        np.testing.assert_allclose(norms, np.linalg.norm(z, axis=1), atol=1e-3)
    assert min(film(frames, "spherical")[2]) == pytest.approx(2, abs=1e-3)
    assert min(film(frames, "linear")[2]) < 1.5
    header = frames[0][0]
    assert header["shell"] == pytest.approx(shell(TINY.latent)[2:5], abs=1e-3)
    assert header["natural"] == "spherical" and header["frames"] == 60


def test_the_class_changes_midway(open_page: Any) -> None:
    page, hosted = open_page(CLASSES)
    frames = page.ask("path", stops=STOPS, labels=[3, 5, 9], frames=21)
    z, pictures, _ = film(frames, "spherical")
    labels = [3] * 5 + [5] * 10 + [9] * 6
    same_images(pictures, of_model(hosted, z, labels))
    assert "list of 3 classes" in page.refused("path", stops=STOPS, labels=[3], frames=21)


def test_a_random_walk_begins_where_one_is(open_page: Any) -> None:
    page, hosted = open_page(TINY)
    frames = page.ask("wander", z=STOPS[0], frames=30, seed=4, loop=False)
    z, pictures, _ = film(frames, "random")
    np.testing.assert_allclose(z[0], STOPS[0], atol=1e-6)
    same_images(pictures, of_model(hosted, z))
    again, _, _ = film(page.ask("wander", z=STOPS[0], frames=30, seed=5, loop=False), "random")
    assert np.abs(again[1:] - z[1:]).max() > 0.1


def test_pictures_to_go_through_are_drawn(open_page: Any) -> None:
    page, hosted = open_page(TINY)
    ((header, payload),) = page.ask("stops", count=5, seed=2)
    z = np.asarray(header["z"], np.float32)
    assert z.shape == (5, DIM)
    got = tiles(header, payload).astype(int)
    assert np.abs(got - of_model(hosted, z)).max() <= 1  # z is rounded


def test_points_are_shown_in_their_plane(open_page: Any) -> None:
    page, _ = open_page(POINTS)
    frames = page.ask("path", stops=STOPS, frames=5)
    _, pictures, _ = film(frames, "linear")
    assert pictures.shape == (5, 192, 192, 3)
    ((header, data),) = page.ask("reel", what="path", way="linear", file="gif", stops=STOPS,
                                 frames=5, loop=True)[-1:]  # fmt: skip
    assert sum(played(data)[1]) == 5 * 50
    assert header["mime"] == "image/gif"


def played(data: bytes) -> tuple[list[np.ndarray], list[int], int]:
    """Its frames, how long each lasts, ms, and how often it is played, 0 without end.

    Frames that do not differ are one in the file, and last as long as they would have together.
    """
    opened: Any = Image.open(io.BytesIO(data))
    found, lasts = [], []
    for index in range(opened.n_frames):
        opened.seek(index)
        opened.load()
        found.append(np.asarray(opened.convert("RGB")))
        lasts.append(opened.info["duration"])
    return found, lasts, opened.info["loop"]


@pytest.mark.parametrize("file", ["gif", "webp"])
@pytest.mark.parametrize("loop", [False, True])
def test_a_film_is_what_was_played(open_page: Any, file: str, loop: bool) -> None:
    page, _ = open_page(TINY)
    fields = {"stops": STOPS, "frames": 30, "loop": loop}
    _, pictures, _ = film(page.ask("path", **fields), "spherical")
    *progress, (header, data) = page.ask("reel", what="path", way="spherical", file=file, **fields)
    assert [one["share"] for one, _ in progress] == pytest.approx([0.72, 0.9])
    assert (header["mime"], header["name"]) == (f"image/{file}", f"path.{file}")
    found, lasts, again = played(data)
    assert again == 0
    rest = 50 if loop else 1000
    assert sum(lasts) == 29 * 50 + rest
    scale = 256 // pictures.shape[1]
    begins = np.cumsum([0, *lasts])
    for i, picture in enumerate(pictures):  # what is to be seen at its time
        frame = found[np.searchsorted(begins, 50 * i, "right") - 1]
        np.testing.assert_array_equal(frame, picture.repeat(scale, 0).repeat(scale, 1))


def test_a_strip_is_all_pictures_in_rows(open_page: Any) -> None:
    page, _ = open_page(TINY)
    fields = {"z": STOPS[0], "frames": 20, "seed": 1, "loop": True}
    _, pictures, _ = film(page.ask("wander", **fields), "random")
    header, data = page.ask("reel", what="wander", file="png", **fields)[-1]
    assert header["mime"] == "image/png"
    side = pictures.shape[1]
    strip = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    assert strip.shape == (2 * side, 16 * side, 3)
    np.testing.assert_array_equal(strip[:side], np.concatenate(list(pictures[:16]), 1))
    np.testing.assert_array_equal(strip[side:, side : 2 * side], pictures[17])


def test_one_film_is_made_at_a_time(open_page: Any) -> None:
    page, _ = open_page(TINY)
    module._MAKING.acquire()
    timer = threading.Timer(0.5, module._MAKING.release)
    timer.start()
    frames = page.ask("reel", what="wander", file="gif", z=STOPS[0], frames=4, seed=0, loop=True)
    assert frames[0][0]["waiting"] and not frames[-2][0]["waiting"]
    assert sum(played(frames[-1][1])[1]) == 4 * 50
    assert module._MAKING.acquire(blocking=False), "it is not let go of"
    module._MAKING.release()


def test_a_question_that_is_wrong_does_not_keep_others_from_films(open_page: Any) -> None:
    page, _ = open_page(TINY)
    for _ in range(2):
        assert page.refused("reel", what="path", way="linear", file="gif", stops=STOPS[:1],
                            frames=5, loop=True)  # fmt: skip
    assert "one of gif, webp, png" in page.refused("reel", what="path", file="mp4")
    assert page.ask("reel", what="wander", file="gif", z=STOPS[0], frames=4, seed=0, loop=True)


WRONG = [
    ({"stops": STOPS[:1]}, "at least two"), ({"stops": STOPS * 6}, "1 to 16"),
    ({"frames": 1}, "from 2 to 240"), ({"frames": 10**9}, "from 2 to 240"),
    ({"loop": 1}, "true or false"), ({"stops": [[1.0]] * 3}, "list of 4 numbers"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "words"), WRONG)
def test_what_cannot_be_a_path_is_said(
    open_page: Any, change: dict[str, object], words: str
) -> None:
    page, _ = open_page(TINY)
    assert words in page.refused("path", **{"stops": STOPS, "frames": 9, **change})


# -- through time ----------------------------------------------------------------------------------


def trained(hosted: Hosted, rounds: int) -> None:
    """Some states on the disk, a step apart."""
    for _ in range(rounds):
        hosted.run.send(Step()).result(WAIT)
        hosted.run.send(Checkpoint()).result(WAIT)


def test_the_same_z_in_every_kept_moment(open_page: Any) -> None:
    page, hosted = open_page(put(TINY, {"training.keep_checkpoints": 3, "optim.g.lr": 0.01}))
    trained(hosted, 3)
    frames = page.ask("ages", z=STOPS[0])
    steps = [header["at"] for header, _ in frames]
    shown = hosted.run.shown()
    assert shown is not None
    assert steps == sorted({*kept_states(hosted.directory), shown.step})
    assert len(steps) >= 4 and steps[0] == 0
    z = np.asarray(STOPS[:1], np.float32)
    same_images(tiles(*frames[-1]), of_model(hosted, z))
    made = [tiles(*frame) for frame in frames]
    assert not any(np.array_equal(made[0], one) for one in made[1:]), "it has learned nothing"
    again = page.ask("ages", z=STOPS[0])
    for one, other in zip(frames, again, strict=True):
        np.testing.assert_array_equal(tiles(*one), tiles(*other))
    assert [header["share"] for header, _ in frames][-1] == 1.0


def test_a_film_through_time_says_the_steps(open_page: Any) -> None:
    page, hosted = open_page(TINY)
    trained(hosted, 2)
    _, data = page.ask("reel", what="ages", file="gif", z=STOPS[0])[-1]
    found, lasts, _ = played(data)
    assert lasts == [500] * (len(found) - 1) + [1500] and len(found) >= 3
    assert found[0].shape == (256 + 16, 256, 3)
    assert (found[0][256:] != found[1][256:]).any()


def test_moments_that_vanish_or_are_damaged_are_skipped(open_page: Any) -> None:
    page, hosted = open_page(put(TINY, {"training.keep_checkpoints": 4}))
    trained(hosted, 4)
    before = [header["at"] for header, _ in page.ask("ages", z=STOPS[0])]
    gone, broken = before[1], before[2]
    for folder in ("states", "checkpoints"):
        file = hosted.directory.path / folder
        (file / f"{gone:09d}.pt").unlink(missing_ok=True)
        if (file / f"{broken:09d}.pt").exists():
            (file / f"{broken:09d}.pt").unlink()
            (file / f"{broken:09d}.pt").write_bytes(b"no checkpoint")
    after = [header["at"] for header, _ in page.ask("ages", z=STOPS[0])]
    assert after == [step for step in before if step not in (gone, broken)]


def test_a_generator_without_earlier_moments_says_so(
    open_page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, _ = open_page(TINY)
    monkeypatch.setattr(Hosted, "directory", None)
    assert "Train one of your own" in page.refused("ages", z=STOPS[0])
    assert "Train one of your own" in page.refused("reel", what="ages", file="gif", z=STOPS[0])


def test_a_strip_shows_so_many_moments_at_most(start: Any) -> None:
    directory = start(TINY).directory
    (directory.path / "states").mkdir(exist_ok=True)
    for step in range(1, 100):
        (directory.path / "states" / f"{step:09d}.pt").touch()
    steps = list(moments(directory))
    assert len(steps) == MOST and steps == sorted(steps)
    assert (steps[0], steps[-1]) == (0, 99)
    assert max(np.diff(steps)) <= 5


def test_few_generators_stay_in_memory(start: Any) -> None:
    hosted = start(TINY)
    trained(hosted, 2)
    file = next(iter(kept_states(hosted.directory).values()))
    roomy, cramped = Ages(), Ages(room=10)
    assert roomy.at(file) is roomy.at(file)
    assert cramped.at(file) is not cramped.at(file)
    assert roomy.at(file.with_name("000000999.pt")) is None
