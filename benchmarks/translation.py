"""Do pictures become what they should? pix2pix against its baselines, CycleGAN against a detector.

    python benchmarks/translation.py [cyclegan-small pix2pix-small] [--seconds 600] [--out DIR]

Each preset is trained on one thread for so many seconds of processor time, which a busy machine
does not stretch. All figures are of held-out pictures. Whether an animal is striped is said by the
drawing's own detector, which knows nothing of the players. ``--set path=value`` changes a preset.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import house  # noqa: F401  (the package, from anywhere)
import torch
from torch import Tensor, nn

from gan_lab.config import RunConfig, parse, put
from gan_lab.data import Pictures, domains, load
from gan_lab.data.drawn.animals import STRIPED, stripes
from gan_lab.games import apply
from gan_lab.games.unpaired import Unpaired
from gan_lab.presets import preset
from gan_lab.runs.pictures import mosaic, png
from gan_lab.training.trainer import Trainer

REPORTS = 5  # lines while it trains


def off(a: Tensor, b: Tensor) -> float:
    """How far pictures are from each other, in % of the pixels' range."""
    return (a.float() - b.float()).abs().mean().item() / 2.55


def striped(images: Tensor) -> float:
    """Share of the pictures that the detector calls striped, in %."""
    return (stripes(images) > STRIPED).float().mean().item() * 100


def of_animals(config: RunConfig, nets: dict[str, nn.Module], aside: Pictures) -> str:
    """Stripes before and after, both ways, and what is lost on the way there and back."""
    plain, zebras = domains(aside, "unpaired")
    words = []
    for name, given, back in (("plain", plain, False), ("striped", zebras, True)):
        made = Unpaired.apply(config, nets, given, back=back)
        again = Unpaired.apply(config, nets, made, back=not back)
        words.append(
            f"{name} animals striped {striped(given):.0f} % -> {striped(made):.0f} %,"
            f" there and back off by {off(again, given):.1f} % (changed {off(made, given):.1f} %)"
        )
    return "; ".join(words)


def of_pairs(config: RunConfig, nets: dict[str, nn.Module], aside: Pictures, real: Tensor) -> str:
    """The difference to the true picture, beside what one has without G."""
    given, true = domains(aside, config.data.pairs)
    mean = real.float().mean(0).expand_as(true)
    return (
        f"off by {off(apply(config, nets, given), true):.1f} % (the mean picture:"
        f" {off(mean, true):.1f} %, what was given: {off(given, true):.1f} %)"
    )


def play(name: str, config: RunConfig, seconds: float, out: Path | None) -> None:
    """Train one preset and say what has become of it, a few times."""
    torch.set_num_threads(1)
    real, aside = load(config.data), load(config.data, train=False)
    trainer = Trainer(config, real, aside)
    _, truth = domains(real, config.data.pairs)
    spent = 0.0
    for part in range(1, REPORTS + 1):
        while spent < seconds * part / REPORTS:
            begun = time.process_time()
            trainer.round()
            spent += time.process_time() - begun
        trainer.flush()
        nets = trainer.shown()
        unpaired = config.objective.game == "unpaired"
        words = (
            of_animals(config, nets, aside) if unpaired else of_pairs(config, nets, aside, truth)
        )
        print(f"{name} {spent:.0f} s, {trainer.steps} rounds: {words}", flush=True)
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
            for title, shown in trainer.preview().items():
                file = f"{name}-{title.replace(' ', '-')}.png"
                (out / file).write_bytes(png(mosaic(shown.images, shown.columns)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("presets", nargs="*", default=["cyclegan-small", "pix2pix-small"])
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--out", type=Path, help="folder for the pictures")
    parser.add_argument("--set", action="append", default=[], metavar="PATH=VALUE")
    options = parser.parse_args()
    for name in options.presets:
        changes = dict(one.split("=", 1) for one in options.set)
        config = preset(name).config
        config = put(config, {path: parse(path, text) for path, text in changes.items()})
        play(name, config, options.seconds, options.out)


if __name__ == "__main__":
    main()
