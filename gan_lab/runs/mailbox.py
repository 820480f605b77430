"""Between a run's thread and everybody else: letters in, the newest moment out."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import TypeVar

from gan_lab.runs.messages import Bars, Checkup, Command, Moment, Picture, Set, Shown
from gan_lab.training.ledger import Entry

log = logging.getLogger(__name__)

_News = TypeVar("_News", Moment, Checkup)
Letter = tuple[Command, "Future[Entry]"]


class Mailbox:
    """Thread-safe. One thread, the worker's, takes and publishes; any thread posts and reads."""

    def __init__(self, first: Moment) -> None:
        self._lock = threading.Lock()
        self._letters: queue.Queue[Letter] = queue.Queue()
        self._closed = False
        self._subscribers: dict[object, Callable[[Moment], None]] = {}
        self._patrons: dict[object, Callable[[Checkup], None]] = {}
        self._explorers = 0
        self._fresh = False
        self.moment = first
        self.checkup = Checkup()
        self.shown: Shown | None = None
        self.stills: dict[str, Picture | Bars] | None = None

    # -- any thread ----------------------------------------------------------------------------

    def post(self, command: Command) -> Future[Entry]:
        """Leave a command; the future holds the ledger entry that it becomes."""
        answer: Future[Entry] = Future()
        answer.set_running_or_notify_cancel()  # who stops waiting does not withdraw it
        with self._lock:
            if not self._closed:
                self._letters.put((command, answer))
                return answer
        self._refuse(command, answer)
        return answer

    @contextlib.contextmanager
    def subscribed(self, callback: Callable[[Moment], None]) -> Iterator[None]:
        """While inside, every moment is handed to ``callback``, on the worker's thread.

        The callback must return at once. One that raises is dropped; the run goes on.
        """
        key = object()
        with self._lock:
            self._subscribers[key] = callback
            self._fresh = True
        try:
            yield
        finally:
            with self._lock:
                self._subscribers.pop(key, None)

    @contextlib.contextmanager
    def checked_up(self, callback: Callable[[Checkup], None]) -> Iterator[None]:
        """While inside, every checkup is handed to ``callback``, on whichever thread makes it;
        otherwise as :meth:`subscribed`."""
        key = object()
        with self._lock:
            self._patrons[key] = callback
        try:
            yield
        finally:
            with self._lock:
                self._patrons.pop(key, None)

    @contextlib.contextmanager
    def explored(self) -> Iterator[None]:
        """While inside, ``shown`` is made anew with every moment."""
        with self._lock:
            self._explorers += 1
            self._fresh = True
        try:
            yield
        finally:
            with self._lock:
                self._explorers -= 1

    # -- the worker's thread -------------------------------------------------------------------

    @property
    def waiting(self) -> int:
        """Letters that have come and are not taken."""
        return self._letters.qsize()

    def take(self, *, wait: bool) -> Letter | None:
        """The next letter; None if there is none and ``wait`` is False."""
        try:
            return self._letters.get(block=wait)
        except queue.Empty:
            return None

    def put_back(self, letter: Letter) -> None:
        """A letter that could not be answered because the run broke: ``close`` refuses it."""
        self._letters.put(letter)

    @property
    def watched(self) -> bool:
        return bool(self._subscribers)

    @property
    def being_explored(self) -> bool:
        return self._explorers > 0

    @property
    def newcomer(self) -> bool:
        """Whether somebody came after the last moment, and should not have to wait."""
        return self._fresh

    def welcome(self) -> None:
        """A moment is being made: who comes from now on is a newcomer to the next one."""
        with self._lock:
            self._fresh = False

    def publish(self, moment: Moment) -> None:
        self.moment = moment
        self._tell(self._subscribers, moment)

    def publish_checkup(self, checkup: Checkup) -> None:
        """Any thread, one at a time."""
        self.checkup = checkup
        self._tell(self._patrons, checkup)

    def _tell(self, listeners: dict[object, Callable[[_News], None]], news: _News) -> None:
        with self._lock:
            now = list(listeners.items())
        for key, callback in now:
            try:
                callback(news)
            except Exception:
                log.exception("a viewer failed, and is dropped")
                with self._lock:
                    listeners.pop(key, None)

    def close(self) -> None:
        """The run is over: refuse what still waits and all that comes."""
        with self._lock:
            self._closed = True
        while (letter := self.take(wait=False)) is not None:
            self._refuse(*letter)

    def _refuse(self, command: Command, answer: Future[Entry]) -> None:
        path = command.path if isinstance(command, Set) else type(command).__name__.lower()
        why = f"the run is over ({self.moment.state})"
        answer.set_result(Entry(self.moment.counts.steps, path, outcome="refused", note=why))
