"""Every run below the runs root, as a list tells it: whatever state its folder is in."""

import io
import json
import math
import os
import shutil
import stat
import sys
import time

import pytest
import torch
from PIL import Image

from gan_lab.measures import Measured, Value
from gan_lab.runs import Budget, Registry, Run, RunDirectory, State, fork
from gan_lab.runs.directory import DirectoryError
from gan_lab.runs.journal import Journal
from gan_lab.runs.library import PAUSED, Library
from gan_lab.runs.messages import Pause, Step, Stop
from gan_lab.runs.reading import THUMBNAIL
from gan_lab.runs.trash import Trash
from tests.patience import WAIT
from tests.runs.processes import claimed_elsewhere

ANNA, BERT = "anna's cookie", "bert's cookie"


@pytest.fixture
def trained(runs_root, small):
    """A run below the root that has ended; returns its folder."""

    def train(name="20260102-030405-quick-digits-abcdef", changes=None, preset=None):
        run = Run(
            small(changes, preset), RunDirectory.create(runs_root / name), budget=Budget(steps=5)
        ).start()
        assert run.join(WAIT)
        return run.directory.path

    return train


@pytest.fixture
def library(runs_root):
    return Library(runs_root)


@pytest.fixture
def registry():
    runs = Registry()
    yield runs
    runs.close()


def only(library, visitor=None):
    (entry,) = library.entries(visitor)
    return entry


def test_there_may_be_no_runs_and_no_root(library):
    assert library.entries() == [] and library.used() == 0


def test_a_finished_run_tells_everything(library, trained):
    path = trained(changes={"optim.g.lr": 0.0123})
    Journal(path).note_measured(Measured(3, "averaged", {"swd": Value(0.5, 64)}))
    Journal(path).note_measured(Measured(5, "averaged", {"swd": Value(0.25, 64)}))
    Journal(path).note_measured(Measured(6, "averaged", {"swd": Value(0.1, 64)}))
    Journal(path).note_measured(Measured(5, "raw", {"swd": Value(9.0, 64)}))
    entry = only(library)
    assert (entry.name, entry.path) == (path.name, path)
    assert (entry.preset, entry.data, entry.state) == ("quick", "digits", "finished")
    assert (entry.steps, entry.images) == (5, 40) and entry.seconds > 0
    assert ("optim.g.lr", 0.0123) in entry.differs
    assert entry.measures == {"swd": 0.25}
    assert entry.measured_at == 5
    assert entry.size == sum(
        {f.stat().st_ino: f.stat().st_size for f in path.rglob("*") if f.is_file()}.values()
    ), "what has two names counts once"
    with Image.open(io.BytesIO(entry.thumbnail)) as image:
        assert max(image.size) == 128
        assert image.convert("L").getextrema()[1] > 0, "something is drawn"
    assert not entry.owned and not entry.mine and entry.parent == "" and entry.why == ""


def test_points_of_a_plane_have_a_thumbnail_too(library, trained):
    trained(preset="plane-ring")
    assert only(library).thumbnail.startswith(b"\x89PNG")


def test_a_run_that_was_stopped_or_broke_says_so(library, runs_root, small, until):
    run = Run(small(), RunDirectory.create(runs_root / "a")).start()
    until(run, lambda m: m.counts.steps > 2)
    assert only(library).state == "training here"
    run.send(Stop())
    assert run.join(WAIT)
    assert only(library).state == "stopped"
    assert only(library).steps == run.latest().counts.steps
    broken = Run(small(), RunDirectory.create(runs_root / "b")).start()
    until(broken, lambda m: m.counts.steps > 2)
    with torch.no_grad():
        next(broken._worker.trainer.game.players["G"].network.parameters())[0, 0] = math.nan
    assert broken.join(WAIT) and broken.latest().state is State.FAILED
    told = {entry.name: entry for entry in library.entries()}
    assert told["b"].state == "failed" and "last good checkpoint" in told["b"].why


def test_what_a_killed_process_leaves_is_left_behind(library, trained):
    path = trained()
    (path / "summary.json").unlink()
    entry = only(library)
    assert (entry.state, entry.steps, entry.images) == ("left behind", 5, 40)
    assert entry.thumbnail


def test_a_summary_of_before_a_later_checkpoint_says_nothing(library, trained):
    path = trained()
    shutil.copyfile(path / "checkpoints" / "000000005.pt", path / "checkpoints" / "000000009.pt")
    assert (only(library).state, only(library).steps) == ("left behind", 9)


def test_another_process_that_trains_is_seen(library, trained):
    path = trained()
    with claimed_elsewhere(path):
        assert only(library).state == "elsewhere"
    assert only(library).state == "finished"


def test_to_be_listed_never_keeps_a_run_from_beginning(trained):
    directory = RunDirectory(trained())
    for _ in range(200):
        assert directory.trained() == ""
        with directory.claimed():
            assert directory.trained() == "here"


