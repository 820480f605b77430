"""An event loop for one test."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from tests.patience import WAIT

T = TypeVar("T")


def completed(coroutine: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine, run in a thread of its own.

    A browser test that ran before in this process may have left a running loop in the main thread,
    where ``asyncio.run`` then refuses to work.
    """
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result(WAIT)
