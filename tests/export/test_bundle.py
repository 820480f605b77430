"""A run as one zip, and brought in again: the same run, to the bit; or refused as a whole."""

import time
import zipfile

import pytest
import torch

from gan_lab.export import EXPORTS, bring
from gan_lab.leftovers import temporary_folder
from gan_lab.runs import Budget, DirectoryError, arriving, open_generators
from gan_lab.runs.film import Film
from gan_lab.runs.journal import Journal
from gan_lab.runs.library import ARRIVING, library_of
from gan_lab.runs.ration import MEGABYTE
from tests.patience import WAIT


@pytest.fixture
def packed(ended, tmp_path):
    directory = ended()
    out = tmp_path / "out" / "run.zip"
    told = EXPORTS["bundle"].write(directory, out)
    assert told.startswith("the whole run, ") and [p.name for p in out.parent.iterdir()] == [
        out.name
    ]
    return directory, out


def _state(directory):
    return directory.read_checkpoint()


def test_a_run_comes_back_as_it_was(packed, tmp_path, differences):
    directory, out = packed
    brought = bring(out, tmp_path / "elsewhere")
    assert brought.path == tmp_path / "elsewhere" / "run"
    assert differences(_state(brought), _state(directory)) == []
    assert brought.read_config() == directory.read_config()
    for name in ("ledger.jsonl", "history/readings.f32", "summary.json"):
        assert (brought.path / name).read_bytes() == (directory.path / name).read_bytes()
    films = [Film(d.path / "film").open().shots for d in (brought, directory)]
    assert films[0] == films[1] and films[0]
    assert Journal(brought.path).measured() == Journal(directory.path).measured()
    models = [open_generators(d).model for d in (brought, directory)]
    z = models[0].draw(9, seed=5)
    assert torch.equal(models[0].images(z), models[1].images(z))


def test_it_goes_on_bit_for_bit(packed, tmp_path, begin, differences):
    directory, out = packed
    brought = bring(out, tmp_path / "elsewhere")
    ends = []
    for name in (directory.path.name, str(brought.path.relative_to(tmp_path))):
        run = begin(directory.read_config(), name, budget=Budget(steps=10), resume=True)
        assert run.join(WAIT)
        ends.append(_state(run.directory))
    for end in ends:
        end.pop("seconds", None)  # by the clock
    assert ends[0]["steps"] == 10 and differences(ends[0], ends[1]) == []


def test_a_taken_name_gets_a_tail(packed, tmp_path):
    _, out = packed
    root = tmp_path / "elsewhere"
    first, second = bring(out, root), bring(out, root)
    assert first.path.name == "run" and second.path.name.startswith("run-")
    assert sorted(p.name for p in root.iterdir()) == sorted([first.path.name, second.path.name])


def test_the_same_run_is_the_same_bytes(packed, tmp_path):
    directory, out = packed
    EXPORTS["bundle"].write(directory, tmp_path / "again.zip")
    with zipfile.ZipFile(out) as a, zipfile.ZipFile(tmp_path / "again.zip") as b:
        assert a.namelist() == b.namelist()
        names = [name for name in a.namelist() if name.startswith("run/")]
        assert all(a.read(name) == b.read(name) for name in names)
    assert not any("owner" in name or "undo" in name for name in names)


def test_whoever_cancels_leaves_nothing(packed, tmp_path):
    directory, _ = packed

    def enough(share, words):
        if share > 0.3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        EXPORTS["bundle"].write(directory, tmp_path / "half" / "run.zip", enough)
    assert list((tmp_path / "half").iterdir()) == []


def test_a_checkpoint_alone_is_a_run_too(packed, tmp_path):
    directory, _ = packed
    out = tmp_path / "kept.pt"
    out.write_bytes(directory.checkpoint_files()[-1].read_bytes())
    brought = bring(out, tmp_path / "elsewhere")
    assert brought.path.name == "kept-checkpoint"
    models = [open_generators(d).model for d in (brought, directory)]
    z = models[0].draw(4)
    assert torch.equal(models[0].images(z), models[1].images(z))


