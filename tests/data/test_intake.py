"""What reading own pictures comes to, and what is made of them."""

import dataclasses
import json
import os
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gan_lab.config import ConfigError, Data, RunConfig, put
from gan_lab.data import DataError, data_root, domains, load, room, take_in
from gan_lab.data.own import advice, cache
from tests.data.files import encoded, plain

RED, LIME, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GANLAB_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def make(tmp_path):
    """A zip of files by name and content."""

    def zipped(files, name="own.zip"):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            for one, content in files.items():
                archive.writestr(one, content)
        return tmp_path / name

    return zipped


def taken(path, **data):
    return take_in(path, Data(name=str(path), **data))


def test_the_report_counts_what_came_and_what_did_not(make):
    good, film = encoded(plain()), [plain("red"), plain("lime")]
    path = make({
        "a/1.png": good, "a/2.png": good, "a/3.jpg": encoded(plain("white"), "JPEG"),
        "b/4.gif": encoded(film[0], "GIF", save_all=True, append_images=film[1:]),
        "b/5.png": encoded(Image.new("RGBA", (8, 4), (0, 0, 255, 100))),
        "b/6.png": good[:40], "b/7.png": b"", "b/8.png": b"PK\3\4" * 9, "b/9.png": b"hello",
        "../evil.png": good, "notes.txt": b"hi", "__MACOSX/a/._1.png": b"\0\5\x16\7",
    })  # fmt: skip
    pictures, told = taken(path, held_out=0.5)
    assert len(pictures) == told.taken == 5 and told.side == 32 and told.channels == 3
    assert dict(told.broken) == {
        "../evil.png": "its name leads out of its folder", "b/6.png": "a damaged PNG",
        "b/7.png": "empty", "b/8.png": "a zip, no picture", "b/9.png": "no picture",
    }  # fmt: skip
    assert told.broken_count == 5 and told.duplicates == 1 and told.others == 1
    assert told.formats == {"PNG": 3, "JPEG": 1, "GIF": 1}
    assert told.sizes == {"16×16": 4, "8×4": 1}
    assert told.classes == {"a": 3, "b": 2} and told.held_out == 2
    assert (told.grey, told.clear, told.moving) == (1, 1, 1)
    assert type(told).from_json(json.loads(json.dumps(told.as_json()))) == told
    assert "5 skipped, 1 of equal content" in told.line
    assert sum(line.startswith("skipped: ") for line in told.lines) == 5


def test_pictures_beside_the_folders_are_a_class_with_a_name(make):
    good = encoded(plain())
    pictures, told = taken(make({"1.png": good, "2.png": good, "cats/3.png": good}))
    assert told.classes == {"(no folder)": 2, "cats": 1}
    assert pictures.labels.tolist() == [0, 0, 1]
    other = make({"1.png": good, "(no folder)/3.png": good}, "odd.zip")
    assert taken(other)[1].classes == {"": 1, "(no folder)": 1}, "two classes, whatever their names"


@pytest.mark.parametrize(("fit", "left", "middle"), [
    ("crop", LIME, LIME), ("pad", RED, BLUE), ("stretch", RED, LIME),
])  # fmt: skip
def test_how_pictures_become_square(make, fit, left, middle):
    wide = plain("red", (48, 16))
    wide.paste("lime", (16, 0, 32, 16))
    pictures, _ = taken(make({"a.png": encoded(wide), "b.png": encoded(wide)}), fit=fit, size=48,
                        background="#0000ff")  # fmt: skip
    pixels = pictures.images[0]
    assert tuple(pixels[:, 24, 4].tolist()) == left
    assert tuple(pixels[:, 4, 24].tolist()) == middle


