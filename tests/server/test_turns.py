"""Visitors take turns at the threads of a pool."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
import weakref
from collections import Counter
from concurrent.futures import CancelledError

import pytest

from gan_lab.server import Sender
from gan_lab.server.turns import THREADS, Turns
from gan_lab.threads import safe_point
from tests.event_loop import completed
from tests.patience import WAIT


class Work:
    """Calls that last until they are let go, and what was under way at the same time."""

    def __init__(self) -> None:
        self.order: list[str] = []
        self.most: Counter[str] = Counter()
        self.under_way: Counter[str] = Counter()
        self.begun = threading.Semaphore(0)
        self.go = threading.Semaphore(0)
        self._lock = threading.Lock()

    def __call__(self, who: str) -> str:
        with self._lock:
            self.order.append(who)
            self.under_way[who] += 1
            self.most |= self.under_way
        self.begun.release()
        assert self.go.acquire(timeout=WAIT)
        with self._lock:
            self.under_way[who] -= 1
        return who


@pytest.fixture
def work() -> Work:
    return Work()


async def begun(work: Work, count: int = 1) -> None:
    for _ in range(count):
        assert await asyncio.to_thread(work.begun.acquire, timeout=WAIT)


def test_one_visitor_leaves_a_thread_to_others_whatever_waits(work: Work) -> None:
    async def play() -> list[str]:
        turns = Turns("test")
        first = [asyncio.create_task(turns.run(Sender("anna"), work, "anna")) for _ in range(50)]
        await begun(work)
        other = asyncio.create_task(turns.run(Sender("bert"), work, "bert"))
        await begun(work)  # at once, though 49 of Anna's wait
        assert work.order == ["anna", "bert"]
        for _ in range(51):
            work.go.release()
        return await asyncio.wait_for(asyncio.gather(*first, other), WAIT)

    assert sorted(completed(play())) == ["anna"] * 50 + ["bert"]
    assert work.most["anna"] == 1


def test_visitors_who_wait_are_served_one_after_the_other(work: Work) -> None:
    async def play() -> None:
        turns = Turns("test")
        names = ["anna"] * 4 + ["bert"] * 4 + ["carl"]
        tasks = [asyncio.create_task(turns.run(Sender(name), work, name)) for name in names]
        await begun(work, THREADS)
        for _ in names:
            work.go.release()
        await asyncio.wait_for(asyncio.gather(*tasks), WAIT)

    completed(play())
    assert "carl" in work.order[:4], work.order
    assert Counter(work.order) == {"anna": 4, "bert": 4, "carl": 1}


def test_a_call_that_is_cancelled_while_it_waits_gives_its_turn_away(work: Work) -> None:
    async def play() -> None:
        turns = Turns("test")
        first = asyncio.create_task(turns.run(Sender("anna"), work, "anna"))
        await begun(work)
        waits = [asyncio.create_task(turns.run(Sender("anna"), work, "later")) for _ in range(3)]
        await asyncio.sleep(0)
        waits[0].cancel()
        waits[1].cancel()
        await asyncio.wait(waits[:2])
        for _ in range(2):
            work.go.release()
        assert await asyncio.wait_for(waits[2], WAIT) == "later"
        assert await first == "anna"

    completed(play())
    assert work.order == ["anna", "later"]


def test_what_goes_wrong_in_a_thread_is_raised_and_the_turn_is_given_back() -> None:
    async def play() -> None:
        turns = Turns("test")
        for _ in range(2 * THREADS):
            with pytest.raises(ZeroDivisionError):
                await asyncio.wait_for(turns.run(Sender("anna"), lambda: 1 // 0), WAIT)

    completed(play())


def test_a_call_that_is_cancelled_while_it_runs_keeps_its_turn_until_it_has_ended(
    work: Work,
) -> None:
    async def play() -> None:
        turns = Turns("test")
        first = asyncio.create_task(turns.run(Sender("anna"), work, "anna"))
        await begun(work)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        second = asyncio.create_task(turns.run(Sender("anna"), work, "anna"))
        other = asyncio.create_task(turns.run(Sender("bert"), work, "bert"))
        await begun(work)
        assert work.order == ["anna", "bert"], "Anna's first call still runs"
        for _ in range(3):
            work.go.release()
        await asyncio.wait_for(asyncio.gather(second, other), WAIT)

    completed(play())
    assert work.most["anna"] == 1
    assert work.order == ["anna", "bert", "anna"]


def test_invented_cookies_of_one_address_do_not_come_before_another_address(work: Work) -> None:
    turns = Turns("test")
    every = [turns.submit(Sender(f"{n}", "192.0.2.1"), work, "invented") for n in range(20)]
    for _ in range(THREADS):
        assert work.begun.acquire(timeout=WAIT)
    every.append(turns.submit(Sender("anna", "198.51.100.7"), work, "anna"))
    for _ in every:
        work.go.release()
    for one in every:
        one.result(WAIT)
    assert work.order[THREADS] == "anna"
    assert len(work.order) == len(every)


def test_a_cancelled_call_that_waits_is_forgotten_with_its_arguments(work: Work) -> None:
    class Large:
        pass

    turns, image = Turns("test", threads=1), Large()
    gone = weakref.ref(image)
    first = turns.submit(Sender("anna"), work, "anna")
    assert work.begun.acquire(timeout=WAIT)
    waits = turns.submit(Sender("bert"), id, image)
    assert waits.cancel()
    del waits, image
    gc.collect()
    assert gone() is None
    work.go.release()
    assert first.result(WAIT) == "anna"


def test_the_end_of_the_process_cancels_what_waits(work: Work) -> None:
    def stopped() -> None:
        work.begun.release()
        while True:
            safe_point()
            time.sleep(0.01)

    turns = Turns("test", threads=1)
    first = turns.submit(Sender("anna"), stopped)
    assert work.begun.acquire(timeout=WAIT)
    waits = turns.submit(Sender("bert"), work, "bert")
    turns._pool.stop()
    with pytest.raises(CancelledError):
        first.result(WAIT)
    with pytest.raises(CancelledError):
        waits.result(WAIT)
    assert not work.order
