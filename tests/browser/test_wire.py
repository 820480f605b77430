"""Both ends of the wire understand each other: what Python writes, JavaScript reads, and back."""

from __future__ import annotations

import base64
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from playwright.sync_api import Page

from gan_lab.config import RunConfig
from gan_lab.runs import Moment, State, wire
from gan_lab.runs.messages import Bars, Picture
from gan_lab.server import PREFIX
from gan_lab.server.assets import version
from gan_lab.training.history import History
from gan_lab.training.ledger import Entry
from gan_lab.training.trainer import Counts

if TYPE_CHECKING:
    from tests.browser.conftest import Server

READ = """async ([module, text]) => {
  const { decode, floats } = await import(module);
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const { header, payload } = decode(bytes.buffer);
  const numbers = payload.length % 4 ? [] : Array.from(floats(payload), String);
  return { header, payload: btoa(String.fromCharCode(...payload)), numbers };
}"""

WRITE = """async ([module, kind, header, bytes]) => {
  const { encode } = await import(module);
  return Array.from(new Uint8Array(encode(kind, header, Uint8Array.from(bytes))));
}"""


@pytest.fixture
def module(page: Page, server: Server) -> str:
    path = f"{PREFIX}/{version()}/wire.js"
    page.goto(server.url + path)  # a page of the same origin, with nothing on it
    return path


def read(page: Page, module: str, frame: bytes) -> dict[str, Any]:
    return page.evaluate(READ, [module, base64.b64encode(frame).decode()])


def test_javascript_reads_what_python_writes(page: Page, module: str) -> None:
    frame = wire.encode("greeting", {"text": "σ “quoted” 🙂", "n": [1, 2.5, None]}, b"\x00\xff\n")
    heard = read(page, module, frame)
    header, payload = wire.decode(frame)
    assert heard["header"] == header
    assert base64.b64decode(heard["payload"]) == payload


def test_javascript_reads_a_moment_with_its_picture(page: Page, module: str) -> None:
    moment = Moment(
        7, State.PAUSED, Counts(10, 10, 640, 0.4), RunConfig(), note="why",
        pictures={"samples": Picture(bytes(range(256)), "image/png", 8, 8, 64)}, pictures_step=10,
    )  # fmt: skip
    for frame in wire.moment_frames(moment):
        heard = read(page, module, frame)
        header, payload = wire.decode(frame)
        assert heard["header"] == header
        assert base64.b64decode(heard["payload"]) == payload


def test_javascript_reads_what_never_changes(page: Page, module: str) -> None:
    z = np.random.default_rng(0).normal(size=(4, 6)).astype("<f4")
    heard = read(page, module, wire.still_frame("z", Bars(z.tobytes(), 4, 6)))
    header = {"kind": "still", "name": "z", "bars": True, "rows": 4, "columns": 6}
    assert heard["header"] == header
    assert np.array_equal(np.array([float(x) for x in heard["numbers"]], "f4"), z.ravel())
    picture = Picture(bytes(range(9)), "image/png", 2, 8, 4)
    heard = read(page, module, wire.still_frame("real", picture))
    assert heard["header"]["bars"] is False and heard["header"]["tile"] == 8
    assert base64.b64decode(heard["payload"]) == picture.data


def test_javascript_reads_curves_bit_for_bit(page: Page, module: str) -> None:
    history = History(("a", "b"))
    rows = np.random.default_rng(0).normal(size=(9, 2)).astype(np.float32)
    rows[3, 1] = np.nan
    history.append(rows)
    ledger = [Entry(2, "optim.g.lr", 1e-3, 1e-4), Entry(3, "x", outcome="refused")]
    frame = wire.curves_frame(history.curves(), ledger, 0)
    heard = read(page, module, frame)
    assert heard["header"] == wire.decode(frame)[0]
    assert len(heard["header"]["marks"]) == 1
    values = np.array([float(text) for text in heard["numbers"]], np.float32)
    expected = history.curves().values.ravel()
    assert np.array_equal(values, expected, equal_nan=True)
    assert math.isnan(values[3 * 3 * 2 + 1])


def test_python_reads_what_javascript_writes(page: Page, module: str) -> None:
    header = {"text": "ü", "n": 3}
    frame = bytes(page.evaluate(WRITE, [module, "greeting", header, [1, 2, 255]]))
    assert wire.decode(frame) == ({"kind": "greeting", **header}, b"\x01\x02\xff")


@pytest.mark.parametrize("frame", [b"", b"\x00", b"\xff\x00\x00\x00{}", b"\x02\x00\x00\x00[]"])
def test_both_refuse_what_is_no_frame(page: Page, module: str, frame: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 -- whatever it says
        wire.decode(frame)
    with pytest.raises(Exception, match=r"frame|header|JSON"):
        read(page, module, frame)
