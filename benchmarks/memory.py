"""What runs take of memory, beside what is told before any of it is taken.

    python benchmarks/memory.py [PRESET …]

Each preset trains for six seconds, at least one round, in a process of its own, on its data or,
where they are not here, on noise; it is turned a knob of, looked at, measured and saved. The peak
of its resident memory, less what it was with the data loaded before the run began, is the truth. A
growing network begins at its full size.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import house  # noqa: F401  (the package, from anywhere)
import torch

from gan_lab.config import put
from gan_lab.data import DataError, Kind, Pictures, expected, load
from gan_lab.presets import preset
from gan_lab.runs import Budget, Run, RunDirectory, State
from gan_lab.runs.messages import Set
from gan_lab.training import memory

SECONDS = 6.0
PRESETS = (
    "quick", "vanilla", "plane-drawn", "dcgan-tutorial", "dcgan-paper", "goodfellow-2014",
    "tutorial-mnist", "wgan-gp", "self-attention", "r3gan", "progressive-small", "srgan-small",
    "srgan-x4", "cyclegan-small", "cyclegan", "pix2pix-small", "pix2pix", "faces-128-rmsprop",
)  # fmt: skip


def noise(kind: Kind) -> Pictures:
    count = 5000
    shape = (count, kind.channels, kind.size, kind.size)
    images = torch.rand(shape) if kind.points else torch.randint(0, 256, shape, dtype=torch.uint8)
    return Pictures("noise", images, torch.arange(count) % max(1, len(kind.classes)),
                    kind.classes)  # fmt: skip


def status(what: str) -> int:
    """Of this process, bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{what}:"):
            return int(line.split()[1]) * 1024
    raise KeyError(what)


def measured(name: str) -> tuple[float, float]:
    """Estimate and truth, bytes."""
    config = put(preset(name).config, {
        "training.device": "cpu", "training.stable_images": 0, "training.fade_images": 0,
        "objective.vgg": 0.0, "training.d_pretrain": 0, "training.g_pretrain": 0,
    })  # fmt: skip
    try:
        pictures = load(config.data)
        load(config.data, train=False)
    except DataError:
        pictures = noise(expected(config.data))
    kind = pictures.kind
    told = memory.need(config, kind, len(pictures)).total
    with tempfile.TemporaryDirectory() as folder:
        before = status("VmRSS")
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
        directory = RunDirectory.create(Path(folder) / "run")
        run = Run(config, directory, budget=Budget(seconds=SECONDS), threads=1, pictures=pictures)
        run.start()
        run.send(Set("optim.g.lr", 1e-5))  # keeps the way back
        run.join()
        assert run.latest().state is State.FINISHED, run.latest().note
    return told, status("VmHWM") - before


def main() -> None:
    if sys.argv[1:2] == ["--one"]:
        print(*measured(sys.argv[2]), flush=True)
        os._exit(0)  # what is still being measured in the background is of no interest
    print("preset               told, MB   took, MB   told / took")
    worst, told_most = 9.0, 0.0
    for name in sys.argv[1:] or PRESETS:
        command = [sys.executable, __file__, "--one", name]
        out = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ)
        told, took = map(float, out.stdout.split())
        worst, told_most = min(worst, told / took), max(told_most, told / took)
        print(f"{name:20} {told / 1e6:8,.0f} {took / 1e6:10,.0f} {told / took:12.2f}", flush=True)
    print(f"told from {worst:.2f} to {told_most:.2f} times what was taken")


if __name__ == "__main__":
    main()
