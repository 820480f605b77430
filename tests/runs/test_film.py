"""The film of a run: what is kept of it, on disk and in memory, whatever happens."""

import json
import shutil
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan_lab.runs import Budget, State, wire
from gan_lab.runs.film import Film, FilmError, messages
from gan_lab.runs.messages import Checkpoint, Drawing, Pause, Picture, Resume, Set, Step, Stop, Undo
from gan_lab.runs.states import kept_states
from gan_lab.training.trainer import Counts
from tests.patience import WAIT


def ask(run, command):
    return run.send(command).result(WAIT)


def picture(data=b"pixels"):
    return Picture(data, "image/png", 2, 8, 4, ("a", "b"), "Some pictures.")


def plane():
    return Drawing(b"\0" * 16, (("fake", (2, 2)),), 3.0, {"js": 0.5}, "A plane.")


def add(film, step, *, pictures=None, done=0, pinned=(), readings=None):
    views = {"samples": picture(b"%d" % step)} if pictures is None else pictures
    film.add(Counts(step, step, 8 * step, 0.5), step / 10, done, readings or {"loss/d": 0.5},
             wire.look_frames(step, views, {}), pinned=pinned)  # fmt: skip


def steps(film):
    return [shot.step for shot in film.shots]


@pytest.fixture
def film(tmp_path):
    return Film(tmp_path / "film", most=12)


def test_a_shot_gives_back_what_the_page_showed(film):
    views = {"samples": picture(), "plane": plane()}
    add(film, 7, pictures=views, done=3, readings={"loss/g": 1.5})
    again = Film(film._folder).open()
    assert again.shots == film.shots
    (shot,) = again.shots
    assert (shot.step, shot.seconds, shot.done, shot.readings) == (7, 0.7, 3, {"loss/g": 1.5})
    assert again.views(shot) == views
    first, *rest = messages(again.data(shot))
    header, _ = wire.decode(first)
    assert header["kind"] == "film" and header["counts"]["images"] == 56
    assert rest == [wire.view_frame(name, 7, view) for name, view in views.items()]
    assert shot.size == len(again.data(shot))


def test_a_step_has_one_shot(film):
    add(film, 0)
    add(film, 5)
    tag = film.shots[-1].tag
    add(film, 5, pictures={"samples": picture(b"other")})
    assert steps(film) == [0, 5] and film.shots[-1].tag == tag


def test_memory_and_disk_are_bounded_and_both_ends_stay(tmp_path):
    film = Film(tmp_path / "film", most=40)
    # pathlib's names are the interpreter's business: its table of them grows now and then
    ours = [tracemalloc.Filter(False, "*pathlib*")]
    tracemalloc.start()
    sizes = []
    for step in range(0, 100_000, 40):
        add(film, step)
        if step in (8_000, 99_960):
            taken = tracemalloc.take_snapshot().filter_traces(ours).statistics("filename")
            sizes.append(sum(one.size for one in taken))
    tracemalloc.stop()
    assert sizes[1] - sizes[0] < 50_000
    assert len(film.shots) == 40 and (steps(film)[0], steps(film)[-1]) == (0, 99_960)
    assert len(list((tmp_path / "film").iterdir())) == 40
    assert Film(tmp_path / "film").open().shots == film.shots


def test_bytes_are_bounded(tmp_path):
    film = Film(tmp_path / "film", room=10_000)
    for step in range(100):
        add(film, step, pictures={"samples": picture(b"x" * 1000)})
        assert sum(path.stat().st_size for path in (tmp_path / "film").iterdir()) <= 10_000
    assert 4 < len(film.shots) < 10 and (steps(film)[0], steps(film)[-1]) == (0, 99)
    tiny = Film(tmp_path / "tiny", room=10)
    for step in range(5):
        add(tiny, step)
    assert steps(tiny) == [0, 4]


def test_shots_of_kept_states_stay_but_not_without_bound(film):
    for step in range(60):
        add(film, step, pinned={1, 2, 3})
    assert {1, 2, 3} <= set(steps(film)) and len(film.shots) == 12
    for step in range(60, 90):
        add(film, step, pinned=set(range(90)))
    assert len(film.shots) == 12


def test_a_file_that_is_not_whole_costs_only_its_shot(film):
    for step in (0, 3, 9):
        add(film, step)
    path = film.files(9)[1]
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert steps(Film(film._folder).open()) == [0, 9]
    for junk in (whole + b"more", b"\xff" * 50, b"\xff\xff\xff\xff", whole[:4] + b"{" * 500):
        path.write_bytes(junk)
        assert steps(Film(film._folder).open()) == [0, 9]
    path.write_bytes(whole)
    assert steps(Film(film._folder).open()) == [0, 3, 9]
    assert all(len(list(messages(whole[:length]))) <= 2 for length in range(len(whole)))


