"""Where a script's real pictures come from, and the order in which they come."""

from __future__ import annotations

import ast
import base64
import inspect
import lzma
from pathlib import Path
from textwrap import dedent

import numpy as np

from gan_lab.config import Data
from gan_lab.data import (
    NAMED,
    PLANES,
    Kind,
    Pictures,
    class_numbers,
    files,
    load,
    pictures,
    plane,
    split_name,
)
from gan_lab.export.script import source
from gan_lab.export.script.parts import Part, Recipe, Settings, blocks

_TORCHVISION = {"mnist": "MNIST", "fashion": "FashionMNIST", "kmnist": "KMNIST",
                "cifar10": "CIFAR10", "svhn": "SVHN", "stacked-mnist": "MNIST"}  # fmt: skip
"""Named sets, by their names in torchvision."""


def beside(data: Data) -> bool:
    """Whether a script needs a file of pictures of its own: nobody can fetch them elsewhere."""
    name = split_name(data.name)[0]
    known = name in _TORCHVISION or name in PLANES or name in ("digits", "drawn")
    return not known


def kind_of(data: Data) -> Kind:
    """What the pictures are like; read only if the catalogue does not say it."""
    name, wanted = split_name(data.name)
    if name not in _TORCHVISION:
        return load(data).kind
    entry = NAMED[name]
    classes = entry.classes
    if wanted:
        classes = tuple(classes[i] for i in class_numbers(name, classes, wanted))
    channels = {"own": entry.channels, "grey": 1, "rgb": 3}[data.colour]
    return Kind(channels, data.size or entry.size, classes)


def write_companion(found: Pictures, path: Path) -> None:
    """The pictures as npz: ``images``, uint8 N×C×H×W, and ``labels``, int64 N, if there are."""
    parts = {"images": found.images.numpy()}
    if found.labels is not None:
        parts["labels"] = found.labels.numpy()
    np.savez_compressed(path, **parts)  # pyright: ignore[reportArgumentType]


def real(recipe: Recipe, settings: Settings) -> Part:
    """The part that reads them and deals them out."""
    data = recipe.config.data
    name = split_name(data.name)[0]
    labelled = bool(recipe.classes)
    if name in _TORCHVISION:
        words, read = _fetched(recipe, settings, labelled)
    elif recipe.kind.points:
        words, read = _points(data.name, labelled)
    elif name == "digits":
        words, read = _packed(load(Data(name=data.name)), labelled)
    else:
        words = f"They lie beside this script in {recipe.companion}."
        read = f'with np.load("{recipe.companion}") as file:\n'
        read += '    images = torch.from_numpy(file["images"])\n'
        read += '    targets = torch.from_numpy(file["labels"])\n' if labelled else ""
    shaped = "" if beside(data) or recipe.kind.points else _shaped(recipe, name)
    return Part("the real ones", words, blocks(read, shaped, _range(recipe), _dealt(recipe)))


# -- reading -----------------------------------------------------------------------------------


def _fetched(recipe: Recipe, settings: Settings, labelled: bool) -> tuple[str, str]:
    name, wanted = split_name(recipe.config.data.name)
    settings.add("data_root", 'os.environ.get("DATA", "data")', "where torchvision keeps its sets")
    call = f"datasets.{_TORCHVISION[name]}(data_root, train=True, download=True)"
    code = f"data = {call}\n"
    if name == "svhn":
        code = 'data = datasets.SVHN(data_root, split="train", download=True)\n'
        code += (
            "images, targets = torch.from_numpy(data.data), torch.from_numpy(data.labels).long()"
        )
    elif name == "cifar10":
        code += "images = torch.from_numpy(data.data).permute(0, 3, 1, 2).contiguous()\n"
        code += "targets = torch.tensor(data.targets)"
    elif name == "stacked-mnist":
        code += (
            "# three random digits a, b, c as red, green and blue; the class is 100a + 10b + c\n"
            f"chance = torch.Generator().manual_seed({files._STACK_SEED + 1})\n"
            f"picks = torch.randint(len(data.data), ({files._STACKS[True]}, 3), generator=chance)\n"
            "images = torch.stack([data.data[picks[:, c]] for c in range(3)], 1)\n"
            "targets = (data.targets.long()[picks] * torch.tensor([100, 10, 1])).sum(1)"
        )
    else:
        code += "images, targets = data.data.unsqueeze(1), data.targets.long()"
    if wanted:
        numbers = class_numbers(name, NAMED[name].classes, wanted)
        code += (
            f"\nchosen = torch.tensor({numbers})  # the classes that are wanted, of ten\n"
            "keep = torch.isin(targets, chosen)\n"
            "images, targets = images[keep], torch.searchsorted(chosen, targets[keep])"
        )
    if not labelled and not wanted:
        code = _without_labels(code)
    return f"{NAMED[name].title}, fetched by torchvision if they are not here yet.", code + "\n"


