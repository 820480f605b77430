"""An EPS in the place of a run's own images: Ghostscript is started at none of them.

A false ``gs`` stands first in the path and leaves a mark; what this process itself starts is heard.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
from pathlib import Path

import pytest
from PIL import EpsImagePlugin, Image

from gan_lab.data import DataError, read_picture
from gan_lab.export import checked, tensorboard
from gan_lab.images import workers
from gan_lab.runs import RunDirectory, reading, wire
from gan_lab.runs.animation import KINDS, AnimationError, animation
from gan_lab.runs.film import Film
from gan_lab.runs.messages import Picture
from gan_lab.server import PREFIX
from gan_lab.training.trainer import Counts

from .harness import watched

EPS = (
    b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n"
    b"(%pipe%touch evil) (w) file\nshowpage\n%%EOF\n"
)


@pytest.fixture(autouse=True)
def no_ghostscript(tmp_path, monkeypatch):
    """Fails the test if one is started."""
    folder, mark = tmp_path / "bin", tmp_path / "ghostscript-was-started"
    folder.mkdir()
    (folder / "gs").write_text(f"#!/bin/sh\n: > {mark}\n", "utf-8")
    (folder / "gs").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setattr(EpsImagePlugin, "gs_binary", None)
    workers.close()  # the next ones have this path
    yield mark
    workers.close()
    assert not mark.exists()


@pytest.fixture
def run(tmp_path):
    """A run's folder whose film and sample are an EPS."""
    directory = RunDirectory.create(tmp_path / "run")
    (directory.path / "samples" / "000000002.png").write_bytes(EPS)
    frames = wire.look_frames(2, {"fakes": Picture(EPS, "image/png", 8, 1, 1)}, {})
    Film(directory.path / "film").add(Counts(2, 2, 16, 0.0), 1.0, 0, {}, frames)
    return directory


def film_of(run):
    film = Film(run.path / "film").open()
    assert len(film.shots) == 1
    return film


@pytest.mark.parametrize("kind", KINDS)
def test_as_a_frame_of_an_animation(run, kind):
    with watched(run.path), pytest.raises(AnimationError, match="cannot be read: a PostScript"):
        animation(film_of(run), kind)


def test_as_a_frame_of_which_a_thumbnail_is_made(run):
    with watched(run.path):
        assert reading.thumbnail(run.path, film_of(run).shots[0]) == b""


def test_as_a_sample_of_which_a_thumbnail_is_made(run):
    with watched(run.path):
        assert reading.thumbnail(run.path, None) == b""


def test_as_a_sample_in_the_logs_of_tensorboard(run):
    class Writer:
        def add_image(self, *_, **__):
            raise AssertionError("it is no image")

    with watched(run.path):
        tensorboard._pictures(Writer(), run)


def test_as_a_sample_of_a_run_that_is_brought(run):
    with watched(run.path), pytest.raises(checked.ExportError, match="PostScript"):
        checked._check_sample(run.path / "samples" / "000000002.png")


def test_as_a_visitors_own_image():
    with watched(Path("/none")), pytest.raises(DataError, match="a PostScript, no picture"):
        read_picture(EPS, 3)


def test_as_an_image_in_a_question_of_the_latent_page(client):
    with client.websocket_connect(f"{PREFIX}/latent/pretrained-fashion") as socket:
        fields = {"ask": "subject", "id": 1, "of": "file", "file": base64.b64encode(EPS).decode()}
        socket.send_text(json.dumps(fields))
        header, _ = wire.decode(socket.receive_bytes())
        assert header["kind"] == "error" and "a PostScript, no picture" in header["text"]


def test_the_function_of_pillow_starts_it(no_ghostscript):
    """So the tests above can fail."""
    with contextlib.suppress(OSError):
        Image.open(io.BytesIO(EPS)).load()
    assert no_ghostscript.exists()
    no_ghostscript.unlink()
