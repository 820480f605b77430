"""How soon does G find every heap of points, on the page as a visitor sees it?

    python benchmarks/time_to_modes.py [--seeds 5] [--only ring grid ring-fine grid-fine]

A server and a Chromium that draws the page, on the same cores; each run is begun with the Start
button, and its time counts from that press, loading and all. The measures are those on the page:
of 2,500 fakes of the averaged G, from fixed z, heaps with a fake within 3σ and the share of fakes
within 3σ of one. Beside the sets of the papers stands what VEEGAN (Srivastava et al. 2017, table 1)
has for its own networks, there with a budget of its own.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import Any, NamedTuple

import house  # noqa: F401  (the package, from anywhere)
from stage import button, choose, chromium, server

from gan_lab.presets import presets


class Trial(NamedTuple):
    """One set of points.

    Attributes:
        preset: which recipe.
        data: its set, if the preset has another one.
        seconds: how long to train, from the press of Start.
        looks: at how many seconds to print the measures.
        asked: (heaps, share, seconds) that are to be reached.
        published: what another method reaches, in words.
    """

    preset: str
    data: str
    seconds: float
    looks: tuple[float, ...]
    asked: tuple[tuple[int, float, float], ...]
    published: str = ""


TRIALS = {
    "ring": Trial("plane-ring", "", 16, (4, 15), ((8, 0.80, 4), (8, 0.95, 15))),
    "grid": Trial("plane-grid", "", 16, (4, 15), ((25, 0.80, 15),)),
    "ring-fine": Trial(
        "plane-ring", "ring-fine", 61, (15, 60), ((8, 0.529, 60),), "VEEGAN: 8 heaps, 52.9 %"
    ),
    "grid-fine": Trial(
        "plane-grid", "grid-fine", 61, (15, 60), ((25, 0.40, 60),), "VEEGAN: 24.6 heaps, 40 %"
    ),
}


def watched(page: Any, trial: Trial, seed: int) -> list[tuple[float, float, float]]:
    """(seconds since Start, heaps, share) of every moment that the page drew."""
    from gan_lab.data import NAMED

    choose(page, "Preset", presets()[trial.preset].title)
    if trial.data:
        choose(page, "Real pictures", NAMED[trial.data].title)
    box = page.get_by_role("spinbutton", name="Seed")
    box.fill(str(seed))
    box.press("Enter")
    page.wait_for_timeout(1500)
    seen: list[tuple[float, float, float]] = []
    button(page, "Start")
    begun, last = time.perf_counter(), -1
    while time.perf_counter() - begun < trial.seconds:
        page.wait_for_timeout(50)
        shown = page.evaluate("() => [__ganlab?.pictures ?? 0, __ganlab?.measures]")
        if shown[0] != last and shown[1]:
            last = shown[0]
            seen.append((time.perf_counter() - begun, shown[1]["modes"], shown[1]["near"]))
    button(page, "Stop")
    page.wait_for_function("window.__ganlab.state === 'stopped'")
    return seen


def at(seen: list[tuple[float, float, float]], seconds: float) -> tuple[float, float]:
    """Heaps and share as they stood then."""
    until = [one for one in seen if one[0] <= seconds] or seen[:1]
    return until[-1][1:]


def reached(seen: list[tuple[float, float, float]], heaps: int, share: float) -> float:
    """When both were there for the first time; infinite if never."""
    return min((t for t, modes, near in seen if modes >= heaps and near >= share), default=1e9)


def report(name: str, trial: Trial, every: list[list[tuple[float, float, float]]]) -> None:
    print(f"\n{name}" + (f" ({trial.published})" if trial.published else ""))
    for look in trial.looks:
        heaps = [at(seen, look)[0] for seen in every]
        share = [at(seen, look)[1] for seen in every]
        spread = f"{100 * min(share):.1f} to {100 * max(share):.1f}"
        print(f"  after {look:g} s: {statistics.median(heaps):g} heaps (least {min(heaps):g}),"
              f" {100 * statistics.median(share):.1f} % near one ({spread})")  # fmt: skip
    for heaps, share, within in trial.asked:
        times = [reached(seen, heaps, share) for seen in every]
        told = ", ".join(f"{t:.1f}" if t < 1e9 else "never" for t in times)
        verdict = "reached" if statistics.median(times) <= within else "NOT reached"
        print(f"  asked: {heaps} heaps and {100 * share:g} % within {within:g} s: {verdict},"
              f" median {statistics.median(times):.1f} s ({told})")  # fmt: skip
    rate = [(len(seen) - 1) / (seen[-1][0] - seen[0][0]) for seen in every]
    print(
        f"  drawn {statistics.median(rate):.1f} times a second (least {min(rate):.1f})", flush=True
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", nargs="*", default=list(TRIALS), choices=list(TRIALS))
    options = parser.parse_args()
    for name in options.only:
        every = []
        for seed in range(options.seeds):
            # a server for each: a stopped run of the last visit must not share the cores
            with server() as (url, _), chromium() as browser:
                page = browser.new_page(viewport={"width": 1280, "height": 900})
                page.goto(url)
                page.wait_for_timeout(3000)
                every.append(watched(page, TRIALS[name], seed))
        report(name, TRIALS[name], every)


if __name__ == "__main__":
    main()
