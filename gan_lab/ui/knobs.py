"""Panels of knobs: those that act at once, and those of the next start."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

import streamlit as st

from gan_lab.config import KNOBS, Knob, RunConfig
from gan_lab.games import game_of
from gan_lab.ui import experiment
from gan_lab.ui.widgets import whose, widget

COMMON = (
    "optim.g.lr",
    "optim.d.lr",
    "objective.loss",
    "objective.smooth_real",
    "objective.instance_noise",
    "optim.d.steps",
    "optim.g.name",
    "optim.d.name",
    "latent.noise",
)
"""Live parameters that people turn first; an order, not a second definition."""

_ON_TOP = ("data.name", "training.seed")
"""Rebuild parameters that have a place of their own above the folded ones."""

NOTHING: Mapping[str, str] = MappingProxyType({})

_GROUPS = {
    "data": "Data",
    "latent": "Latent noise",
    "networks": "Classes",
    "networks.g": "Generator",
    "networks.d": "Discriminator",
    "objective": "Game and objective",
    "optim.g": "G's optimiser",
    "optim.d": "D's optimiser",
    "regularisation": "Regularisation",
    "training": "Training",
}


def live_knobs(config: RunConfig, changed: Mapping[str, str] = NOTHING, take: int = 0) -> None:
    """All live parameters as they are in ``config``: the common ones on top, the rest folded.

    Args:
        changed: by path, when the knob was last turned, in words.
        take: of the run. After it went back the widgets are new ones: a browser that has not heard
            of it yet still reports the old values, which would count as changes.
    """
    key = str(take or "")
    for path in COMMON:
        if belongs(KNOBS[path], config):
            widget(KNOBS[path], config, experiment.change, key=key, prefix=whose(path))
            _when(path, changed)
    rest = [k for k in KNOBS.values() if k.live and k.path not in COMMON]
    _folded("live", rest, config, changed, key)


def _when(path: str, changed: Mapping[str, str]) -> None:
    if path in changed:
        st.caption(changed[path])


def rebuild_knobs(config: RunConfig) -> None:
    """All parameters that need a restart, folded by section."""
    rest = [knob for knob in KNOBS.values() if not knob.live and knob.path not in _ON_TOP]
    _folded("rebuild", rest, config)


def belongs(knob: Knob, config: RunConfig) -> bool:
    """Whether a knob has a place on the page.

    What could count only after a restart (with another game, another family of networks) has
    none; what another live knob would bring to life has one, and is grey until then.
    """
    if knob.kind == "layers" or (
        knob.path.startswith("latent.") and not game_of(config).from_noise
    ):
        return False
    return knob.when is None or knob.counts_in(config) or KNOBS[knob.when[0]].live


def _folded(
    where: str,
    knobs: Iterable[Knob],
    config: RunConfig,
    changed: Mapping[str, str] = NOTHING,
    key: str = "",
) -> None:
    """A group's widgets are made once it is opened: eighty at once hold up the first picture."""
    groups: dict[str, list[Knob]] = {}
    for knob in knobs:
        if belongs(knob, config):
            groups.setdefault(knob.path.rsplit(".", 1)[0], []).append(knob)
    for group, members in groups.items():
        title = _GROUPS.get(group, group)
        with st.expander(title, key=f"open:{where}:{group}", on_change="rerun") as box:
            if not box.open:
                continue
            for knob in members:
                widget(knob, config, experiment.change, key=key)
                _when(knob.path, changed)
