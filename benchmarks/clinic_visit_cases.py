"""The runs of ``clinic_visit.py``: presets that nobody touches, and one knob turned far too far.

A case says what a visitor does. Whether training went wrong is decided by the run's files, see
``clinic_visit_disk.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import house  # noqa: F401  (the package, from anywhere)

from gan_lab.config import RunConfig, put
from gan_lab.presets import preset

SEEDS = {"healthy": (20, 21, 22, 23), "caused": (20, 21)}
"""No threshold of the coach was chosen with these."""

SECONDS = {"healthy": 240.0, "caused": 130.0}
"""How long a page is watched, from the first trained image on."""

FACES = 60
"""Images in the visitor's own zip."""


@dataclass(frozen=True)
class Turn:
    """One knob as a visitor turns it while the run trains.

    Attributes:
        path: of the parameter.
        label: of the widget on the page.
        keys: pressed on a slider; empty where ``text`` is typed into a number field.
        text: typed, and sent by Enter.
        section: what has to be unfolded on the page to find it; "" for nothing.
        words: pattern of a sentence that names this knob as the cause.
    """

    path: str
    label: str
    keys: tuple[str, ...] = ()
    text: str = ""
    section: str = ""
    words: str = field(default="", repr=False)


@dataclass(frozen=True)
class Visit:
    """One run that a visitor watches.

    Attributes:
        name: unique, of letters, digits and dashes.
        preset: it begins with.
        changes: path to value, on top of the preset.
        faces: whether it is trained on the visitor's own images.
        turn: what the visitor does later; None for a healthy run.
        rounds: that must be played before the knob is turned, so that G has learned something.
    """

    name: str
    preset: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    faces: bool = False
    turn: Turn | None = None
    rounds: int = 200

    @property
    def kind(self) -> str:
        """Either "healthy" or "caused"."""
        return "caused" if self.turn else "healthy"

    def config(self, seed: int) -> RunConfig:
        """What the run begins with; of a visitor's own images without them."""
        return put(preset(self.preset).config, {**self.changes, "training.seed": seed})

    def names(
        self, finding: Mapping[str, Any], old: float | None = None, new: float | None = None
    ) -> bool:
        """Whether a finding, as the page got it, says that this turn is the cause: its words name
        the knob, or its first advice turns this knob and no other.

        Args:
            old, new: value before and after the turn. Where they are given, an advice that goes
                further the wrong way does not count.
        """
        assert self.turn is not None
        if re.search(self.turn.words, f"{finding['title']}. {finding['seen']}", re.IGNORECASE):
            return True
        advised = dict((finding["advice"] or [[]])[0])
        if set(advised) != {self.turn.path}:
            return False
        if old is None or new is None:
            return True
        return abs(advised[self.turn.path] - old) < abs(new - old)


def _rate(player: str, *keys: str) -> Turn:
    who = player.upper()
    words = rf"{who}('s|:) (learning )?rate"
    return Turn(f"optim.{player}.lr", f"{who}: Learning rate", keys, words=words)


D_RATE_1 = _rate("d", "End")
D_RATE_0 = _rate("d", "Home")  # the least that the slider has: 1e-6
G_RATE_HIGH = _rate("g", "End", "ArrowLeft")  # 0.5, above 100 times what the presets have
NOISE = Turn("objective.instance_noise", "Instance noise", ("End",), words="instance noise")
FLIPPED = Turn("objective.label_flip", "Flipped labels", ("End",), section="live:labels",
               words="flipped labels|labels are flipped")  # fmt: skip
R1 = Turn("regularisation.r1", "R1: γ", text="10000", section="live:penalties",
          words="R1|gradient penalty")  # fmt: skip
D_STEPS = Turn("optim.d.steps", "D: Moves a round", ("End",),
               words="D('s|:) (moves|updates|steps)|(moves|updates|steps) of D")  # fmt: skip

_MNIST, _FASHION = {"data.name": "mnist"}, {"data.name": "fashion"}

HEALTHY = (
    Visit("quick-digits", "quick"),
    Visit("quick-mnist", "quick", _MNIST),
    Visit("quick-fashion", "quick", _FASHION),
    Visit("quick-60-faces", "quick", faces=True),
    Visit("cgan-mnist", "cgan"),
    Visit("plane-ring", "plane-ring"),
)


def _caused(name: str, where: str, turn: Turn) -> Visit:
    begin = {
        "digits": ("quick", {}, 200),
        "mnist": ("quick", _MNIST, 200),
        "cgan": ("cgan", {}, 200),
        "ring": ("plane-ring", {}, 600),
    }
    base, changes, rounds = begin[where]
    return Visit(f"{where}-{name}", base, changes, turn=turn, rounds=rounds)


CAUSED = (
    _caused("d-rate-1", "digits", D_RATE_1),
    _caused("d-rate-1", "mnist", D_RATE_1),
    _caused("d-rate-1", "ring", D_RATE_1),
    _caused("d-rate-1", "cgan", D_RATE_1),
    _caused("g-rate-high", "digits", G_RATE_HIGH),
    _caused("g-rate-high", "mnist", G_RATE_HIGH),
    _caused("g-rate-high", "ring", G_RATE_HIGH),
    _caused("d-rate-0", "digits", D_RATE_0),
    _caused("d-rate-0", "mnist", D_RATE_0),
    _caused("d-rate-0", "cgan", D_RATE_0),
    _caused("noise", "mnist", NOISE),
    _caused("noise", "ring", NOISE),
    _caused("flipped-labels", "digits", FLIPPED),
    _caused("flipped-labels", "ring", FLIPPED),
    _caused("r1", "digits", R1),
    _caused("r1", "ring", R1),
    _caused("d-steps", "cgan", D_STEPS),
)

VISITS: Mapping[str, Visit] = {visit.name: visit for visit in (*HEALTHY, *CAUSED)}
"""All runs by name."""


def pieces() -> list[str]:
    """A name for each run and seed, the healthy ones first."""
    return [f"{visit.name}-{seed}" for visit in VISITS.values() for seed in SEEDS[visit.kind]]


def piece(name: str) -> tuple[Visit, int]:
    """The run and the seed of a piece. Raises KeyError if there is no such run."""
    case, _, seed = name.rpartition("-")
    return VISITS[case], int(seed)


def together(names: Sequence[str], at_once: int = 2) -> Iterator[list[str]]:
    """Pieces that are measured at the same time: of one kind, as they are watched equally long."""
    rest = list(names)
    while rest:
        kind = piece(rest[0])[0].kind
        here = [name for name in rest[:at_once] if piece(name)[0].kind == kind]
        yield here
        rest = [name for name in rest if name not in here]
