"""From a list of layers to a network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from torch import Tensor, nn

from gan_lab.config import ConfigError, DiscriminatorNetwork, GeneratorNetwork, LayerSpec
from gan_lab.networks.layers import (
    Add,
    Attention,
    Concat,
    Crop,
    Dropout,
    MinibatchDiscrimination,
    MinibatchStddev,
    PixelNorm,
)
from gan_lab.networks.lines import Line, trace
from gan_lab.networks.shapes import (
    JOINS,
    Shape,
    borders,
    transposed_padding,
)
from gan_lab.networks.stages import Change, Stage, of_line
from gan_lab.networks.weights import apply_spectral_norm, initialise


class Layer(nn.Sequential):
    """One layer with its norm, bend and dropout; an ``add`` or ``concat`` takes two inputs."""

    def forward(self, input: Tensor, other: Tensor | None = None) -> Tensor:
        first, *rest = self
        x = first(input) if other is None else first(input, other)
        for module in rest:
            x = module(x)
        return x


class LayerList(nn.ModuleList):
    """A network as a list of layers, one after the other.

    Attributes:
        lines: what each of its layers is.
    """

    def __init__(self, lines: Sequence[Line]) -> None:
        super().__init__(Layer(*_modules(line)) for line in lines)
        self.lines = tuple(lines)
        self._joining = {line.spec.source for line in lines if line.spec.kind in JOINS}

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Its layers for people, as :meth:`outputs` goes through them."""
        return tuple(map(of_line, self.lines))

    def outputs(self, x: Tensor, change: Change | None = None) -> Iterator[Tensor]:
        """What every layer gives, in order.

        Args:
            change: gets the number of each layer, from 1, and what it gives, and says what the
                next ones are to take in its place.
        """
        kept = {0: x}
        for line, layer in zip(self.lines, self, strict=True):
            x = layer(x, kept[line.spec.source]) if line.spec.kind in JOINS else layer(x)
            if change is not None:
                x = change(line.number, x)
            if line.number in self._joining:
                kept[line.number] = x
            yield x

    def forward(self, x: Tensor) -> Tensor:
        for output in self.outputs(x):
            x = output
        return x


def build(
    layers: Sequence[LayerSpec],
    source: Shape,
    target: Shape | None,
    config: GeneratorNetwork | DiscriminatorNetwork,
) -> LayerList:
    """A network from its layers, with first weights by ``config.init``, and spectral norm if D's
    config wants it. ``source`` and ``target`` are as in :func:`lines.trace`.

    Weights come from the process-global generator: call it within ``randomness.seeded``.
    Raises LayerError, ConfigError.
    """
    normed = isinstance(config, DiscriminatorNetwork) and config.spectral_norm
    if normed and config.init == "fixup" and any(spec.kind == "add" for spec in layers):
        raise ConfigError(
            "networks.d.spectral_norm must be false with networks.d.init = fixup: layers that begin"
            " at 0 stretch nothing, and cannot be divided by that"
        )
    network = LayerList(trace(layers, source, target))
    initialise(network, config, network.lines)
    if normed:
        apply_spectral_norm(network)
    return network


def _modules(line: Line) -> Iterator[nn.Module]:
    spec = line.spec
    yield from _first(spec, line.takes)
    if spec.norm != "none":
        yield _norm(spec, line.shape)
    if spec.activation != "none":
        yield _activation(spec, inplace=_is_fresh(spec))
    if spec.dropout:
        yield Dropout(spec.dropout)


def _first(spec: LayerSpec, takes: Shape) -> Iterator[nn.Module]:
    """What the layer itself does; at least one module."""
    match spec.kind:
        case "linear":
            yield nn.Linear(takes[0], spec.channels, bias=spec.bias)
        case "conv":
            yield from _conv(spec, takes[0])
        case "transposed":
            padding, surplus = transposed_padding(spec)
            yield nn.ConvTranspose2d(
                takes[0], spec.channels, spec.kernel, spec.stride, padding, surplus, spec.groups,
                spec.bias, spec.dilation,
            )  # fmt: skip
        case "unshuffle":
            surplus = [-side % spec.stride for side in takes[:0:-1]]
            if any(surplus):
                yield nn.ZeroPad2d((0, surplus[0], 0, surplus[1]))
            yield nn.PixelUnshuffle(spec.stride)
        case _:
            yield _PLAIN[spec.kind](spec, takes)


_PLAIN: dict[str, Callable[[LayerSpec, Shape], nn.Module]] = {
    "upsample": lambda spec, _: nn.Upsample(scale_factor=spec.stride, mode="nearest"),
    "bilinear": lambda spec, _: nn.Upsample(scale_factor=spec.stride, mode="bilinear"),
    "shuffle": lambda spec, _: nn.PixelShuffle(spec.stride),
    "max": lambda spec, _: nn.MaxPool2d(spec.stride),
    "average": lambda spec, _: nn.AvgPool2d(spec.stride),
    "flatten": lambda *_: nn.Flatten(),
    "reshape": lambda spec, takes: nn.Unflatten(
        1, (takes[0] // spec.side**2, spec.side, spec.side)
    ),
    "crop": lambda spec, _: Crop(spec.side),
    "add": lambda *_: Add(),
    "concat": lambda *_: Concat(),
    "attention": lambda _, takes: Attention(takes[0]),
    "minibatch": lambda spec, takes: MinibatchDiscrimination(takes[0], spec.channels, spec.kernel),
    "stddev": lambda *_: MinibatchStddev(),
    "none": lambda *_: nn.Identity(),
}


_PADS = {
    "zeros": nn.ZeroPad2d,
    "reflect": nn.ReflectionPad2d,
    "replicate": nn.ReplicationPad2d,
}


def _conv(spec: LayerSpec, channels: int) -> Iterator[nn.Module]:
    before, after = borders(spec)
    if before != after:  # an even window that keeps the side
        yield _PADS[spec.border]((before, after, before, after))
        before = 0
    yield nn.Conv2d(
        channels, spec.channels, spec.kernel, spec.stride, before, spec.dilation, spec.groups,
        spec.bias, spec.border,
    )  # fmt: skip


def _norm(spec: LayerSpec, shape: Shape) -> nn.Module:
    match spec.norm:
        case "batch":
            return nn.BatchNorm2d(shape[0]) if len(shape) == 3 else nn.BatchNorm1d(shape[0])
        case "instance":  # of the picture at hand, in eval mode too
            return nn.InstanceNorm2d(shape[0], affine=False, track_running_stats=False)
        case _:
            return PixelNorm()


def _activation(spec: LayerSpec, *, inplace: bool) -> nn.Module:
    match spec.activation:
        case "relu":
            return nn.ReLU(inplace=inplace)
        case "leaky":
            return nn.LeakyReLU(spec.slope, inplace=inplace)
        case "prelu":
            return nn.PReLU()
        case "tanh":
            return nn.Tanh()
        case _:
            return nn.Sigmoid()


def _is_fresh(spec: LayerSpec) -> bool:
    """Whether a layer's numbers are its own before the bend, which may then overwrite them; some
    kinds only hand on, in another shape, what another layer still needs."""
    handed_on = spec.kind in ("none", "flatten", "reshape", "crop")
    resampled = spec.kind in ("upsample", "bilinear", "shuffle", "unshuffle", "max", "average")
    return spec.norm != "none" or not (handed_on or (resampled and spec.stride == 1))
