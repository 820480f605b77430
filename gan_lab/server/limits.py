"""What visitors may send: how much, how often, how slowly. Every such number stands here, and
``docs/security.md`` has them as a table.

A page of this app stays far below all of them: one that follows a finger asks for some 60 pictures
a second. What goes beyond is answered in one sentence, or ends the one line that it came over;
nobody else's is touched.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from starlette.requests import Request

from gan_lab.server.visitors import Sender
from gan_lab.words import size_of

HASTY = 4429
"""Close code: more came over this line than one page can ask."""
CROWDED = 4430
"""Close code: too many lines are open already."""
LINES = 64
"""Lines that one visitor may hold open; a page has one, or two."""
ALL_LINES = 2000
"""Lines that all visitors may hold open together."""
TOO_MANY = "too many pages are open just now; close some that you do not need"


@dataclass(frozen=True)
class Talk:
    """What one page may say over one socket.

    Attributes:
        longest: characters of a text or bytes of a binary message.
        a_second: messages, in the long run.
        at_once: messages that may come together before the run is long.
        volume: bytes a second, in the long run; four seconds of them may come together.
    """

    longest: int
    a_second: int
    at_once: int
    volume: int

    @property
    def too_much(self) -> str:
        """Why a line is closed; at most 123 bytes, which is all that a close frame holds."""
        each = f"{self.a_second} messages or {self.volume >> 20} MB"
        return f"more than {each} came in a second; load the page again"


LIVE = Talk(longest=1000, a_second=50, at_once=200, volume=1 << 20)
LATENT = Talk(longest=16 << 10, a_second=300, at_once=600, volume=8 << 20)

QUESTION = 8 << 20
"""Characters of a question by name on the latent page, which may carry a picture."""
VALUES = 100_000
"""Numbers, texts and lists in one such question: 48 z of 512 numbers in each of three wells are
less, and what is more holds up the loop while it is read."""

WISH = 2000
"""Bytes of a wish for a file."""
ZIP = 1 << 30
"""Bytes of a run that is brought."""
BRINGING = 4
"""Runs that are brought at once; one by each visitor."""
CROWD = 20
"""Times as often as one visitor the visitors of one address together may send what is limited by a
rate: sixty people behind one address (NAT), each at a third of a visitor's rate all the time."""
PATIENCE = 20.0
"""s that a body may take, whatever its size."""
SLOWEST = 16 << 10
"""Bytes a second that a body comes with at least, from then on."""