def _without_labels(code: str) -> str:
    """Nobody asks for the classes."""
    code = code.replace("images, targets = data.data.unsqueeze(1), data.targets.long()",
                        "images = data.data.unsqueeze(1)")  # fmt: skip
    code = code.replace(
        "images, targets = torch.from_numpy(data.data), torch.from_numpy(data.labels).long()",
        "images = torch.from_numpy(data.data)",
    )
    return "\n".join(line for line in code.splitlines() if not line.startswith("targets = "))


def _packed(found: Pictures, labelled: bool) -> tuple[str, str]:
    """Small pictures in the script itself."""
    pixels = found.images.numpy()
    steps = np.unique(pixels)  # the digits have 17 levels of grey
    places = np.searchsorted(steps, pixels).astype(np.uint8)
    letters = base64.b85encode(lzma.compress(places.tobytes(), preset=9)).decode()
    code = f'PACKED = "{letters}"  # noqa: E501\n'
    shape = tuple(pixels.shape)
    code += (
        f"greys = [{', '.join(map(str, steps.tolist()))}]\n"
        "unpacked = lzma.decompress(base64.b85decode(PACKED))\n"
        "places = torch.frombuffer(bytearray(unpacked), dtype=torch.uint8).long()\n"
        f"images = torch.tensor(greys, dtype=torch.uint8)[places].view{shape}\n"
    )
    if labelled and found.labels is not None:
        digits = "".join(map(str, found.labels.tolist()))
        code += f'CLASSES = "{digits}"  # noqa: E501\n'
        code += "targets = torch.tensor([int(label) for label in CLASSES])\n"
    words = (
        f"{len(pixels):,} handwritten digits of 8×8 px from the UCI repository (Alpaydin & Kaynak"
        " 1998), small enough to be packed into one long line."
    )
    return words, code


def _shaped(recipe: Recipe, name: str) -> str:
    """Resized and recoloured, where the recipe wants it."""
    data, code = recipe.config.data, []
    own = NAMED[name]
    if data.size and data.size != own.size:
        code += [source.of(pictures._resize), f"images = resize(images, {data.size})"]
    if recipe.kind.channels == 3 and own.channels == 1:
        code.append("images = images.repeat(1, 3, 1, 1)")
    if recipe.kind.channels == 1 and own.channels == 3:
        code.append(
            "luma = torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)\n"
            "images = (images * luma).sum(1, keepdim=True).round().byte()"
        )
    return blocks(*code)


# -- points ------------------------------------------------------------------------------------


def _points(name: str, labelled: bool) -> tuple[str, str]:
    """Points are drawn: a place, all equally likely, and a Gaussian around it."""
    found, (base, _, rest) = plane.plane_of(name), name.partition(":")
    if found.modal:
        rows = [f"    [{x!r}, {y!r}]," for x, y in found.places.tolist()]
        places = "\n".join(["places = torch.tensor([", *rows, "], dtype=torch.float64)"])
        code = [places]
        words = f"{found.title}: {len(rows)} centres, all equally likely."
    elif base == plane.DRAWN or not rest:
        code = _lines(base, rest)
        words = f"{found.title}: places close together along lines, all equally likely."
    else:
        rows = [f"    [{x!r}, {y!r}]," for x, y in found.places.tolist()]
        code = ["\n".join(["places = torch.tensor([", *rows, "], dtype=torch.float64)"])]
        words = f"{found.title}: {len(rows)} places along lines, all equally likely."
    groups = ""
    if labelled:
        groups = f"groups = torch.tensor({found.groups.tolist()})\ntargets = groups[place]\n"
    code.append(
        f"# σ = {found.sigma} around each place; the window from -{found.reach:g} to"
        f" {found.reach:g} becomes -1 to 1\n"
        f"chance = torch.Generator().manual_seed(derived_seed({plane._SEED}, 1))\n"
        f"place = torch.randint(len(places), ({plane.COUNTS[True]},), generator=chance)\n"
        f"noise = torch.randn(len(place), 2, generator=chance, dtype=torch.float64)\n"
        f"points = places[place] + {found.sigma!r} * noise\n"
        f"images = (points / {found.reach!r}).float()[:, :, None, None]"
        "  # each a picture of one pixel\n" + groups
    )
    return words + " A Gaussian lies around each place.", blocks(*code)


