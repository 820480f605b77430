"""The one schema of a run.

Every parameter of an experiment stands here once, with its bounds, its unit, one sentence of help
and whether it is *live* (acts at the next step) or *rebuild* (acts when the run is started again).
Widgets, ``--set`` options, presets, checkpoints and validation are all views of this file.
"""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.fields import FieldInfo

LOSSES_WITH_TARGETS = ("non-saturating", "minimax", "least-squares")


class ConfigError(ValueError):
    """A value that the schema does not allow, in one line that a user can act on."""


def knob(
    default: Any,
    help: str,
    *,
    live: bool = False,
    unit: str = "",
    log: bool = False,
    when: tuple[str, tuple[Any, ...]] | None = None,
    **bounds: Any,
) -> Any:
    """Declare one parameter.

    Args:
        default: value that a preset need not state.
        help: one sentence that a student understands.
        live: True if a change acts at the next step of a running experiment.
        unit: of the number, for people ("px", "pictures"); "" for a bare number.
        log: True if a slider should be logarithmic.
        when: ``(sibling, values)``: the parameter counts only while that sibling field of the
            same section has one of these values.
        bounds: ``ge``, ``gt``, ``le``, ``lt``, ``min_length``, ``max_length`` of pydantic.
    """
    extra = {"live": live, "unit": unit, "log": log, "when": when}
    return Field(default, description=help, json_schema_extra=extra, **bounds)


class Section(BaseModel):
    """A group of parameters; immutable, so that a run's configuration changes only by command."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False
    )


class Data(Section):
    """What is real."""

    name: str = knob(
        "digits",
        "Which pictures are real: a named set, a set with chosen classes such as mnist:3,8,"
        " or a folder or zip of your own pictures.",
        min_length=1,
        max_length=1000,
    )
    size: int = knob(
        0, "Side of the square pictures; 0 keeps the set's own size.", unit="px", ge=0, le=128
    )
    colour: Literal["own", "grey", "rgb"] = knob(
        "own", "Grey or colour pictures; own leaves them as they come."
    )

    @model_validator(mode="after")
    def _size_can_be_built(self) -> Data:
        if 0 < self.size < 8:
            raise ValueError("data.size must be 0 (the set's own size) or 8 to 128 px")
        return self


class Latent(Section):
    """The noise that the generator turns into pictures."""

    dim: int = knob(
        64, "How many random numbers the generator turns into one picture.", ge=1, le=512
    )
    noise: Literal["gaussian", "uniform", "truncated"] = knob(
        "gaussian",
        "How the random numbers are drawn: a bell curve, evenly from -1 to 1, or a bell curve"
        " without its tails.",
        live=True,
    )
    truncation: float = knob(
        2.0,
        "Where the tails of the truncated bell curve are cut.",
        live=True,
        unit="σ",
        gt=0.1,
        le=5.0,
        when=("noise", ("truncated",)),
    )


class Network(Section):
    """What a generator and a discriminator have in common."""

    family: Literal["dcgan", "dense"] = knob(
        "dcgan", "Convolutions, which know neighbouring pixels, or dense layers, which do not."
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
        when=("family", ("dcgan",)),
    )
    max_width: int = knob(
        512,
        "Where the doubling of channels stops.",
        unit="channels",
        ge=2,
        le=2048,
        log=True,
        when=("family", ("dcgan",)),
    )
    base: int = knob(
        4,
        "Side at which the picture begins (or ends, in D) before the stages double (halve) it.",
        unit="px",
        ge=2,
        le=16,
        when=("family", ("dcgan",)),
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
        when=("family", ("dcgan",)),
    )
    padding: Literal["zeros", "reflect", "replicate"] = knob(
        "zeros",
        "What a convolution sees beyond the border: nothing, a mirror, or the border repeated.",
        when=("family", ("dcgan",)),
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
    init: Literal["dcgan", "framework"] = knob(
        "dcgan",
        "First weights: N(0, 0.02) as in the DCGAN paper, or PyTorch's own, which follow the"
        " size of each layer.",
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
        when=("family", ("dcgan",)),
    )
    last_up: Literal["same", "transposed", "upsample", "shuffle"] = knob(
        "same",
        "How the last doubling, which makes the picture, is done; same means as the others.",
        when=("family", ("dcgan",)),
    )
    output: Literal["tanh", "sigmoid"] = knob(
        "tanh",
        "Last activation: tanh gives pixels from -1 to 1, sigmoid from 0 to 1; the real"
        " pictures follow.",
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
        when=("family", ("dcgan",)),
    )
    unshuffle: bool = knob(
        False,
        "The first halving rearranges 2×2 pixels into channels, which a CPU does much faster"
        " than a convolution over the whole picture.",
        when=("family", ("dcgan",)),
    )
    spectral_norm: bool = knob(
        False, "Keep every layer of D from stretching its input (Miyato et al. 2018)."
    )


class Networks(Section):
    """The two players' networks."""

    g: GeneratorNetwork = GeneratorNetwork()
    d: DiscriminatorNetwork = DiscriminatorNetwork()


