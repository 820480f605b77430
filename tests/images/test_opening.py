"""The one function that opens images: formats, limits, and what it says about the rest."""

import io
import subprocess
import sys

import pytest
from PIL import EpsImagePlugin, Image

from benchmarks.image_files import encoded, noise, png, tiff, with_scans
from gan_lab.images import FORMATS, Unreadable, headers, open_image

EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n"


def test_an_image_is_opened_by_its_content():
    with open_image(encoded(noise(), "PNG")) as image:
        assert (image.format, image.size) == ("PNG", (40, 24))


def test_a_path_is_opened_too(tmp_path):
    (tmp_path / "a.jpg").write_bytes(encoded(noise(), "PNG"))
    with open_image(tmp_path / "a.jpg") as image:
        assert image.format == "PNG"
    with pytest.raises(FileNotFoundError):
        open_image(tmp_path / "b.jpg")
    with pytest.raises(Unreadable, match="larger than 0 MiB"):
        open_image(tmp_path / "a.jpg", most_bytes=9)


@pytest.mark.parametrize("formats", [("PNG", "JPEG"), FORMATS])
def test_an_eps_never_reaches_ghostscript(monkeypatch, formats):
    started = []

    def ghostscript(*_, **__):
        started.append(1)
        raise OSError("started")

    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", ghostscript)
    with pytest.raises(Unreadable, match="a PostScript, no picture"):
        open_image(EPS, formats=formats).load()
    assert not started
    with pytest.raises(OSError, match="started"):  # Pillow's own function would have started it
        Image.open(io.BytesIO(EPS)).load()
    assert started


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "BMP", "WEBP", "PPM"])
def test_other_formats_than_those_named_are_refused(kind):
    with pytest.raises(Unreadable, match=f"{kind}, no picture"):
        open_image(encoded(noise(), kind))


@pytest.mark.parametrize(
    ("content", "limits", "why"),
    [
        (b"", {}, "empty"),
        (encoded(noise(), "PNG"), {"most_bytes": 20}, "larger than 0 MiB"),
        (encoded(noise(), "PNG"), {"most_pixels": 900}, "40×24 pixels are too many"),
        (encoded(noise(), "PNG")[:20], {}, "a damaged PNG"),
        (b"hello", {}, "no picture"),
    ],
)
def test_what_is_over_a_limit_is_refused(content, limits, why):
    with pytest.raises(Unreadable, match=f"^{why}$"):
        open_image(content, **limits)


def test_frames_are_limited():
    film = encoded(noise(), "PNG", save_all=True, append_images=[noise(seed=1), noise(seed=2)])
    with pytest.raises(Unreadable, match="^3 frames are too many$"):
        open_image(film)
    open_image(film, most_frames=3).close()
    open_image(film, most_frames=None).close()


def test_scans_of_a_jpeg_are_counted_and_limited():
    assert headers.scans(encoded(noise(), "JPEG")) == 1
    usual = headers.scans(encoded(noise(), "JPEG", progressive=True))
    assert 5 < usual < 20
    most = with_scans(noise(), headers.MAX_SCANS)
    assert headers.scans(most) == headers.MAX_SCANS
    open_image(most).close()
    for count in (headers.MAX_SCANS + 1, 1000, 20_000):
        with pytest.raises(Unreadable, match="a JPEG of more than 100 scans"):
            open_image(with_scans(noise(), count))


def test_scans_inside_a_thumbnail_do_not_count():
    whole = encoded(noise(), "JPEG")
    inside = b"\xff\xda" * 5000
    segment = b"\xff\xe1" + (len(inside) + 2).to_bytes(2, "big") + inside
    open_image(whole[:2] + segment + whole[2:]).close()


@pytest.mark.parametrize("tile", [0, 16])
def test_strips_and_tiles_of_a_tiff_are_limited(tile):
    many = tiff(4, headers.MAX_STRIPS, [b"abcd"], rows=1, tile=tile, same=headers.MAX_STRIPS)
    assert headers.strips(many) == headers.MAX_STRIPS
    more = tiff(4, 4, [b"abcd"], rows=1, tile=tile, same=headers.MAX_STRIPS + 1)
    with pytest.raises(Unreadable, match="a TIFF of more than 100,000 strips"):
        open_image(more, formats=FORMATS)


def test_a_tiff_whose_directories_lead_in_a_circle_is_looked_at_once():
    circle = b"II*\0\x08\0\0\0\0\0\x08\0\0\0"
    assert headers.strips(circle) == 0


def test_the_package_does_without_pytorch():
    code = "import sys, gan_lab.images.workers; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_linter_forbids_other_ways(tmp_path):
    ruff = pytest.importorskip("ruff")
    code = "import PIL.Image\nfrom PIL import Image, ImageFile\n\n"
    code += "Image.open('a')\nPIL.Image.open('a')\n"
    command = [ruff.find_ruff_bin(), "check", "--select", "TID251", "--output-format", "concise"]
    command += ["--stdin-filename", "gan_lab/runs/any.py", "-"]
    done = subprocess.run(command, input=code, capture_output=True, text=True, check=False)
    assert done.stdout.count("TID251") == 3, done.stdout + done.stderr


def test_a_png_of_every_depth_is_a_png():
    for depth, kind in ((1, 0), (16, 2), (4, 3), (16, 6)):
        with open_image(png(9, 9, depth=depth, kind=kind, interlaced=True)) as image:
            image.load()


@pytest.mark.parametrize(("content", "small"), [
    (lambda: encoded(noise(1000, 1000), "PNG"), True),
    (lambda: png(1001, 1000), False),
    (lambda: encoded(noise(1000, 1000), "JPEG"), True),
    (lambda: encoded(noise(1000, 1000), "JPEG", progressive=True, exif=bytes(60_000)), True),
    (lambda: encoded(noise(1001, 1000), "JPEG"), False),
    (lambda: with_scans(noise(64, 64), 30), False),
    (lambda: encoded(noise(), "GIF"), True),
    (lambda: encoded(noise(), "TIFF"), False),
    (lambda: encoded(noise(), "PNG") + bytes(2 * 2**20), False),
    (lambda: b"\xff\xd8" + b"\xff\xe0\0\x02" * 400_000, False),
    (lambda: b"\xff\xd8\xff", False),
    (lambda: b"\x89PNG\r\n\x1a\n", False),
    (lambda: b"", False),
])  # fmt: skip
def test_small_images_are_told_by_what_they_state(content, small):
    assert headers.is_small(content()) == small
