"""Background threads can be told to stop, pools of them too; a process ends with its exit code.

How the commands and the server end while a metric computes: ``tests/benchmarks/test_exits.py``.
"""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator
from concurrent.futures import CancelledError
from pathlib import Path

import pytest

from gan_lab import threads
from gan_lab.threads import BackgroundThread, Pool, ThreadStopped, interruptible, safe_point
from tests.patience import WAIT

ROOT = Path(__file__).parents[1]


class Work:
    """A computation with safe points, until it is told to stop."""

    def __init__(self) -> None:
        self.begun, self.ended = threading.Event(), False

    def __call__(self) -> None:
        try:
            while True:
                safe_point()
                self.begun.set()
        except Exception:  # code that survives every error
            pytest.fail("the end was mistaken for an error")
        finally:
            self.ended = True


def started(thread: BackgroundThread) -> BackgroundThread:
    thread.start()
    return thread


def gone(thread: threading.Thread) -> bool:
    thread.join(WAIT)
    return not thread.is_alive()


def test_a_thread_ends_at_its_next_safe_point():
    work = Work()
    thread = started(BackgroundThread(work, "work"))
    assert work.begun.wait(WAIT)
    thread.stop()
    assert gone(thread) and work.ended


def test_a_safe_point_does_nothing_where_nobody_said_stop():
    safe_point()
    assert list(interruptible("abc")) == ["a", "b", "c"]
    found = []
    assert gone(started(BackgroundThread(lambda: found.extend(interruptible("ab")), "work")))
    assert found == ["a", "b"]


def test_a_thread_that_saves_something_ends_by_itself():
    asked, found = threading.Event(), []

    def save() -> None:
        assert asked.wait(WAIT)
        found.extend(interruptible("all"))

    thread = BackgroundThread(save, "trainer", on_stop=asked.set, interruptible=False)
    started(thread).stop()
    assert gone(thread) and "".join(found) == "all"


def test_a_thread_that_has_ended_holds_nothing():
    work, told = Work(), []
    thread = started(BackgroundThread(lambda: None, "work", on_stop=lambda w=work: told.append(w)))
    assert gone(thread)
    thread.stop()
    assert told == []
    held = weakref.ref(work)
    del work
    gc.collect()
    assert held() is None


# -- the end of the process ----------------------------------------------------------------------


def test_the_end_waits_for_each_thread_as_long_as_its_patience_lasts(monkeypatch):
    stuck, work, order = threading.Event(), Work(), []
    slow = BackgroundThread(lambda: stuck.wait(WAIT), "stuck", patience=0.0)
    broken = BackgroundThread(
        lambda: stuck.wait(WAIT), "broken", patience=0.0, on_stop=lambda: 1 / 0
    )
    quick = BackgroundThread(work, "work", patience=WAIT, on_stop=lambda: order.append("told"))
    mine = [slow, broken, quick]  # nobody else's of this process
    monkeypatch.setattr(threads, "running", lambda: [one for one in mine if one.is_alive()])
    for thread in mine:
        started(thread)
    assert work.begun.wait(WAIT)
    threads.stop_all()
    assert threads.running() == [slow, broken]
    assert not quick.is_alive() and order == ["told"]
    stuck.set()
    assert gone(slow) and gone(broken)


def ends(code: str, tmp_path: Path, **options) -> subprocess.CompletedProcess[str]:
    """A Python program of its own, with these lines."""
    return subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, text=True,
        stderr=subprocess.PIPE, timeout=5 * WAIT, check=False,
        **{"stdout": subprocess.PIPE, **options},
    )  # fmt: skip


STUCK = """
import logging, sys, tempfile, threading, time
from gan_lab.threads import BackgroundThread, leave
threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
"""


