"""Our sockets and what tells of runs answer only pages of their own server: Streamlit does not
check own routes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

FOREIGN = 4403
"""Close code: another site's page asked."""
UNKNOWN = 4404
"""Close code: there is no such run (any more)."""

T = TypeVar("T")

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def same_origin(origin: str | None, host: str) -> bool:
    """Whether the asking page came from this very host; a client that is no browser says nothing.

    Args:
        origin: header of that name.
        host: what the browser sent as Host: a reverse proxy must pass it on, as Streamlit itself
            demands. Either may leave out the scheme's default port.
    """
    if origin is None:
        return True
    try:
        page = urlsplit(origin)
    except ValueError:  # half an address of six numbers
        return False
    port = _DEFAULT_PORTS.get(page.scheme, "")
    asked, own = (netloc.lower().removesuffix(port) for netloc in (page.netloc, host))
    return bool(own) and asked == own


class SameOrigin:
    """Around an endpoint: turns other sites' pages away.

    A socket is accepted before it is closed: a browser learns the close code only then.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        if same_origin(headers.get("origin"), headers.get("host", "")):
            await self.app(scope, receive, send)
            return
        if scope["type"] == "http":
            await PlainTextResponse("not from here", 403)(scope, receive, send)
            return
        socket = WebSocket(scope, receive, send)
        await socket.accept()
        await socket.close(FOREIGN, "not from here")


async def admitted(socket: WebSocket, find: Callable[[str], T | None]) -> T | None:
    """Accept a socket and return what its path names; None if there is nothing of that name.

    Args:
        find: by the view id.
    """
    await socket.accept()
    found = find(socket.path_params["view_id"])
    if found is None:
        await socket.close(UNKNOWN, "no such run")
    return found
