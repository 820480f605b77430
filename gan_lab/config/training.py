"""What keeps the game steady; when, how long, where."""

from __future__ import annotations

from typing import Literal

from gan_lab.config.declare import Section, knob


class Regularisation(Section):
    """What keeps the game steady."""

    live_group = "penalties"

    weight_clip: float = knob(
        0.01,
        "D's weights are cut to this size after each of its moves, which only the Wasserstein"
        " loss uses; 0 switches it off.",
        live=True,
        ge=0.0,
        le=10.0,
    )
    gp: float = knob(
        0.0,
        "How strongly D is held to a slope of 1 between real and fake pictures (WGAN-GP,"
        " Gulrajani et al. 2017).",
        live=True,
        ge=0.0,
        le=1000.0,
    )
    dragan: float = knob(
        0.0,
        "How strongly D is held to a slope of 1 around real pictures (DRAGAN, Kodali et al. 2017).",
        live=True,
        ge=0.0,
        le=1000.0,
    )
    r1: float = knob(
        0.0,
        "How strongly D is kept flat at real pictures, so that it cannot learn them by heart"
        " (R1, Mescheder et al. 2018).",
        live=True,
        ge=0.0,
        le=10_000.0,
    )
    r2: float = knob(
        0.0,
        "How strongly D is kept flat at fakes (R2).",
        live=True,
        ge=0.0,
        le=10_000.0,
    )
    gamma_end: float = knob(
        1.0,
        "The share of R1's and R2's strength that is left once it has fallen.",
        live=True,
        ge=0.0,
        le=1.0,
    )
    gamma_images: int = knob(
        0,
        "The strength of R1 and R2 falls smoothly over this many real pictures; 0: it does not"
        " fall.",
        live=True,
        unit="pictures",
        ge=0,
        le=1_000_000_000,
    )
    drift: float = knob(
        0.0,
        "How strongly D's scores on real pictures are pulled towards 0, so that they do not run"
        " away.",
        live=True,
        ge=0.0,
        le=10.0,
    )
    penalty_every: int = knob(
        1,
        "Penalties are computed only at every so many moves of D, and then weigh as much more,"
        " which saves time; 1 for each.",
        live=True,
        unit="moves",
        ge=1,
        le=64,
    )
    ema_images: int = knob(
        20_000,
        "You look at an average of G's recent weights, which is steadier; after this many real"
        " pictures the old ones count half. 0 shows G itself.",
        live=True,
        group="averaging",
        unit="pictures",
        ge=0,
        le=100_000_000,
    )
    ema_rampup: float = knob(
        0.05,
        "Early on the average is shorter: at most this share of the real pictures seen so far.",
        live=True,
        group="averaging",
        gt=0.0,
        le=1.0,
    )


class Training(Section):
    """When, how long, where."""

    live_group = "saving"

    batch: int = knob(
        64, "Real pictures in one move of D.", unit="pictures", ge=1, le=4096, log=True
    )
    seed: int = knob(
        0,
        "The same seed and configuration give the same run on a CPU.",
        ge=0,
        le=2**53,
    )
    d_pretrain: int = knob(
        0, "Rounds in which D trains alone before G starts.", unit="rounds", ge=0, le=100_000
    )
    g_pretrain: int = knob(
        0,
        "Rounds in which G trains alone, on the right answers, before the game starts.",
        unit="rounds",
        ge=0,
        le=1_000_000,
        when=("objective.game", ("super-resolution", "paired")),
    )
    start_from: str = knob(
        "",
        "Begin with the weights of this run (its folder or name) instead of first weights; layers"
        " of another shape begin anew.",
        max_length=1000,
    )
    grow_from: int = knob(
        4,
        "Side at which a growing network begins.",
        unit="px",
        ge=4,
        le=64,
        when=("objective.game", ("progressive",)),
    )
    stable_images: int = knob(
        600_000,
        "Real pictures at each size after it has faded in.",
        unit="pictures",
        ge=0,
        le=100_000_000,
        when=("objective.game", ("progressive",)),
    )
    fade_images: int = knob(
        600_000,
        "Real pictures over which a new size fades in.",
        unit="pictures",
        ge=0,
        le=100_000_000,
        when=("objective.game", ("progressive",)),
    )
    grow_reset: bool = knob(
        True,
        "Optimisers forget what they remember when a new size enters.",
        when=("objective.game", ("progressive",)),
    )
    grid: int = knob(
        8, "Fixed pictures per side of the grid that you watch.", unit="per side", ge=1, le=16
    )
    sample_every: int = knob(
        0,
        "How often the grid of pictures is saved to disk; 0 for never.",
        live=True,
        ge=0,
        le=1_000_000_000,
    )
    sample_unit: Literal["steps", "batches", "epochs"] = knob(
        "steps", "What that is counted in: steps, batches or epochs.", live=True
    )
    checkpoint_seconds: float = knob(
        30.0,
        "The run is saved to disk each time it has trained for this long; 0 for never by the"
        " clock.",
        live=True,
        unit="s",
        ge=0.0,
        le=86_400.0,
    )
    checkpoint_steps: int = knob(
        0,
        "The run is saved to disk after every so many steps; 0 for never by steps.",
        live=True,
        unit="steps",
        ge=0,
        le=1_000_000_000,
    )
    keep_checkpoints: int = knob(
        3,
        "How many of the newest saved states stay on disk, beside the first.",
        live=True,
        ge=1,
        le=1000,
    )
    keep_states: int = knob(
        12,
        "How many older states stay on disk, spread over the run, for a new run to start from; none"
        " besides checkpoints if those do not go by the clock.",
        live=True,
        unit="states",
        ge=0,
        le=100,
    )
    keep_megabytes: int = knob(
        1000,
        "How much of the disk the run's saved states, film and ways back may take; the newest saved"
        " state and the best one stay in any case.",
        live=True,
        unit="MB",
        ge=1,
        le=1_000_000,
    )
    exploring: float = knob(
        0.3,
        "While it trains, pictures for people who explore its latent space are made for at most"
        " this share of the time; 1 for as many as they ask for.",
        live=True,
        group="exploring",
        unit="share of the time",
        ge=0.05,
        le=1.0,
    )
    measuring: float = knob(
        0.05,
        "Measures of how good the fakes are take at most this share of the time of training; 0 for"
        " none.",
        live=True,
        group="health",
        unit="share of the time",
        ge=0.0,
        le=0.5,
    )
    best_by: Literal[
        "auto", "none", "swd", "frechet-classifier", "coverage-classifier", "coverage-pixels",
        "js", "kl", "psnr", "ssim",
    ] = knob(
        "auto",
        "The measure by which the best saved state is kept; auto takes the one that says most about"
        " the data at hand.",
        live=True,
        group="health",
    )  # fmt: skip
    autopilot: bool = knob(
        False,
        "The coach applies its first advice by itself, with its reason in the list of changes.",
        live=True,
        group="health",
    )
    threads: int = knob(
        0,
        "CPU threads inside one operation; 0 lets the playground choose when the run starts.",
        unit="threads",
        ge=0,
        le=256,
    )
    device: Literal["auto", "cpu", "cuda", "mps"] = knob(
        "auto", "Where the arithmetic happens; auto takes a GPU if there is one."
    )
