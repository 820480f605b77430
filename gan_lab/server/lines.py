"""How many lines are open: sockets cost memory for as long as somebody holds them."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from gan_lab.server import limits
from gan_lab.server.limits import Slots
from gan_lab.server.visitors import sender_of


class FewLines:
    """Around the endpoint of a socket: turns a line away where there are too many already.

    Args:
        app: the endpoint.
        slots: those of the open lines; the same for all sockets of a server. Visitors who bring no
            cookie are one visitor.
    """

    def __init__(self, app: ASGIApp, slots: Slots) -> None:
        self._app = app
        self._slots = slots

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        socket = WebSocket(scope, receive, send)
        sender = sender_of(socket)
        if self._slots.take(sender, limits.LINES, limits.ALL_LINES):
            await socket.accept()  # a browser learns the close code only then
            await socket.close(limits.CROWDED, limits.TOO_MANY)
            return
        try:
            await self._app(scope, receive, send)
        finally:
            self._slots.release(sender)
