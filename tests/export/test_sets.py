"""Generated sets: the same pictures however they are written, and never all of them in memory."""

import io
import tracemalloc
import zipfile

import numpy as np
import pytest
from PIL import Image

from gan_lab.export import EXPORTS, ExportError, SetExport, Wish
from gan_lab.runs import open_generators


def of(name, **wish):
    export = EXPORTS[name]
    assert isinstance(export, SetExport)
    return export.of(Wish(**wish))


def test_zip_and_array_hold_what_the_model_gives(ended, tmp_path):
    directory = ended()
    assert of("npz", n=300, seed=4).write(directory, tmp_path / "a.npz") == "300 pictures of step 6"
    of("pictures", n=300, seed=4).write(directory, tmp_path / "a.zip")
    model = open_generators(directory).model
    wanted = model.images(model.draw(300, 4)).permute(0, 2, 3, 1).numpy()
    with np.load(tmp_path / "a.npz") as arrays:
        assert arrays.files == ["images"] and np.array_equal(arrays["images"], wanted)
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        names = archive.namelist()
        assert names == [f"{k:06d}.png" for k in range(300)]
        for k in (0, 255, 256, 299):
            with Image.open(io.BytesIO(archive.read(names[k]))) as picture:
                assert np.array_equal(np.asarray(picture).reshape(wanted[k].shape), wanted[k])


def test_labels_go_with_them(ended, tmp_path):
    directory = ended({"networks.labels": "concat"})
    of("npz", n=50, seed=1).write(directory, tmp_path / "a.npz")
    of("pictures", n=50, seed=1).write(directory, tmp_path / "a.zip")
    with np.load(tmp_path / "a.npz") as arrays, zipfile.ZipFile(tmp_path / "a.zip") as archive:
        folders = {int(n.split("/")[1][:6]): int(n[:3]) for n in archive.namelist()}
        assert [folders[k] for k in range(50)] == arrays["labels"].tolist()
        assert len(set(folders.values())) > 5
    of("npz", n=5, label="7").write(directory, tmp_path / "b.npz")
    with np.load(tmp_path / "b.npz") as arrays:
        assert arrays["labels"].tolist() == [7] * 5
    with pytest.raises(ExportError, match="give one of 0, 1"):
        of("npz", n=5, label="x").write(directory, tmp_path / "c.npz")
    assert not (tmp_path / "c.npz").exists()


def test_memory_does_not_grow_with_the_set(ended, tmp_path):
    directory, peaks = ended(), []
    for n in (1000, 8000):
        tracemalloc.start()  # NumPy's and Python's memory: what is encoded and written
        of("npz", n=n).write(directory, tmp_path / "a.npz")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 300_000  # 7,000 more pictures are 448,000 bytes


def test_progress_is_told_and_may_end_it(ended, tmp_path):
    directory, shares = ended(), []
    of("pictures", n=1000).write(directory, tmp_path / "a.zip", lambda s, w: shares.append(s))
    assert shares == sorted(shares) and len(shares) >= 4 and shares[-1] == 1.0

    def enough(share, words):
        if share > 0.5:
            raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        of("pictures", n=1000).write(directory, tmp_path / "b.zip", enough)
    assert [p.name for p in tmp_path.iterdir() if p.is_file()] == ["a.zip"]


def test_points_are_an_array_and_a_plane(ended, tmp_path):
    directory = ended({"objective.game": "plane"})
    assert "points, not pictures" in EXPORTS["pictures"].why_not(directory)
    of("npz", n=10).write(directory, tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz") as arrays:
        assert arrays["points"].shape == (10, 2)
    EXPORTS["grid"].write(directory, tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as picture:
        assert min(picture.size) > 100


def test_the_grid_is_a_picture_of_64(ended, tmp_path):
    directory = ended()
    EXPORTS["grid"].write(directory, tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.size[0] == picture.size[1] >= 64


@pytest.mark.parametrize("n", [0, 2_000_000])
def test_absurd_numbers_are_refused(ended, tmp_path, n):
    with pytest.raises(ExportError, match="ask for 1 to 1,000,000"):
        of("npz", n=n).write(ended(), tmp_path / "a.npz")