def test_a_damaged_picture_is_noticed(film):
    add(film, 3)
    (path,) = film.files(3)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(FilmError, match="another one"):
        film.data(film.shots[0])
    path.unlink()
    with pytest.raises(FilmError, match="not on the film any more"):
        film.views(film.shots[0])


def test_what_never_happened_is_cut(film):
    for step, done in ((0, 0), (4, 1), (8, 1), (8, 3), (12, 3)):
        add(film, step, done=done)
    film.cut(8, 1)
    assert steps(film) == [0, 4, 8]
    film.cut(8, 0)
    assert steps(film) == [0]
    assert len(list(film._folder.iterdir())) == 1
    add(film, 2)
    assert steps(Film(film._folder).open()) == [0, 2]


def test_who_is_not_watched_makes_pictures_seldom(film, monkeypatch):
    now = 100.0
    monkeypatch.setattr("gan_lab.runs.pace.time.perf_counter", lambda: now)
    assert film.due(0)
    add(film, 0)
    assert not film.due(100)
    now += 5.0
    assert film.due(100)
    film.add(Counts(100, 0, 0, 0.0), 1.0, 0, {}, [], cost=0.5)  # 2 % of 25 s
    now += 24.0
    assert not film.due(200)
    now += 1.5
    assert film.due(200)
    for step in range(200, 1000, 50):
        add(film, step)
    now += 5.0
    assert not film.due(951) and film.due(2000)  # what would be thinned at once is not made


# -- in a run -----------------------------------------------------------------------------------


@pytest.fixture
def paused(begin, small, until):
    def make(changes=None):
        run = begin(small(changes))
        until(run, lambda m: m.counts.steps >= 3)
        ask(run, Pause())
        until(run, lambda m: m.state is State.PAUSED)
        return run

    return make


def on_disk(run):
    return steps(Film(run.directory.path / "film").open())


def test_an_unwatched_run_has_a_film_too(begin, small):
    run = begin(small(), budget=Budget(steps=5))
    assert run.join(WAIT)
    assert steps(run.film) == on_disk(run) == [0, 5]
    last = run.film.shots[-1]
    assert last.readings.keys() == run.summary()["metrics"].keys()
    assert last.seconds == run.latest().seconds
    assert run.film.views(last) == run.latest().pictures


def test_a_run_that_stands_still_adds_nothing(paused, until):
    run = paused()
    ask(run, Checkpoint())  # answered after the moment of the pause has gone out
    before = run.film.shots
    for lr in (0.01, 0.02):
        ask(run, Set("optim.g.lr", lr))
    ask(run, Checkpoint())
    assert run.film.shots == before and run.film.shots[-1].step == run.latest().counts.steps


def test_every_watched_moment_is_on_the_film(paused, until):
    run, seen = paused(), []
    with run.subscribed(seen.append):
        for _ in range(4):
            at = run.latest().counts.steps
            ask(run, Step(2))
            until(run, lambda m, at=at: m.state is State.PAUSED and m.counts.steps == at + 2)
        ask(run, Checkpoint())  # answered after the last moment has gone out
    shown = {m.counts.steps: m.pictures for m in seen if m.pictures_step == m.counts.steps}
    assert set(shown) <= set(steps(run.film))
    for shot in run.film.shots:
        if shot.step in shown:
            assert run.film.views(shot) == shown[shot.step]


def test_undo_cuts_the_film_and_the_states(paused, until):
    run = paused()
    ask(run, Set("optim.g.lr", 0.05))
    place, start = len(run.ledger()) - 1, run.latest().counts.steps
    for _ in range(3):
        at = run.latest().counts.steps
        ask(run, Step(3))
        until(run, lambda m, at=at: m.state is State.PAUSED and m.counts.steps == at + 3)
        ask(run, Checkpoint())
    assert on_disk(run)[-1] == start + 9 and max(kept_states(run.directory)) == start + 9
    ask(run, Undo(place))
    assert steps(run.film)[-1] == start and on_disk(run) == steps(run.film)
    assert max(kept_states(run.directory)) == start
    assert run.latest().pictures == run.film.views(run.film.shots[-1])


def test_what_a_killed_run_showed_beyond_its_checkpoint_is_cut(begin, small, tmp_path):
    changes = {"training.checkpoint_steps": 4}
    run = begin(small(changes), budget=Budget(steps=12))
    assert run.join(WAIT)
    assert on_disk(run) == [0, 4, 8, 12]
    path = run.directory.path
    for folder in ("checkpoints", "states"):
        (path / folder / "000000012.pt").unlink()
    (path / "film" / ".writing").write_bytes(b"half")
    (path / "film" / "000000004.film").write_bytes(b"broken")
    again = begin(small(changes), budget=Budget(steps=9), resume=True)
    assert again.join(WAIT)
    assert steps(again.film) == on_disk(again) == [0, 8, 9]
    assert list(kept_states(again.directory)) == [0, 4, 8, 9]


