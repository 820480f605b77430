"""All own routes, below one prefix."""

from __future__ import annotations

from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route, WebSocketRoute

from gan_lab.runs import Registry
from gan_lab.server.assets import component, plotly_js
from gan_lab.server.explore import latent_socket
from gan_lab.server.film import film_animation, film_index, film_shot
from gan_lab.server.live import live_socket
from gan_lab.server.origin import SameOrigin

PREFIX = "/ganlab"


def routes(runs: Registry, base: str = "", *, any_origin: bool = False) -> list[BaseRoute]:
    """Routes for ``st.App``.

    Args:
        runs: whom the sockets and the film speak for.
        base: ``server.baseUrlPath``, which Streamlit puts before its own routes only.
        any_origin: other sites' pages may ask too (``server.enableCORS = false``).
    """
    root = f"/{base.strip('/')}{PREFIX}" if base.strip("/") else PREFIX
    guard = [] if any_origin else [Middleware(SameOrigin)]
    film = root + "/film/{view_id}"
    return [
        Route(film, film_index(runs), middleware=guard),
        Route(film + "/{step:int}-{tag}", film_shot(runs), middleware=guard),
        Route(film + "/animation.{kind}", film_animation(runs), middleware=guard),
        Route(root + "/{version}/plotly.js", plotly_js),
        Route(root + "/{version}/{name}", component),
        WebSocketRoute(root + "/live/{view_id}", live_socket(runs), middleware=guard),
        WebSocketRoute(root + "/latent/{view_id}", latent_socket(runs), middleware=guard),
    ]