@pytest.mark.parametrize(("background", "value"), [
    ("white", (255, 255, 255)), ("black", (0, 0, 0)), ("grey", (128, 128, 128)),
    ("#0A10fF", (10, 16, 255)),
])  # fmt: skip
@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_transparent_lies_on_the_background(make, mode, background, value):
    image = Image.new("RGBA", (8, 8), (0, 0, 0, 0)).convert("LA" if mode == "LA" else "RGBA")
    content = encoded(image if mode != "P" else Image.new("P", (8, 8)), **(
        {"transparency": 0} if mode == "P" else {}))  # fmt: skip
    pictures, _ = taken(make({"a.png": content, "b.png": content}), background=background,
                        colour="rgb", size=8)  # fmt: skip
    assert pictures.images[0, :, 3, 3].tolist() == list(value)


@pytest.mark.parametrize("wrong", ["purple", "#fff", "#gggggg", "url(x)", "", "WHITE"])
def test_other_backgrounds_are_refused(wrong):
    with pytest.raises(ConfigError, match="such as #ffcc00|a text"):
        put(RunConfig(), {"data.background": wrong})


def test_four_inks_and_sixteen_bits_are_read(make):
    ink = encoded(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG", quality=95)
    deep = encoded(Image.fromarray(np.full((8, 8), 0x80FF, np.uint16)))
    pictures, told = taken(make({"a.jpg": ink, "b.png": deep}))
    np.testing.assert_allclose(pictures.images[0].float().mean((1, 2)), RED, atol=6)
    assert pictures.images[1].unique().tolist() == [128] and told.broken == ()


def test_pictures_of_too_many_pixels_are_never_decoded(make):
    small = encoded(plain())
    bombs = {}
    for name, side in (("a.png", 9_000), ("b.png", 12_000), ("c.png", 60_000)):
        head = bytearray(small)
        head[16:24] = side.to_bytes(4) * 2
        head[29:33] = zlib.crc32(bytes(head[12:29])).to_bytes(4)
        bombs[name] = bytes(head)
    pictures, told = taken(make({**bombs, "x.png": small, "y.png": small}))
    assert len(pictures) == 2
    assert [why.endswith(("are too many", "too many pixels")) for _, why in told.broken] == [
        True
    ] * 3


def test_a_set_too_large_for_memory_is_refused_with_the_numbers(make, monkeypatch):
    path = make({f"{k}.png": b"never read" for k in range(100)})
    monkeypatch.setattr(room, "free_bytes", lambda: 1_000_000)
    with pytest.raises(DataError, match=r"100 pictures, .* 128×128 px need 11 MB.* make data.size"):
        taken(path, size=128)


def test_several_files_may_lie_anywhere(tmp_path):
    for name in ("one/a.png", "two/b.png"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(encoded(plain()))
    pictures, told = take_in([tmp_path / "one/a.png", tmp_path / "two/b.png"], Data())
    assert len(pictures) == 2 and pictures.labels is None and told.duplicates == 1


def test_progress_is_told_and_may_end_it(make):
    path, heard = make({f"{k}.png": encoded(plain()) for k in range(5)}), []
    take_in(path, Data(), lambda done, of: heard.append((done, of)))
    assert heard == [(k, 5) for k in range(1, 6)]

    def enough(done, of):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take_in(path, Data(), enough)


def test_large_files_decoded_by_threads_stay_in_order(make):
    noise = np.random.default_rng(0).integers(0, 255, (6, 120, 120, 3), np.uint8)
    files = {f"{k}.png": encoded(Image.fromarray(one)) for k, one in enumerate(noise)}
    files["3.png"] = b"broken"
    pictures, _ = taken(make(files), size=120)
    assert torch.equal(
        pictures.images, torch.from_numpy(np.delete(noise, 3, 0)).permute(0, 3, 1, 2)
    )


def test_a_draft_of_a_large_jpeg_looks_the_same(make):
    ramp = np.add.outer(np.arange(800), np.arange(800)) / 1600 * 255
    photo = encoded(Image.fromarray(ramp.astype(np.uint8)).convert("RGB"), "JPEG", quality=95)
    path = make({"a.jpg": photo, "b.jpg": photo})
    whole, draft = (taken(path, size=32, draft=draft)[0].images.float() for draft in (False, True))
    assert 0 < (whole - draft).abs().max() <= 3 or torch.equal(whole, draft)


# -- pairs --------------------------------------------------------------------------------------


def halves(left, right):
    picture = plain(left, (32, 16))
    picture.paste(right, (16, 0, 32, 16))
    return encoded(picture)


def test_the_halves_of_a_picture_are_a_pair(make):
    path = make({
        "train/1.png": halves("red", "lime"), "train/2.png": halves("white", "black"),
        "train/broken.png": b"", "val/3.png": halves("blue", "red"),
    })  # fmt: skip
    data = Data(name=str(path), pairs="side-by-side", size=16, held_out=0.0)
    pictures = load(data)
    assert pictures.classes == ("left", "right")
    a, b = domains(pictures, data.pairs)
    assert a[:, :, 8, 8].tolist() == [[255, 0, 0], [255] * 3, [0, 0, 255]]
    assert b[:, :, 8, 8].tolist() == [[0, 255, 0], [0] * 3, [255, 0, 0]]


def test_held_out_halves_stay_together(make):
    path = make({f"{k:02}.png": halves((k, 0, 0), (k, 9, 0)) for k in range(20)})
    for train in (True, False):
        data = Data(name=str(path), pairs="side-by-side", size=16)
        a, b = domains(load(data, train=train), data.pairs)
        assert len(a) == (18 if train else 2)
        assert torch.equal(a[:, 0], b[:, 0]) and (b[:, 1] == 9).all()


def test_named_sets_are_not_cut_in_two():
    with pytest.raises(DataError, match="cuts own pictures in two"):
        load(Data(name="digits", pairs="side-by-side"))


# -- the second time ----------------------------------------------------------------------------


@pytest.fixture
def many(make, monkeypatch):
    monkeypatch.setattr(cache, "WORTH", 4)
    colours = np.random.default_rng(0).integers(0, 255, (6, 3))
    return make({f"{k % 2}/{k}.png": encoded(plain(tuple(map(int, c))))
                 for k, c in enumerate(colours)} | {"0/x.png": b"broken"})  # fmt: skip


def test_the_second_time_is_the_first_one_again(many, monkeypatch):
    first, told = taken(many)
    monkeypatch.setattr("gan_lab.data.own.intake.decoded", None)  # nothing is decoded
    second, again = taken(many)
    assert torch.equal(first.images, second.images) and torch.equal(first.labels, second.labels)
    assert again.cached and not told.cached
    assert dataclasses.replace(again, cached=False, seconds=told.seconds) == told


@pytest.mark.parametrize("change", [{"size": 8}, {"fit": "pad"}, {"background": "black"},
                                    {"pairs": "classes"}, {"pairs": "side-by-side"}])  # fmt: skip
def test_other_settings_are_another_reading(many, change):
    taken(many)
    assert not taken(many, **change)[1].cached


def test_other_contents_are_another_reading(many, make):
    taken(many)
    with zipfile.ZipFile(many, "a") as archive:
        archive.writestr("1/new.png", encoded(plain("lime")))
    assert len(taken(many)[0]) == 7


def test_a_file_of_a_folder_that_is_another_one_by_now_is_read_anew(many, tmp_path):
    place = tmp_path / "folder"
    place.mkdir()
    for k, colour in enumerate(("red", "red", "red", "red", "red")):
        (place / f"{k}.bmp").write_bytes(encoded(plain(colour), "BMP"))
    assert taken(place)[0].images[0, :, 0, 0].tolist() == list(RED) and taken(place)[1].cached
    other = place / "0.bmp"
    before = other.stat()
    other.write_bytes(encoded(plain("lime"), "BMP"))  # as large as the former one
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    assert other.stat().st_size == before.st_size
    assert taken(place)[0].images[0, :, 0, 0].tolist() == list(LIME)


@pytest.mark.parametrize("harm", ["flip", "cut", "pickle", "json", "gone"])
def test_what_was_kept_and_is_damaged_is_read_anew(many, tmp_path, harm):
    first, _ = taken(many)
    (array,) = (tmp_path / "cache/own").glob("*.npy")
    content = bytearray(array.read_bytes())
    if harm == "flip":
        content[-5] ^= 1
        array.write_bytes(content)
    elif harm == "cut":
        array.write_bytes(content[:-50])
    elif harm == "pickle":
        np.save(array, np.array([{"a": 1}], object), allow_pickle=True)
    elif harm == "json":
        array.with_suffix(".json").write_text('{"names": 3}')
    else:
        array.unlink()
    second, told = taken(many)
    assert torch.equal(first.images, second.images) and not told.cached


def test_what_is_kept_is_bounded(many, tmp_path, monkeypatch):
    monkeypatch.setattr(cache, "MOST", 50_000)
    for size in (40, 48, 56):
        taken(many, size=size)
    files = list((tmp_path / "cache/own").iterdir())
    assert sum(file.stat().st_size for file in files if file.suffix == ".npy") <= 60_000


def test_a_cache_that_takes_nothing_is_no_harm(many, tmp_path):
    (tmp_path / "cache").write_text("a file")
    assert len(taken(many)[0]) == 6


# -- advice -------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [2, 40, 499, 500, 1999])
@pytest.mark.parametrize("loss", ["hinge", "wasserstein", "relativistic"])
def test_advice_for_few_pictures_can_be_taken(count, loss):
    known = {"hinge": "hinge", "wasserstein": "wasserstein"}.get(loss)
    from gan_lab.objectives.losses import LOSSES

    loss = known or next(name for name in LOSSES if name.startswith("relativistic"))
    config = put(RunConfig(), {"objective.loss": loss})
    tips = advice(count, config)
    changes = {path: value for tip in tips for path, value in tip.changes}
    assert changes["objective.augment"] != "none"
    after = put(config, changes)
    assert not any(tip.changes for tip in advice(count, after))


def test_enough_pictures_need_no_advice():
    assert advice(2000, RunConfig()) == []


# -- real ones ----------------------------------------------------------------------------------

REAL = {
    "cifar10-horse": (5000, 3, 0, {}), "orl-faces": (400, 1, 40, {"PPM": 400}),
    "emoji-pairs": (2824, 3, 2, {"PNG": 2824}),
}  # fmt: skip


@pytest.mark.parametrize("name", REAL)
def test_real_zips_come_in_whole(name):
    path = data_root() / f"{name}.zip"
    if not path.exists():
        pytest.skip(f"{path} is not here")
    count, channels, classes, formats = REAL[name]
    pictures, told = taken(path)
    assert len(pictures) == count and pictures.channels == channels and told.broken == ()
    assert len(pictures.classes) == classes and (not formats or told.formats == formats)
    if name == "orl-faces":
        assert told.sizes == {"92×112": 400} and set(told.classes.values()) == {10}


def test_a_folder_reads_as_its_zip_does(tmp_path, make):
    files = {f"c{k % 2}/{k}.png": encoded(plain((k, 0, 9))) for k in range(6)}
    for name, content in files.items():
        (tmp_path / "own" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "own" / name).write_bytes(content)
    folder, zipped = taken(tmp_path / "own"), taken(make(files))
    assert torch.equal(folder[0].images, zipped[0].images)
    assert torch.equal(folder[0].labels, zipped[0].labels)


def test_a_pipe_in_a_folder_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.png")
    for name in ("b.png", "c.png"):
        (Path(tmp_path) / name).write_bytes(encoded(plain()))
    assert len(taken(tmp_path)[0]) == 2
