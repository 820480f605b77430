"""How many of the 1,000 modes of Stacked MNIST does a recipe find, and how evenly?

    python benchmarks/stacked_mnist.py [--presets a,b] [--images 100000 | --seconds 300] [--out DIR]

The protocol is that of PacGAN (Lin et al. 2018, arXiv 1712.04086): 26,000 samples, each channel
named by a classifier of MNIST digits, a mode is a triple of digits, modes are those that hold a
sample, and KL is that of their shares from the uniform ones, in nats. A perfect sampler would get
(1000 - 1) / (2 · 26000) = .0192, by chance alone: no number below that means anything.

Each preset goes on from what DIR holds of it. Seconds are of the processor where it trains on one,
so a busy machine does not change them.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import Any

import house  # first: the package, from anywhere
import torch

from gan_lab.config import Data, parse, put
from gan_lab.data import load, to_pixels
from gan_lab.metrics.classes import STACKED, STACKED_SAMPLES, Spread, floor, stacked, triples
from gan_lab.metrics.judge import Judge, judge_of
from gan_lab.objectives import draw_z
from gan_lab.presets import preset
from gan_lab.runs.pictures import mosaic, png
from gan_lab.training.readings import Diverged
from gan_lab.training.trainer import Trainer

ABLATION = (
    "stacked-mnist", "stacked-mnist-r1", "stacked-mnist-classic", "stacked-mnist-classic-r1",
)  # fmt: skip
FLOOR = floor(STACKED, STACKED_SAMPLES)


@torch.no_grad()
def measured(trainer: Trainer, judge: Judge) -> Spread:
    """Modes and KL of 26,000 samples of the averaged G."""
    shown, output = trainer.shown()["G"], trainer.config.networks.g.output
    chance = torch.Generator().manual_seed(26)
    modes = []
    for _ in range(STACKED_SAMPLES // 1000):
        images = to_pixels(shown(draw_z(trainer.config.latent, 1000, chance)), output)
        modes.append(triples(judge, images))
    return stacked(torch.cat(modes))


class Record:
    """What is known of one preset, on disk after each measure."""

    def __init__(self, folder: Path, name: str, settings: dict[str, Any]) -> None:
        self.name, self._settings = name, settings
        self._json, self._weights = folder / f"{name}.json", folder / f"{name}.pt"
        self.grid = folder / f"{name}.png"
        self.points: list[dict[str, Any]] = []
        self.broken = ""
        if self._json.exists():
            found = json.loads(self._json.read_text())
            if found["settings"] != settings:
                raise SystemExit(
                    f"{self._json} was measured with {found['settings']}; move it away"
                )
            self.points, self.broken = found["points"], found["broken"]

    def resume(self, trainer: Trainer) -> float:
        """Put the trainer where the last measure left it; the seconds spent so far."""
        if not self.points:
            return 0.0
        trainer.load_state_dict(torch.load(self._weights, weights_only=True))
        return self.points[-1]["seconds"]

    def keep(self, trainer: Trainer) -> None:
        if not self.broken:
            torch.save(trainer.state_dict(), self._weights)
            tiles = trainer.preview()["samples"].images[:64]
            self.grid.write_bytes(png(mosaic(tiles, 8)))
        content = {"settings": self._settings, "broken": self.broken, "points": self.points}
        self._json.write_text(json.dumps(content, indent=1))

    @property
    def state(self) -> str:
        """In a word, how it went: a run that lost half of its modes has collapsed."""
        if self.broken:
            return f"diverged: {self.broken}"
        best, last = max(p["modes"] for p in self.points), self.points[-1]["modes"]
        if last < best / 2:
            return f"collapsed: {best} modes at best, {last} now"
        return "learning"


def play(record: Record, trainer: Trainer, judge: Judge, options: argparse.Namespace) -> None:
    """Train to the budget, measuring on the way."""
    seconds, clock = record.resume(trainer), house.clock(trainer.device.type)
    while not record.broken:
        seen = trainer.seen
        if seen >= (options.images or math.inf) or seconds >= (options.seconds or math.inf):
            return
        begun = clock()
        try:
            while trainer.seen < seen + options.every:
                trainer.round()
                if trainer.steps % 50 == 0:
                    trainer.flush()
            trainer.flush()
            trainer.check_weights()
        except Diverged as broken:
            record.broken = str(broken)
        seconds += clock() - begun
        if not record.broken:
            modes, _, kl, *_ = measured(trainer, judge)
            readings = trainer.recent_means(100)
            point = {"images": trainer.seen, "seconds": round(seconds, 1), "modes": modes, "kl": kl}
            record.points.append({**point, "readings": readings})
            print(
                f"{record.name:28} {trainer.seen:9,} images {seconds:6.0f} s  {modes:4} modes "
                f" KL {kl:6.3f}  {_slopes(readings)}",
                flush=True,
            )
        record.keep(trainer)


def _slopes(readings: dict[str, float]) -> str:
    words = [f"{n} {readings[n]:.3g}" for n in ("loss/D", "loss/G", "r1", "r2") if n in readings]
    return ", ".join(words)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--presets", default=",".join(ABLATION))
    parser.add_argument("--images", type=int, default=0, help="real pictures each")
    parser.add_argument("--seconds", type=float, default=0.0, help="of training each")
    parser.add_argument("--every", type=int, default=10_000, help="real pictures between measures")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--set", action="append", default=[], metavar="PATH=VALUE")
    parser.add_argument("--out", type=Path, default=house.ROOT / "build" / "stacked_mnist")
    options = parser.parse_args()
    if not options.images and not options.seconds:
        options.images = 100_000
    digits = Data(name="mnist")
    judge = judge_of(load(digits), load(digits, train=False))
    torch.set_num_threads(options.threads)
    options.out.mkdir(parents=True, exist_ok=True)
    changes = {p: parse(p, v) for p, _, v in (text.partition("=") for text in options.set)}
    settings = {"set": sorted(options.set), "seed": options.seed}
    print(
        f"classifier {judge.accuracy:.4f} on MNIST's test set; {STACKED_SAMPLES:,} samples;"
        f" floor of KL {FLOOR:.4f}; {house.machine()}"
    )
    records = []
    for name in options.presets.split(","):
        config = put(preset(name).config, {"training.seed": options.seed, **changes})
        record = Record(options.out, name, settings)
        records.append(record)
        play(record, Trainer(config, load(config.data)), judge, options)
    print(
        f"\n{'preset':28} {'images':>9} {'seconds':>7} {'modes':>5} {'KL':>6}  (floor {FLOOR:.4f})"
    )
    for record in records:
        last = (
            record.points[-1] if record.points else {"images": 0, "seconds": 0, "modes": 0, "kl": 0}
        )
        print(
            f"{record.name:28} {last['images']:9,} {last['seconds']:7.0f} {last['modes']:5}"
            f" {last['kl']:6.3f}  {record.state}"
        )


if __name__ == "__main__":
    main()