@pytest.mark.parametrize(
    "name",
    [
        "config.json",
        "summary.json",
        "ledger.jsonl",
        "measures.jsonl",
        "labels.json",
        "owner.json",
        "parent.json",
        "best.json",
    ],
)
@pytest.mark.parametrize("junk", [b"", b"{", b"[]", b"null", b"\xff\xfe\x00", b"[" * 100_000,
                                  b'{"state": "finished", "steps": "x"}'])  # fmt: skip
def test_a_damaged_file_hides_no_run(library, trained, name, junk):
    path = trained()
    whole = (path / name).read_bytes() if (path / name).exists() else None
    (path / name).write_bytes(junk)
    try:
        entry = only(library)
        expected = {"config.json": "damaged", "summary.json": "left behind"}
        assert entry.state == expected.get(name, "finished")
        assert entry.state != "damaged" or "config.json" in entry.why
        assert not entry.owned and not entry.tags
    finally:
        (path / name).unlink()
        if whole is not None:
            (path / name).write_bytes(whole)


def test_a_run_without_a_whole_checkpoint_is_damaged(library, trained):
    path = trained()
    newest, first = path / "checkpoints" / "000000005.pt", path / "checkpoints" / "000000000.pt"
    (path / "states" / "000000005.pt").unlink()
    newest.write_bytes(newest.read_bytes()[:-2000])
    assert (only(library).state, only(library).steps) == ("left behind", 0), "the first is whole"
    first.unlink()
    assert only(library).state == "left behind", "what was kept on the way counts too"
    shutil.rmtree(path / "states")
    assert only(library).state == "damaged" and "checkpoint" in only(library).why


def test_runs_lie_in_folders_of_folders_but_not_behind_links_nor_hidden(library, trained, tmp_path):
    path = trained("from the laptop/a")
    trained(".hidden/b")
    shutil.copytree(path, tmp_path / "elsewhere")
    (library.root / "link").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    assert [entry.name for entry in library.entries()] == ["from the laptop/a"]
    assert library.entry("link") is None and library.entry("../elsewhere") is None
    assert library.entry(str(tmp_path / "elsewhere")) is None


def test_a_folder_is_looked_into_again_only_when_it_changed(library, trained, monkeypatch):
    path = trained()
    looks = []
    monkeypatch.setattr(
        "gan_lab.runs.library.reading.glance",
        lambda run, real=sys.modules["gan_lab.runs.reading"].glance: looks.append(run) or real(run),
    )
    first = library.entries()
    assert library.entries() == first and looks == [path]
    library.see_all = True
    library.label(path.name, ANNA, title="Mine", tags=[], note="")
    assert only(library).title == "Mine" and len(looks) == 2


def test_listing_writes_nothing(library, trained):
    path = trained()

    def marks():
        every = [path, *path.rglob("*")]
        return {p: (p.stat().st_mtime_ns, p.stat().st_size) for p in every}

    before = marks()
    library.entries(ANNA)
    assert marks() == before
    assert [p.name for p in library.root.iterdir()] == [path.name]


# -- who sees what -----------------------------------------------------------------------------


def test_everybody_sees_own_runs_and_those_of_nobody(library, registry, trained, small):
    nobodys = trained()
    annas = registry.start(small(), ANNA, "quick")
    annas.send(Pause(), ANNA).result(WAIT)
    name = annas.directory.path.name
    assert {e.name for e in library.entries(ANNA)} == {nobodys.name, name}
    assert {e.name for e in library.entries(BERT)} == {nobodys.name}
    assert {e.name for e in library.entries("")} == {nobodys.name}
    assert library.entry(name, BERT) is None
    assert library.entry(name, ANNA).mine and not library.entry(nobodys.name, ANNA).mine
    everything = Library(library.root, see_all=True)
    assert {e.name for e in everything.entries(BERT)} == {nobodys.name, name}
    assert not everything.entry(name, BERT).mine
    assert everything.entry(nobodys.name, BERT).mine, "nobody's, where one person is alone"


def test_the_key_is_for_this_user_alone_and_outlives_the_server(library, registry, small):
    path = registry.start(small(), ANNA).directory.path
    key = library.root / ".owners.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert ANNA not in (path / "owner.json").read_text()
    assert key.read_bytes().hex() not in (path / "owner.json").read_text()
    assert Library(library.root).entry(path.name, ANNA).mine
    key.unlink()
    assert not Library(library.root).entry(path.name, ANNA).mine