class Objective(Section):
    """What the players play for, and what blurs D's view."""

    loss: Literal["non-saturating", "minimax", "least-squares", "hinge", "wasserstein"] = knob(
        "non-saturating",
        "How both players are scored: D gives a probability (non-saturating, minimax), the number"
        " 1 or 0 (least-squares), a margin (hinge) or as wide a gap as it can (wasserstein).",
        live=True,
    )
    smooth_real: float = knob(
        0.0,
        "One-sided label smoothing: real pictures count as 1 minus this instead of 1.",
        live=True,
        ge=0.0,
        le=0.5,
        when=("loss", LOSSES_WITH_TARGETS),
    )
    smooth_fake: float = knob(
        0.0,
        "Two-sided smoothing: fakes count as this instead of 0. It teaches D that fakes are"
        " partly real; shown so that you can see the harm.",
        live=True,
        ge=0.0,
        le=0.5,
        when=("loss", LOSSES_WITH_TARGETS),
    )
    label_flip: float = knob(
        0.0,
        "Share of pictures whose label D is told the wrong way round.",
        live=True,
        ge=0.0,
        le=0.5,
        when=("loss", LOSSES_WITH_TARGETS),
    )
    label_noise: float = knob(
        0.0,
        "Labels are moved at random by up to this much, up or down.",
        live=True,
        ge=0.0,
        le=0.5,
        when=("loss", LOSSES_WITH_TARGETS),
    )
    instance_noise: float = knob(
        0.0,
        "Strength of the noise laid over every picture that D sees, in units of the pixel"
        " range's half.",
        live=True,
        unit="σ",
        ge=0.0,
        le=2.0,
    )
    instance_noise_images: int = knob(
        0,
        "The noise on D's input fades to nothing over this many real pictures; 0 keeps it.",
        live=True,
        unit="pictures",
        ge=0,
        le=1_000_000_000,
    )
    joined_batch: bool = knob(
        False,
        "Show D real and fake pictures in one batch instead of two; matters to batch"
        " normalisation, and is faster.",
        live=True,
    )
    share_fakes: bool = knob(
        False,
        "G answers for the very fakes that D has just judged, instead of drawing new ones;"
        " saves time.",
        live=True,
    )

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


ADAMS = ("adam", "adamw")


class PlayerOptim(Section):
    """How one player learns."""

    name: Literal["adam", "adamw", "rmsprop", "sgd"] = knob(
        "adam", "How gradients become steps; a change forgets the optimiser's memory.", live=True
    )
    lr: float = knob(
        2e-4,
        "The size of each step: too small and nothing happens, too large and the game breaks.",
        live=True,
        gt=0.0,
        le=1.0,
        log=True,
    )
    beta1: float = knob(
        0.5,
        "Adam's memory of past gradients; above 0.5 GANs tend to oscillate.",
        live=True,
        ge=0.0,
        lt=1.0,
        when=("name", ADAMS),
    )
    beta2: float = knob(
        0.999,
        "Adam's memory of the gradients' size.",
        live=True,
        ge=0.0,
        lt=1.0,
        when=("name", ADAMS),
    )
    momentum: float = knob(
        0.0,
        "Share of the last step that is taken again.",
        live=True,
        ge=0.0,
        lt=1.0,
        when=("name", ("sgd", "rmsprop")),
    )
    weight_decay: float = knob(0.0, "Pull of every weight towards zero.", live=True, ge=0.0, le=1.0)
    steps: int = knob(
        1,
        "Moves of this player in one round; a round is D's moves, then G's.",
        live=True,
        unit="moves",
        ge=1,
        le=20,
    )
    clip_value: float = knob(
        0.0, "Largest gradient of a single weight; 0 for no limit.", live=True, ge=0.0, le=1000.0
    )
    clip_norm: float = knob(
        0.0,
        "Largest length of the whole gradient; 0 for no limit.",
        live=True,
        ge=0.0,
        le=100_000.0,
    )
    schedule: Literal["constant", "linear", "cosine", "inverse"] = knob(
        "constant",
        "How the learning rate falls with the real pictures seen: not at all, in a line or a"
        " half cosine to zero, or as 1 / (1 + seen / length).",
        live=True,
    )
    schedule_images: int = knob(
        1_000_000,
        "Length of the schedule: where linear and cosine reach zero, where inverse is at half.",
        live=True,
        unit="pictures",
        ge=1,
        le=100_000_000_000,
        log=True,
        when=("schedule", ("linear", "cosine", "inverse")),
    )
    warmup_images: int = knob(
        0,
        "The learning rate grows in a line from zero over this many real pictures.",
        live=True,
        unit="pictures",
        ge=0,
        le=100_000_000,
    )