def _lines(base: str, drawing: str) -> list[str]:
    """The places along lines, from the lines."""
    helpers = [source.of(plane._length), source.of(plane._evenly)]
    if base == plane.DRAWN:
        strokes = [np.array([plane._ALPHABET.find(c) for c in s]).reshape(-1, 2)
                   for s in drawing.split(".") if s]  # fmt: skip
        drawn = [(s + 0.5) * (4 / plane._CELLS) - 2.0 for s in strokes]
        lines = [line if len(line) > 1 else np.repeat(line, 2, axis=0) for line in drawn]
        listed = "\n".join(_array(line.tolist()) for line in lines)
        helpers.append(f"lines = [\n{listed}\n]")
        lengths = f"lengths = [max(length(line), {plane._PEN}) for line in lines]"
    else:
        call = _definition(base)
        text = inspect.getsource(plane)
        arguments = [ast.get_source_segment(text, one) or "" for one in call.args[2:]]
        starred = any(isinstance(one, ast.Starred) for one in call.args)
        if "_curve(" in "".join(arguments):
            curve = source.of(plane._curve, {
                "Callable[[NDArray[np.float64]], tuple[object, object]]": "Callable",
                "NDArray": "np.ndarray"})  # fmt: skip
            helpers.append(curve)
        if starred:
            helpers.append(f"segments = {plane._SEGMENTS!r}")
            arguments = ["*(np.array(line) for line in segments)"]
        listed = "\n".join(f"    {dedent(one)}," for one in arguments)
        helpers.append(f"lines = [\n{listed}\n]".replace("_curve(", "curve("))
        lengths = "lengths = [length(line) for line in lines]"
    helpers.append(
        f"{lengths}\n"
        "places = torch.from_numpy(np.concatenate([\n"
        f"    evenly(line, max(2, round({plane._ALONG} * part / sum(lengths))))\n"
        "    for line, part in zip(lines, lengths, strict=True)\n"
        "]))"
    )
    return [one.replace("NDArray[np.float64]", "np.ndarray") for one in helpers]


def _array(points: list[list[float]]) -> str:
    """A line through points, four of them in a row of the text."""
    rows = [", ".join(map(repr, points[i : i + 4])) for i in range(0, len(points), 4)]
    return "\n".join(["    np.array([", *(f"        {row}," for row in rows), "    ]),"])


def _definition(base: str) -> ast.Call:
    """How the house writes a set of points down."""
    for node in ast.walk(ast.parse(inspect.getsource(plane))):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == base and isinstance(
                    value, ast.Call
                ):  # fmt: skip
                    return value
    raise AssertionError(base)


# -- dealing out -------------------------------------------------------------------------------


def _range(recipe: Recipe) -> str:
    """From pixels to the range of G's output."""
    if recipe.kind.points:
        if recipe.config.networks.g.output != "sigmoid":
            return ""
        return "def to_range(x: Tensor) -> Tensor:\n    return (x + 1.0) / 2.0\n"
    sigmoid = recipe.config.networks.g.output == "sigmoid"
    body, words = (
        ("x.float().div_(255.0)", "Pixels from 0 to 1, as G's sigmoid makes them.")
        if sigmoid
        else ("x.float().div_(127.5).sub_(1.0)", "Pixels from -1 to 1, as G makes them.")
    )
    return f'def to_range(x: Tensor) -> Tensor:\n    """{words}"""\n    return {body}\n'


def _dealt(recipe: Recipe) -> str:
    x = "images[index]"
    if not recipe.kind.points or recipe.config.networks.g.output == "sigmoid":
        x = f"to_range({x})"
    gives = f"{x}, targets[index]" if recipe.classes else x
    kind = "tuple[Tensor, Tensor]" if recipe.classes else "Tensor"
    moved = "images, targets = images.to(device), targets.to(device)" if recipe.classes else (
        "images = images.to(device)"
    )  # fmt: skip
    return (
        f"{moved}\n\n\n"
        f"def batches() -> Iterator[{kind}]:\n"
        '    """Each one once an epoch, in an order of its own; a batch that reaches the end takes'
        ' the\n    rest from the next epoch, so that every batch is full."""\n'
        "    epoch, waiting = 0, torch.empty(0, dtype=torch.long)\n"
        "    while True:\n"
        "        while len(waiting) < batch:\n"
        "            order = torch.Generator().manual_seed(derived_seed(seed, 1000, epoch))\n"
        "            waiting = torch.cat([waiting, torch.randperm(len(images), generator=order)])\n"
        "            epoch += 1\n"
        "        index, waiting = waiting[:batch].to(device), waiting[batch:]\n"
        f"        yield {gives}\n\n\n"
        "real = batches()\n"
    )
