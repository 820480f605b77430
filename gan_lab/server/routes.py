"""All own routes, below one prefix."""

from __future__ import annotations

from starlette.convertors import Convertor, register_url_convertor
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route, WebSocketRoute

from gan_lab.runs import Registry
from gan_lab.server.assets import component, plotly_js
from gan_lab.server.explore import latent_socket
from gan_lab.server.film import film_animation, film_index, film_shot
from gan_lab.server.limits import Slots
from gan_lab.server.lines import FewLines
from gan_lab.server.live import live_socket
from gan_lab.server.origin import SameOrigin
from gan_lab.server.takeout import bringing, takeout, takeout_file, takeout_now
from gan_lab.server.thumbnails import thumbnail

PREFIX = "/ganlab"


_DIGITS = 15  # of a step; no run is longer


class Step(Convertor[int]):
    """A step in a path, -1 for more than 15 digits: Python refuses to read more than 4,300, and
    Starlette's own ``int`` answers that with 500."""

    regex = "[0-9]+"

    def convert(self, value: str) -> int:
        return int(value) if len(value) <= _DIGITS else -1

    def to_string(self, value: int) -> str:
        return str(value)


register_url_convertor("step", Step())


def routes(runs: Registry, base: str = "", *, any_origin: bool = False) -> list[BaseRoute]:
    """Routes for ``st.App``.

    Args:
        runs: whom the sockets and the film speak for.
        base: ``server.baseUrlPath``, which Streamlit puts before its own routes only.
        any_origin: other sites' pages may ask too (``server.enableCORS = false``).
    """
    root = f"/{base.strip('/')}{PREFIX}" if base.strip("/") else PREFIX
    guard = [] if any_origin else [Middleware(SameOrigin)]
    counted = [*guard, Middleware(FewLines, slots=Slots())]
    film, taken = root + "/film/{view_id}", root + "/takeout/{view_id}"
    return [
        Route(film, film_index(runs), middleware=guard),
        Route(film + "/{step:step}-{tag}", film_shot(runs), middleware=guard),
        Route(film + "/animation.{kind}", film_animation(runs), middleware=guard),
        Route(taken, takeout(runs), methods=["GET", "POST", "DELETE"], middleware=guard),
        Route(taken + "/now", takeout_now(runs), middleware=guard),
        Route(taken + "/file", takeout_file(runs), middleware=guard),
        Route(root + "/bring", bringing(runs), methods=["POST"], middleware=guard),
        Route(root + "/thumbnail/{name}", thumbnail, middleware=guard),
        Route(root + "/{version}/plotly.js", plotly_js),
        Route(root + "/{version}/{name}", component),
        WebSocketRoute(root + "/live/{view_id}", live_socket(runs), middleware=counted),
        WebSocketRoute(root + "/latent/{view_id}", latent_socket(runs), middleware=counted),
    ]
