"""What the latent page explores: the run on the screen, or a generator that came with the app."""

from __future__ import annotations

import streamlit as st

from gan_lab.colours import COLOURS
from gan_lab.config import Latent
from gan_lab.objectives import reach
from gan_lab.runs import Hosted
from gan_lab.runs.pretrained import Pretrained, PretrainedError, pretrained
from gan_lab.ui import components
from gan_lab.ui.escape import reason
from gan_lab.ui.experiment import config_now, experiment, visitor
from gan_lab.ui.widgets import follow

MODEL = "model"
"""Name of the query parameter that holds the name of a generator that came with the app."""
_RUN = "run"


def chosen(hosted: Hosted | None) -> Hosted | Pretrained:
    """What the address names; else the run on the screen, and without one a first generator."""
    known = pretrained()
    name = st.query_params.get(MODEL, "")
    if name and name not in known:
        del st.query_params[MODEL]
        experiment().complaint = f"No generator of that name came with the app: {', '.join(known)}."
    if name in known:
        return known[name]
    return hosted or next(iter(known.values()))


def picker(now: Hosted | Pretrained, hosted: Hosted | None) -> None:
    """Choose among what can be explored; the address follows."""
    titles = {name: one.title for name, one in pretrained().items()}
    if hosted is not None:
        titles = {_RUN: "Your run" if hosted.may_control(visitor()) else "The run"} | titles
    value = now.name if isinstance(now, Pretrained) else _RUN
    st.segmented_control(
        "Explore", list(titles), format_func=titles.__getitem__, required=True, wrap=True,
        label_visibility="collapsed", default=value, **follow("explore", value, _choose),
    )  # fmt: skip


def _choose(name: str) -> None:
    if name != _RUN:
        st.query_params[MODEL] = name
    elif MODEL in st.query_params:
        del st.query_params[MODEL]


def tools(now: Hosted | Pretrained) -> None:
    """The picture of a place in latent space, and what one can do there."""
    try:
        latent = _latent(now)
    except PretrainedError as error:
        st.error(reason(error))
        return
    components.show(
        "latent",
        "latent",
        {
            "socket": f"{components.root()}/latent/{now.view_id}",
            "dim": latent.dim,
            "reach": reach(latent),
            "colours": COLOURS,
        },
    )


def _latent(now: Hosted | Pretrained) -> Latent:
    """Raises PretrainedError."""
    return (now.shown().config if isinstance(now, Pretrained) else config_now(now)).latent


def how_made(one: Pretrained) -> None:
    """Which command made a generator that came with the app, folded."""
    with st.expander("How this generator was made"):
        st.write(f"Trained for {one.seconds:,} s on {one.machine}, {one.date}, with this app's own"
                 f" presets. {one.data}")  # fmt: skip
        st.code(one.made.strip(), language="shell", wrap_lines=True)
