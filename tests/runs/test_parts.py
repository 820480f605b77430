"""What a run is made of: wire, directory, registry, pace, pictures, opening."""

import io
import json
import os
import shutil
import struct
import threading

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from gan_lab.games import Preview
from gan_lab.runs import (
    Budget,
    DirectoryError,
    Registry,
    RunDirectory,
    State,
    open_generators,
    wire,
)
from gan_lab.runs import pace as pace_module
from gan_lab.runs.mailbox import Mailbox
from gan_lab.runs.messages import Moment, Pause, Resume, Set, Stop
from gan_lab.runs.pace import Pace
from gan_lab.runs.pictures import mosaic, picture
from gan_lab.training.history import History
from gan_lab.training.ledger import Entry
from gan_lab.training.trainer import Counts
from tests.patience import WAIT

# -- wire ---------------------------------------------------------------------------------------

NAMES = st.text(max_size=8).filter(lambda name: name != "kind")
VALUES = st.recursive(
    st.none()
    | st.integers(-(10**18), 10**18)  # longer ones are refused
    | st.text(max_size=9)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=10), st.dictionaries(NAMES, VALUES, max_size=4), st.binary(max_size=40))
def test_frames_survive_the_wire(kind, header, payload):
    assert wire.decode(wire.encode(kind, header, payload)) == ({"kind": kind, **header}, payload)


def test_a_frame_is_length_header_payload():
    assert wire.encode("a", {"b": 1}, b"xyz") == b'\x15\0\0\0{"kind": "a", "b": 1}xyz'


def _frame(text):
    return struct.pack("<I", len(text)) + text


@pytest.mark.parametrize(
    "frame",
    [b"", b"\0\0\0", b"\xff\xff\xff\xff{}", _frame(b""), _frame(b"{"), _frame(b"[]"), _frame(b"3"),
     _frame(b"{}"), _frame(b"\xff\xfe"), _frame(b"[" * 100_000), struct.pack("<I", 9) + b"{}"],
)  # fmt: skip
def test_malformed_frames_are_refused(frame):
    with pytest.raises(ValueError, match=r"."):
        wire.decode(frame)


def test_no_frame_carries_what_json_cannot():
    with pytest.raises(ValueError, match=r"."):
        wire.encode("a", {"x": float("nan")})


def test_a_moment_travels_with_its_pictures(small):
    tiles = torch.zeros(6, 1, 8, 8, dtype=torch.uint8)
    made = picture(Preview(tiles, 3, ("small", "large", "true"), "What is large."))
    moment = Moment(
        7, State.RUNNING, Counts(3, 6, 48, 0.5), small(), pictures={"samples": made}, note="σ"
    )
    numbers, tiles = (wire.decode(frame) for frame in wire.moment_frames(moment))
    assert (numbers[0]["kind"], numbers[0]["state"], numbers[0]["note"]) == (
        "moment",
        "running",
        "σ",
    )
    assert numbers[0]["counts"] == {"steps": 3, "batches": 6, "images": 48, "epochs": 0.5}
    assert numbers[0]["pictures"] == ["samples"]
    header, data = tiles
    assert (header["kind"], header["name"], header["columns"]) == ("picture", "samples", 3)
    assert (header["heads"], header["caption"]) == (["small", "large", "true"], "What is large.")
    assert data == made.data


def test_pictures_travel_in_the_order_of_their_names(small):
    made = picture(Preview(torch.zeros(1, 1, 8, 8, dtype=torch.uint8)))
    moment = Moment(1, State.PAUSED, Counts(0, 0, 0, 0.0), small(), pictures={"b": made, "a": made})
    first, *rest = (wire.decode(frame)[0] for frame in wire.moment_frames(moment))
    assert first["pictures"] == ["b", "a"] == [header["name"] for header in rest]


def test_curves_travel_with_what_was_done(small):
    history = History(("a", "b"))
    history.append(np.array([[1, np.nan], [3, 4]], np.float32))
    ledger = [
        Entry(0, "seen"), Entry(1, "optim.g.lr", 1.0, 2.0), Entry(1, "x", outcome="refused"),
    ]  # fmt: skip
    header, payload = wire.decode(wire.curves_frame(history.curves(), ledger, marks_from=1))
    values = np.frombuffer(payload, "<f4").reshape(header["buckets"], 3, 2)
    np.testing.assert_array_equal(values, history.curves().values)
    assert header["marks"] == [{"step": 1, "path": "optim.g.lr", "old": 1.0, "new": 2.0}]
    assert (header["marks_end"], header["columns"], header["records"]) == (3, ["a", "b"], 2)


