"""Long work for the pages: done once, kept for a while, and not begun anew while it is on."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError

import pytest

from gan_lab.server import Sender
from gan_lab.ui import jobs
from tests.patience import WAIT

WHO = Sender("anna")


@pytest.fixture(autouse=True)
def nothing_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    known = jobs._jobs.copy()
    jobs._jobs.clear()
    yield
    jobs._jobs.clear()
    jobs._jobs.update(known)
    for _ in range(int(WAIT / 0.01)):
        if not jobs._holders and not jobs._waiting:
            break
        time.sleep(0.01)


def test_what_many_wait_for_is_begun_once_each():
    begun, go = [], threading.Event()

    def work(number: int) -> int:
        begun.append(number)
        assert go.wait(WAIT)
        return number

    many = range(3 * jobs._KEPT)
    first = [jobs.job(n, lambda _, n=n: work(n), WHO) for n in many]
    again = [jobs.job(n, lambda _, n=n: work(n), WHO) for n in many]  # as their pages look again
    assert all(one is other for one, other in zip(first, again, strict=True))
    go.set()
    assert [one.future.result(WAIT) for one in again] == list(many)
    assert sorted(begun) == list(many)


def test_of_what_is_done_the_longest_unused_is_forgotten():
    for n in range(2 * jobs._KEPT):
        jobs.job(n, lambda _, n=n: n, WHO).future.result(WAIT)
    assert (
        jobs.job(2 * jobs._KEPT - 1, lambda _: "anew", WHO).future.result(WAIT)
        == 2 * jobs._KEPT - 1
    )
    assert jobs.job(0, lambda _: "anew", WHO).future.result(WAIT) == "anew"


def test_what_nobody_wants_ends_at_its_next_word():
    under_way, go = threading.Event(), threading.Event()

    def work(task: jobs.Job) -> str:
        under_way.set()
        assert go.wait(WAIT)
        task.tell(1, 2)
        return "too far"

    task = jobs.job("long", work, WHO)
    assert under_way.wait(WAIT)
    jobs.drop("long")
    go.set()
    with pytest.raises(CancelledError):
        task.future.result(WAIT)
    assert jobs.job("long", lambda _: "anew", WHO).future.result(WAIT) == "anew"


class Long:
    """Jobs that last until they are let go."""

    def __init__(self) -> None:
        self.begun, self.go = threading.Semaphore(0), threading.Event()
        self.order: list[str] = []

    def asked(self, key: str, visitor: str, address: str = "") -> jobs.Job:
        def work(_: jobs.Job) -> str:
            self.order.append(key)
            self.begun.release()
            assert self.go.wait(WAIT)
            return key

        return jobs.job(key, work, Sender(visitor, address))


@pytest.fixture
def long(nothing_before: None) -> Iterator[Long]:
    one = Long()
    yield one
    one.go.set()


def short(key: str, visitor: str, address: str = "") -> str:
    return jobs.job(key, lambda _: key, Sender(visitor, address)).future.result(WAIT)


def test_the_jobs_of_one_visitor_do_not_keep_another_one_waiting(long: Long) -> None:
    many = [long.asked(f"anna {n}", "anna") for n in range(2 * jobs.THREADS)]
    for _ in range(jobs.EACH):
        assert long.begun.acquire(timeout=WAIT)
    assert short("berts", "bert") == "berts"
    assert len(long.order) == jobs.EACH
    long.go.set()
    assert [one.future.result(WAIT) for one in many] == long.order


def test_a_short_job_does_not_wait_behind_a_long_one_of_the_same_visitor(long: Long) -> None:
    long.asked("long", "anna")
    assert long.begun.acquire(timeout=WAIT)
    assert short("short", "anna") == "short"


def test_who_has_fewest_jobs_under_way_comes_first(long: Long) -> None:
    every = [long.asked(key, key[:4]) for key in ("anna1", "anna2", "anna3", "bert1", "bert2")]
    for _ in range(jobs.THREADS):
        assert long.begun.acquire(timeout=WAIT)
    assert sorted(long.order) == ["anna1", "anna2", "bert1"]
    carl = long.asked("carl1", "carl")
    long.go.set()
    assert {one.future.result(WAIT) for one in (*every, carl)} == {*long.order}
    assert long.order[jobs.THREADS] == "carl1"


def test_invented_cookies_of_one_address_do_not_come_before_another_address(long: Long) -> None:
    every = [long.asked(f"{n}", f"invented {n}", "192.0.2.1") for n in range(3 * jobs.THREADS)]
    for _ in range(jobs.THREADS):
        assert long.begun.acquire(timeout=WAIT)
    every.append(long.asked("anna", "anna", "198.51.100.7"))
    long.go.set()
    assert {one.future.result(WAIT) for one in every} == {*long.order}
    assert long.order[jobs.THREADS] == "anna"


def test_a_job_that_another_visitor_asks_for_too_begins_at_his_turn(long: Long) -> None:
    for n in range(jobs.EACH):
        long.asked(f"anna {n}", "anna")
        assert long.begun.acquire(timeout=WAIT)
    waits = jobs.job("both", lambda _: "both", WHO)
    assert not waits.future.running() and not waits.future.done()
    assert short("both", "bert") == waits.future.result(WAIT) == "both"


def test_a_dropped_job_that_waits_is_never_done(long: Long) -> None:
    for n in range(jobs.EACH):
        long.asked(f"anna {n}", "anna")
        assert long.begun.acquire(timeout=WAIT)
    waits = long.asked("dropped", "anna")
    jobs.drop("dropped")
    long.go.set()
    with pytest.raises(CancelledError):
        waits.future.result(WAIT)
    assert short("next", "anna") == "next"
    assert "dropped" not in long.order
