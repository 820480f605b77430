"""The players' networks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import model_validator

from gan_lab.config import plugins
from gan_lab.config.declare import Section, knob

_OWN_FAMILIES = (
    "dcgan", "dense", "residual", "super", "unet", "translate", "patch", "progressive", "layers",
)  # fmt: skip
if TYPE_CHECKING:  # a checker cannot know what is installed
    FamilyName = str
else:
    FamilyName = Literal[
        (*_OWN_FAMILIES, *plugins.names(plugins.GENERATORS, plugins.DISCRIMINATORS))
    ]


class LayerSpec(Section):
    """One layer of a network that is written as a list: what it does, then norm, bend, dropout."""

    kind: Literal[
        "linear", "conv", "transposed", "upsample", "bilinear", "shuffle", "unshuffle", "max",
        "average", "flatten", "reshape", "crop", "add", "concat", "attention", "minibatch",
        "stddev", "none",
    ] = knob("conv", "What the layer does.")  # fmt: skip
    channels: int = knob(
        0,
        "Channels (or units) that come out; 0 for as many as come in, at the end for what the"
        " picture (or the score) has. For minibatch the number of distances, 0 for 50.",
        ge=0,
        le=4_194_304,
    )
    kernel: int = knob(
        3, "Side of the window; for minibatch the numbers in one distance.", unit="px", ge=1, le=32
    )
    stride: int = knob(
        1, "Places skipped, plus one; for upsample, shuffle and pooling the factor.", ge=1, le=8
    )
    padding: int | Literal["same", "valid"] = knob(
        "same",
        "Border: same gives side / stride (transposed: side · stride), valid adds none, or a"
        " number of pixels.",
    )
    border: Literal["zeros", "reflect", "replicate"] = knob("zeros", "What lies in the border.")
    dilation: int = knob(1, "Distance between the places that the window sees.", ge=1, le=16)
    groups: int = knob(1, "Parts of the channels that do not see each other.", ge=1, le=8192)
    bias: bool = knob(True, "Whether a constant is added.")
    norm: Literal["none", "batch", "instance", "pixel"] = knob("none", "Normalisation behind it.")
    activation: Literal["none", "relu", "leaky", "prelu", "tanh", "sigmoid"] = knob(
        "none", "The bend behind it."
    )
    slope: float = knob(0.2, "Of the leaky activation.", ge=0.0, le=1.0)
    dropout: float = knob(0.0, "Share that is switched off at random.", ge=0.0, le=0.9)
    side: int = knob(0, "Side of the picture that reshape and crop make.", unit="px", ge=0, le=256)
    source: int = knob(
        0, "For add and concat: number of the layer whose output joins in; 0 is the input.", ge=0,
        le=200,
    )  # fmt: skip

    @model_validator(mode="after")
    def _padding_is_sane(self) -> LayerSpec:
        if isinstance(self.padding, int) and not 0 <= self.padding <= 64:
            raise ValueError("padding must be same, valid or a number of pixels from 0 to 64")
        return self


class Network(Section):
    """What a generator and a discriminator have in common."""

    family: FamilyName = knob(
        "dcgan",
        "Convolutions, which know neighbouring pixels (dcgan); dense layers, which do not; blocks"
        " that each add to the picture (residual, or super, which enlarges it, and translate, which"
        " repaints it); a way down and up again with short cuts (unet); a score for each patch"
        " (patch); a network that grows (progressive); or your own list of layers.",
    )
    layers: tuple[LayerSpec, ...] = knob(
        (),
        "Your own network, layer by layer.",
        max_length=200,
        when=("family", ("layers",)),
    )
    hidden: tuple[int, ...] = knob(
        (256, 512, 1024),
        "Sizes of the hidden layers, in order.",
        unit="units",
        min_length=1,
        max_length=8,
        when=("family", ("dense",)),
    )
    width: int = knob(
        32,
        "Channels of the stage next to the picture; they double towards the middle.",
        unit="channels",
        ge=2,
        le=256,
        log=True,
        when=(
            "family",
            ("dcgan", "residual", "super", "unet", "translate", "patch", "progressive"),
        ),
    )
    max_width: int = knob(
        512,
        "Where the doubling of channels stops.",
        unit="channels",
        ge=2,
        le=2048,
        log=True,
        when=("family", ("dcgan", "residual", "unet", "translate", "patch", "progressive")),
    )
    base: int = knob(
        4,
        "Side at which the picture begins (or ends, in D) before the stages double (halve) it.",
        unit="px",
        ge=2,
        le=16,
        when=("family", ("dcgan", "residual", "progressive")),
    )
    layers_per_stage: int = knob(
        1,
        "Convolutions at each size of the picture.",
        unit="layers",
        ge=1,
        le=4,
        when=("family", ("dcgan",)),
    )
    kernel: int = knob(
        4,
        "Side of the window that a convolution sees; an even one is one smaller where the size"
        " of the picture stays.",
        unit="px",
        ge=2,
        le=9,
        when=("family", ("dcgan", "residual", "unet", "patch")),
    )
    blocks: int = knob(
        2,
        "Residual blocks: at each size of the picture, or in all where the size stays; layers of"
        " patch.",
        unit="blocks",
        ge=1,
        le=32,
        when=("family", ("residual", "super", "translate", "patch")),
    )
    padding: Literal["zeros", "reflect", "replicate"] = knob(
        "zeros",
        "What a convolution sees beyond the border: nothing, a mirror, or the border repeated.",
        when=("family", ("dcgan", "residual", "super", "unet", "patch", "progressive")),
    )
    fc: int = knob(
        0,
        "Size of a fully connected hidden layer between the vector and the stages; 0 for none.",
        unit="units",
        ge=0,
        le=4096,
        when=("family", ("dcgan",)),
    )
    batch_norm: Literal["paper", "everywhere", "nowhere"] = knob(
        "paper",
        "Where batch normalisation stands: as in the DCGAN paper (not at G's output nor D's"
        " input), everywhere before an activation, or nowhere.",
        when=("family", ("dcgan", "dense", "super", "unet", "translate", "patch")),
    )
    norm: Literal["batch", "instance", "pixel"] = knob(
        "batch",
        "What is normalised where batch_norm says: over the batch, over each picture, or over the"
        " channels of each pixel.",
        when=("family", ("dcgan", "dense", "super", "unet", "translate", "patch")),
    )
    attention: int = knob(
        0,
        "Side of the picture at which a self-attention layer looks at all places at once (SAGAN,"
        " Zhang et al. 2019); 0 for none.",
        unit="px",
        ge=0,
        le=64,
        when=("family", ("dcgan", "residual")),
    )
    activation: Literal["relu", "leaky", "tanh", "sigmoid"] = knob(
        "relu", "The bend after each hidden layer."
    )
    slope: float = knob(
        0.2,
        "How much of a negative value the leaky activation lets through.",
        ge=0.0,
        le=1.0,
        when=("activation", ("leaky",)),
    )
    dropout: float = knob(
        0.0,
        "Share of each hidden layer that is switched off at random in a step.",
        ge=0.0,
        le=0.9,
    )
    bias: Literal["auto", "always", "never"] = knob(
        "auto", "Whether layers add a constant; auto leaves it out before batch normalisation."
    )
    init: Literal["dcgan", "framework", "fixup", "equalised"] = knob(
        "dcgan",
        "First weights: N(0, 0.02) as in the DCGAN paper; PyTorch's own, which follow the size of"
        " each layer; fix-up, which lets a residual network begin as a short one; or N(0, 1),"
        " scaled in use (equalised learning rate).",
    )

    @model_validator(mode="after")
    def _hidden_sizes_are_sane(self) -> Network:
        if not all(1 <= n <= 8192 for n in self.hidden):
            raise ValueError("hidden must be sizes from 1 to 8192, such as 256,512")
        return self


class GeneratorNetwork(Network):
    """G: from z to a picture."""

    up: Literal["transposed", "upsample", "shuffle"] = knob(
        "transposed",
        "How the picture doubles: transposed convolution, copied pixels then a convolution,"
        " or channels rearranged into pixels.",
        when=("family", ("dcgan", "residual", "unet", "translate")),
    )
    last_up: Literal["same", "transposed", "upsample", "shuffle"] = knob(
        "same",
        "How the last doubling, which makes the picture, is done; same means as the others.",
        when=("family", ("dcgan",)),
    )
    output: Literal["tanh", "sigmoid", "linear"] = knob(
        "tanh",
        "Last activation: tanh gives pixels from -1 to 1, sigmoid from 0 to 1; linear none, for"
        " pixels from -1 to 1; the real pictures follow.",
    )

    @model_validator(mode="after")
    def _padding_fits(self) -> GeneratorNetwork:
        transposed = "transposed" in (self.up, self.last_up)
        if self.family == "dcgan" and transposed and self.padding != "zeros":
            raise ValueError(
                "networks.g.padding must be zeros with transposed convolutions; choose"
                " networks.g.up (and last_up) = upsample or shuffle for another border"
            )
        return self


class DiscriminatorNetwork(Network):
    """D: from a picture to one score, a logit (no sigmoid at the end)."""

    activation: Literal["relu", "leaky", "tanh", "sigmoid"] = knob(
        "leaky", "The bend after each hidden layer."
    )
    down: Literal["stride", "max", "average"] = knob(
        "stride",
        "How the picture halves: a convolution that skips every second place, or pooling.",
        when=("family", ("dcgan", "residual")),
    )
    unshuffle: bool = knob(
        False,
        "The first halving rearranges 2×2 pixels into channels, which a CPU does much faster"
        " than a convolution over the whole picture.",
        when=("family", ("dcgan",)),
    )
    minibatch: Literal["none", "discrimination", "stddev"] = knob(
        "none",
        "Let D see how much the pictures of a batch differ: learned distances (Salimans et al."
        " 2016) or their standard deviation (Karras et al. 2018). It notices a G that draws one"
        " picture over and over.",
        when=("family", ("dcgan", "dense", "residual", "progressive")),
    )
    spectral_norm: bool = knob(
        False, "Keep every layer of D from stretching its input (Miyato et al. 2018)."
    )

    @property
    def compares_batch(self) -> bool:
        """Whether a score depends on the other pictures of its batch by a layer made for that."""
        kinds = {layer.kind for layer in self.layers} if self.family == "layers" else set()
        return self.minibatch != "none" or not kinds.isdisjoint(("minibatch", "stddev"))


class Networks(Section):
    """The two players' networks."""

    labels: Literal["none", "concat", "projection", "auxiliary"] = knob(
        "none",
        "Whether the players know the classes: no; both are told (concat, Mirza & Osindero 2014);"
        " D compares picture and class (projection, Miyato & Koyama 2018); or D also names the"
        " class (auxiliary, Odena et al. 2017).",
    )
    g: GeneratorNetwork = GeneratorNetwork()
    d: DiscriminatorNetwork = DiscriminatorNetwork()
