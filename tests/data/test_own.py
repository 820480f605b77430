"""Own pictures: whatever a folder or a zip may hold."""

import zipfile

import numpy as np
import pytest
from PIL import Image

from gan_lab.config import Data
from gan_lab.data import DataError, load
from tests.data.files import encoded, plain

RED, GREEN = (255, 0, 0), (0, 255, 0)


@pytest.fixture(params=["folder", "zip"])
def own(request, tmp_path):
    """Load files, given by name and content, from a folder and from a zip."""

    def make(files, **data):
        if request.param == "zip":
            path = tmp_path / "own.zip"
            with zipfile.ZipFile(path, "w") as archive:
                for name, content in files.items():
                    archive.writestr(name, content)
        else:
            path = tmp_path / "own"
            for name, content in files.items():
                (path / name).parent.mkdir(parents=True, exist_ok=True)
                (path / name).write_bytes(content)
            path.mkdir(exist_ok=True)
        return load(Data(name=str(path), **data))

    return make


def two(content):
    return {"a.png": content, "b.png": content}


def test_colour_pictures_in_the_order_of_their_names(own):
    pictures = own({"b.png": encoded(plain("lime")), "a.JPG": encoded(plain("red"), "JPEG")})
    assert pictures.images.shape == (2, 3, 32, 32)
    assert pictures.labels is None and pictures.classes == ()
    means = pictures.images.float().mean((2, 3))
    np.testing.assert_allclose(means, [RED, GREEN], atol=2)


@pytest.mark.parametrize("mode", ["L", "1", "RGB"])
def test_grey_pictures_have_one_channel(own, mode):
    pictures = own(two(encoded(plain("white", mode=mode))))
    assert pictures.channels == 1 and (pictures.images == 255).all()


def test_one_colour_picture_makes_all_colour(own):
    pictures = own({"a.png": encoded(plain("white")), "b.png": encoded(plain("red"))})
    assert pictures.channels == 3


def test_colour_can_be_asked_for_and_refused(own):
    files = two(encoded(plain("red")))
    assert own(files, colour="grey").images.unique().tolist() == [76]  # .299 · 255
    assert own(two(encoded(plain("white"))), colour="rgb").channels == 3


def test_transparent_becomes_white(own):
    image = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    assert (own(two(encoded(image))).images == 255).all()


def test_palettes_with_a_transparent_colour_are_read(own):
    image = Image.new("P", (8, 8), 0)
    image.putpalette([255, 0, 0, 0, 255, 0])
    assert own(two(encoded(image))).images[0, :, 0, 0].tolist() == list(RED)
    clear = own(two(encoded(image, transparency=0)))
    assert (clear.images == 255).all()


def test_sixteen_bit_grey_keeps_its_tones(own):
    ramp = np.tile(np.linspace(0, 65_535, 32), (32, 1)).astype(np.uint16)
    pictures = own(two(encoded(Image.fromarray(ramp))))
    assert pictures.channels == 1
    np.testing.assert_allclose(pictures.images[0, 0, 5], np.linspace(0, 255, 32), atol=2)


def test_pictures_are_turned_upright(own):
    image = Image.new("RGB", (16, 16), "red")
    image.paste("lime", (0, 0, 16, 8))  # green above
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise by a quarter: what was above is on the right
    pixels = own(two(encoded(image, exif=exif)), size=16).images[0]
    assert pixels[:, 8, 14].tolist() == list(GREEN) and pixels[:, 8, 1].tolist() == list(RED)


@pytest.mark.parametrize("size", [(40, 10), (10, 40), (1, 1), (20, 200)])
def test_the_middle_square_is_kept(own, size):
    image = Image.new("RGB", size, "red")
    w, h = size
    side = min(size)
    left, top = (w - side) // 2, (h - side) // 2
    image.paste("lime", (left, top, left + side, top + side))
    pixels = own(two(encoded(image)), size=8).images[0]
    assert pixels[:, 4, 4].tolist() == list(GREEN)
    assert (pixels[1] > 250).float().mean() > 0.7


def test_sub_folders_are_classes(own):
    files = {"cat/1.png": encoded(plain("red")), "dog/1.png": encoded(plain("lime"))}
    pictures = own(files)
    assert pictures.classes == ("cat", "dog") and pictures.labels.tolist() == [0, 1]


def test_one_sub_folder_is_no_class(own):
    files = {f"all/{name}": content for name, content in two(encoded(plain())).items()}
    assert own(files).classes == ()


def test_files_that_are_no_pictures_are_skipped(own):
    good = encoded(Image.effect_noise((64, 64), 50))
    broken = {f"{n}.png": good[: len(good) * n // 10] for n in range(10)}
    damaged = bytearray(good)
    damaged[40:200] = b"\xff" * 160
    files = {
        **broken, **{f"x{n}.png": c for n, c in enumerate([good, good])},
        "damaged.png": bytes(damaged), "readme.txt": b"hello", "fake.jpg": b"hello",
        "__MACOSX/._x0.png": b"\x00\x05\x16\x07", "empty.gif": b"",
    }  # fmt: skip
    assert len(own(files)) == 2


@pytest.mark.parametrize("files", [{}, {"readme.txt": b"hi"}, {"a.png": b"broken"}])
def test_nothing_to_read_is_refused_in_one_sentence(own, files):
    with pytest.raises(DataError, match="holds no pictures that can be read"):
        own(files)


def test_one_picture_is_not_enough(own):
    with pytest.raises(DataError, match="a GAN needs at least 2"):
        own({"a.png": encoded(plain())})


def test_a_file_that_is_no_zip_is_refused(tmp_path):
    (tmp_path / "x.zip").write_bytes(b"PK no zip")
    with pytest.raises(DataError, match="neither a folder nor a zip"):
        load(Data(name=str(tmp_path / "x.zip")))


def test_damaged_and_locked_entries_of_a_zip_are_skipped(tmp_path):
    path = tmp_path / "x.zip"
    content = encoded(Image.effect_noise((32, 32), 50))
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("a.png", "b.png", "damaged.png", "locked.png"):
            archive.writestr(name, content)
        offsets = {i.filename: i.header_offset for i in archive.infolist()}
    raw = bytearray(path.read_bytes())
    start = offsets["damaged.png"] + 30 + len("damaged.png")
    raw[start + 50 : start + 60] = bytes(10)  # its sum no longer fits
    entry = raw.index(b"PK\x01\x02", raw.rindex(b"damaged.png"))
    raw[entry + 8] |= 1  # the flag of encryption, for locked.png
    path.write_bytes(bytes(raw))
    assert len(load(Data(name=str(path)))) == 2


def test_a_class_filter_needs_a_named_set(own, tmp_path):
    own(two(encoded(plain())))
    with pytest.raises(DataError, match="there is no data set, folder or zip"):
        load(Data(name=f"{tmp_path}/own:cat"))
