"""How right is the judge of each set, and how long does it take to learn?

    python benchmarks/judges.py [--data digits,mnist,fashion] [--threads 2] [--ship]

Each judge is trained anew. Seconds of the wall clock depend on what else the machine does; those of
the processor are summed over the threads. --ship writes assets/judges/NAME.pt.
"""

from __future__ import annotations

import argparse
import time

import house  # first: the package, from anywhere
import torch

from gan_lab.config import Data
from gan_lab.data import DataError, load
from gan_lab.metrics.judge import SHIPPED, keep, trained_judge


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="digits,mnist,fashion")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--ship", action="store_true", help="write them to assets/judges")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print(f"{options.threads} threads, {house.machine()}")
    for name in options.data.split(","):
        try:
            train, held_out = load(Data(name=name)), load(Data(name=name), train=False)
        except DataError as missing:
            print(f"{name:8} {missing}")
            continue
        wall, processor = time.perf_counter(), time.process_time()
        judge = trained_judge(train, held_out)
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
        print(
            f"{name:8} {judge.accuracy:.2%} of {judge.held_out:,} held-out pictures right;"
            f" {wall:.1f} s, {processor:.1f} s of the processor",
            flush=True,
        )
        if options.ship:
            keep(judge, SHIPPED / f"{name}.pt")


if __name__ == "__main__":
    main()
