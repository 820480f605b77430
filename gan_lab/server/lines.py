"""How many lines are open: sockets cost memory for as long as somebody holds them."""

from __future__ import annotations

from collections import Counter

from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from gan_lab.server import limits
from gan_lab.server.visitors import COOKIE


class FewLines:
    """Around the endpoint of a socket: turns a line away where there are too many already.

    Args:
        app: the endpoint.
        held: lines that are open, by the visitor's cookie; one for all sockets of a server. Those
            who bring no cookie are one visitor.
    """

    def __init__(self, app: ASGIApp, held: Counter[str]) -> None:
        self._app = app
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        socket = WebSocket(scope, receive, send)
        visitor = socket.cookies.get(COOKIE, "")
        if self._held[visitor] >= limits.LINES or self._held.total() >= limits.ALL_LINES:
            await socket.accept()  # a browser learns the close code only then
            await socket.close(limits.CROWDED, limits.TOO_MANY)
            return
        self._held[visitor] += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._held[visitor] -= 1
            self._held += Counter()  # forget who holds none
