"""Do directions from clicked pictures change what they should, and nothing else as much?

    python benchmarks/directions.py [RUN] [--seconds 600] [--clicks 20] [--looked 240] [--tries 5]

RUN is a run on drawn faces, or pretrained:faces; without it one is trained for so many seconds.
Somebody looks at so many pictures of G, and for each attribute clicks those that show it most
("these") and least ("those"). Who clicks is a measure, a small network that has learned the
attributes from one half of the drawn faces; who judges is another one, which has learned from the
other half. Judged are 400 pictures that were not looked at, each moved by -2 to 2 σ. Changes are in
standard deviations of what G's pictures show, so that attributes can be compared. The table shows
the first try; the last column counts the tries, each with other pictures, in which the attribute
rises at every step and changes more than every other attribute.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import house  # noqa: F401 - the environment of all benchmarks
import torch
from torch import Tensor

from gan_lab.config import Data, put
from gan_lab.latent import Model, from_groups
from gan_lab.latent.attributes import along, sampled
from gan_lab.latent.measures import Known, Learning, Measure, known_faces
from gan_lab.presets import preset
from gan_lab.runs import Run, RunDirectory, open_generators, open_named
from gan_lab.runs.messages import Budget

SIGMAS = (-2.0, -1.0, 0.0, 1.0, 2.0)
JUDGED = 400  # pictures
FACES = {"data.name": "faces", "data.size": 32}


def trained(seconds: float) -> Model:
    """A generator of drawn faces, 32×32, of the preset quick."""
    config = put(preset("quick").config, {**FACES, "networks.g.base": 4})
    directory = RunDirectory.create(Path(tempfile.mkdtemp()) / "faces")
    Run(config, directory, budget=Budget(seconds=seconds)).start().join()
    return open_generators(directory).model


def measures(data: Data) -> tuple[Measure, Measure]:
    """Two that have learned from different pictures, with different first weights."""
    names, train, test = known_faces(data)
    found = []
    for half in (0, 1):
        part = Known(train.images[half::2], train.values[half::2])
        learning = Learning(names, part, test, seed=half)
        while learning.measure is None:
            learning.advance()
        found.append(learning.measure)
    return found[0], found[1]


def clicked(z: Tensor, values: Tensor, clicks: int) -> tuple[Tensor, Tensor]:
    """The pictures that show most and least of something."""
    order = values.argsort()
    return z[order[-clicks:]], z[order[:clicks]]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", nargs="?")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--clicks", type=int, default=20)
    parser.add_argument("--looked", type=int, default=240)
    parser.add_argument("--tries", type=int, default=5)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    model = open_named(asked.run).model if asked.run else trained(asked.seconds)
    clicker, judge = measures(model.config.data)
    usual = sampled(model, judge, 2000, seed=77).values.std(0)
    known = [k for k, one in enumerate(judge.attributes) if one.trusted and usual[k] > 1e-3]
    print(f"G at step {model.step:,}; measures of held-out real faces (R² or AUC):")
    print(", ".join(f"{one.name} {one.skill:.2f}" for one in judge.attributes))
    print("\n| attribute | -2 σ | -1 σ | 0 | 1 σ | 2 σ | its change | largest other | good tries |")
    print("| --- " * 9 + "|")
    for k in known:
        rows, good = [], 0
        for attempt in range(asked.tries):
            looked = sampled(model, clicker, asked.looked, seed=1000 + attempt)
            these, those = clicked(looked.z, looked.values[:, k], asked.clicks)
            found = along(model, from_groups(model, these, those), judge, SIGMAS, JUDGED, seed=5)
            changes = (found[-1] - found[0]) / usual
            other = max((i for i in known if i != k), key=lambda i: abs(changes[i]))
            rises = bool((found[1:, k] > found[:-1, k]).all())
            good += rises and bool(changes[k] > abs(changes[other]))
            rows.append((found[:, k], changes[k], judge.attributes[other].name, changes[other]))
        shown, own, name, most = rows[0]
        values = " | ".join(f"{value:.2f}" for value in shown.tolist())
        print(
            f"| {judge.attributes[k].name} | {values} | {own:+.2f} | {name} {most:+.2f} |"
            f" {good} of {asked.tries} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
