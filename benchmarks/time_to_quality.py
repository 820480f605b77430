"""How good are the pictures after so many seconds, and after so many pictures?

    python benchmarks/time_to_quality.py [--data mnist] [--seconds 20] [--seeds 5] [--first 100]

Each seed is trained by the command line, as a user would; 4,000 samples of its averaged G are
judged by the classifier of the data (gan_lab/metrics/judge.py). The distance at
a fixed number of pictures and the speed as a share of a plain loop over the same networks, taken
in the same run, tell a better recipe from a less busy machine.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import house  # first: the package, from anywhere
import torch
from court import Court, Verdict
from plain import plain_speed, trainer_speed

from gan_lab.config import put
from gan_lab.data import load
from gan_lab.latent import draw, pictures
from gan_lab.presets import preset
from gan_lab.runs import RunDirectory, open_generators
from gan_lab.runs.pictures import mosaic, png
from gan_lab.training.devices import share_threads

SAMPLES = 4000


def train(preset_name: str, data: str, seed: int, limit: list[str], out: Path) -> dict[str, float]:
    """One run by the command line; returns its summary."""
    command = [sys.executable, "-m", "gan_lab", "train", "--preset", preset_name, "--data", data]
    command += ["--seed", str(seed), "--out", str(out), "--json", *limit]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=house.ROOT)
    return json.loads(done.stdout.splitlines()[-1])


def judged(court: Court, run: Path) -> Verdict:
    """The verdict on 4,000 samples of a run's newest checkpoint."""
    shown = open_generators(RunDirectory(run))
    z = draw(shown.config.latent, SAMPLES, seed=12345)
    images = pictures(shown.network, z, shown.config.networks.g.output)
    (run / "grid.png").write_bytes(png(mosaic(images[:100], 10)))
    return court.verdict(images)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="quick")
    parser.add_argument("--data", default="mnist")
    parser.add_argument("--seconds", type=float, nargs="*", default=[20.0])
    parser.add_argument("--images", type=int, default=55_000)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first", type=int, default=100, help="the first seed")
    parser.add_argument("--keep", type=Path, help="folder for the runs and their grids")
    options = parser.parse_args()
    court = Court(options.data.partition(":")[0])
    print(f"judge: accuracy {court.accuracy:.4f}, real against real {court.floor:.1f}")
    config = put(preset(options.preset).config, {"data.name": options.data})
    real = load(config.data)
    torch.set_num_threads(share_threads(0))
    pairs = [(trainer_speed(config, real, 3.0), plain_speed(config, real, 3.0)) for _ in range(5)]
    ratio = statistics.median(ours / plain for ours, plain in pairs)
    speeds = [statistics.median(column) for column in zip(*pairs, strict=True)]
    print(
        f"images/s: trainer {speeds[0]:.0f}, plain loop {speeds[1]:.0f}, ratio {ratio:.3f}"
        f" (five pairs: {min(a / b for a, b in pairs):.3f} to {max(a / b for a, b in pairs):.3f})"
    )
    limits = [["--seconds", f"{s:g}"] for s in options.seconds]
    limits += [["--images", str(options.images)]] if options.images else []
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        for limit in limits:
            distances = []
            for seed in range(options.first, options.first + options.seeds):
                run = folder / f"{options.data.replace(':', '-')}{''.join(limit)}-{seed}"
                summary = train(options.preset, options.data, seed, limit, run)
                verdict = judged(court, run)
                distances.append(verdict.distance)
                print(
                    f"{' '.join(limit)} seed {seed}: distance {verdict.distance:6.1f}, classes"
                    f" {verdict.classes}, {summary['images']} images,"
                    f" {summary['images_per_second']:.0f}/s",
                    flush=True,
                )
            print(
                f"{' '.join(limit)}: median {statistics.median(distances):.1f},"
                f" worst {max(distances):.1f}"
            )


if __name__ == "__main__":
    main()