class Optim(Section):
    """How the players learn."""

    g: PlayerOptim = PlayerOptim()
    d: PlayerOptim = PlayerOptim()


class Regularisation(Section):
    """What keeps the game steady."""

    weight_clip: float = knob(
        0.01,
        "D's weights are cut to this size after each of its moves; used by the Wasserstein"
        " loss alone; 0 switches it off.",
        live=True,
        ge=0.0,
        le=10.0,
    )
    ema_images: int = knob(
        20_000,
        "Half-life of the averaged copy of G that you look at; 0 shows G itself.",
        live=True,
        unit="pictures",
        ge=0,
        le=100_000_000,
    )
    ema_rampup: float = knob(
        0.05,
        "Early on, the half-life is at most this share of the real pictures seen.",
        live=True,
        gt=0.0,
        le=1.0,
    )


class Training(Section):
    """When, how long, where."""

    batch: int = knob(
        64, "Real pictures in one move of D.", unit="pictures", ge=2, le=4096, log=True
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
    grid: int = knob(
        8, "Fixed pictures per side of the grid that you watch.", unit="per side", ge=1, le=16
    )
    sample_every: int = knob(
        0, "How often the grid is saved to disk; 0 for never.", live=True, ge=0, le=1_000_000_000
    )
    sample_unit: Literal["steps", "batches", "epochs"] = knob(
        "steps", "What sample_every counts.", live=True
    )
    checkpoint_seconds: float = knob(
        30.0,
        "Training time between checkpoints; 0 for none on the clock.",
        live=True,
        unit="s",
        ge=0.0,
        le=86_400.0,
    )
    checkpoint_steps: int = knob(
        0, "Steps between checkpoints; 0 for none by steps.", live=True, unit="steps", ge=0,
        le=1_000_000_000,
    )  # fmt: skip
    keep_checkpoints: int = knob(
        3,
        "How many of the latest checkpoints stay on disk, beside the first.",
        live=True,
        ge=1,
        le=1000,
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


class RunConfig(Section):
    """A whole experiment. Two equal RunConfigs give equal runs (bit for bit, on a CPU)."""

    data: Data = Data()
    latent: Latent = Latent()
    networks: Networks = Networks()
    objective: Objective = Objective()
    optim: Optim = Optim()
    regularisation: Regularisation = Regularisation()
    training: Training = Training()


@dataclass(frozen=True)
class Knob:
    """One parameter as widgets, options and docs see it; derived from the schema, never written.

    Attributes:
        path: dotted, such as ``optim.g.lr``.
        kind: how a value is entered.
        low, high: bounds, or None; whether the low bound itself is allowed is in ``low_open``.
        choices: of kind "choice".
        when: (path of the deciding parameter, values for which this one counts), or None.
    """

    path: str
    kind: Literal["int", "float", "bool", "choice", "text", "ints"]
    default: Any
    low: float | None
    high: float | None
    low_open: bool
    high_open: bool
    choices: tuple[str, ...]
    unit: str
    help: str
    live: bool
    log: bool
    when: tuple[str, tuple[Any, ...]] | None

    @property
    def allowed(self) -> str:
        """What may be entered, in words."""
        if self.kind == "choice":
            return "one of " + ", ".join(self.choices)
        if self.kind == "bool":
            return "true or false"
        if self.kind == "text":
            return "a text"
        noun = {"int": "a whole number", "float": "a number", "ints": "whole numbers, 256,512"}
        text = noun[self.kind]
        if self.low is not None:
            text += f" {'above' if self.low_open else 'from'} {_plain(self.low)}"
        if self.high is not None:
            text += f" {'to below' if self.high_open else 'to'} {_plain(self.high)}"
        return text + (f" ({self.unit})" if self.unit else "")

    def counts_in(self, config: RunConfig) -> bool:
        """Whether the parameter has any effect in this configuration."""
        return self.when is None or get(config, self.when[0]) in self.when[1]


def _plain(value: float) -> str:
    """A bound as people write it: 1,000,000,000 and not 1e+09."""
    return f"{value:,.0f}" if value.is_integer() and abs(value) >= 1000 else f"{value:g}"


def _bound(field: FieldInfo, *names: str) -> tuple[float | None, bool]:
    for constraint in field.metadata:
        for name in names:
            value = getattr(constraint, name, None)
            if value is not None:
                return float(value), name in ("gt", "lt")
    return None, False


def _kind(annotation: Any) -> tuple[Any, tuple[str, ...]]:
    if typing.get_origin(annotation) is Literal:
        return "choice", typing.get_args(annotation)
    if typing.get_origin(annotation) is tuple:
        return "ints", ()
    return {int: "int", float: "float", bool: "bool", str: "text"}[annotation], ()


def _walk(section: type[Section], prefix: str, default: Any) -> Iterator[Knob]:
    for name, field in section.model_fields.items():
        value = getattr(default, name)
        path = f"{prefix}{name}"
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
            yield from _walk(field.annotation, f"{path}.", value)
            continue
        kind, choices = _kind(field.annotation)
        low, low_open = _bound(field, "ge", "gt")
        high, high_open = _bound(field, "le", "lt")
        extra = typing.cast(dict[str, Any], field.json_schema_extra)
        when = extra["when"]
        yield Knob(
            path=path,
            kind=kind,
            default=value,
            low=low,
            high=high,
            low_open=low_open,
            high_open=high_open,
            choices=choices,
            unit=extra["unit"],
            help=field.description or "",
            live=extra["live"],
            log=extra["log"],
            when=(prefix + when[0], when[1]) if when else None,
        )


KNOBS: Mapping[str, Knob] = types.MappingProxyType(
    {knob.path: knob for knob in _walk(RunConfig, "", RunConfig())}
)
"""Every parameter by its dotted path, in the order of the schema."""


def get(config: RunConfig, path: str) -> Any:
    """The value at a dotted path. Raises ConfigError if there is no such parameter."""
    _known(path)
    value: Any = config
    for name in path.split("."):
        value = getattr(value, name)
    return value


def put(config: RunConfig, changes: Mapping[str, Any]) -> RunConfig:
    """A copy of ``config`` with the values at some dotted paths replaced, validated as a whole.

    Raises ConfigError, in one line, if a path is unknown or a value not allowed.
    """
    tree = config.model_dump()
    for path, value in changes.items():
        _known(path)
        *parents, name = path.split(".")
        branch = tree
        for parent in parents:
            branch = branch[parent]
        branch[name] = value
    return from_tree(tree)


def from_tree(tree: Mapping[str, Any]) -> RunConfig:
    """A RunConfig from nested mappings (a preset, a config file). Raises ConfigError."""
    try:
        return RunConfig.model_validate(tree)
    except ValidationError as error:
        raise ConfigError(_one_line(error)) from None


_SWITCH = {
    "true": True, "1": True, "yes": True, "on": True,
    "false": False, "0": False, "no": False, "off": False,
}  # fmt: skip


def parse(path: str, text: str) -> Any:
    """The value that ``--set path=text`` means. Raises ConfigError in one line."""
    known = _known(path)
    text = text.strip()
    try:
        match known.kind:
            case "bool":
                return _SWITCH[text.lower()]
            case "int":
                return int(text)
            case "float":
                return float(text)
            case "ints":
                return tuple(int(part) for part in text.strip("[]()").split(",") if part.strip())
            case _:
                return text
    except (KeyError, ValueError):
        raise ConfigError(f"{path}: {text!r} is not allowed; give {known.allowed}") from None


def difference(config: RunConfig, base: RunConfig) -> dict[str, Any]:
    """Paths at which ``config`` differs from ``base``, with the values of ``config``."""
    return {path: get(config, path) for path in KNOBS if get(config, path) != get(base, path)}


def _known(path: str) -> Knob:
    try:
        return KNOBS[path]
    except KeyError:
        name = path.rsplit(".", 1)[-1]
        similar = (
            [p for p in KNOBS if p.endswith("." + name)]
            or difflib.get_close_matches(path, KNOBS, n=3, cutoff=0.8)
            or sorted(p for p in KNOBS if p.startswith(path.split(".", maxsplit=1)[0] + "."))
        )
        hint = f"; did you mean {', '.join(similar[:6])}?" if similar else ""
        raise ConfigError(f"there is no parameter {path!r}{hint}") from None


def _one_line(error: ValidationError) -> str:
    first = error.errors()[0]
    path = ".".join(str(part) for part in first["loc"])
    if path in KNOBS:
        return f"{path}: {first['input']!r} is not allowed; give {KNOBS[path].allowed}"
    if first["type"] == "extra_forbidden":
        try:
            _known(path)
        except ConfigError as unknown:
            return str(unknown)
    if first["type"] == "value_error":
        message = first["msg"].removeprefix("Value error, ")
        return message if "." in message.split(" ")[0] else f"{path}.{message}"
    for knob_path, known in KNOBS.items():
        if path.startswith(knob_path + "."):
            return f"{path}: {first['input']!r} is not allowed; give {known.allowed}"
    return f"{path or 'the configuration'}: {first['msg'].lower()}"
