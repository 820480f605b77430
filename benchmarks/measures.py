"""What each measure costs while a run trains: ms on one thread, with what is real prepared.

GANLAB_DATA=… python benchmarks/measures.py
"""

from __future__ import annotations

import time

import house  # noqa: F401  (the package, from anywhere)
import torch

from gan_lab.config import put
from gan_lab.data import load
from gan_lab.games import game_of
from gan_lab.measures import LIVE_N, Reference, drawn, live_names, take
from gan_lab.metrics.judge import check, judge_of
from gan_lab.presets import preset
from gan_lab.randomness import seeded

CASES = (
    ("quick", {}),
    ("quick", {"data.name": "mnist"}),
    ("quick", {"data.name": "faces", "data.size": 32}),
    ("plane-ring", {}),
)


def main() -> None:
    for name, changes in CASES:
        config = put(preset(name).config, changes)
        train, held_out = load(config.data), load(config.data, train=False)
        kind, game, judge = train.kind, game_of(config), None
        try:
            check(train)
            judge = judge_of(train, held_out)
        except ValueError:
            pass  # there are no classes to learn
        with seeded(0):
            players = (game.generators(config, kind), game.discriminators(config, kind))
        for network in (*players[0].values(), *players[1].values()):
            network.eval().requires_grad_(False)
        names = live_names(config, kind, judge is not None)
        reference = Reference(config, train, held_out, judge)
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        began = time.perf_counter()
        take(drawn(reference, config, *players, LIVE_N[kind.points]), names)
        first = time.perf_counter() - began
        began = time.perf_counter()
        take(drawn(reference, config, *players, LIVE_N[kind.points]), names)
        whole = time.perf_counter() - began
        print(f"\n{config.data.name}, {kind.size} px: the first {first * 1000:.0f} ms,"
              f" each further one {whole * 1000:.0f} ms")  # fmt: skip
        for measure in names:
            material = drawn(reference, config, *players, LIVE_N[kind.points])
            began = time.perf_counter()
            values = take(material, [measure])
            spent = time.perf_counter() - began
            print(f"  {measure:<24}{spent * 1000:>8.1f} ms  n {values[measure].n}")
        torch.set_num_threads(threads)


if __name__ == "__main__":
    main()
