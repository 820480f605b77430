"""Connections on which no whole request comes are closed, by a real server."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from uvicorn.protocols.http.auto import AutoHTTPProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import (
    WebSocketsSansIOProtocol as Socket,
)
from websockets.sync.client import connect

from gan_lab import doctor
from gan_lab.server import connections
from tests.patience import WAIT

HEAD = 0.5  # s
WHOLE = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The port of a server that watches its connections."""
    for kind, name in ((AutoHTTPProtocol, "connection_made"), (Socket, "handle_parser_exception")):
        # an earlier test of this process may have wrapped it already
        original = getattr(kind, connections._MARK, None) or getattr(kind, name)
        monkeypatch.setattr(kind, name, original)
        monkeypatch.setattr(kind, connections._MARK, None, raising=False)
    assert connections.guard(connections.Heads(HEAD, of_address=3))

    async def hold(websocket) -> None:
        await websocket.accept()
        async for text in websocket.iter_text():
            await websocket.send_text(text)

    async def page(_) -> PlainTextResponse:
        return PlainTextResponse("page")

    app = Starlette(routes=[Route("/", page), WebSocketRoute("/ws", hold)])
    config = uvicorn.Config(
        app,
        port=0,
        log_level="critical",
        timeout_keep_alive=60,
        ws="websockets-sansio",
        ws_max_size=1 << 20,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    deadline = time.monotonic() + WAIT
    while not server.started:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join(WAIT)


@contextlib.contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=WAIT) as one:
        yield one


def is_closed(one: socket.socket) -> bool:
    """Waits until the server closes it."""
    try:
        return one.recv(1) == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize("begin", [b"", b"GET / HTTP/1.1\r\nhost: x\r\nx-slow: "])
def test_a_head_that_does_not_come_is_not_waited_for(served: int, begin: bytes) -> None:
    with connected(served) as slow:
        slow.sendall(begin)
        assert is_closed(slow)


def test_drops_that_come_now_and_then_keep_no_connection_open(served: int) -> None:
    with connected(served) as slow:
        slow.sendall(b"GET / HTTP/1.1\r\n")
        deadline = time.monotonic() + WAIT
        with contextlib.suppress(ConnectionError):
            while time.monotonic() < deadline:
                slow.sendall(b"x: y\r\n")
                time.sleep(HEAD / 20)
        assert time.monotonic() < deadline


def test_a_second_head_is_not_waited_for_either(served: int) -> None:
    with connected(served) as slow:
        slow.sendall(WHOLE)
        answer = b""
        while not answer.endswith(b"page"):
            answer += slow.recv(1000)
        slow.sendall(b"GET / HTTP/1.1\r\n")
        assert is_closed(slow)


def test_who_opens_too_many_loses_the_oldest_and_nobody_else(served: int) -> None:
    with contextlib.ExitStack() as stack:
        many = [stack.enter_context(connected(served)) for _ in range(5)]
        assert is_closed(many[0]) and is_closed(many[1])
        many[4].sendall(WHOLE)
        assert many[4].recv(12) == b"HTTP/1.1 200"


def test_a_websocket_and_an_idle_page_stay(served: int) -> None:
    with connect(f"ws://127.0.0.1:{served}/ws") as line, connected(served) as page:
        page.sendall(WHOLE)
        assert page.recv(12) == b"HTTP/1.1 200"
        with connected(served) as slow:
            assert is_closed(slow)  # so more than HEAD has passed
        line.send("still here")
        assert line.recv(WAIT) == "still here"
        page.sendall(WHOLE)
        answer = b""
        while answer.count(b"page") < 2:
            answer += (part := page.recv(1000))
            assert part, "an idle connection is uvicorn's to close"


UPGRADE = (
    b"GET /ws HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
    b"sec-websocket-version: 13\r\nsec-websocket-key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
)
LARGE = 20 << 20  # bytes of a frame


def test_a_frame_that_is_too_large_is_answered_with_its_close_code(served: int) -> None:
    """Though the client is still sending it when the application has ended."""
    with connected(served) as line:
        line.sendall(UPGRADE)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += line.recv(1000)
        line.sendall(b"\x82\xff" + LARGE.to_bytes(8) + bytes(4))
        answer = answer.partition(b"\r\n\r\n")[2]
        while b"limit" not in answer and (part := line.recv(1000)):
            answer += part
        for _ in range(LARGE >> 16):
            line.sendall(bytes(1 << 16))
    assert answer[:1] == b"\x88" and int.from_bytes(answer[2:4]) == 1009
    assert b"exceeds limit" in answer


def test_who_keeps_sending_after_a_frame_that_was_refused_is_cut_off(
    served: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "LINGER", 0.3)
    with connected(served) as line:
        line.sendall(UPGRADE + b"\x82\xff" + LARGE.to_bytes(8) + bytes(4))
        deadline = time.monotonic() + WAIT
        with contextlib.suppress(ConnectionError):
            while time.monotonic() < deadline:
                line.sendall(bytes(1 << 10))
                time.sleep(0.01)
        assert time.monotonic() < deadline


def test_the_doctor_says_whether_connections_can_be_watched(monkeypatch) -> None:
    found = next(one for one in doctor.examine() if one.name == "slow connections")
    assert found.ok, found.found
    monkeypatch.setattr(connections, "NEEDED", (*connections.NEEDED, "something_else"))
    found = next(one for one in doctor.examine() if one.name == "slow connections")
    assert not found.ok and "something_else" in found.found
    assert not connections.guard(), "and nothing is wrapped"
