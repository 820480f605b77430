"""How long own pictures take to come in: a zip of thousands, large JPEGs, and the second time.

    python benchmarks/intake.py ../shared/data/cifar10-horse.zip

Each line: what, seconds, pictures a second. The cache is a fresh folder, so the first reading is
cold but for what the system itself keeps of the file.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

import house  # noqa: F401 - finds the package
import numpy as np
from PIL import Image

from gan_lab.config import Data
from gan_lab.data import take_in

JPEGS, LARGE = 24, (4000, 3000)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("zip", type=Path)
    options.add_argument("--size", type=int, default=0)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["GANLAB_CACHE"] = f"{folder}/cache"
        data = Data(name=str(chosen.zip), size=chosen.size)
        timed(f"{chosen.zip.name}, cold", chosen.zip, data)
        timed(f"{chosen.zip.name}, again", chosen.zip, data)
        jpegs = Path(folder) / "jpegs"
        jpegs.mkdir()
        rng = np.random.default_rng(0)
        for k in range(JPEGS):
            small = Image.fromarray(rng.integers(0, 255, (30, 40, 3), np.uint8))
            small.resize(LARGE, Image.Resampling.BICUBIC).save(jpegs / f"{k}.jpg", quality=90)
        size = chosen.size or 64
        timed(f"{JPEGS} JPEGs of 12 megapixels", jpegs, Data(name=str(jpegs), size=size))
        timed("the same, data.draft", jpegs, Data(name=str(jpegs), size=size, draft=True))


def timed(what: str, path: Path, data: Data) -> None:
    begun = time.perf_counter()
    _, intake = take_in(path, data)
    took = time.perf_counter() - begun
    print(f"{what:36} {took:6.2f} s {intake.taken / took:9,.0f} pictures/s  {intake.line}")


if __name__ == "__main__":
    main()
