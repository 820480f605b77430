"""Sockets answer only the pages of their own server: Streamlit does not check own routes."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.websockets import WebSocket

from gan_lab.runs import Hosted, Registry

FOREIGN = 4403
"""Close code: another site's page asked."""
UNKNOWN = 4404
"""Close code: there is no such run (any more)."""


def same_origin(socket: WebSocket) -> bool:
    """Whether the asking page came from this very host; a client that is no browser says nothing.

    Host is what the browser sent: a reverse proxy must pass it on, as Streamlit itself demands.
    """
    origin = socket.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == socket.headers.get("host")


async def admitted(socket: WebSocket, runs: Registry) -> Hosted | None:
    """Accept a socket and return the run that its path names; None if it was turned away.

    The socket is accepted before it is closed: a browser learns the close code only then.
    """
    await socket.accept()
    if not same_origin(socket):
        await socket.close(FOREIGN, "not from here")
        return None
    hosted = runs.get(socket.path_params["view_id"])
    if hosted is None:
        await socket.close(UNKNOWN, "no such run")
    return hosted
