"""Decoding in worker processes: results, refusals, limits; files that take long to decode."""

import threading

import numpy as np
import pytest
from PIL import Image

from benchmarks.image_files import encoded, noise, png, strip_of, tiff, with_scans
from gan_lab.images import Unreadable, headers, workers
from gan_lab.images.decoding import Budget, Heavy, Shape, squares
from gan_lab.sandbox import SandboxError
from tests.patience import WAIT


def test_images_of_a_set_come_back_as_they_are_decoded_here():
    contents = [encoded(noise(seed=k), "PNG") for k in range(3)]
    budget = Budget()
    made = workers.decode_some([*contents, b"hello"], Shape(side=8), budget)
    for one, content in zip(made, contents, strict=False):
        pixels, facts = squares(content, Shape(side=8))
        assert (one.squares == np.stack(pixels)).all() and one.facts == facts and not one.why
    assert made[3] == (None, None, "no picture", False)
    assert (budget.pixels, budget.size) == (3 * 40 * 24, sum(map(len, contents)))


def test_heavy_images_wait_and_flat_ones_are_limited():
    flat = png(5000, 4000, depth=1, kind=0)
    [one] = workers.decode_some([flat], Shape(), Budget(heavy=False))
    assert one.heavy
    [one] = workers.decode_some([flat], Shape(), Budget())
    assert not one.why and one.facts.width == 5000
    with pytest.raises(Heavy):
        Budget(heavy=False).take(20_000_000, 10**9)
    budget = Budget(flat=30_000_000)
    budget.take(20_000_000, 100)
    with pytest.raises(Unreadable, match="too few bytes"):
        budget.take(20_000_000, 100)
    budget.take(20_000_000, 10**6)  # as many bytes as a photo has
    budget.take(10_000_000, 100)  # not heavy


@pytest.mark.parametrize(("options", "shape"), [
    ({}, (24, 40, 3)), ({"grey": True}, (24, 40)), ({"side": 8}, (8, 8, 3)),
    ({"longest": 20}, (12, 20, 3)), ({"longest": 99}, (24, 40, 3)),
])  # fmt: skip
def test_single_images_come_in_the_shape_that_is_asked_for(options, shape):
    spent = []
    made = workers.read_image(encoded(noise(), "JPEG"), charge=spent.append, **options)
    assert made.shape == shape and made.dtype == np.uint8 and len(spent) == 1


def test_a_call_that_nobody_waits_for_is_ended():
    with pytest.raises(SandboxError, match="cancelled"):
        workers.read_image(png(8000, 8000, kind=6, level=1), cancelled=lambda: True)


def test_images_of_films_that_are_drawn_never_delay_an_image_that_a_visitor_asks_about():
    stop, ended = threading.Event(), []
    heavy = [png(8000, 8000, kind=2, level=1)] * 8

    def drawn():
        try:
            workers.frames(heavy, 8, 8, cancelled=stop.is_set)
        except SandboxError as error:
            ended.append(error.reason)

    many = [threading.Thread(target=drawn) for _ in range(4)]
    for one in many:
        one.start()
    try:
        assert workers.read_image(encoded(noise(), "PNG")).shape == (24, 40, 3)
        assert all(one.is_alive() for one in many)
    finally:
        stop.set()
        for one in many:
            one.join(WAIT)
    assert ended == ["abandoned"] * 4


def test_workers_that_nobody_needs_end():
    for pool in (workers._SETS, workers._SINGLE, workers._SMALL, workers._BACKGROUND):
        assert pool._idle_seconds <= 600
    assert workers._HEAVY_ONES._keep == 0


def test_images_that_a_run_stored_are_read_and_resized():
    pixels = np.asarray(noise())
    content = encoded(noise(), "PNG")
    assert workers.frame_size(content) == (40, 24)
    assert (workers.frame(content) == pixels).all()
    assert (workers.frames([content], 80, 48)[0] == pixels.repeat(2, 0).repeat(2, 1)).all()
    half = noise().resize((20, 12), Image.Resampling.BOX)
    assert (workers.thumbnail(content, 20) == np.asarray(half)).all()
    assert (workers.thumbnail(content, 4, corner=4) == pixels[:4, :4]).all()
    for function in (workers.frame, workers.frame_size):
        with pytest.raises(Unreadable, match="GIF, no picture"):
            function(encoded(noise(), "GIF"))
    with pytest.raises(Unreadable, match="damaged"):
        workers.frame(content[:-30])


# -- files that take long --------------------------------------------------------------------------


def strips(side, rows):
    """A TIFF of LZW strips, all of them the same one."""
    strip = strip_of(Image.new("L", (side, rows)), "tiff_lzw")
    return tiff(side, side, [strip], compression=5, rows=rows, same=side // rows)


def flat(side, **options):
    return png(side, side, level=1, **options)


def refused(content):
    """Why it is refused, "" if it is not, and the processor seconds that it took."""
    spent = []
    try:
        made = workers.read_image(content, side=16, charge=spent.append)
    except Unreadable as error:
        return str(error), spent[0]
    assert made.shape == (16, 16, 3)
    return "", spent[0]


SLOW = {
    "a JPEG of 1,000 scans": (lambda: with_scans(noise(3000, 3000), 1000), "more than 100 scans"),
    "a JPEG of 20,000 scans": (lambda: with_scans(noise(64, 64), 20_000), "more than 100 scans"),
    "a JPEG of 100 scans": (lambda: with_scans(noise(64, 64), 100), ""),
    "a GIF of 5,000 frames": (
        lambda: encoded(
            Image.new("P", (64, 64)), "GIF", save_all=True,
            append_images=[Image.new("P", (64, 64), k % 250) for k in range(1, 5000)],
        ),
        "",
    ),
    "an LZW TIFF of 4,000 strips": (lambda: strips(4000, 1), ""),
    "an LZW TIFF of 100,001 strips": (
        lambda: tiff(8, 100_001, [b"\x80\x0b\x60"], compression=5, rows=1, same=100_001),
        "more than 100,000 strips",
    ),
    "an interlaced PNG of 64 million pixels": (lambda: flat(8000, interlaced=True), ""),
    "a transparent PNG of 64 million pixels": (lambda: flat(8000, kind=6), ""),
    "a transparent PNG of 25 million pixels and 16 bits, interlaced": (
        lambda: flat(5000, kind=6, depth=16, interlaced=True), "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SLOW)
def test_slow_files_are_decoded_or_refused_within_the_limits(case):
    make, why = SLOW[case]
    refusal, seconds = refused(make())
    if why:  # by the header
        assert why in refusal and seconds < 1
    else:  # a slow machine may reach the limit of time where a quick one decodes
        assert refusal in ("", "decoding it took too long")
        assert seconds <= workers.CPU_SECONDS + 1


def test_the_scans_of_the_largest_image_end_in_the_limit_of_time():
    """Were they not counted, the processor time would still be limited."""
    refusal, seconds = refused(with_scans(noise(4000, 4000), headers.MAX_SCANS))
    assert refusal in ("", "decoding it took too long")
    assert seconds <= workers.CPU_SECONDS + 1
