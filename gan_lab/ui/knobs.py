"""Panels of knobs: those that act at once, and those of the next start."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

import streamlit as st

from gan_lab.config import GROUPS, KNOBS, Knob, RunConfig
from gan_lab.games import game_of
from gan_lab.ui import experiment
from gan_lab.ui.escape import plain
from gan_lab.ui.widgets import whose, why_not, widget

COMMON = (
    "optim.g.lr",
    "optim.d.lr",
    "objective.smooth_real",
    "objective.instance_noise",
    "optim.d.steps",
    "optim.g.name",
    "optim.d.name",
)
"""Live parameters that people turn first; an order, not a second definition."""

_ON_TOP = ("data.name", "training.seed")
"""Rebuild parameters that have a place of their own above the folded ones."""

SECTIONS = (
    "live",
    "layers",
    *(f"live:{group}" for group in dict.fromkeys(k.group for k in KNOBS.values() if k.live)),
    *(f"rebuild:{group}" for group in dict.fromkeys(k.group for k in KNOBS.values() if not k.live)),
)
"""Names of what can be unfolded on the page; ``open:NAME`` in the session says whether it is."""

NOTHING: Mapping[str, str] = MappingProxyType({})


def live_knobs(config: RunConfig, changed: Mapping[str, str] = NOTHING) -> None:
    """All live parameters as they are in ``config``: the common ones on top, the rest folded.

    Args:
        changed: by path, when the knob was last turned, in words.
    """
    explained = st.toggle("Say what each one does", value=True, key="explain")

    def draw(knob: Knob) -> None:
        locked = experiment.locked(knob.path)
        widget(knob, config, experiment.change, prefix=whose(knob.path), disabled=locked)
        why = f"{knob.help} {why_not(knob, config)}".strip() if explained else ""
        lines = (
            why,
            plain(changed.get(knob.path, "")),
            f":material/lock: {experiment.LOCKED}" * locked,
        )
        if below := "  \n".join(filter(None, lines)):
            st.caption(below)

    for path in COMMON:
        if belongs(KNOBS[path], config) and experiment.shown(path):
            draw(KNOBS[path])
    _folded("live", (k for k in KNOBS.values() if k.live and k.path not in COMMON), config, draw)


def rebuild_knobs(config: RunConfig) -> None:
    """All parameters that need a restart, folded by section."""

    def draw(knob: Knob) -> None:
        locked = experiment.locked(knob.path)
        widget(knob, config, experiment.change, disabled=locked)
        if locked:
            st.caption(f":material/lock: {experiment.LOCKED}")

    rest = (knob for knob in KNOBS.values() if not knob.live and knob.path not in _ON_TOP)
    _folded("rebuild", rest, config, draw)


def belongs(knob: Knob, config: RunConfig) -> bool:
    """Whether a knob has a place on the page.

    What could count only after a restart (with another game, another family of networks) has
    none; what another live knob would bring to life has one, and is grey until then.
    """
    of_noise = knob.path.startswith("latent.") or knob.group == "exploring"
    if knob.kind == "layers" or (of_noise and not game_of(config).from_noise):
        return False
    return knob.when is None or knob.counts_in(config) or KNOBS[knob.when[0]].live


def _folded(
    where: str, knobs: Iterable[Knob], config: RunConfig, draw: Callable[[Knob], None]
) -> None:
    """A group's widgets are made once it is opened: eighty at once hold up the first picture.

    Where a link leaves some knobs only, none of them is folded away.
    """
    present = [knob for knob in knobs if belongs(knob, config) and experiment.shown(knob.path)]
    for group, title in GROUPS.items():
        members = [knob for knob in present if knob.group == group]
        if experiment.experiment().view.only is not None:
            for knob in members:
                draw(knob)
            continue
        if not members:
            continue
        with st.expander(title, key=f"open:{where}:{group}", on_change="rerun") as box:
            if box.open:
                for knob in members:
                    draw(knob)