def test_a_full_disk_costs_the_shot_and_not_the_run(begin, small, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Film, "add", full)
    run = begin(small(), budget=Budget(steps=5))
    assert run.join(WAIT) and run.latest().state is State.FINISHED
    assert run.film.shots == ()


def test_a_filmed_run_trains_as_one_that_is_not(begin, small, differences, monkeypatch):
    states = []
    for name in ("filmed", "not filmed"):
        if name == "not filmed":
            monkeypatch.setattr("gan_lab.runs.worker.Worker._shoot", lambda _: None)
        run = begin(small({"training.checkpoint_steps": 3}), name, budget=Budget(steps=12))
        assert run.join(WAIT)
        states.append(run._worker.trainer.state_dict())
    assert len(on_disk(run)) == 0
    assert differences(*states) == []


def test_states_on_the_way_are_thinned_and_have_their_shots(begin, small):
    changes = {"training.checkpoint_steps": 1, "training.keep_states": 5,
               "training.keep_checkpoints": 1}  # fmt: skip
    run = begin(small(changes), budget=Budget(steps=40))
    assert run.join(WAIT)
    kept = list(kept_states(run.directory))
    assert len(kept) == 5 and (kept[0], kept[-1]) == (0, 40)
    assert set(kept) <= set(on_disk(run))
    assert [int(p.stem) for p in run.directory.checkpoint_files()] == [0, 40]


def test_states_come_by_the_clock_where_checkpoints_do(begin, small, until, monkeypatch):
    monkeypatch.setattr("gan_lab.runs.pace.Seldom.due", lambda _: True)
    run = begin(small({"training.checkpoint_seconds": 1000.0, "training.keep_states": 4}))
    until(run, lambda m: m.counts.steps > 30)
    ask(run, Stop())
    assert run.join(WAIT)
    assert len(list((run.directory.path / "states").glob("*.pt"))) == 4
    assert len(run.directory.checkpoint_files()) == 2  # as before: the first, and the end


def test_no_states_are_kept_where_none_are_wanted(begin, small):
    run = begin(small({"training.keep_states": 0, "training.checkpoint_steps": 2}),
                budget=Budget(steps=4))  # fmt: skip
    assert run.join(WAIT)
    assert list((run.directory.path / "states").glob("*")) == []


def test_states_that_take_too_much_room_go(begin, small, monkeypatch):
    from gan_lab.runs.states import States

    monkeypatch.setattr(States.__init__, "__defaults__", (1,))
    run = begin(small({"training.checkpoint_steps": 2}), budget=Budget(steps=10))
    assert run.join(WAIT)
    assert sorted(p.stem for p in (run.directory.path / "states").iterdir()) == [
        "000000000", "000000010",
    ]  # fmt: skip


def test_a_film_survives_being_moved(begin, small, tmp_path):
    run = begin(small(), budget=Budget(steps=3))
    assert run.join(WAIT)
    moved = shutil.copytree(run.directory.path, tmp_path / "moved")
    film = Film(moved / "film").open()
    assert film.shots == run.film.shots and json.dumps(film.shots)


def test_a_paused_run_that_goes_on_films_on(paused, until):
    run = paused()
    at = run.latest().counts.steps
    with run.subscribed(lambda _: None):
        ask(run, Resume())
        until(run, lambda m: m.counts.steps > at + 5)
        ask(run, Pause())
        ask(run, Checkpoint())  # answered after the moment of the pause has gone out
    assert steps(run.film)[-1] == run.latest().counts.steps


def test_a_file_of_millions_of_messages_is_gone_through_once():
    data = bytes(8 << 20)  # two million messages without content
    assert sum(1 for _ in messages(data)) == 2 << 20


@given(st.binary(max_size=200))
def test_a_file_of_arbitrary_bytes_is_no_shot(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("film")
    (folder / "000000001.film").write_bytes(data)
    assert Film(folder).open().shots == ()
    assert sum(4 + len(one) for one in messages(data)) <= len(data)


@pytest.mark.parametrize(
    "readings", [{"a": float("inf")}, {f"a{n}": 0.0 for n in range(129)}, [1], {"a": "b"}]
)
def test_readings_that_no_run_has_make_no_shot(tmp_path, readings):
    header = {"kind": "film", "step": 1, "seconds": 0.0, "done": 0, "body": 0, "tag": ""}
    text = json.dumps(header | {"readings": readings}).encode()
    frame = len(text).to_bytes(4, "little") + text
    (tmp_path / "000000001.film").write_bytes(len(frame).to_bytes(4, "little") + frame)
    assert Film(tmp_path).open().shots == ()
