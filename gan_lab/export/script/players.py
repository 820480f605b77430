"""The networks of a recipe, their first weights, and the classes that they are made of."""

from __future__ import annotations

import re
from collections.abc import Iterator

import torch

from gan_lab.config import DiscriminatorNetwork, GeneratorNetwork
from gan_lab.export.script import source
from gan_lab.export.script.modules import Item, Unwritten, cut, items, sequential
from gan_lab.export.script.parts import Part, Recipe, Settings, blocks
from gan_lab.games.generation import Generation
from gan_lab.networks import Critic, LayerList, layers
from gan_lab.networks.lines import last_weighted
from gan_lab.networks.shapes import attention_channels
from gan_lab.networks.weights import Scaled, equalise, equalised_scales, fixup_spread

_RESIDUAL = '''
class Residual(nn.Sequential):
    """x + f(x), f being the layers inside (He et al. 2016)."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) + x
'''
_SKIP = '''
class Skip(nn.Sequential):
    """f(x) and x side by side as channels, f being the layers inside (U-Net)."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([super().forward(x), x], 1)
'''
_DCGAN = '''
def first_weights(network: nn.Module) -> None:
    """N(0, 0.02) for weights, N(1, 0.02) for the scale of batch norm (Radford et al. 2016, §4)."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear | nn.Embedding):
            nn.init.normal_(module.weight, 0.0, 0.02)
        elif isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1.0, 0.02)
        else:
            continue
        no_constant(module)
'''
_SPREAD = '''
def first_weights(network: nn.Module, spread: list[float]) -> None:
    """N(0, σ²), σ layer by layer: 0 for the last layer of each of L residual blocks of m layers,
    the others' L^(-1/(2m-2)) times He's (fix-up, Zhang et al. 2019; R3GAN, Huang et al. 2024)."""
    weighted = (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)
    modules = [module for module in network.modules() if isinstance(module, weighted)]
    for module, sigma in zip(modules, spread, strict=True):
        nn.init.normal_(module.weight, 0.0, sigma)
        no_constant(module)
'''
_EQUALISED = '''
def first_weights(network: nn.Module, fans: list[int]) -> None:
    """Equalised learning rate: a gain of √2 for each layer, of 1 for the last, which no bend
    follows; fans are how many products are summed in one number of each layer's output."""
    weighted = (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)
    modules = [module for module in network.modules() if isinstance(module, weighted)]
    for module, fan_in in zip(modules, fans, strict=True):
        equalise(module, 1.0 if module is modules[-1] else math.sqrt(2.0), fan_in)
'''
_NO_CONSTANT = """
def no_constant(module: nn.Module) -> None:
    if module.bias is not None:
        nn.init.zeros_(module.bias)
"""
_EMBEDDING = """
def no_constant(module: nn.Module) -> None:
    if getattr(module, "bias", None) is not None:  # an embedding has none
        nn.init.zeros_(module.bias)
"""


def networks(recipe: Recipe, settings: Settings) -> list[Part]:
    """The parts on the networks. Raises Unwritten, ConfigError."""
    g, d = _built(recipe)
    assert isinstance(d.body, LayerList)
    written = [items(g), items(d.body)]
    body, judge = _d(recipe, d)
    used = list(dict.fromkeys(n for found in written for n in _names(found)))
    config = recipe.config.networks
    parts = []
    own = [_class(name) for name in used if name in _CLASSES]
    if own:
        parts.append(Part("layers that PyTorch has not got", "", blocks(*own)))
    starts = blocks(*_initialisers(recipe))
    if starts:
        parts.append(Part("first weights", "", starts))
    settings.add("latent", recipe.config.latent.dim, "numbers in z")
    told = "" if not recipe.classes else ", with a one at the place of the class behind it"
    parts.append(
        Part(
            "G, the generator",
            f"From z{told} to {_what(recipe)}. What each layer gives stands beside it:"
            " channels×height×width, or units.",
            blocks(
                "torch.manual_seed(derived_seed(seed, 2000))  # of the first weights of both",
                f"G = {sequential(written[0])}",
                _begin(g, config.g, "G"),
            ),
        )
    )
    parts.append(Part("D, the discriminator", _d_words(recipe), blocks(*body, *judge)))
    placing = [
        "# channels last: the order in which a CPU's convolutions like their pictures",
        "G.to(device, memory_format=torch.channels_last)",
        "D.to(device, memory_format=torch.channels_last)",
    ]
    if "Dropout" in used:
        placing += [
            'dropout_stream = stream("dropout")',
            "for module in [*D.modules(), *G.modules()]:",
            "    if isinstance(module, Dropout):",
            "        module.generator = dropout_stream",
        ]
    parts.append(Part("", "", "\n".join(placing) + "\n"))
    return parts


