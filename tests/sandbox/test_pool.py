"""Calls in worker processes: results, expected errors, and every limit."""

import os
import signal
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from gan_lab.sandbox import Limits, Pool, SandboxError
from gan_lab.sandbox.pool import _Slots
from gan_lab.threads import BackgroundThread
from tests.patience import WAIT

sys.path.insert(0, str(Path(__file__).parent))  # the workers import the decoders from there
import decoders

sys.path.pop(0)

SHORT = Limits(cpu_seconds=1, wall_seconds=120)


@pytest.fixture(autouse=True)
def decoders_can_be_imported(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))


@pytest.fixture(scope="module")
def pool():
    pool = Pool(2)
    yield pool
    pool.close()


def test_a_result_comes_back_and_prints_do_not_disturb_it(pool):
    got = pool.call(decoders.doubled, np.arange(5, dtype=np.uint8), 3)
    assert got["array"].tolist() == [0, 3, 6, 9, 12]
    assert got["sum"] == 10


def test_a_worker_is_used_again(pool):
    assert pool.call(decoders.process) == pool.call(decoders.process) != os.getpid()


def test_an_expected_error_is_raised_with_its_text(pool):
    with pytest.raises(decoders.Unreadable, match="^a damaged PNG$"):
        pool.call(decoders.broken, errors=(KeyError, decoders.Unreadable))


def test_an_error_of_a_base_class_is_raised_as_that_class(pool):
    with pytest.raises(ValueError, match="^a damaged PNG$"):
        pool.call(decoders.broken, errors=(ValueError,))


def refused(pool, function, *arguments, **options):
    with pytest.raises(SandboxError) as caught:
        pool.call(function, *arguments, **options)
    return caught.value.reason


def test_an_unexpected_error_is_a_crash(pool):
    assert refused(pool, decoders.unexpected) == "crash"


def test_processor_time_is_limited(pool):
    assert refused(pool, decoders.endless, limits=SHORT) == "time"


def test_processor_time_is_counted_from_the_call_and_not_from_the_start():
    pool = Pool(1)
    try:
        # the kernel counts in ticks, on a busy machine more than was used: so with much to spare
        limits = Limits(cpu_seconds=2, wall_seconds=600)
        for _ in range(5):  # one limit for all of them together would end the last one
            assert pool.call(decoders.busy, 0.7, limits=limits) >= 0.7
    finally:
        pool.close()


def test_time_on_the_clock_is_limited(pool):
    assert refused(pool, decoders.asleep, limits=Limits(wall_seconds=0.2)) == "time"


def test_memory_is_limited(pool):
    size = 300 * 2**20
    assert pool.call(decoders.greedy, 2**20, limits=Limits(memory_bytes=100 * 2**20)) == 2**20
    assert refused(pool, decoders.greedy, size, limits=Limits(memory_bytes=100 * 2**20)) == "memory"


def test_the_size_of_a_result_is_limited(pool):
    limits = Limits(result_bytes=1000)
    assert refused(pool, decoders.verbose, 2000, limits=limits) == "memory"


def test_files_cannot_be_written_unless_that_is_allowed(pool, tmp_path):
    allowed = Limits(file_bytes=1000)
    pool.call(decoders.writing, str(tmp_path / "yes"), limits=allowed)
    assert (tmp_path / "yes").stat().st_size == 100
    assert refused(pool, decoders.writing, str(tmp_path / "no")) == "crash"
    assert not (tmp_path / "no").exists() or not (tmp_path / "no").stat().st_size


def test_a_worker_that_ended_while_it_waited_is_replaced(pool):
    first = pool.call(decoders.process)
    os.kill(first, signal.SIGKILL)
    pool._idle[-1].process.wait()
    assert pool.call(decoders.process) != first


def test_a_worker_that_writes_nonsense_is_ended(pool):
    assert refused(pool, decoders.nonsense) == "crash"
    assert pool.call(decoders.echoed, "next") == "next"


@pytest.mark.parametrize(
    "value",
    [
        [1],
        {"value": 1},
        {"cpu_seconds": "1", "value": 1},
        {"cpu_seconds": 1.0},
        {"cpu_seconds": 1.0, "error": "Unreadable", "text": "a damaged PNG"},
        {"cpu_seconds": 1.0, "error": ["Unreadable"], "text": None},
    ],
)
def test_an_answer_of_another_shape_ends_the_worker(pool, value):
    assert refused(pool, decoders.forged, value, errors=(decoders.Unreadable,)) == "crash"


@pytest.mark.parametrize("function", [decoders.crashing, decoders.vanishing])
def test_a_crash_ends_the_worker_and_not_the_server(pool, function):
    assert refused(pool, function) == "crash"
    assert pool.call(decoders.echoed, "next") == "next"


