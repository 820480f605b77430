"""What the players play for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import model_validator

from gan_lab.config import plugins
from gan_lab.config.declare import Section, knob

LOSSES_WITH_TARGETS = ("non-saturating", "minimax", "least-squares", "probabilities")
_OWN_LOSSES = (
    "non-saturating", "minimax", "least-squares", "hinge", "wasserstein", "relativistic",
    "relativistic-average", "probabilities",
)  # fmt: skip
if TYPE_CHECKING:  # a checker cannot know what is installed
    LossName = str
else:
    LossName = Literal[(*_OWN_LOSSES, *plugins.names(plugins.LOSSES))]
_RIGHT_ANSWER = ("super-resolution", "paired")  # games in which G's picture has one


class Objective(Section):
    """What the players play for, and what blurs D's view."""

    live_group = "balance"

    game: Literal[
        "generation", "progressive", "super-resolution", "paired", "unpaired", "plane"
    ] = knob(
        "generation",
        "What is played for: pictures out of noise; the same with networks that grow; larger"
        " pictures out of small ones; one kind of picture out of another, learned from pairs or"
        " without any; or points of a plane out of noise.",
    )  # fmt: skip
    loss: LossName = knob(
        "non-saturating",
        "How both players are scored: by a probability (non-saturating, minimax), against 1 and 0"
        " (least-squares), past a margin (hinge), by the widest gap (wasserstein), or by which of"
        " two is more real, pair by pair or on average (relativistic). probabilities makes a"
        " classic mistake: it takes logarithms of rounded numbers.",
        live=True,
    )
    smooth_real: float = knob(
        0.0,
        "One-sided label smoothing: real pictures count as 1 minus this instead of 1.",
        live=True,
        group="labels",
        ge=0.0,
        le=0.5,
        when=("loss", LOSSES_WITH_TARGETS),
    )
    smooth_fake: float = knob(
        0.0,
        "Two-sided smoothing: fakes count as this instead of 0, so D learns that they are"
        " partly real; here to see the harm.",
        live=True,
        group="labels",
        ge=0.0,
        le=0.5,
        when=("loss", LOSSES_WITH_TARGETS),
    )
    label_flip: float = knob(
        0.0,
        "Share of pictures whose label D is told the wrong way round.",
        live=True,
        group="labels",
        ge=0.0,
        le=0.5,
        when=("loss", LOSSES_WITH_TARGETS),
    )
    label_noise: float = knob(
        0.0,
        "The labels that D learns from are moved at random by up to this much, up or down.",
        live=True,
        group="labels",
        ge=0.0,
        le=0.5,
        when=("loss", LOSSES_WITH_TARGETS),
    )
    instance_noise: float = knob(
        0.0,
        "Strength of the noise laid over every picture that D sees; it blurs D's view, so that"
        " G can keep up.",
        live=True,
        group="noise",
        unit="σ",
        ge=0.0,
        le=2.0,
    )
    instance_noise_images: int = knob(
        0,
        "The noise on what D sees fades to nothing over this many real pictures; 0 keeps it.",
        live=True,
        group="noise",
        unit="pictures",
        ge=0,
        le=1_000_000_000,
    )
    joined_batch: bool = knob(
        False,
        "Show D real and fake pictures in one batch instead of two: faster, but batch"
        " normalisation then mixes them.",
        live=True,
    )
    share_fakes: bool = knob(
        False,
        "G answers for the very fakes that D has just judged, instead of drawing new ones; it"
        " saves time.",
        live=True,
    )

    adversarial: float = knob(
        1.0,
        "How much D's verdict counts among the things that G plays for.",
        live=True,
        ge=0.0,
        le=100.0,
    )
    features: float = knob(
        0.0,
        "How much it counts for G that fakes look like real pictures to D's inner layers too"
        " (feature matching, Salimans et al. 2016).",
        live=True,
        ge=0.0,
        le=1000.0,
    )
    auxiliary: float = knob(
        1.0,
        "How much it counts that D can name the class of a picture; where D is asked to.",
        live=True,
        ge=0.0,
        le=100.0,
        when=("networks.labels", ("auxiliary",)),
    )
    pixels: float = knob(
        1.0,
        "How much it counts for G to hit the right answer pixel by pixel.",
        live=True,
        ge=0.0,
        le=1000.0,
        when=("game", _RIGHT_ANSWER),
    )
    pixel_norm: Literal["absolute", "squared"] = knob(
        "absolute",
        "How differences of pixels are counted: as they are (absolute, sharper) or squared, so"
        " that large ones count most.",
        live=True,
        when=("game", _RIGHT_ANSWER),
    )
    vgg: float = knob(
        0.0,
        "How much it counts for G that its pictures look like the true ones to VGG19, a network"
        " trained on photographs, once the game has begun; its weights are a file that you fetch"
        " yourself.",
        live=True,
        ge=0.0,
        le=1000.0,
        when=("game", ("super-resolution",)),
    )
    scale: int = knob(
        2,
        "How much larger the pictures become, 2 or 4 times.",
        unit="×",
        log=True,
        ge=2,
        le=4,
        when=("game", ("super-resolution",)),
    )
    cycle: float = knob(
        10.0,
        "How much it counts that a picture turned from A to B and back to A is the same again.",
        live=True,
        ge=0.0,
        le=1000.0,
        when=("game", ("unpaired",)),
    )
    identity: float = knob(
        5.0,
        "How much it counts that G leaves a picture alone that is of the wanted kind already.",
        live=True,
        ge=0.0,
        le=1000.0,
        when=("game", ("unpaired",)),
    )
    pool: int = knob(
        0,
        "Past fakes that are kept to be shown to D again (Shrivastava et al. 2017); 0 for none.",
        unit="pictures",
        ge=0,
        le=1000,
        when=("game", ("unpaired", "paired")),
    )
    augment: Literal["none", "translation", "cutout", "colour", "geometry", "all"] = knob(
        "none",
        "Shift, cut or recolour every picture that D sees, real and fake alike, so that D"
        " cannot learn a small set by heart (Zhao et al. 2020); geometry shifts and cuts.",
        live=True,
        group="augmentation",
    )
    augment_share: float = knob(
        1.0,
        "Share of the pictures to which each change is applied.",
        live=True,
        group="augmentation",
        ge=0.0,
        le=1.0,
    )
    ada: bool = knob(
        False,
        "Augment more whenever D begins to learn the real pictures by heart, from nothing on"
        " (ADA, Karras et al. 2020).",
        live=True,
        group="augmentation",
    )
    ada_target: float = knob(
        0.6,
        "Augmentation grows while D is surer of real pictures than this: 0 is not sure at all,"
        " 1 quite sure.",
        live=True,
        group="augmentation",
        ge=0.0,
        le=1.0,
        when=("ada", (True,)),
    )
    ada_images: int = knob(
        500_000,
        "Over this many real pictures augmentation can grow from none to all.",
        live=True,
        group="augmentation",
        unit="pictures",
        ge=1000,
        le=1_000_000_000,
        log=True,
        when=("ada", (True,)),
    )

    @model_validator(mode="after")
    def _known_scale(self) -> Objective:
        if self.scale == 3:
            raise ValueError("objective.scale must be 2 or 4")
        return self

    @model_validator(mode="after")
    def _adaptive_needs_an_absolute_score(self) -> Objective:
        if self.ada and (self.loss == "wasserstein" or self.loss.startswith("relativistic")):
            raise ValueError(
                f"objective.ada must be false with objective.loss = {self.loss}, whose scores have"
                " no zero of their own; set objective.augment_share by hand"
            )
        return self

    @model_validator(mode="after")
    def _targets_need_a_loss_that_has_them(self) -> Objective:
        if self.loss not in LOSSES_WITH_TARGETS:
            for name in ("smooth_real", "smooth_fake", "label_flip", "label_noise"):
                if getattr(self, name):
                    raise ValueError(
                        f"objective.{name} must be 0 with objective.loss = {self.loss}, which"
                        f" has no labels; choose {', '.join(LOSSES_WITH_TARGETS)} to use it"
                    )
        return self
