"""Small pictures of runs, each under a name that cannot be guessed.

A page that lists runs gets names; the pictures come when they are scrolled to, once a browser.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections import OrderedDict

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

HELD = 1000  # pictures of some kilobytes; those longest not listed go first
_SECRET = secrets.token_bytes(32)
_KEPT = {"cache-control": "private, max-age=86400, immutable"}


class Thumbnails:
    """Thread-safe."""

    def __init__(self, held: int = HELD) -> None:
        self._held = held
        self._lock = threading.Lock()
        self._pictures: OrderedDict[str, bytes] = OrderedDict()

    def keep(self, png: bytes) -> str:
        """The name under which a picture can be asked for; "" for none."""
        if not png:
            return ""
        name = hashlib.blake2b(png, digest_size=16, key=_SECRET).hexdigest()
        with self._lock:
            self._pictures[name] = png
            self._pictures.move_to_end(name)
            while len(self._pictures) > self._held:
                self._pictures.popitem(last=False)
        return name

    def get(self, name: str) -> bytes | None:
        with self._lock:
            return self._pictures.get(name)


thumbnails = Thumbnails()
"""Those of this process."""


async def thumbnail(request: Request) -> Response:
    """The endpoint: one picture, PNG."""
    png = thumbnails.get(request.path_params["name"])
    if png is None:
        return PlainTextResponse("there is no such picture (any more)", 404)
    return Response(png, media_type="image/png", headers=_KEPT)
