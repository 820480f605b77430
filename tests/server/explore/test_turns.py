"""Visitors take turns at the threads of a pool."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter

import pytest

from gan_lab.server.explore.turns import THREADS, Turns
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
        first = [asyncio.create_task(turns.run("anna", work, "anna")) for _ in range(50)]
        await begun(work)
        other = asyncio.create_task(turns.run("bert", work, "bert"))
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
        tasks = [asyncio.create_task(turns.run(name, work, name)) for name in names]
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
        first = asyncio.create_task(turns.run("anna", work, "anna"))
        await begun(work)
        waits = [asyncio.create_task(turns.run("anna", work, "later")) for _ in range(3)]
        await asyncio.sleep(0)
        waits[0].cancel()
        waits[1].cancel()
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
                await asyncio.wait_for(turns.run("anna", lambda: 1 // 0), WAIT)

    completed(play())
