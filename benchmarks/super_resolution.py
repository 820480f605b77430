"""Does G beat bicubic enlargement, on pictures that it never saw?

    python benchmarks/super_resolution.py [--preset srgan-small] [--seconds 120] [--data NAME …]

For each set G first learns from pixels alone, for so many seconds, then plays against D for as
many. PSNR and SSIM are means over all held-out pictures, of the averaged G that people see. Without
--data: drawn faces, and CIFAR-10's horses if $GANLAB_DATA/cifar10-horse.zip is there. Seconds are
those of one CPU thread (--clock wall: those of the clock, on an idle machine or a GPU). The
comparisons are written to --keep as PNG.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import house
import torch
from torch import Tensor

from gan_lab.config import ConfigError, RunConfig, put
from gan_lab.data import DataError, data_root, load
from gan_lab.games import apply, game_of
from gan_lab.games.super_resolution import enlarged
from gan_lab.metrics import psnr, ssim
from gan_lab.presets import preset
from gan_lab.runs.pictures import mosaic, png
from gan_lab.training.trainer import Trainer

FOREVER = 1_000_000  # rounds of pre-training; the clock ends it
CLOCKS: dict[str, Callable[[], float]] = {"cpu": time.process_time, "wall": time.perf_counter}


def train(trainer: Trainer, seconds: float, clock: Callable[[], float]) -> None:
    """Rounds until the time is over."""
    end = clock() + seconds
    while clock() < end:
        trainer.round()
        if trainer.steps % 50 == 0:
            trainer.flush()  # raises if something is no number any more
    trainer.wait()
    trainer.flush()


def quality(made: Tensor, true: Tensor) -> tuple[float, float]:
    """PSNR in dB and SSIM, means over the pictures."""
    return psnr(made, true).mean().item(), ssim(made, true).mean().item()


def generated(trainer: Trainer, low: Tensor) -> Tensor:
    return apply(trainer.config, trainer.shown(), low)


def report(name: str, config: RunConfig, seconds: float, clock: str, keep: Path) -> None:
    """Train on one set, and print what comes out."""
    pictures, aside = load(config.data), load(config.data, train=False)
    low, true = game_of(config).given(config, aside), aside.images
    base = quality(enlarged(low, config.objective.scale), true)
    print(
        f"\n{name}: {pictures.size} px, ×{config.objective.scale}, {len(pictures):,} pictures to"
        f" learn from, {len(aside):,} held out\n{'bicubic':24}PSNR {base[0]:6.2f} dB"
        f"          SSIM {base[1]:.4f}",
        flush=True,
    )
    state = None
    for phase, alone in (("pre-training", FOREVER), ("game", 0)):
        trainer = Trainer(put(config, {"training.g_pretrain": alone}), pictures, aside)
        if state is not None:
            trainer.load_state_dict(state)
        before = trainer.steps
        train(trainer, seconds, CLOCKS[clock])
        state = trainer.state_dict()
        now = quality(generated(trainer, low), true)
        print(
            f"{'after ' + phase:24}PSNR {now[0]:6.2f} dB ({now[0] - base[0]:+.2f})  SSIM"
            f" {now[1]:.4f} ({now[1] - base[1]:+.4f}), {trainer.steps - before:,} rounds",
            flush=True,
        )
        one = trainer.preview()["comparison"]
        path = keep / f"{name}-{phase}.png"
        path.write_bytes(png(mosaic(one.images, one.columns)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="srgan-small")
    parser.add_argument("--seconds", type=float, default=120.0, help="of each of the two parts")
    parser.add_argument("--clock", choices=list(CLOCKS), default="cpu")
    parser.add_argument("--data", nargs="*", help="the preset's own and horses, if left out")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=house.ROOT / "build" / "super_resolution")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    options.keep.mkdir(parents=True, exist_ok=True)
    config = preset(options.preset).config
    horses = data_root() / "cifar10-horse.zip"
    names = options.data or [config.data.name, *([str(horses)] if horses.exists() else [])]
    for name in names:
        # the preset's size is that of its own pictures; others keep theirs
        size = config.data.size if name == config.data.name else 0
        try:
            report(
                Path(name).stem, put(config, {"data.name": name, "data.size": size}),
                options.seconds, options.clock, options.keep,
            )  # fmt: skip
        except (ConfigError, DataError) as error:
            print(f"{name}: {error}")


if __name__ == "__main__":
    main()
