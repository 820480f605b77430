"""Images that visitors send one by one are decoded in turn."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any

import pytest
import torch

from gan_lab.data import DataError
from gan_lab.server import Sender, single_images
from gan_lab.server.limits import ADDRESS_SECONDS, Seconds, of_address
from gan_lab.server.single_images import NotNow
from gan_lab.server.turns import THREADS
from tests.patience import WAIT

pytestmark = pytest.mark.usefixtures("seconds")


class Slow:
    """In the place of the decoder: decodes until it is let go."""

    def __init__(self) -> None:
        self.begun, self.go = threading.Semaphore(0), threading.Semaphore(0)
        self.order: list[bytes] = []

    def __call__(
        self, content: bytes, channels: int, *, charge: Callable[[float], None], **_: Any
    ) -> torch.Tensor:
        self.order.append(content)
        self.begun.release()
        assert self.go.acquire(timeout=WAIT)
        charge(1.0)
        return torch.zeros(channels, 1, 1, dtype=torch.uint8)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    one = Slow()
    monkeypatch.setattr(single_images, "read_picture", one)
    yield one
    one.go.release(100)


def sent(visitor: str, address: str = "") -> Future[Any]:
    content = f"{visitor} at {address}".encode()
    return single_images.decoded(Sender(visitor, address), content, 1, most_pixels=10**7)


def test_a_large_image_waits_for_one_image_of_an_address_with_many_invented_cookies(
    slow: Slow,
) -> None:
    every = [sent(f"invented {n}", "192.0.2.1") for n in range(of_address(single_images.WAITING))]
    for _ in range(THREADS):
        assert slow.begun.acquire(timeout=WAIT)
    with pytest.raises(NotNow, match="^Many images are being read"):
        sent("invented", "192.0.2.1")
    hers = sent("anna", "198.51.100.7")
    slow.go.release()
    assert slow.begun.acquire(timeout=WAIT)
    assert slow.order[THREADS] == b"anna at 198.51.100.7"
    slow.go.release(len(every))
    for one in (*every, hers):
        assert one.result(WAIT).shape == (1, 1, 1)


def test_one_image_of_a_visitor_is_decoded_at_a_time(slow: Slow) -> None:
    every = [sent("anna") for _ in range(single_images.OWN_WAITING)]
    with pytest.raises(NotNow, match="^Several images of yours"):
        sent("anna")
    assert slow.begun.acquire(timeout=WAIT)
    other = sent("bert")
    assert slow.begun.acquire(timeout=WAIT)
    assert slow.order == [b"anna at ", b"bert at "]
    slow.go.release(len(every) + 1)
    for one in (*every, other):
        one.result(WAIT)
    assert sent("anna").cancel() in (True, False), "there is room again"


def test_what_images_cost_counts_against_the_address(slow: Slow, seconds: Seconds) -> None:
    slow.go.release()
    sent("anna", "192.0.2.1").result(WAIT)
    seconds.spend(Sender("invented", "192.0.2.1"), ADDRESS_SECONDS.at_once)
    with pytest.raises(NotNow, match="^Your images have taken much computing time"):
        sent("bert", "192.0.2.1")
    slow.go.release()
    sent("bert", "198.51.100.7").result(WAIT)


def test_an_image_that_is_none_gives_its_turn_back() -> None:
    for _ in range(2 * single_images.OWN_WAITING):
        with pytest.raises(DataError, match="no picture that can be read"):
            sent("anna").result(WAIT)