def _what(recipe: Recipe) -> str:
    if recipe.kind.points:
        return "a point of the plane"
    return f"a picture of {recipe.kind.size}×{recipe.kind.size} px"


def _built(recipe: Recipe) -> tuple[LayerList, Critic]:
    """The players of the recipe, shapes without numbers."""
    with torch.device("meta"), torch.no_grad():
        g = Generation.generators(recipe.config, recipe.kind)["G"]
        d = Generation.discriminators(recipe.config, recipe.kind)["D"]
    for name, network in (("G", g), ("D", getattr(d, "body", d))):
        if not isinstance(network, LayerList):
            raise Unwritten(f"a {name} that is no list of layers")
    assert isinstance(g, LayerList)
    assert isinstance(d, Critic)
    return g, d


def _names(found: list[Item]) -> Iterator[str]:
    for item in found:
        yield item.text.partition("(")[0]
        yield from _names(item.inside or [])


# -- classes -----------------------------------------------------------------------------------

_CLASSES = {
    "Residual": _RESIDUAL,
    "Skip": _SKIP,
    "Dropout": layers.Dropout,
    "Crop": layers.Crop,
    "PixelNorm": layers.PixelNorm,
    "Attention": layers.Attention,
    "MinibatchDiscrimination": layers.MinibatchDiscrimination,
    "MinibatchStddev": layers.MinibatchStddev,
}


def _class(name: str) -> str:
    kind = _CLASSES[name]
    if isinstance(kind, str):
        return kind
    written = source.only(kind, ("__init__", "forward"))
    written = re.sub(r"\n    one_line = True.*\n(\n)?", "\n", written)
    if kind is layers.Attention:  # the house asks a function how many channels an eighth is
        eighth = source.body(attention_channels).removeprefix("return ").strip()
        return written.replace("attention_channels(channels)", eighth)
    return written


# -- first weights -----------------------------------------------------------------------------


def _initialisers(recipe: Recipe) -> Iterator[str]:
    config = recipe.config.networks
    kinds = {config.g.init, config.d.init} - {"framework"}
    if len(kinds) > 1:
        raise Unwritten("two players whose first weights follow different papers")
    if kinds & {"dcgan", "fixup", "equalised"}:
        embeds = config.labels == "projection" and "dcgan" in kinds
        yield _EMBEDDING if embeds else _NO_CONSTANT
    if "dcgan" in kinds:
        yield _DCGAN
    elif "fixup" in kinds:
        yield _SPREAD
    elif "equalised" in kinds:
        yield source.of(Scaled)
        yield source.of(equalise, {"Weighted": "nn.Module"})
        yield _EQUALISED


def _begin(
    network: LayerList, config: GeneratorNetwork | DiscriminatorNetwork, name: str
) -> str:  # fmt: skip
    """The line that draws a network's first weights, where PyTorch's own are not kept."""
    match config.init:
        case "dcgan":
            return f"first_weights({name})"
        case "fixup":
            stds = [std for _, std in fixup_spread(network, network.lines)]
            return _listed(name, stds) if stds else ""
        case "equalised":
            return _listed(name, [fan for _, _, fan in equalised_scales(network, network.lines)])
    return ""


def _listed(name: str, numbers: list[float] | list[int]) -> str:
    one = f"first_weights({name}, {numbers!r})"
    if len(one) <= 96:
        return one
    rows = [f"    {', '.join(map(repr, numbers[i : i + 4]))}," for i in range(0, len(numbers), 4)]
    return "\n".join([f"first_weights({name}, [", *rows, "])"])


# -- D -----------------------------------------------------------------------------------------


