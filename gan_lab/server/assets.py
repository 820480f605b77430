"""Files for the browser: our components, and plotly.js from the installed package."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import plotly
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

COMPONENTS = Path(__file__).parent.parent.parent / "assets" / "components"
PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
_FOR_A_YEAR = {"cache-control": "public, max-age=31536000, immutable"}


@cache
def version() -> str:
    """Changes with any of the files, so that browsers may keep them for a year."""
    digest = hashlib.blake2b(plotly.__version__.encode(), digest_size=8)
    for path in sorted(COMPONENTS.iterdir()):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


async def component(request: Request) -> Response:
    """One file of ``assets/components``; no other file of the disk."""
    path = COMPONENTS / request.path_params["name"]
    if path.parent != COMPONENTS or path.suffix != ".js" or not path.is_file():
        return PlainTextResponse("not here", 404)
    return FileResponse(path, media_type="text/javascript", headers=_headers(request))


async def plotly_js(request: Request) -> Response:
    """The browser side of the plotly package, as it was installed."""
    return FileResponse(PLOTLY, media_type="text/javascript", headers=_headers(request))


def _headers(request: Request) -> dict[str, str]:
    fresh = request.path_params["version"] == version()
    return _FOR_A_YEAR if fresh else {"cache-control": "no-store"}