@pytest.mark.parametrize("stuck", [STUCK, STUCK.rpartition("threading")[0]])
def test_whoever_leaves_loses_nothing(tmp_path, stuck):
    code = """
folder = tempfile.TemporaryDirectory(prefix="passing-", dir=".")
log = logging.handlers.MemoryHandler(100, target=logging.FileHandler("log")) \
    if hasattr(logging, "handlers") else None
print("not flushed", end="")
print("nor this", end="", file=sys.stderr)
logging.getLogger().addHandler(log)
logging.getLogger().warning("kept")
leave(5)
"""
    done = ends("import logging.handlers" + stuck + code, tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (5, "not flushed", "nor this")
    assert list(tmp_path.glob("passing-*")) == []
    assert (tmp_path / "log").read_text() == "kept\n"


@pytest.mark.parametrize("stuck", [STUCK, STUCK.rpartition("threading")[0]])
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no full device")
def test_output_that_is_lost_is_no_success(tmp_path, stuck):
    with Path("/dev/full").open("w") as full:
        assert ends(stuck + "print(1); leave(0)", tmp_path, stdout=full).returncode == 120
        assert ends(stuck + "print(1); leave(2)", tmp_path, stdout=full).returncode in (2, 120)


def test_an_exit_handler_that_hangs_costs_neither_output_nor_the_exit_code(tmp_path):
    code = """
import atexit, threading
from gan_lab import threads
threads.EXIT_HANDLERS = 0.1
atexit.register(threading.Event().wait)
print("written", end="")
threads.leave(5)
"""
    done = ends(code, tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (5, "written", "")


def test_the_reader_of_the_output_may_take_longer_than_exit_handlers(tmp_path):
    code = """
import atexit, sys, threading, time
from gan_lab import threads
threads.EXIT_HANDLERS = 0.1
sys.stdout = open(1, "w", buffering=2**20)
def later():
    time.sleep(1)
    print("read now", file=sys.stderr, flush=True)
def handler():
    threading.Thread(target=later, daemon=True).start()
    print("x" * 300_000, end="")  # more than a pipe holds
atexit.register(handler)
threads.leave(0)
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=tmp_path, env={"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout is not None and process.stderr is not None
        process.stderr.readline()
        assert len(process.stdout.read()) == 300_000
        assert process.wait(WAIT) == 0


def test_a_user_who_does_not_want_to_wait_gets_the_exit_code_too(tmp_path):
    """Ctrl-C while threads are waited for, and again while output is written."""
    code = """
from gan_lab import threads
def interrupted():
    raise KeyboardInterrupt
threads.stop_all = threads.flush = interrupted
threads.leave(5)
"""
    assert ends(code, tmp_path).returncode == 5


def test_a_program_without_output_streams_can_leave(tmp_path):
    code = "import sys; from gan_lab.threads import leave; sys.stdout = sys.stderr = None; leave(5)"
    assert ends(code, tmp_path).returncode == 5


def test_a_thread_of_others_may_wait_for_ours_at_the_end(tmp_path):
    """The interpreter joins it, whichever of the two modules was imported first."""
    code = """
import threading
from gan_lab.threads import BackgroundThread
from concurrent.futures import ThreadPoolExecutor
stopped = threading.Event()
BackgroundThread(stopped.wait, "work", on_stop=stopped.set).start()
ThreadPoolExecutor().submit(stopped.wait)
"""
    done = ends(code, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


COMPUTING = """
import sys, time, torch
from gan_lab.threads import BackgroundThread, Pool
torch.set_num_threads(1)
a = torch.rand(64, 64)
def compute():
    while True:
        a @ a
pool = Pool(1, "pool")
pool.submit(compute)
BackgroundThread(compute, "work").start()
time.sleep(0.2)
"""


@pytest.mark.parametrize(
    ("end", "code"),
    [("", 0), ("sys.exit(7)", 7), ("raise SystemExit('why')", 1), ("raise OSError('why')", 1)],
)
def test_a_program_ends_with_its_own_exit_code(tmp_path, end, code):
    """Two threads compute without a safe point; the interpreter finalizes beside them."""
    done = ends(COMPUTING + end, tmp_path)
    assert done.returncode == code, done.stderr
    assert "terminate called" not in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="others have no on_exit")
def test_a_library_is_not_taken_down_under_a_thread_that_still_runs(tmp_path):
    """The function that is registered here stands for the destructors of a C++ library."""
    code = """
import ctypes, sys, threading, time
import gan_lab.threads
libc = ctypes.CDLL(None)
libc.__cxa_atexit(libc.abort, None, None)
threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
sys.exit(7)
"""
    assert ends(code, tmp_path).returncode == 7


def test_a_finalization_that_hangs_is_ended_and_says_where(tmp_path):
    code = """
import threading, time
from gan_lab import threads
threads.FINALIZATION = 0.1
threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
class Held:
    def __del__(self, wait=threading.Lock().acquire):
        wait(), wait()
held = Held()
"""
    done = ends(code, tmp_path)
    assert done.returncode == 1
    assert "in __del__" in done.stderr


# -- pools -----------------------------------------------------------------------------------------


@pytest.fixture
def pool() -> Iterator[Pool]:
    pool = Pool(2, "test")
    yield pool
    pool.shutdown()


def test_a_pool_gives_results_and_errors(pool):
    assert pool.submit(lambda a, b: a + b, 1, b=2).result(WAIT) == 3
    with pytest.raises(ZeroDivisionError):
        pool.submit(lambda: 1 / 0).result(WAIT)
    assert list(pool.map(str, range(50))) == [str(k) for k in range(50)]


def test_a_pool_has_no_more_threads_than_it_may(pool):
    both, names = threading.Barrier(2), set[str]()

    def work(number: int) -> None:
        names.add(threading.current_thread().name)
        if number < 2:  # these two can only go on together
            both.wait(WAIT)

    list(pool.map(work, range(20)))
    assert names == {"test_0", "test_1"}


def test_one_thread_serves_who_comes_one_after_the_other(pool):
    names = {pool.submit(lambda: threading.current_thread().name).result(WAIT) for _ in range(20)}
    assert len(names) <= 2
    many = [pool.submit(len, "abc") for _ in range(100)]
    assert [one.result(WAIT) for one in many] == [3] * 100


def test_each_thread_of_a_pool_is_prepared():
    known = threading.local()
    with Pool(
        2, "test", initializer=lambda value: setattr(known, "value", value), initargs=(7,)
    ) as pool:
        assert {pool.submit(lambda: known.value).result(WAIT) for _ in range(8)} == {7}


def test_a_pool_that_is_stopped_ends_what_runs_and_cancels_what_waits(pool):
    works = [Work(), Work()]
    futures = [pool.submit(work) for work in works]
    waiting = pool.submit(len, "never")
    assert all(work.begun.wait(WAIT) for work in works)
    pool.stop(wait=WAIT)
    assert all(work.ended for work in works)
    assert waiting.cancelled()
    for future in futures:
        with pytest.raises(CancelledError):
            future.result(WAIT)
    assert pool.submit(len, "again").result(WAIT) == 5


def test_a_pool_hears_of_the_end_through_each_of_its_threads(pool, monkeypatch):
    work = Work()
    future, thread = pool.submit(work), next(t for t in threads.running() if t.name == "test_0")
    assert work.begun.wait(WAIT)
    monkeypatch.setattr(threads, "running", lambda: [thread] if thread.is_alive() else [])
    threads.stop_all()
    with pytest.raises(CancelledError):
        future.result(WAIT)


def test_a_pool_that_is_shut_down_finishes_its_tasks_and_takes_no_more(pool):
    futures = [pool.submit(len, "abc") for _ in range(10)]
    pool.shutdown()
    assert [future.result(0) for future in futures] == [3] * 10
    with pytest.raises(RuntimeError):
        pool.submit(len, "abc")


def test_the_threads_of_a_pool_that_nobody_holds_end():
    pool = Pool(2, "forgotten")
    list(pool.map(len, ["abc"] * 20))
    mine = [thread for thread in threads.running() if thread.name.startswith("forgotten")]
    assert mine
    del pool
    gc.collect()
    assert all(gone(thread) for thread in mine)


def test_the_end_of_a_thread_is_no_error():
    assert not issubclass(ThreadStopped, Exception)
