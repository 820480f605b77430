"""What each measure says of real pictures against other real ones: their floors.

    python benchmarks/floors.py --n 500 --sets digits mnist fashion

Features are plain pixels here. A set that is not on disk is left out.
"""

from __future__ import annotations

import argparse
import statistics

import house  # noqa: F401  (the package, from anywhere)
import torch
from torch import Tensor

from gan_lab.config import Data
from gan_lab.data import DataError, load
from gan_lab.metrics import frechet, kernel_distance, likeness, manifold, swd

DRAWS = 5


def measures(a: Tensor, b: Tensor, seed: int) -> dict[str, float]:
    """Every measure of two sets of uint8 pictures, by name."""
    flat = [x.flatten(1).float() / 127.5 - 1.0 for x in (a, b)]
    found = swd(a, b, seed)
    by_level = {f"swd at {side} px": value for side, value in found.levels.items()}
    return {
        "swd": found.mean, **by_level, "ms-ssim of pairs": likeness(b, 400, seed),
        "frechet-pixels": frechet(*flat), "kernel-pixels": kernel_distance(*flat).mean,
        **{f"{name}-pixels": value for name, value in manifold(*flat)._asdict().items()},
    }  # fmt: skip


def floors(images: Tensor, n: int) -> None:
    found = []
    for seed in range(DRAWS):
        order = torch.randperm(len(images), generator=torch.Generator().manual_seed(seed))
        found.append(measures(images[order[:n]], images[order[n : 2 * n]], seed))
    for name in found[0]:
        values = [line[name] for line in found]
        print(f"| {name} | {statistics.mean(values):.4g} ± {statistics.stdev(values):.2g} | {n} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=500)
    parser.add_argument("--sets", nargs="+", default=["digits", "mnist", "fashion"])
    options = parser.parse_args()
    for name in options.sets:
        try:
            images = load(Data(name=name, size=0)).images
        except DataError as missing:
            print(f"\n{name}: {missing}")
            continue
        n = min(options.n, len(images) // 2)
        print(f"\n{name}: real against real, mean of {DRAWS} draws\n")
        print("| measure | floor | n |\n| --- | --- | --- |")
        floors(images, n)


if __name__ == "__main__":
    main()
