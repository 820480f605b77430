"""The whole experiment."""

from __future__ import annotations

from gan_lab.config.data import Data, Latent
from gan_lab.config.declare import Section
from gan_lab.config.networks import Networks
from gan_lab.config.objective import Objective
from gan_lab.config.optim import Optim
from gan_lab.config.training import Regularisation, Training


class RunConfig(Section):
    """A whole experiment. Two equal RunConfigs give equal runs (bit for bit, on a CPU)."""

    data: Data = Data()
    latent: Latent = Latent()
    networks: Networks = Networks()
    objective: Objective = Objective()
    optim: Optim = Optim()
    regularisation: Regularisation = Regularisation()
    training: Training = Training()