def test_a_run_from_another_machine_is_nobodys(library, registry, small, tmp_path):
    path = registry.start(small(), ANNA).directory.path
    registry.close()
    there = Library(tmp_path / "another")
    there.owners.mark(RunDirectory.create(tmp_path / "of BERT's").path, BERT)  # it has a key
    shutil.copytree(path, there.root / path.name)
    assert not only(there, BERT).owned
    there.owners.mark(only(there).path, BERT)
    assert only(there, BERT).mine and there.entries(ANNA) == []


def test_a_key_that_was_cut_short_makes_no_new_run_everybodys(library, small):
    library.root.mkdir()
    (library.root / ".owners.key").write_bytes(b"short")
    path = RunDirectory.create(library.root / "run").path
    library.owners.mark(path, ANNA)
    assert only(library, ANNA).mine and library.entries(BERT) == []
    assert Library(library.root).entry("run", ANNA).mine, "another server has the same key"


def test_where_the_key_cannot_be_read_nothing_is_begun(registry, library, small):
    (library.root / ".owners.key").mkdir(parents=True)
    with pytest.raises(OSError, match="key"):
        registry.start(small(), ANNA)
    assert library.entries() == []


def test_a_run_is_nobodys_at_no_instant(registry, library, small, monkeypatch, until):
    parent = registry.start(small({"training.checkpoint_steps": 2}), ANNA)
    until(parent.run, lambda m: m.counts.steps > 4)
    parent.send(Stop(), ANNA)
    assert parent.run.join(WAIT)
    seen, mark = [], library.owners.mark.__func__

    def late(self, run, visitor):
        seen.append((Library(library.root).entries(BERT), visitor))
        mark(self, run, visitor)

    monkeypatch.setattr("gan_lab.runs.owners.Owners.mark", late)
    registry.start(small(), ANNA)
    registry.fork(parent, None, ANNA)
    assert seen == [([], ANNA)] * 2


def test_nobody_labels_or_deletes_what_is_not_his(library, registry, trained, small):
    annas = registry.start(small(), ANNA).directory.path.name
    nobodys = trained().name
    for act in (library.delete, lambda n, v: library.label(n, v, title="x", tags=[], note="")):
        with pytest.raises(DirectoryError, match="not here"):
            act(annas, BERT)
        with pytest.raises(PermissionError):
            act(nobodys, BERT)


# -- labels ------------------------------------------------------------------------------------


def test_what_people_write_is_plain_text_with_an_end(library, trained):
    library.see_all = True
    name = trained().name
    library.label(name, ANNA, title="  My \n <b>first</b>\x00\u202e run ",
                  tags=["a", "a", " ", "<i>"], note="one\ntwo\x1b[31m")  # fmt: skip
    entry = only(library)
    assert entry.title == "My <b>first</b> run"
    assert entry.tags == ["a", "<i>"] and entry.note == "one\ntwo[31m"
    assert Library(library.root).entry(name).title == entry.title
    for wrong in ({"title": "x" * 81}, {"tags": ["x" * 25]}, {"tags": list("abcdefghijklm")},
                  {"note": "x" * 2001}):  # fmt: skip
        with pytest.raises(ValueError, match="at most"):
            library.label(name, ANNA, **({"title": "", "tags": [], "note": ""} | wrong))
    assert only(library) == entry


# -- trash -------------------------------------------------------------------------------------


def test_what_was_deleted_comes_back_as_it_was(library, registry, small):
    run = registry.start(small(), ANNA)
    run.send(Stop(), ANNA)
    assert run.run.join(WAIT)
    before = library.entries(ANNA)
    library.delete(before[0].name, ANNA)
    assert library.entries() == []
    assert [e.name for e in library.trash(ANNA)] == [before[0].name]
    assert library.trash(BERT) == []
    with pytest.raises(DirectoryError, match="trash"):
        library.restore(before[0].name, BERT)
    library.restore(before[0].name, ANNA)
    assert library.entries(ANNA) == before and library.trash(ANNA) == []


def test_a_run_that_is_trained_cannot_be_deleted(library, registry, small):
    run = registry.start(small(), ANNA)
    run.send(Pause(), ANNA).result(WAIT)
    with pytest.raises(DirectoryError, match="trained"):
        library.delete(run.directory.path.name, ANNA)
    assert len(library.entries()) == 1 and library.trash(ANNA) == []


def test_what_trains_here_is_told_as_it_is_now_and_not_as_it_was_saved(library, registry, small):
    run = registry.start(small(), ANNA)
    run.send(Pause(), ANNA).result(WAIT)
    run.send(Step(7), ANNA).result(WAIT)
    deadline = time.monotonic() + WAIT
    while (now := run.run.latest()).state is not State.PAUSED or now.counts.steps < 7:
        assert time.monotonic() < deadline, now
        time.sleep(0.01)
    assert library.entries(ANNA)[0].steps < now.counts.steps, "it was not saved since"
    (entry,) = registry.entries(ANNA)
    told = entry.state, entry.steps, entry.images, entry.seconds
    assert told == (PAUSED, now.counts.steps, now.counts.images, now.seconds)
    with Image.open(io.BytesIO(entry.thumbnail)) as seen:
        assert max(seen.size) == THUMBNAIL
    assert registry.entries(BERT) == []
    run.send(Stop(), ANNA).result(WAIT)
    assert run.run.join(WAIT)
    (entry,) = registry.entries(ANNA)
    assert (entry.state, entry.steps) == ("stopped", now.counts.steps)


