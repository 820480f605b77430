"""A visitor's own image in a question: nobody else waits for its decoding."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from PIL import Image
from starlette.testclient import TestClient, WebSocketTestSession

from benchmarks.image_files import encoded, noise, png, with_scans
from gan_lab.data import DataError, read_picture
from gan_lab.images.headers import SMALL_PIXELS
from gan_lab.runs import wire
from gan_lab.server import PREFIX, Sender, single_images
from gan_lab.server.explore import uploaded
from gan_lab.server.limits import Seconds
from gan_lab.server.visitors import COOKIE
from tests.patience import WAIT

PATH = f"{PREFIX}/latent/pretrained-fashion"
NAMES = ("subject", "inversion", "neighbours")


pytestmark = pytest.mark.usefixtures("seconds")


@pytest.fixture
def connect(client: TestClient) -> Iterator[Callable[[str], Any]]:
    with client:  # one loop for all
        yield lambda who: client.websocket_connect(PATH, headers={"cookie": f"{COOKIE}={who}"})


def ask(socket: WebSocketTestSession, content: bytes, name: str = "subject") -> None:
    file = base64.b64encode(content).decode()
    more = {"steps": 1, "starts": 1} if name == "inversion" else {}
    socket.send_text(json.dumps({"ask": name, "id": 1, "of": "file", "file": file, **more}))


def answer(socket: WebSocketTestSession) -> dict[str, Any]:
    return wire.decode(socket.receive_bytes())[0]


class Slow:
    """In the place of the decoder: decodes until it is let go or cancelled."""

    def __init__(self) -> None:
        self.begun, self.cancelled = threading.Semaphore(0), threading.Semaphore(0)
        self.go = threading.Event()

    def __call__(
        self, content: bytes, channels: int, *, cancelled: Callable[[], bool], **_: object
    ) -> torch.Tensor:
        self.begun.release()
        for _ in range(int(WAIT / 0.01)):
            if self.go.wait(0.01):
                return torch.zeros(channels, 28, 28, dtype=torch.uint8)
            if cancelled():
                self.cancelled.release()
                raise DataError("the request was cancelled")
        raise AssertionError("nobody let it go")


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    one = Slow()
    monkeypatch.setattr(single_images, "read_picture", one)
    yield one
    one.go.set()


@pytest.mark.parametrize("name", NAMES)
def test_a_jpeg_of_20_000_scans_is_refused_and_an_innocent_question_is_answered(
    connect: Callable[[str], Any], name: str
) -> None:
    bomb = with_scans(Image.new("RGB", (640, 480)), 20_000)
    assert len(bomb) < uploaded.LARGEST
    with connect("anna") as anna, connect("bert") as bert, connect("carl") as carl:
        for socket in (anna, bert):
            ask(socket, bomb, name)
        carl.send_text(json.dumps({"ask": "subject", "id": 1, "of": "here", "z": [0] * 64}))
        assert answer(carl)["kind"] == "subject"
        for socket in (anna, bert):
            refused = answer(socket)
            assert refused["kind"] == "error" and "more than 100 scans" in refused["text"]


def test_nobody_else_waits_while_images_are_decoded(
    connect: Callable[[str], Any], slow: Slow
) -> None:
    """Whatever takes long: both decoders are busy, and more of the same visitors' wait."""
    with connect("anna") as anna, connect("bert") as bert, connect("carl") as carl:
        for socket in (anna, bert):
            for name in NAMES:
                ask(socket, b"slow", name)
            assert slow.begun.acquire(timeout=WAIT)
        for number in range(5):
            question = {"ask": "subject", "id": number, "of": "here", "z": [0] * 64}
            carl.send_text(json.dumps(question))
            told = answer(carl)
            assert (told["kind"], told["id"], told["done"]) == ("subject", number, True)
        assert not slow.begun.acquire(blocking=False), "one decode of a visitor's at a time"
        slow.go.set()
        assert {answer(anna)["kind"] for _ in range(2)} <= {*NAMES}


def test_a_decode_is_ended_when_its_page_goes(connect: Callable[[str], Any], slow: Slow) -> None:
    with connect("anna") as anna:
        ask(anna, b"slow")
        assert slow.begun.acquire(timeout=WAIT)
    assert slow.cancelled.acquire(timeout=WAIT)