class Rate:
    """A bucket that fills with ``a_second`` and holds ``at_once``; at first it is full."""

    def __init__(
        self, a_second: float, at_once: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._a_second, self._at_once, self._clock = a_second, at_once, clock
        self._left, self._seen = at_once, clock()

    def takes(self, count: float = 1.0) -> bool:
        """Take so much out; False, and nothing is taken, if there is less in it."""
        now = self._clock()
        self._left = min(self._at_once, self._left + (now - self._seen) * self._a_second)
        self._seen = now
        if count > self._left:
            return False
        self._left -= count
        return True


class Ear:
    """Counts what comes over one socket."""

    def __init__(self, talk: Talk) -> None:
        self.talk = talk
        self._messages = Rate(talk.a_second, talk.at_once)
        self._volume = Rate(talk.volume, 4 * talk.volume)

    def hears(self, message: bytes | str) -> bool:
        """Whether it is heard; if not, the line is to be closed with :data:`HASTY`."""
        return self._messages.takes() and self._volume.takes(len(message))


class Budget(NamedTuple):
    """Processor seconds: ``at_once``, then ``a_second`` of them a second."""

    a_second: float
    at_once: float


ADDRESS_SECONDS = Budget(1.0, 120.0)
"""Of the visitors of one address together: two seconds at once for each of sixty people behind it,
then half of what the two threads that decode large images have."""


class Slots:
    """Slots that senders hold at the same time, such as open connections. Thread-safe.

    Anyone can invent cookies, so the visitors of one address together hold at most
    :func:`of_address` slots, and some are left to other addresses.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._visitors, self._addresses = Counter[str](), Counter[str]()

    def take(self, sender: Sender, of_visitor: int, of_all: int) -> Literal["", "own", "others"]:
        """Take a slot, to be given back by :meth:`release`.

        Args:
            of_visitor: slots that one visitor may hold.
            of_all: slots that all visitors may hold together.

        Returns:
            "" if there is one; else none is taken, and who holds those that there are.
        """
        with self._lock:
            if self._visitors[sender.visitor] >= of_visitor:
                return "own"
            full = self._visitors.total() >= of_all
            if full or self._addresses[sender.address] >= of_address(of_all):
                return "others"
            self._visitors[sender.visitor] += 1
            self._addresses[sender.address] += 1
            return ""

    def release(self, sender: Sender) -> None:
        with self._lock:
            self._visitors[sender.visitor] -= 1
            self._addresses[sender.address] -= 1
            self._visitors += Counter()  # forget who holds none
            self._addresses += Counter()


def of_address(of_all: int) -> int:
    """How many of all slots the visitors of one address may hold together: three quarters.

    A workshop of sixty people may have one address (NAT, or a proxy whose ``X-Forwarded-For`` is
    not trusted), so an address needs nearly as many slots as all visitors do: of 2,000 connections
    this leaves 25 for each of sixty.
    """
    return of_all - of_all // 4


class Rates:
    """A bucket for each visitor and one for each address; those that were not heard of longest are
    forgotten.

    The bucket of an address is :data:`CROWD` times as large and fills :data:`CROWD` times as fast.
    """

    def __init__(self, a_second: float, at_once: int, names: int = 10_000) -> None:
        self.a_second, self.at_once, self._names = a_second, at_once, names
        self._visitors, self._addresses = OrderedDict[str, Rate](), OrderedDict[str, Rate]()

    def takes(self, sender: Sender, about: str = "") -> bool:
        """Whether this sender may do it once more.

        Args:
            about: each visitor has a bucket for each of these names.
        """
        # first the visitor's bucket: who is refused there takes nothing from the neighbours
        return self._bucket(self._visitors, f"{about} {sender.visitor}", 1).takes() and (
            self._bucket(self._addresses, sender.address, CROWD).takes()
        )

    def _bucket(self, rates: OrderedDict[str, Rate], name: str, times: int) -> Rate:
        rate = rates.pop(name, None) or Rate(times * self.a_second, times * self.at_once)
        rates[name] = rate
        while len(rates) > self._names:
            rates.popitem(last=False)
        return rate


class Seconds:
    """Processor seconds that each visitor may use: ``at_once``, then ``a_second`` of them a second;
    and those that the visitors of an address may use together.

    What a call takes is known only afterwards, so a visitor may owe some; then the next one waits.
    Thread-safe. Visitors without a cookie are one visitor.
    """

    def __init__(
        self, a_second: float, at_once: float, names: int = 10_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self.a_second, self.at_once = a_second, at_once
        self._visitors = _Balances(a_second, at_once, names, clock)
        self._addresses = _Balances(ADDRESS_SECONDS.a_second, ADDRESS_SECONDS.at_once, names, clock)
        self._lock = threading.Lock()

    def wait(self, sender: Sender) -> float:
        """s until the visitor has some left, and the address too; 0 if that is now."""
        with self._lock:
            return max(self._visitors.wait(sender.visitor), self._addresses.wait(sender.address))

    def spend(self, sender: Sender, seconds: float) -> None:
        """After a call of the visitor's, however it ended."""
        with self._lock:
            self._visitors.spend(sender.visitor, seconds)
            self._addresses.spend(sender.address, seconds)


class _Balances:
    """Seconds left to each of many names."""

    def __init__(
        self, a_second: float, at_once: float, names: int, clock: Callable[[], float]
    ) -> None:
        self._a_second, self._at_once = a_second, at_once
        self._names, self._clock = names, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # and when that was so

    def wait(self, name: str) -> float:
        return max(0.0, -self._now(name) / self._a_second)

    def spend(self, name: str, seconds: float) -> None:
        left = self._now(name) - seconds
        self._left.pop(name, None)
        self._left[name] = left, self._clock()
        while len(self._left) > self._names:
            self._left.popitem(last=False)

    def _now(self, name: str) -> float:
        left, then = self._left.get(name, (self._at_once, 0.0))
        return min(self._at_once, left + (self._clock() - then) * self._a_second)


IMAGE_SECONDS = Seconds(a_second=0.2, at_once=10.0)
"""For decoding images that visitors send one by one."""


def too_costly(wait: float) -> str:
    """The sentence for a visitor whose seconds are used up."""
    return (
        "Your images have taken much computing time; try again in"
        f" {size_of(math.ceil(wait), 'second')}."
    )


TOO_OFTEN = "That came too often; wait some seconds and try again."


def wishes() -> Rates:
    """How often one visitor may wish for files of one run, or let them go."""
    return Rates(a_second=1.0, at_once=30)


def arrivals() -> Rates:
    """How often one visitor may bring a run."""
    return Rates(a_second=0.1, at_once=10)


async def parts(request: Request, most: int, too_large: str) -> AsyncIterator[bytes]:
    """A body as it comes, part by part.

    Raises:
        ValueError: it has more than ``most`` bytes, which ``too_large`` says, or comes too slowly.
        ClientDisconnect: it does not come whole.
    """
    begun, size = time.monotonic(), 0
    told = request.headers.get("content-length", "")
    if told.isdecimal() and int(told[:20]) > most:
        raise ValueError(too_large)
    stream = request.stream()
    while True:
        left = begun + PATIENCE + size / SLOWEST - time.monotonic()
        try:
            part = await asyncio.wait_for(anext(stream, None), max(0.0, left))
        except TimeoutError:
            raise ValueError("It came too slowly; try again over a better line.") from None
        if part is None:
            return
        size += len(part)
        if size > most:
            raise ValueError(too_large)
        yield part