# -- directory ----------------------------------------------------------------------------------


def test_a_folder_that_is_not_empty_is_no_new_run(tmp_path):
    RunDirectory.create(tmp_path / "a" / "b")
    (tmp_path / "file").write_text("x")
    for path in (tmp_path / "a" / "b", tmp_path / "file"):
        with pytest.raises(DirectoryError, match="is not empty"):
            RunDirectory.create(path)


def test_runs_are_found_by_path_and_by_name(runs_root, small, monkeypatch):
    directory = RunDirectory.create(runs_root / "mine")
    with pytest.raises(DirectoryError, match="there is no run 'mine'"):
        RunDirectory.find("mine")
    directory.write_config(small())
    assert RunDirectory.find("mine").path == runs_root / "mine"
    assert RunDirectory.find(str(runs_root / "mine")).read_config() == small()


def test_runs_root_follows_the_environment(monkeypatch, runs_root):
    from gan_lab.runs import runs_root as root

    assert root() == runs_root
    monkeypatch.delenv("GANLAB_RUNS")
    assert str(root()) == "runs"


@pytest.mark.parametrize("content", ["{", "[]", '{"optim": {"g": {"lr": 9}}}', ""])
def test_a_damaged_config_is_refused_in_one_line(tmp_path, content):
    directory = RunDirectory.create(tmp_path / "a")
    (tmp_path / "a" / "config.json").write_text(content)
    with pytest.raises(DirectoryError) as caught:
        directory.read_config()
    assert "config.json" in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("fault", ["missing", "columns", "garbage"])
def test_a_history_that_does_not_fit_is_refused(tmp_path, fault):
    directory = RunDirectory.create(tmp_path / "a")
    directory.append_history(("a", "b"), np.zeros((5, 2), np.float32))
    path = tmp_path / "a" / "history" / "readings.f32"
    if fault == "missing":
        path.unlink()
    elif fault == "garbage":
        path.write_bytes(b"\xff\n" + bytes(100))
    columns = ("a", "c") if fault == "columns" else ("a", "b")
    with pytest.raises(DirectoryError):
        list(directory.read_history(columns, 5))


@pytest.mark.parametrize(("left", "there"), [(0, 0), (5, 0), (24, 0), (24 + 8, 1), (24 + 20, 2)])
def test_a_history_that_was_cut_keeps_what_is_whole(tmp_path, left, there):
    """Its head takes 24 bytes, a record 8; where a reading was lost, there is none."""
    directory, columns = RunDirectory.create(tmp_path / "a"), ("a", "b")
    rows = np.arange(10, dtype=np.float32).reshape(5, 2)
    directory.append_history(columns, rows)
    os.truncate(tmp_path / "a" / "history" / "readings.f32", left)
    assert directory.history_lost(columns, 5) == 5 - there
    directory.mend_history(columns, 5)
    assert directory.history_lost(columns, 5) == 0
    (mended,) = directory.read_history(columns, 5)
    np.testing.assert_array_equal(mended[:there], rows[:there])
    assert np.isnan(mended[there:]).all()


def test_no_checkpoint_is_refused(tmp_path):
    with pytest.raises(DirectoryError, match="has no checkpoint to go on from: it has none"):
        RunDirectory.create(tmp_path / "a").read_checkpoint()


def test_a_generator_opens_without_its_data(begin, small):
    run = begin(small({"networks.g.dropout": 0.2}), budget=Budget(steps=5))
    assert run.join(WAIT)
    shown = open_generators(run.directory)
    z = torch.randn(4, 6)
    assert shown.step == 5 and torch.equal(shown.network(z), run.shown().network(z))


# -- pictures, pace -----------------------------------------------------------------------------