def test_a_cancelled_call_is_killed(pool):
    cancelled = threading.Event()
    threading.Timer(0.3, cancelled.set).start()
    assert refused(pool, decoders.asleep, cancelled=cancelled.is_set) == "abandoned"


def test_a_call_whose_question_fails_is_ended_and_the_limits_of_others_still_hold(pool):
    def unanswerable():
        raise RuntimeError("a question that fails")

    assert refused(pool, decoders.asleep, cancelled=unanswerable) == "abandoned"
    assert refused(pool, decoders.asleep, limits=Limits(wall_seconds=0.2)) == "time"


def test_a_worker_that_cannot_be_started_is_an_error_of_the_sandbox(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "missing"))
    assert refused(Pool(1), decoders.echoed, 1) == "crash"


def test_a_call_that_waits_for_a_worker_can_be_cancelled():
    pool, cancelled = Pool(1), threading.Event()
    busy = threading.Thread(target=refused, args=(pool, decoders.asleep), daemon=True)
    busy.start()
    try:
        while not pool._busy:
            pass
        cancelled.set()
        assert refused(pool, decoders.echoed, 1, cancelled=cancelled.is_set) == "abandoned"
    finally:
        pool.close()
        busy.join(WAIT)


def test_callers_who_wait_are_served_in_the_order_in_which_they_came():
    pool, held, order = Pool(1), threading.Event(), list[int]()
    busy = threading.Thread(
        target=refused, args=(pool, decoders.asleep), kwargs={"cancelled": held.is_set}, daemon=True
    )
    busy.start()

    def call(number):
        pool.call(decoders.echoed, number)
        order.append(number)
        if number == 0:
            pool.call(decoders.echoed, -1)  # whoever has just been served comes last
            order.append(-1)

    waiting = []
    try:
        while not pool._busy:
            pass
        for number in range(12):
            waiting.append(threading.Thread(target=call, args=(number,), daemon=True))
            waiting[-1].start()
            while len(pool._slots._waiting) < number + 1:
                pass
        held.set()
        for one in waiting:
            one.join(WAIT)
    finally:
        pool.close()
        busy.join(WAIT)
    assert order == [*range(12), -1]


def test_a_caller_who_gives_up_while_it_waits_leaves_its_place_to_the_next():
    slots, gone = _Slots(1), []

    def give_up():
        raise SandboxError("abandoned")

    slots.acquire(give_up)
    with pytest.raises(SandboxError):
        slots.acquire(give_up)
    later = threading.Thread(target=lambda: gone.append(slots.acquire(lambda: None)), daemon=True)
    later.start()
    slots.release()
    later.join(WAIT)
    assert gone == [None] and not slots._waiting


def test_a_thread_that_is_told_to_stop_does_not_wait_for_a_worker():
    pool, found = Pool(1), []
    busy = threading.Thread(target=refused, args=(pool, decoders.asleep), daemon=True)
    busy.start()
    waiting = BackgroundThread(lambda: found.append(pool.call(decoders.echoed, 1)), "waiting")
    try:
        while not pool._busy:
            pass
        waiting.start()
        waiting.stop()
        waiting.join(WAIT)
        assert not waiting.is_alive() and pool._busy
    finally:
        pool.close()
        busy.join(WAIT)
    late = BackgroundThread(lambda: found.append(pool.call(decoders.echoed, 1)), "late")
    late.stop()
    late.start()
    late.join(WAIT)
    assert not late.is_alive() and found == [] == pool._idle


def test_the_caller_is_told_what_a_call_cost(pool):
    spent = []
    refused(pool, decoders.endless, limits=SHORT, charge=spent.append)
    pool.call(decoders.echoed, 1, charge=spent.append)
    assert 0.5 < spent[0] <= 1
    assert spent[1] < 0.5


def test_a_worker_that_waits_too_long_ends():
    pool = Pool(1, idle_seconds=0.1)
    first = pool.call(os.getpid)
    ended = threading.Event()

    def gone():
        while not ended.is_set():
            try:
                os.kill(first, 0)
            except ProcessLookupError:
                ended.set()

    threading.Thread(target=gone, daemon=True).start()
    assert ended.wait(WAIT)
    assert pool.call(os.getpid) != first
    pool.close()


def test_a_call_after_a_long_wait_has_its_limit_of_time():
    """The thread that looks after workers waits itself while all of them do."""
    pool = Pool(1, idle_seconds=600)
    try:
        pool.call(os.getpid)
        assert refused(pool, decoders.asleep, limits=Limits(wall_seconds=0.2)) == "time"
    finally:
        pool.close()


def test_a_closed_pool_leaves_no_process_and_can_be_used_again():
    pool = Pool(2)
    first = pool.call(os.getpid)
    pool.close()
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)
    assert pool.call(os.getpid) != first
    pool.close()
