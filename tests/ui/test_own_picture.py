"""A picture of one's own, as a generator takes it."""

import threading
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import nn

from gan_lab.server import Sender, single_images
from gan_lab.ui import own_picture
from gan_lab.ui.own_picture import turned
from tests.patience import WAIT


def test_any_of_several_generators_may_have_the_first_ones_part():
    there, back = nn.Identity(), nn.Tanh()
    both = {"G_ab": there, "G_ba": back}
    assert turned(both, "G_ab") == both
    assert turned(both, "G_ba") == {"G_ab": back, "G_ba": there}


def test_the_pages_of_one_visitor_decode_one_image_at_a_time(monkeypatch):
    begun, go = threading.Semaphore(0), threading.Event()

    def slow(content: bytes, channels: int, **_: object) -> torch.Tensor:
        begun.release()
        assert go.wait(WAIT)
        return torch.zeros(channels, 4, 4, dtype=torch.uint8)

    who = threading.local()
    monkeypatch.setattr(single_images, "read_picture", slow)
    monkeypatch.setattr(own_picture, "read_picture", slow, raising=False)
    monkeypatch.setattr(own_picture.experiment, "sender", lambda: Sender(who.name))
    monkeypatch.setattr(own_picture.experiment, "visitor", lambda: who.name)

    def read(name: str) -> torch.Tensor:
        who.name = name
        return own_picture._read(b"an image", 3, 4)

    with ThreadPoolExecutor() as pages:
        first = [pages.submit(read, "anna") for _ in range(2)]
        assert begun.acquire(timeout=WAIT)
        other = pages.submit(read, "bert")
        assert begun.acquire(timeout=WAIT)
        assert not begun.acquire(blocking=False), "one image of Anna's at a time"
        go.set()
        assert all(one.result(WAIT).shape == (1, 3, 4, 4) for one in (*first, other))