@pytest.mark.parametrize(("channels", "count", "columns"), [(1, 4, 2), (3, 5, 3), (3, 1, 1)])
def test_tiles_stand_row_by_row(channels, count, columns):
    tiles = torch.arange(1, count + 1, dtype=torch.uint8).view(-1, 1, 1, 1)
    canvas = mosaic(tiles.expand(count, channels, 3, 3))
    rows = -(-count // columns)
    assert canvas.shape == (rows * 3, columns * 3) + (() if channels == 1 else (3,))
    for i in range(rows * columns):
        y, x = divmod(i, columns)
        tile = canvas[3 * y : 3 * y + 3, 3 * x : 3 * x + 3]
        assert (tile == (i + 1 if i < count else 0)).all()


@pytest.mark.parametrize(("size", "mime"), [(8, "image/png"), (128, "image/jpeg")])
def test_pictures_decode_to_their_mosaic(size, mime):
    tiles = torch.arange(16, dtype=torch.uint8).mul(15).view(-1, 1, 1, 1).expand(16, 1, size, size)
    made = picture(Preview(tiles))
    assert (made.mime, made.count, made.tile, made.columns) == (mime, 16, size, 4)
    with Image.open(io.BytesIO(made.data)) as image:
        off = np.abs(np.asarray(image).astype(int) - mosaic(tiles)).max()
    assert off == 0 if mime == "image/png" else off < 30


def test_publishing_takes_a_fixed_share_of_the_time(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(pace_module.time, "perf_counter", lambda: now[0])
    pace = Pace()
    now[0] += 1
    assert pace.due(1)
    pace.published(0.1)  # at a share of 2 % that is one in 5 s
    for later, due in ((4.9, False), (0.2, True)):
        now[0] += later
        assert pace.due(99) == due
    assert pace.due(10), "the first trained picture does not wait"
    pace.published(1000.0)
    now[0] += pace_module.LONGEST + 0.1
    assert pace.due(99), "nobody waits longer than that"
    assert 0 < pace.share <= 1


# -- mailbox ------------------------------------------------------------------------------------


def test_every_letter_posted_while_a_mailbox_closes_is_answered(small):
    for _ in range(30):
        box = Mailbox(Moment(0, State.STOPPED, Counts(4, 4, 32, 0.0), small()))
        answers, ready = [], threading.Barrier(5)

        def post(box=box, answers=answers, ready=ready):
            ready.wait()
            for _ in range(20):
                answers.append(box.post(Set("optim.g.lr", 1.0)))

        writers = [threading.Thread(target=post) for _ in range(4)]
        for writer in writers:
            writer.start()
        ready.wait()
        box.close()
        for writer in writers:
            writer.join()
        assert len(answers) == 80
        entries = {answer.result(WAIT) for answer in answers}
        assert entries == {
            Entry(4, "optim.g.lr", outcome="refused", note="the run is over (stopped)")
        }


# -- registry -----------------------------------------------------------------------------------


@pytest.fixture
def registry():
    made = Registry(grace=0.0)
    yield made
    made.close(30)


def test_only_the_owner_controls_and_all_may_find(registry, small, until, runs_root):
    hosted = registry.start(small(), "ann", "quick")
    assert registry.get(hosted.view_id) is hosted and registry.get("guess") is None
    assert len(hosted.view_id) >= 20
    for visitor in ("bob", "", "än"):
        with pytest.raises(PermissionError, match="only the one who started"):
            hosted.send(Stop(), visitor)
    assert hosted.send(Pause(), "ann").result(WAIT).outcome == "applied"
    folder = hosted.run.directory.path
    assert folder.parent == runs_root and "quick-digits" in folder.name


def test_a_visitor_begins_with_weights_of_a_run_that_he_sees_and_of_no_other_folder(
    registry, small, until, tmp_path, runs_root
):
    first = registry.start(small(), "ann")
    until(first.run, lambda m: m.counts.steps > 0)
    first.send(Stop(), "ann").result(WAIT)
    until(first.run, lambda m: m.state.over)
    folder = first.run.directory.path
    again = registry.start(small({"training.start_from": folder.name}), "ann").run
    assert again.latest().config.training.start_from == str(folder.resolve())
    until(again, lambda m: m.counts.steps > 0)
    assert [e.path for e in again.ledger()][:1] == ["start_from"]
    elsewhere = shutil.copytree(folder, tmp_path / "private")
    runs = set(runs_root.iterdir())
    for name in (str(elsewhere), "../private", "nobody's", "/etc", "x" * 900, "a\0b"):
        with pytest.raises(DirectoryError, match="no run .* on this server"):
            registry.start(small({"training.start_from": name}), "ann")
    with pytest.raises(DirectoryError, match="no run .* on this server"):  # as if there were none
        registry.start(small({"training.start_from": folder.name}), "bob")
    assert set(runs_root.iterdir()) == runs  # nothing was begun


def test_lonely_runs_are_paused_and_checkpointed_and_watched_ones_are_not(registry, small, until):
    watched, lonely = (registry.start(small(), "ann") for _ in range(2))
    for hosted in (watched, lonely):
        until(hosted.run, lambda m: m.counts.steps > 0)
    with watched.watched():
        assert watched.viewers == 1 and watched.lonely_for() == 0
        registry.reap()
        moment = until(lonely.run, lambda m: m.state is State.PAUSED)
        assert "nobody was watching" in moment.note
        saved = lonely.run.directory.checkpoint_files()[-1]
        assert int(saved.stem) == moment.counts.steps > 0
        assert watched.run.latest().state is State.RUNNING
    assert watched.viewers == 0
    registry.reap()
    until(watched.run, lambda m: m.state is State.PAUSED)
    assert lonely.send(Resume(), "ann").result(WAIT).outcome == "applied"


def test_threads_follow_the_cores_and_the_runs_that_are_active(registry, small, until, monkeypatch):
    from gan_lab.training import devices

    monkeypatch.setattr(devices, "cores", lambda: 7)
    config = small({"training.threads": 0})
    begun = [registry.start(config, "ann") for _ in range(3)]  # those that still load count too
    assert [hosted.run.threads for hosted in begun] == [6, 3, 2]
    for one in begun:
        one.send(Pause(), "ann").result(WAIT)
        until(one.run, lambda m: m.state is State.PAUSED)
    assert registry.start(config, "ann").run.threads == 6


def test_a_reset_hands_on_its_threads_so_that_it_repeats_the_run(
    registry, small, until, monkeypatch
):
    from gan_lab.training import devices

    monkeypatch.setattr(devices, "cores", lambda: 8)
    config = small({"training.threads": 0})
    first = registry.start(config, "ann")
    until(first.run, lambda m: m.counts.steps > 0)
    second = registry.start(config, "ann", instead_of=first)
    assert first.run.threads == second.run.threads == 7
    assert first.run.join(WAIT) and first.run.latest().state is State.STOPPED
    until(second.run, lambda m: m.counts.steps > 0)


def test_a_paused_run_that_nobody_comes_back_to_ends_and_is_forgotten(
    registry, small, until, monkeypatch
):
    monkeypatch.setattr("gan_lab.runs.registry.KEPT", 0.0)
    hosted = registry.start(small(), "ann")
    until(hosted.run, lambda m: m.counts.steps > 0)
    hosted.send(Pause(), "ann").result(WAIT)
    until(hosted.run, lambda m: m.state is State.PAUSED)
    registry.reap()
    assert hosted.run.join(WAIT) and hosted.run.latest().state is State.STOPPED
    registry.reap()
    assert registry.get(hosted.view_id) is None
    assert hosted.run.directory.checkpoint_files()


def test_newcomers_cannot_make_a_run_publish_in_a_rush():
    pace = Pace()
    pace.published(cost=0.0)
    assert not pace.due(steps=50, somebody_came=True)
    pace._last -= pace_module.CALM.shortest + 0.01
    pace._interval = 100.0
    assert pace.due(steps=50, somebody_came=True) and not pace.due(steps=50)


def test_closing_ends_all_runs_with_a_checkpoint(small, until):
    registry = Registry()
    runs = [registry.start(small(), name).run for name in ("ann", "bert")]
    for run in runs:
        until(run, lambda m: m.counts.steps > 2)
    assert registry.close(30) == (2, 0)
    assert registry.close(30) == (0, 0), "none is under way any more"
    for run in runs:
        assert run.latest().state is State.STOPPED
        assert run.directory.read_checkpoint()["steps"] == run.latest().counts.steps
        assert json.loads((run.directory.path / "summary.json").read_text())["state"] == "stopped"


def test_a_visitors_runs_are_listed_newest_first_and_nobody_elses(registry, small, until) -> None:
    first, theirs, last = (registry.start(small(), who) for who in ("me", "you", "me"))
    until(first.run, lambda moment: moment.state is State.RUNNING)  # its first checkpoint is there
    forked = registry.fork(first, None, "me")
    assert registry.runs_of("me") == [forked, last, first]
    assert registry.runs_of("you") == [theirs]
    assert registry.runs_of("m") == []
    assert registry.runs_of("") == []
    assert first.started <= last.started <= forked.started