def _d_words(recipe: Recipe) -> str:
    words = "From pictures to a raw score each: no sigmoid at the end, as the losses take logits."
    if recipe.kind.points:
        words = words.replace("pictures", "points")
    match recipe.config.networks.labels:
        case "concat":
            words += " It is told the class by a plane of ones for each (Mirza & Osindero 2014)."
        case "projection":
            words += (
                " With φ what its last layer takes, score = linear(φ) + ⟨embed(y), φ⟩ for the"
                " class y (Miyato & Koyama 2018)."
            )
        case "auxiliary":
            words += " A second linear layer names the class (Odena et al. 2017)."
    if recipe.config.networks.d.spectral_norm:
        words += (
            " Spectral norm divides every weight by its largest singular value, so that no layer"
            " stretches what it sees (Miyato et al. 2018)."
        )
    return words


def _d(recipe: Recipe, critic: Critic) -> tuple[list[str], list[str]]:
    """The code of D; as one row, or in parts where what is between them is looked at."""
    config, body = recipe.config, critic.body
    assert isinstance(body, LayerList)
    head = config.networks.labels in ("projection", "auxiliary")
    if head and config.networks.d.init == "equalised":
        raise Unwritten("classes for a D with networks.d.init = equalised")
    last = max(1, last_weighted([line.spec for line in body.lines]))
    bent = [line.number for line in body.lines[: last - 1] if line.spec.activation != "none"]
    matched = bent[-1] if bent else last - 1
    looked_at = [matched] * bool(config.objective.features) + [last - 1] * head
    ends: list[int] = sorted(set(looked_at))
    spectral = _spectral("D" if not ends else "body") if config.networks.d.spectral_norm else ""
    if not ends:
        return [
            f"D = {sequential(items(body))}",
            _begin(body, config.networks.d, "D"),
            spectral,
        ], []
    names = ["lower", "middle"][: len(ends)] if len(ends) > 1 else ["lower"]
    names.append("score")
    segments = cut(items(body), ends)
    code = [f"{n} = {sequential(segment)}" for n, segment in zip(names, segments, strict=True)]
    code.append(f"body = nn.Sequential({', '.join(names)})")
    code += [_begin(body, config.networks.d, "body"), spectral]
    return code, _critic(recipe, body, names, last)


def _critic(recipe: Recipe, body: LayerList, names: list[str], last: int) -> list[str]:
    """The class that puts the parts of D together, with what knows of classes."""
    config = recipe.config
    kind = config.networks.labels if config.networks.labels in ("projection", "auxiliary") else ""
    takes = body.lines[last - 1].takes
    added, given = "", ", labels" if kind == "projection" else ""
    match kind:
        case "projection":
            added = f"embed = nn.Embedding({recipe.classes}, {takes[0]})"
            added += "\nnn.init.xavier_uniform_(embed.weight)"
        case "auxiliary":
            added = f"name = nn.Linear({takes[0]}, {recipe.classes})"
    extra = {"projection": "embed", "auxiliary": "name"}.get(kind)
    if extra and config.networks.d.init == "dcgan":
        added += f"\nfirst_weights({extra})"
    if extra and config.networks.d.spectral_norm:
        added += f"\nspectral_norm({extra})"
    fields = [*names, *([extra] if extra else [])]
    lines = [
        "class Critic(nn.Module):",
        "    def __init__(",
        f"        self, {', '.join(f'{n}: nn.Module' for n in fields)}",
        "    ) -> None:",
        "        super().__init__()",
        *(f"        self.{n} = {n}" for n in fields),
        "",
        f"    def forward(self, x: Tensor{', labels: Tensor' if given else ''}):",
        "        features = self.lower(x)",
        "        phi = self.middle(features)" if "middle" in names else "        phi = features",
        "        score = self.score(phi)",
    ]
    pooled = "phi.flatten(2).mean(2)" if len(takes) == 3 else "phi"
    if kind == "projection":
        wide = "[:, None]" if len(body.lines[-1].shape) == 1 else "[:, None, None, None]"
        lines.append(f"        score = score + (self.embed(labels) * {pooled}).sum(1){wide}")
    answers = ["score"]
    if kind == "auxiliary":
        answers.append(f"self.name({pooled})")
    if config.objective.features:
        bent = any(line.spec.activation != "none" for line in body.lines[: last - 1])
        answers.append("features" if bent or len(takes) == 1 else "features.flatten(2).mean(2)")
    lines.append(f"        return {', '.join(answers)}")
    return [added, "\n".join(lines), f"D = Critic({', '.join(fields)})"]


def _spectral(name: str) -> str:
    return "\n".join([
        f"for module in list({name}.modules()):",
        "    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):",
        "        spectral_norm(module)",
    ])  # fmt: skip