def test_what_waits_is_never_decoded_once_its_page_is_gone(
    connect: Callable[[str], Any], slow: Slow
) -> None:
    with connect("anna") as first:
        ask(first, b"slow")
        assert slow.begun.acquire(timeout=WAIT)
        with connect("anna") as second:
            ask(second, b"slow")
            second.send_text('{"random": true}')
            assert answer(second)["kind"] == "latent", "by now the question has been heard"
        slow.go.set()
        assert answer(first)["kind"] == "subject"
    assert not slow.begun.acquire(blocking=False)


def test_the_cost_counts_against_the_visitor(
    connect: Callable[[str], Any], seconds: Seconds
) -> None:
    good = encoded(noise(), "PNG")
    with connect("anna") as anna, connect("bert") as bert:
        ask(anna, png(4000, 3900, kind=6, level=1))
        assert answer(anna)["kind"] == "subject"
        assert seconds._visitors._left["anna"][0] < 10.0
        seconds.spend(Sender("anna"), 12.0)
        ask(anna, good)
        refused = answer(anna)
        assert refused["kind"] == "error"
        assert refused["text"].startswith("Your images have taken much computing time; try again")
        ask(bert, good)
        assert answer(bert)["kind"] == "subject"


def test_too_many_pixels_are_refused_by_the_header(connect: Callable[[str], Any]) -> None:
    with connect("anna") as anna:
        ask(anna, png(5000, 4000, depth=1, kind=0))
        assert "5,000×4,000 pixels are too many" in answer(anna)["text"]


def test_few_images_of_a_visitor_wait_at_once(connect: Callable[[str], Any], slow: Slow) -> None:
    """Each is in memory while it waits, so pages beyond the first one are refused."""
    with connect("anna") as first, connect("anna") as second, connect("bert") as bert:
        for name in NAMES:
            ask(first, b"slow", name)
        first.send_text('{"random": true}')
        assert answer(first)["kind"] == "latent", "by now the questions have been heard"
        for name in NAMES:
            ask(second, b"slow", name)
        for _ in range(2 * len(NAMES) - single_images.OWN_WAITING):
            assert "Several images of yours" in answer(second)["text"]
        ask(bert, b"slow")
        slow.go.set()
        assert answer(bert)["kind"] == "subject"


def test_few_images_of_all_visitors_wait_at_once(
    connect: Callable[[str], Any], slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(single_images, "WAITING", 2)
    with connect("anna") as anna, connect("bert") as bert, connect("carl") as carl:
        for socket in (anna, bert):
            ask(socket, b"slow")
            assert slow.begun.acquire(timeout=WAIT)
        ask(carl, b"slow")
        assert "Many images are being read" in answer(carl)["text"]
        slow.go.set()
        assert answer(anna)["kind"] == answer(bert)["kind"] == "subject"
        ask(carl, b"slow")
        assert answer(carl)["kind"] == "subject"


def test_an_image_of_a_visitor_who_owes_time_does_not_wait_for_its_turn(
    connect: Callable[[str], Any], slow: Slow, seconds: Seconds
) -> None:
    with connect("anna") as anna:
        ask(anna, b"slow")
        assert slow.begun.acquire(timeout=WAIT)
        seconds.spend(Sender("anna"), 12.0)
        ask(anna, b"slow", "inversion")
        assert "much computing time" in answer(anna)["text"]


def test_a_small_image_does_not_wait_for_the_large_ones_of_many_visitors(
    connect: Callable[[str], Any], slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cookie costs nothing, so turns by visitor do not protect against one who invents some."""

    def decoded(content: bytes, channels: int, *, most_pixels: int, **more: Any) -> torch.Tensor:
        if most_pixels > SMALL_PIXELS:
            return slow(content, channels, **more)
        return read_picture(content, channels, most_pixels=most_pixels, **more)

    monkeypatch.setattr(single_images, "read_picture", decoded)
    with connect("anna") as anna, connect("bert") as bert, connect("carl") as carl:
        for socket in (anna, bert):
            ask(socket, png(4000, 4000, kind=6, level=1))
            assert slow.begun.acquire(timeout=WAIT)
        ask(carl, encoded(noise(), "JPEG"))
        assert answer(carl)["kind"] == "subject"
        slow.go.set()
        assert answer(anna)["kind"] == answer(bert)["kind"] == "subject"


def test_an_image_that_states_less_than_it_has_is_refused(connect: Callable[[str], Any]) -> None:
    large = encoded(noise(3000, 3000), "JPEG")
    frame = large.index(b"\xff\xc0")
    lie = large[:frame] + b"\xff\xc0\0\x0b\x08\0\x09\0\x09\x01\x01\x11\0" + large[frame:]
    with connect("anna") as anna:
        ask(anna, lie)
        assert answer(anna)["kind"] == "error"
