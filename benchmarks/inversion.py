"""How many of the starts of an inversion get back to a generated picture, PSNR ≥ 30 dB.

python benchmarks/inversion.py RUN [RUN …]
python benchmarks/inversion.py                 # a run of its own: a minute on digits
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import house  # noqa: F401  (the package, from anywhere)
import torch

from gan_lab.config import put
from gan_lab.latent import Model
from gan_lab.latent.inversion import Search, invert
from gan_lab.presets import preset
from gan_lab.runs import Run, RunDirectory, open_generators
from gan_lab.runs.messages import Budget

GOOD = 30.0  # dB
NEWEST = 40_000  # seed of the pictures that are looked for; the search draws with others


def share(model: Model, pictures: int, search: Search) -> str:
    """One line of the table."""
    z = model.draw(pictures, NEWEST)
    labels = torch.arange(pictures) % len(model.classes) if model.classes else None
    targets = model.images(z, labels)
    begun, reached, best = time.perf_counter(), [], []
    for number, target in enumerate(targets):
        *_, last = invert(model, target, search, seed=number)
        reached.append((last.psnr >= GOOD).float().mean().item())
        best.append(last.psnr.max().item())
    seconds = (time.perf_counter() - begun) / pictures
    ok = sum(x >= GOOD for x in best)
    middle = torch.tensor(best).median().item()
    return (f"{100 * sum(reached) / pictures:.0f} % of starts | {ok} of {pictures} pictures |"
            f" {middle:.1f} dB | {seconds:.1f} s")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="*", help="folders of runs")
    parser.add_argument("--pictures", type=int, default=16)
    parser.add_argument("--steps", type=int, default=Search.steps)
    parser.add_argument("--seconds", type=float, default=60.0, help="of the run of its own")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        runs = asked.runs or [_own(Path(folder) / "run", asked.seconds)]
        print("run | starts that reach 30 dB | pictures that one does | best start, median | time")
        for run in runs:
            model = open_generators(RunDirectory.find(str(run))).model
            print(Path(run).name, "|", share(model, asked.pictures, Search(steps=asked.steps)),
                  flush=True)  # fmt: skip


def _own(path: Path, seconds: float) -> Path:
    config = put(preset("quick").config, {"data.name": "digits"})
    run = Run(config, RunDirectory.create(path), budget=Budget(seconds=seconds)).start()
    run.join()
    return path


if __name__ == "__main__":
    main()
