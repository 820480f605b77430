"""What visitors send is kept, bounded, and found by each of them alone."""

import io
import os
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from gan_lab.config import Data, RunConfig
from gan_lab.data import DataError, load
from gan_lab.runs import Registry, disk
from gan_lab.runs.uploads import Uploads, folder_of, refuse_foreign, roots, sweep

ANNA, BEN = "anna-cookie", "ben-cookie"


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GANLAB_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("GANLAB_RUNS", str(tmp_path / "runs"))
    monkeypatch.delenv("GANLAB_FOLDERS", raising=False)
    return tmp_path


def picture(shade: int) -> io.BytesIO:
    buffer = io.BytesIO()
    Image.new("L", (20, 12), shade).save(buffer, "PNG")
    return buffer


def zipped(**names: bytes) -> io.BytesIO:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in names.items():
            archive.writestr(f"{name}.png", content)
    return buffer


def some(count: int = 3) -> list[tuple[str, io.BytesIO]]:
    return [(f"cats/{k}.png", picture(40 * k)) for k in range(count)]


def test_pictures_become_a_zip_that_a_run_reads():
    path = Uploads(ANNA).keep(
        [*some(), ("../../etc/x.png", picture(9)), ("cats/0.png", picture(8))]
    )
    assert path.is_absolute() and path.name.startswith("cats-")
    assert Uploads(ANNA).paths() == [path] and Uploads(ANNA).find(path.name) == path
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    assert len(names) == 5 == len(set(names)) and not any(".." in name for name in names)
    assert len(load(Data(name=str(path), held_out=0.0))) == 5


def test_a_zip_is_kept_as_it_came_and_what_only_looks_like_one_is_refused():
    came = zipped(a=picture(1).getvalue(), b=picture(2).getvalue())
    path = Uploads(ANNA).keep([("My Cats (1)!.ZIP", came)])
    assert path.read_bytes() == came.getvalue() and path.name.startswith("my-cats-1-")
    for name, content in (("x.zip", b"PK\3\4 and no more"), ("x.zip", b"hello"), ("x.zip", b"")):
        with pytest.raises(DataError, match=r"^x\.zip "):
            Uploads(ANNA).keep([(name, io.BytesIO(content))])
    assert Uploads(ANNA).paths() == [path]
    assert not list(path.parent.glob("*.writing"))


def test_nobody_finds_or_deletes_what_somebody_else_sent():
    path = Uploads(ANNA).keep(some())
    assert Uploads(BEN).paths() == [] == Uploads("").paths()
    assert Uploads(BEN).find(path.name) is None
    Uploads(BEN).delete(path.name)
    Uploads(ANNA).delete(f"../{path.parent.name}/{path.name}")
    assert path.exists() and ANNA not in str(path)
    Uploads(ANNA).delete(path.name)
    assert not path.exists()


def test_nobody_begins_a_run_with_what_somebody_else_sent(monkeypatch: pytest.MonkeyPatch):
    path = Uploads(ANNA).keep(some())
    refuse_foreign(str(path), ANNA)
    refuse_foreign("digits:3,8", BEN)
    monkeypatch.setenv("GANLAB_FOLDERS", "1")
    for name in (path, path.parent, path.parent.parent, f"{path.parent}/../{path.parent.name}"):
        with pytest.raises(DataError, match="not yours"):
            refuse_foreign(str(name), BEN, trusted=True)
    link = path.parent.parent.parent / "link"
    link.symlink_to(path.parent)
    with pytest.raises(DataError, match="not yours"):
        refuse_foreign(str(link), BEN, trusted=True)
    registry = Registry()
    with pytest.raises(DataError, match="not yours"):
        registry.start(RunConfig(data=Data(name=str(path))), BEN)
    assert not list(roots()[1].parent.glob("2*"))  # no folder of a run was made


def test_whether_a_folder_exists_is_said_only_where_folders_are_allowed(
    data: Path, monkeypatch: pytest.MonkeyPatch
):
    told = set()
    for text in (str(data), "/nowhere", "\0"):
        with pytest.raises(DataError) as refused:
            folder_of(text)
        told.add(str(refused.value))
        with pytest.raises(DataError, match="not yours"):
            refuse_foreign(text, BEN)
    assert len(told) == 1
    monkeypatch.setenv("GANLAB_FOLDERS", "1")
    (data / "cats").mkdir()
    assert folder_of(str(data / "cats")) == (data / "cats").resolve()
    for text, why in (("/nowhere", "no such"), ("\0", "no such"), (str(data), "other people")):
        with pytest.raises(DataError, match=why):
            folder_of(text)


def test_what_others_made_is_no_folder_of_pictures(data: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GANLAB_FOLDERS", "1")
    samples = data / "runs" / "a run" / "samples"
    samples.mkdir(parents=True)
    for text in (str(samples), str(data / "runs")):
        with pytest.raises(DataError, match="other people"):
            folder_of(text)
        with pytest.raises(DataError, match="not yours"):
            refuse_foreign(text, BEN)
    refuse_foreign(str(samples), BEN, trusted=True)  # for whom all runs are


def test_what_a_killed_server_left_half_written_goes():
    folder = Uploads(ANNA).keep(some()).parent
    old, new = folder / "old.writing", folder / "new.writing"
    for path in (old, new):
        path.write_bytes(bytes(10))
    os.utime(old, (0, 0))
    Uploads(ANNA).keep(some())
    assert not old.exists() and new.exists(), "somebody may write that one still"


def test_a_set_that_is_deleted_meanwhile_is_no_trouble(monkeypatch: pytest.MonkeyPatch):
    gone = Uploads(BEN).keep(some())
    gone.unlink()
    monkeypatch.setattr(Path, "glob", lambda *_: [gone])
    assert Uploads(ANNA).keep(some()).exists()


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GANLAB_OWN_MEGABYTES", "0.004")  # 1,000 bytes a visitor
    path = Uploads(ANNA).keep(some(2))
    with pytest.raises(DataError, match="the most"):
        Uploads(ANNA).keep([("large.png", io.BytesIO(bytes(900)))])
    assert Uploads(ANNA).paths() == [path]


def test_all_visitors_together_are_bounded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GANLAB_OWN_MEGABYTES", "0.004")
    for visitor in ("a", "b", "c"):
        Uploads(visitor).keep([("large.png", io.BytesIO(bytes(950)))])
    with pytest.raises(DataError, match="no more room"):
        Uploads("d").keep([("large.png", io.BytesIO(bytes(950)))])


def test_where_the_data_root_cannot_be_written_they_lie_below_the_runs_root(data: Path):
    (data / "data").write_text("a file is in the way")
    path = Uploads(ANNA).keep(some())
    assert path.is_relative_to(data / "runs") and Uploads(ANNA).paths() == [path]


def test_an_upload_never_fills_the_disk(monkeypatch):
    monkeypatch.setattr(disk, "FREE", 1 << 60)
    with pytest.raises(DataError, match="nearly full"):
        Uploads(ANNA).keep(some())
    assert Uploads(ANNA).paths() == []


def test_what_killed_servers_left_of_uploads_goes():
    kept = Uploads(ANNA).keep(some())
    old, young = (kept.with_name(f"{name}-00000000.writing") for name in ("old", "young"))
    for path in (old, young):
        path.write_bytes(b"half")
    os.utime(old, (1, 1))
    sweep()
    assert sorted(path.name for path in kept.parent.iterdir()) == sorted([kept.name, young.name])