def test_the_trash_is_emptied_by_age_and_by_size(library, trained, runs_root):
    from gan_lab.runs.trash import Trash

    for name in ("a", "b", "c"):
        trained(name)
        library._trash.put(name)
    every = library._trash.every()
    assert [one.name for one in every] == ["c", "b", "a"]
    told = json.loads((every[2].path.parent / "deleted.json").read_text())
    (every[2].path.parent / "deleted.json").write_text(json.dumps(told | {"since": 0.0}))
    library.tidy()
    assert [one.name for one in library._trash.every()] == ["c", "b"]
    Trash(runs_root, room=1).tidy()
    assert [one.name for one in library._trash.every()] == ["c"], "the newest stays"


def test_what_is_removed_from_the_trash_only_in_part_is_removed_next_time(
    library, trained, runs_root, monkeypatch
):
    trained()
    alone = Library(runs_root, see_all=True)
    alone.delete(only(alone).name, ANNA)
    (place,) = (runs_root / ".trash").iterdir()
    rmtree = shutil.rmtree

    def cut_short(path, **_):
        first = min(p for p in path.iterdir())
        rmtree(first) if first.is_dir() else first.unlink()
        raise KeyboardInterrupt

    monkeypatch.setattr("gan_lab.runs.trash.shutil.rmtree", cut_short)
    aged = Trash(runs_root, age=-1.0)
    with pytest.raises(KeyboardInterrupt):
        aged.tidy()
    monkeypatch.undo()
    assert place.exists()
    aged.tidy()
    assert not place.exists()


def test_a_deleted_run_does_not_come_back_over_another_one(library, trained):
    library.see_all = True
    name = trained("a").name
    library.delete(name, ANNA)
    trained("a")
    with pytest.raises(DirectoryError, match="another run"):
        library.restore(name, ANNA)
    assert library.trash(ANNA), "it is still there"


def test_what_lies_in_the_trash_leads_nowhere_else(library, tmp_path, trained):
    library.see_all = True
    library.delete(trained("a").name, ANNA)
    (one,) = library._trash.every()
    for name in ("../out", str(tmp_path / "out"), "", "."):
        (one.path.parent / "deleted.json").write_text(json.dumps({"name": name, "since": 9e9}))
        found = [e.name for e in library.trash(ANNA)]
        assert found == [] or name == "."
        if found:
            with pytest.raises(DirectoryError):
                library.restore(name, ANNA)
    assert not (tmp_path / "out").exists()


# -- room --------------------------------------------------------------------------------------


def test_what_a_fork_shares_with_its_parent_takes_room_once(library, trained, runs_root):
    parent = trained(changes={"training.checkpoint_steps": 1, "training.keep_states": 5})
    alone = library.used()
    fork(RunDirectory(parent), runs_root / "child")
    both = sum(entry.size for entry in library.entries())
    state = (parent / "checkpoints" / f"{5:09d}.pt").stat().st_size
    assert alone < library.used() < alone + state, "no state of it takes more room"
    assert both > alone + state, "though each is as large as its files"
    shutil.rmtree(parent)
    assert library.used() > 2 * state, "which are there still"


def test_too_many_runs_refuse_a_new_one_and_lose_none(
    library, registry, trained, small, monkeypatch
):
    trained("a")
    trained("b")
    library._trash.put("b")
    used = library.used()
    size = library.entries()[0].size
    assert used == size + sum(e.size for e in [library._told(library._trash.every()[0].path, None)])
    monkeypatch.setenv("GANLAB_RUNS_MEGABYTES", str((size + 1000) / 1e6))
    run = registry.start(small(), ANNA)
    assert library._trash.every() == [], "the trash goes first"
    run.send(Stop(), ANNA)
    assert run.run.join(WAIT)
    monkeypatch.setenv("GANLAB_RUNS_MEGABYTES", "0.001")
    with pytest.raises(DirectoryError, match=r"take \d+ MB, and may take 0 MB"):
        registry.start(small(), ANNA)
    assert len(library.entries()) == 2


@pytest.mark.skipif(os.geteuid() == 0, reason="the system's user may write anywhere")
def test_a_root_that_cannot_be_written_is_listed(library, trained):
    trained()
    library.root.chmod(0o500)
    try:
        assert len(library.entries(ANNA)) == 1
    finally:
        library.root.chmod(0o700)
