"""Long work for the pages: done once, kept for a while, and not begun anew while it is on."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError

import pytest

from gan_lab.ui import jobs
from tests.patience import WAIT


@pytest.fixture(autouse=True)
def nothing_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    known = jobs._jobs.copy()
    jobs._jobs.clear()
    yield
    jobs._jobs.clear()
    jobs._jobs.update(known)


def test_what_many_wait_for_is_begun_once_each():
    begun, go = [], threading.Event()

    def work(number: int) -> int:
        begun.append(number)
        assert go.wait(WAIT)
        return number

    many = range(3 * jobs._KEPT)
    first = [jobs.job(n, lambda _, n=n: work(n)) for n in many]
    again = [jobs.job(n, lambda _, n=n: work(n)) for n in many]  # as their pages look again
    assert all(one is other for one, other in zip(first, again, strict=True))
    go.set()
    assert [one.future.result(WAIT) for one in again] == list(many)
    assert sorted(begun) == list(many)


def test_of_what_is_done_the_longest_unused_is_forgotten():
    for n in range(2 * jobs._KEPT):
        jobs.job(n, lambda _, n=n: n).future.result(WAIT)
    assert jobs.job(2 * jobs._KEPT - 1, lambda _: "anew").future.result(WAIT) == 2 * jobs._KEPT - 1
    assert jobs.job(0, lambda _: "anew").future.result(WAIT) == "anew"


def test_what_nobody_wants_ends_at_its_next_word():
    under_way, go = threading.Event(), threading.Event()

    def work(task: jobs.Job) -> str:
        under_way.set()
        assert go.wait(WAIT)
        task.tell(1, 2)
        return "too far"

    task = jobs.job("long", work)
    assert under_way.wait(WAIT)
    jobs.drop("long")
    go.set()
    with pytest.raises(CancelledError):
        task.future.result(WAIT)
    assert jobs.job("long", lambda _: "anew").future.result(WAIT) == "anew"