@pytest.mark.parametrize(
    "name", ["cgan", "plane-ring", "progressive-small", "cyclegan-small", "srgan-small"]
)
def test_every_kind_of_game_travels(ended, tmp_path, name, differences):
    directory = ended(preset=name)
    EXPORTS["bundle"].write(directory, tmp_path / "run.zip")
    brought = bring(tmp_path / "run.zip", tmp_path / "elsewhere")
    assert differences(_state(brought), _state(directory)) == []


def test_a_run_for_which_there_is_no_room_is_refused_before_it_is_unpacked(
    packed, tmp_path, monkeypatch
):
    _, out = packed
    root = tmp_path / "elsewhere"
    bring(out, root)
    used = library_of(root).used()
    for megabytes, words in ((used / MEGABYTE, "take"), (1.5 * used / MEGABYTE, "with this run")):
        monkeypatch.setenv("GANLAB_RUNS_MEGABYTES", str(megabytes))
        with pytest.raises(DirectoryError, match=words) as refused:
            bring(out, root)
        assert "GANLAB_RUNS_MEGABYTES" in str(refused.value)
        assert [path.name for path in root.iterdir()] == ["run"]
    monkeypatch.setenv("GANLAB_RUNS_MEGABYTES", str(3 * used / MEGABYTE))
    bring(out, root)


def test_the_trash_makes_room_for_a_run(packed, tmp_path, monkeypatch):
    _, out = packed
    root = tmp_path / "elsewhere"
    bring(out, root)
    books = library_of(root)
    books.see_all = True
    books.delete("run", "anna")
    monkeypatch.setenv("GANLAB_RUNS_MEGABYTES", str(1.5 * books.used() / MEGABYTE))
    assert bring(out, root).path.name == "run"
    assert books.trash("anna") == []


@pytest.mark.parametrize("looks", [0, 1])
def test_the_disk_is_never_filled_by_an_import(packed, tmp_path, monkeypatch, looks):
    """It is looked at before the import, and again before the run gets its name."""
    _, out = packed
    root, seen = tmp_path / "elsewhere", []

    def nearly_full(place, due=0):
        seen.append(due)
        if len(seen) > looks:
            raise OSError(28, "the disk is nearly full")

    monkeypatch.setattr(arriving, "refuse_full", nearly_full)
    with pytest.raises(OSError, match="nearly full"):
        bring(out, root)
    assert list(root.iterdir()) == []
    assert seen[0] == out.stat().st_size


def test_an_import_ends_as_soon_as_there_is_no_room(tmp_path, monkeypatch):
    monkeypatch.setattr(arriving, "EVERY", 0.0)
    room = arriving.Room(tmp_path, 0)
    assert not room.is_short()
    monkeypatch.setenv("GANLAB_RUNS_MEGABYTES", "0.001")
    assert not room.is_short()
    with temporary_folder(ARRIVING, tmp_path) as other:
        (other / "film").write_bytes(bytes(2000))
        deadline = time.monotonic() + WAIT
        while not room.is_short():  # a thread of its own looks
            assert time.monotonic() < deadline
            time.sleep(0.01)
        with pytest.raises(DirectoryError, match="may take"):
            room.check()


def test_what_other_imports_have_unpacked_counts(packed, tmp_path, monkeypatch):
    _, out = packed
    root = tmp_path / "elsewhere"
    bring(out, root)
    used = library_of(root).used()
    monkeypatch.setenv("GANLAB_RUNS_MEGABYTES", str(3 * used / MEGABYTE))
    with temporary_folder(ARRIVING, root) as other:
        (other / "film").write_bytes(bytes(2 * used))
        with pytest.raises(DirectoryError, match="take"):
            bring(out, root)
    bring(out, root)
