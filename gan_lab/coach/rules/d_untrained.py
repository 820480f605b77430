"""G fools a D that has learned nothing."""

from __future__ import annotations

from gan_lab.coach.evidence import Evidence
from gan_lab.coach.findings import Advice, Rule, Sign, Weight
from gan_lab.coach.play import judges, number, rest_of, stretch, told, window
from gan_lab.coach.quality import far, trend
from gan_lab.coach.turns import scaled, slower

GAP = 0.05
"""D(x) - D(G(z)) below which D tells nothing apart."""
BEHIND = 20.0
"""G's learning rate times moves over D's, from which D cannot keep up."""
STILL = 1e-6
"""Learning rate of an Adam below which nothing is learned in a run of any length."""


def behind(evidence: Evidence) -> float | None:
    """How many times as fast G learns as D; None if their optimisers count in other units."""
    g, d = evidence.config.optim.g, evidence.config.optim.d
    return g.lr * g.steps / (d.lr * d.steps) if g.name == d.name else None


def look(evidence: Evidence) -> Sign | None:
    course, d = trend(evidence), evidence.config.optim.d
    if course is not None and far(course) is False:
        return None  # D cannot tell because the fakes are good
    lag = behind(evidence)
    slow = (lag is not None and lag >= BEHIND) or (d.name != "sgd" and d.lr < STILL)
    first, last = stretch(evidence)
    for judge in judges(evidence.config):
        says, loss = told(evidence, judge), window(evidence, judge.loss)
        if says is None or len(loss) < 50:
            continue
        gap, rest = sum(says) - 1.0, rest_of(evidence, judge)
        push = window(evidence, f"grad/{judge.name}")
        dead = len(push) > 0 and float(push.mean()) < 1e-5 and course is not None
        if gap < GAP and float(loss.mean()) > 0.95 * rest and (slow or dead):
            seen = (
                f"{judge.name} says {number(says[0])} to real pictures and {number(1 - says[1])}"
                f" to fakes, and its learning rate is {d.lr:g}."
            )
            rate = (("optim.d.lr", d.lr),)
            columns = (judge.real, judge.fake, judge.loss)
            return Sign(0.85, seen, columns, first, last, settings=rate)
    return None


def advice(evidence: Evidence) -> tuple[Advice, ...]:
    config = evidence.config
    lag = behind(evidence) or 1000.0
    faster = scaled(config, "optim.d.lr", min(max(lag, 10.0), 1000.0))
    faster = (faster[0], min(faster[1], max(config.optim.d.lr, min(config.optim.g.lr, 2e-3))))
    changes = (faster,) if config.optim.g.steps == 1 else (faster, ("optim.g.steps", 1))
    return (
        Advice("Let D learn as fast as G, so that its verdict means something.", changes),
        slower(config, "g", 0.1, "D gets time to learn what real pictures are like."),
    )


RULE = Rule(
    "d-untrained",
    "G fools an untrained D",
    Weight.TROUBLE,
    "D learns so slowly that it guesses, so G is praised for whatever it draws. Losses near their"
    " resting values mean nothing then.",
    "Goodfellow et al. 2014, algorithm 1 (D near its optimum); Heusel et al. 2017",
    look,
    advice,
    patience=150,
)
