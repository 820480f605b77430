"""A film as one file: opened again it shows what was on the page, frame by frame."""

import io
import threading
from itertools import pairwise

import numpy as np
import pytest
import torch
from PIL import Image

from benchmarks.image_files import png
from gan_lab.runs import animation as module
from gan_lab.runs import wire
from gan_lab.runs.animation import KINDS, STRIP, AnimationError, animation
from gan_lab.runs.film import Film
from gan_lab.runs.messages import Drawing, Picture
from gan_lab.runs.pictures import packed, scatter
from gan_lab.training.trainer import Counts


def film_of(tmp_path, views, name="film"):
    """A film with one shot for each picture."""
    film = Film(tmp_path / name)
    for step, view in enumerate(views):
        look = wire.look_frames(step, {"samples": view}, {})
        film.add(Counts(step, step, step, 0.0), float(step), 0, {}, look)
    return film


def picture(pixels):
    data, mime = packed(pixels)
    return Picture(data, mime, 1, pixels.shape[0], 1)


def noise(side, channels, seed):
    shape = (side, side) if channels == 1 else (side, side, channels)
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def frames(data):
    """All frames as RGB arrays, and how long each lasts, ms."""
    opened = Image.open(io.BytesIO(data))
    found, lasts = [], []
    for index in range(getattr(opened, "n_frames", 1)):
        opened.seek(index)
        opened.load()
        found.append(np.asarray(opened.convert("RGB"), np.int16))
        lasts.append(opened.info["duration"])
    return found, lasts


def enlarged(pixels, scale):
    rgb = pixels if pixels.ndim == 3 else np.repeat(pixels[:, :, None], 3, 2)
    return rgb.repeat(scale, 0).repeat(scale, 1).astype(np.int16)


@pytest.mark.parametrize("kind", KINDS)
def test_grey_pictures_come_back_to_the_bit(tmp_path, kind):
    every = [noise(16, 1, seed) for seed in range(5)]
    found, lasts = frames(animation(film_of(tmp_path, map(picture, every)), kind))
    assert len(found) == 5
    assert lasts[0] == 100 and lasts[-1] == 1500
    for frame, pixels in zip(found, every, strict=True):
        assert frame.shape == (512 + STRIP, 512, 3)
        np.testing.assert_array_equal(frame[:512], enlarged(pixels, 32))


def test_colours_are_exact_in_webp_and_near_in_gif(tmp_path):
    every = [noise(20, 3, seed) for seed in range(4)]
    film = film_of(tmp_path, map(picture, every))
    for kind, most in (("webp", 0), ("gif", 12)):
        found, _ = frames(animation(film, kind))
        assert len(found) == 4
        for frame, pixels in zip(found, every, strict=True):
            error = np.abs(frame[:500] - enlarged(pixels, 25))
            assert error.mean() <= most  # 400 colours in a palette of 256


@pytest.mark.parametrize("kind", KINDS)
def test_large_pictures_are_reduced(tmp_path, kind):
    y, x = np.mgrid[:1024, :1024]
    every = [np.stack([x // 4, y // 4, 0 * x + shade], 2).astype(np.uint8) for shade in (0, 200)]
    views = [picture(p) for p in every]
    assert views[0].mime == "image/jpeg"
    film = film_of(tmp_path, views)
    found, _ = frames(animation(film, kind))
    for frame, pixels in zip(found, every, strict=True):
        assert frame.shape == (512 + STRIP, 512, 3)
        expected = pixels.reshape(512, 2, 512, 2, 3).mean((1, 3))
        assert np.abs(frame[:512] - expected).mean() < 12


def test_a_plane_is_drawn(tmp_path):
    def plane(seed):
        points = torch.randn(2, 9, 2, generator=torch.Generator().manual_seed(seed))
        parts = (("real", (9, 2)), ("fake", (9, 2)))
        view = Drawing(points.numpy().astype("<f4").tobytes(), parts, 3.0, {})
        return view, scatter(points[1], points[0], 3.0)

    every = [plane(seed) for seed in range(3)]
    found, _ = frames(animation(film_of(tmp_path, [view for view, _ in every]), "webp"))
    for frame, (_, pixels) in zip(found, every, strict=True):
        np.testing.assert_array_equal(frame[: len(pixels)], pixels)


def test_pictures_that_grow_are_all_as_large_as_the_last(tmp_path):
    every = [noise(4, 1, 0), noise(8, 1, 1), noise(16, 1, 2)]
    found, _ = frames(animation(film_of(tmp_path, map(picture, every)), "gif"))
    for frame, pixels, scale in zip(found, every, (128, 64, 32), strict=True):
        np.testing.assert_array_equal(frame[:512], enlarged(pixels, scale))


def test_every_frame_says_its_step(tmp_path):
    same = picture(noise(16, 1, 0))
    found, _ = frames(animation(film_of(tmp_path, [same] * 4), "gif"))
    strips = [frame[512:] for frame in found]
    assert len(strips) == 4
    assert all((a != b).any() for a, b in pairwise(strips))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("looks", [0, 1, 2, 3])
def test_a_film_that_nobody_waits_for_is_ended_between_frames(tmp_path, kind, looks):
    film = film_of(tmp_path, [picture(noise(16, 1, seed)) for seed in range(20)])
    asked = []

    def stopped():
        asked.append(1)
        return len(asked) > looks

    with pytest.raises(AnimationError, match="nobody waits"):
        animation(film, kind, stopped)
    assert len(asked) == looks + 1


def test_frames_and_memory_are_bounded(tmp_path, monkeypatch):
    film = film_of(tmp_path, [picture(noise(16, 1, seed)) for seed in range(150)])
    frame = 512 * (512 + STRIP)
    for pixels, expected in ((200 * frame, 120), (10 * frame, 10), (1, 2)):
        monkeypatch.setattr(module, "_PIXELS", pixels)
        found, _ = frames(animation(film, "gif"))
        assert len(found) == expected
        np.testing.assert_array_equal(found[0][:512], enlarged(noise(16, 1, 0), 32))
        np.testing.assert_array_equal(found[-1][:512], enlarged(noise(16, 1, 149), 32))


def test_what_cannot_be_made_is_said(tmp_path):
    with pytest.raises(AnimationError, match="nothing is on the film"):
        animation(Film(tmp_path / "none"), "gif")
    film = film_of(tmp_path, [picture(noise(16, 1, 0))] * 3)
    with pytest.raises(AnimationError, match=r"'avi' cannot be made; there are gif, webp"):
        animation(film, "avi")
    film.files(9)[1].unlink()  # thinned away while the animation is made
    assert len(frames(animation(film, "gif"))[0]) == 2


def test_pictures_that_are_being_decoded_for_nobody_are_given_up(tmp_path):
    film = film_of(tmp_path, [Picture(png(8000, 8000, kind=2, level=1), "image/png", 1, 8000, 1)])
    asked = []

    def stopped():
        """From the second question on."""
        asked.append(threading.current_thread())
        return len(asked) > 1

    with pytest.raises(AnimationError, match="nobody waits"):
        animation(film, "gif", stopped)
    assert len(asked) == 2 and asked[0] is not asked[1]  # the second one during the decoding
