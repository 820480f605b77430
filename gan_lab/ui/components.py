"""Our v2 components: JavaScript and CSS from ``assets/components``, fetched over our own route."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import Any, ParamSpec

import streamlit as st
from streamlit.components import v2

from gan_lab.server.assets import COMPONENTS, version
from gan_lab.server.routes import PREFIX

Given = ParamSpec("Given")
_WHOLE = "whole page"
"""Key of the session: whether the whole page is being drawn, and not a part of it alone."""


def root() -> str:
    """Path below which our routes are, with ``server.baseUrlPath`` in front."""
    base = (st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}{PREFIX}" if base else PREFIX


def plotly_path() -> str:
    """Where the browser fetches plotly.js."""
    return f"{root()}/{version()}/plotly.js"


def module_path(name: str) -> str:
    """Where the browser fetches ``assets/components/<name>.js``."""
    return f"{root()}/{version()}/{name}.js"


_PARTS = ("scene", "walk", "around", "film", "opinion", "coach", "measures", "meaning")
"""Parts of the live view with a style sheet of their own."""
_TOOLS = (
    "dials", "map", "directions", "paths", "ages", "inside", "subject", "wells", "inversion",
    "neighbours",
)  # fmt: skip
"""Tools of the latent page with a style sheet of their own."""


def styles_of(name: str) -> tuple[str, ...]:
    """Which style sheets a component needs: its own, and those of the parts that it has."""
    match name:
        case "live":
            return ("live", "buttons", *_PARTS)
        case "compare":
            return ("live", "compare")
        case "latent":
            return ("latent", *_TOOLS)
        case "runs" | "takeout" | "bring":
            return ("buttons", name)
        case _:
            return (name,)


@cache
def _renderer(name: str) -> Callable[..., Any]:
    """Registered once a process. Styles are not isolated: plotly's own rules must reach it."""
    return v2.component(
        f"ganlab_{name}",
        js=(COMPONENTS / "loader.js").read_text("utf-8"),
        css="".join((COMPONENTS / f"{style}.css").read_text("utf-8") for style in styles_of(name)),
        isolate_styles=False,
    )


def show(name: str, key: str, data: dict[str, Any], **callbacks: Callable[[], None]) -> Any:
    """Put a component onto the page.

    Args:
        name: of its files in ``assets/components``.
        key: stays the same for as long as it is the same thing.
        data: what its module gets, beside the path of the module itself.
        callbacks: ``on_<state>_change``.
    """
    return _renderer(name)(key=key, data={"module": module_path(name), **data}, **callbacks)


def apart(draw: Callable[Given, None]) -> Callable[Given, None]:
    """A part of the page whose news has the whole page drawn anew, but cuts no press short.

    Where the page is to be drawn anew Streamlit cuts what runs just then, and a press that has not
    acted yet is lost. What a fragment hears waits instead; then the fragment asks for the page.
    """

    @st.fragment
    def fragment(*given: Given.args, **more: Given.kwargs) -> None:
        if not st.session_state.pop(_WHOLE, False):
            st.rerun()
        draw(*given, **more)

    @wraps(draw)
    def whole(*given: Given.args, **more: Given.kwargs) -> None:
        st.session_state[_WHOLE] = True
        fragment(*given, **more)

    return whole
