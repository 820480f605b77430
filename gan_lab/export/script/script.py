"""One file of PyTorch that trains a recipe as the app does, without the app."""

from __future__ import annotations

import re
import textwrap

from gan_lab.config import ConfigError
from gan_lab.export.script import learning, loop, players, rules, source
from gan_lab.export.script import pictures as real_pictures
from gan_lab.export.script.modules import Unwritten
from gan_lab.export.script.parts import WIDTH, Part, Recipe, Settings, blocks, comment
from gan_lab.export.script.recipe import why_not
from gan_lab.randomness import PURPOSES, derived_seed

_IMPORTS = (
    (r"\bbase64\.", "import base64"), (r"\bcopy\.", "import copy"),
    (r"\blzma\.", "import lzma"), (r"\bmath\.", "import math"), (r"\bos\.", "import os"),
    (r"\bCallable\b", "from collections.abc import Callable"),
    (r"\bIterator\b", "from collections.abc import Iterator"),
    (r"\bPath\(", "from pathlib import Path"), (r"\bAny\b", "from typing import Any"), ("", ""),
    (r"\bnp\.", "import numpy as np"), ("torch", "import torch"),
    (r"\bF\.", "import torch.nn.functional as F"),
    (r"\bImageDraw\b", "from PIL import Image, ImageDraw"),
    (r"\bnn\.", "from torch import Tensor, nn"),
    (r"\bspectral_norm\(", "from torch.nn.utils.parametrizations import spectral_norm"),
    (r"\bregister_parametrization\(",
     "from torch.nn.utils.parametrize import register_parametrization"),
    (r"\bdatasets\.", "from torchvision import datasets"),
    (r"\bsave_image\(", "from torchvision.utils import save_image"),
)  # fmt: skip
"""What each word of a script needs, in the order in which it is imported."""


_WHAT = (
    "Trains what GAN Playground trains with this recipe, without it: the same first weights, the"
    " same order of the real ones, the same noise, so on a CPU the same losses. It needs torch,"
    " torchvision, numpy and pillow:"
)


def parts(recipe: Recipe) -> list[Part]:
    """The whole script, part by part.

    Raises ConfigError for what no script can say, naming it.
    """
    if why := why_not(recipe.config):
        raise ConfigError(why)
    settings = Settings()
    settings.add("seed", recipe.config.training.seed, "the same seed, the same losses (on a CPU)")
    settings.add("threads", recipe.threads, "more may be faster, and round a little differently")
    settings.add("device", '"cpu"', 'or "cuda", which rounds differently and draws other numbers')
    settings.add("batch", recipe.config.training.batch, "real ones in a move of D")
    loop.weights(recipe, settings)
    try:
        written = [
            real_pictures.real(recipe, settings),
            *players.networks(recipe, settings),
            *rules.told(recipe),
            loop.noise(recipe),
            rules.sight(recipe, settings),
            rules.loss(recipe, settings),
            rules.penalised(recipe, settings),
            *rules.matching(recipe),
            learning.optimisers(recipe, settings),
            learning.average(recipe, settings),
            loop.pictures(recipe, settings),
            loop.rounds(recipe, settings),
        ]
    except Unwritten as error:
        raise ConfigError(
            f"there is no script of this recipe: scripts cannot write {error}"
        ) from None
    rest = [part for part in written if part is not None]
    top = Part("settings", "", settings.code() + "\n")
    chance = _chance("\n".join(part.code for part in rest))
    found = [top, chance, *rest]
    imports = Part("", "", _imports("\n".join(part.code for part in found)))
    return [imports, *found]


def text(recipe: Recipe) -> str:
    """The script. Raises ConfigError as :func:`parts`."""
    pieces = [f'"""{introduction(recipe)}\n"""']
    for part in parts(recipe):
        head = ""
        if part.title:
            head = f"# -- {part.title} {'-' * (WIDTH - 7 - len(part.title))}\n"
        if part.words:
            head += comment(part.words) + "\n"
        gap = "\n" if head and part.code.startswith(("def ", "class ", "@")) else ""
        pieces.append(f"{head}{gap}{gap}{part.code}".rstrip("\n"))
    result = "\n\n".join(pieces[:2]) + "\n\n" + "".join(f"{p}\n\n\n" for p in pieces[2:])
    return result.rstrip("\n") + "\n"


def introduction(recipe: Recipe) -> str:
    """What the script is and how to run it, in paragraphs."""
    paragraphs = [
        f"{recipe.title}: {recipe.about}",
        _WHAT,
        "    ROUNDS=1000 OUT=out python script.py  # or whatever this file is called",
    ]
    if recipe.companion:
        paragraphs.append(f"{recipe.companion} must lie in the folder where it is run.")
    if recipe.turned:
        paragraphs.append("While the run trained, these were changed; here they keep what they"
                          " began with:")  # fmt: skip
        paragraphs.append("\n".join(f"    {line}" for line in recipe.turned))
    filled = [
        p if p.startswith("    ") else textwrap.fill(p, WIDTH - 3, break_long_words=False)
        for p in paragraphs
    ]
    return "\n\n".join(filled).replace("\\", "\\\\").replace('"""', "'''")


def _chance(code: str) -> Part:
    """A stream of chance for each purpose."""
    used = [p for p in PURPOSES if f'stream("{p}")' in code]
    numbers = ", ".join(f'"{p}": {PURPOSES.index(p)}' for p in used)
    one = (
        f"PURPOSES = {{{numbers}}}\n\n\n"
        "def stream(purpose: str) -> torch.Generator:\n"
        "    number = derived_seed(seed, PURPOSES[purpose])\n"
        "    return torch.Generator(device).manual_seed(number)\n"
    )
    words = "A generator for each purpose, so that a draw for one never moves another."
    return Part(
        "chance", words, blocks(source.of(derived_seed), one, "torch.set_num_threads(threads)")
    )


def _imports(code: str) -> str:
    lines = [line for pattern, line in _IMPORTS if re.search(pattern, code)]
    both = [f"from collections.abc import {name}" for name in ("Callable", "Iterator")]
    if set(both) <= set(lines):
        lines[lines.index(both[0])] = "from collections.abc import Callable, Iterator"
        lines.remove(both[1])
    if "from torch import Tensor, nn" in lines and not re.search(r"\bTensor\b", code):
        lines[lines.index("from torch import Tensor, nn")] = "from torch import nn"
    return "from __future__ import annotations\n\n" + "\n".join(lines) + "\n"
