"""The one schema of a run.

Every parameter of an experiment stands here once, with its bounds, its unit, one sentence of help
and whether it is *live* (acts at the next step) or *rebuild* (acts when the run is started again).
Widgets, ``--set`` options, presets, checkpoints and validation are all views of this package: a
section a file, and ``paths``, where a parameter is found by its dotted name.
"""

from gan_lab.config.data import Data, Latent
from gan_lab.config.declare import GROUPS, ConfigError
from gan_lab.config.networks import DiscriminatorNetwork, GeneratorNetwork, LayerSpec, Network
from gan_lab.config.objective import LOSSES_WITH_TARGETS, Objective
from gan_lab.config.optim import Optim, PlayerOptim
from gan_lab.config.paths import KNOBS, Knob, difference, from_tree, get, known, parse, put
from gan_lab.config.run import RunConfig
from gan_lab.config.training import Regularisation, Training

__all__ = [
    "GROUPS",
    "KNOBS",
    "LOSSES_WITH_TARGETS",
    "ConfigError",
    "Data",
    "DiscriminatorNetwork",
    "GeneratorNetwork",
    "Knob",
    "Latent",
    "LayerSpec",
    "Network",
    "Objective",
    "Optim",
    "PlayerOptim",
    "Regularisation",
    "RunConfig",
    "Training",
    "difference",
    "from_tree",
    "get",
    "known",
    "parse",
    "put",
]
