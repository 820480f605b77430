"""What came in, and what did not: for people, and as JSON."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from gan_lab.archives import shown

LISTED = 1000
"""Broken files that are listed by their names; the others are only counted."""


@dataclass(frozen=True)
class Intake:
    """What reading own pictures came to.

    Attributes:
        source: where they lie.
        taken: pictures (with ``side-by-side``, halves) that came in.
        broken: (name, why) of files that did not, also of sound ones that are not taken; the
            first ``LISTED`` of them.
        broken_count: of all of them.
        duplicates: files with the same content as an earlier one; they count as pictures too.
        others: files that are no pictures by their names.
        formats, sizes, classes: how many of each; sizes such as ``92×112``, the commonest first.
        grey, clear, moving: pictures without colour, partly transparent, and films of which only
            the first picture is taken.
        side, channels: of what came in.
        held_out: pictures of them that are kept aside.
        seconds: that reading took.
        cached: whether it was read before, and only fetched.
    """

    source: str
    taken: int
    side: int
    channels: int
    broken: tuple[tuple[str, str], ...] = ()
    broken_count: int = 0
    duplicates: int = 0
    others: int = 0
    formats: dict[str, int] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    classes: dict[str, int] = field(default_factory=dict)
    grey: int = 0
    clear: int = 0
    moving: int = 0
    held_out: int = 0
    seconds: float = 0.0
    cached: bool = False

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, tree: dict[str, Any]) -> Intake:
        """Raises TypeError or ValueError if it is no such report."""
        broken = tuple((str(name), str(why)) for name, why in tree.pop("broken"))
        return cls(**tree, broken=broken)

    @property
    def line(self) -> str:
        """All that matters, on one line."""
        colour = "grey" if self.channels == 1 else "colour"
        words = [f"{self.taken:,} pictures, {colour}, {self.side}×{self.side} px"]
        if self.classes:
            words.append(f"{len(self.classes)} classes")
        if self.held_out:
            words.append(f"{self.held_out:,} held out")
        if self.broken_count:
            words.append(f"{self.broken_count:,} skipped")
        if self.duplicates:
            words.append(f"{self.duplicates:,} of equal content")
        return ", ".join(words) + f" ({self.seconds:.1f} s{', kept' if self.cached else ''})"

    @property
    def lines(self) -> list[str]:
        """The whole report, a fact a line."""
        lines = [self.line]
        for title, counts in (("formats", self.formats), ("sizes", self.sizes),
                              ("classes", self.classes)):  # fmt: skip
            if counts:
                lines.append(f"{title}: {_counted(counts)}")
        kinds = (("without colour", self.grey), ("transparent", self.clear),
                 ("moving, first picture taken", self.moving),
                 ("other files", self.others))  # fmt: skip
        lines += [f"{title}: {count:,}" for title, count in kinds if count]
        lines += [f"skipped: {name}: {why}" for name, why in self.broken]
        if self.broken_count > len(self.broken):
            lines.append(f"skipped: {self.broken_count - len(self.broken):,} more")
        return lines


def _counted(counts: dict[str, int], most: int = 12) -> str:
    some = [f"{name} ({count:,})" for name, count in list(counts.items())[:most]]
    more = [f"{len(counts) - most:,} more"] if len(counts) > most else []
    return ", ".join(some + more)


def listed(broken: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Fit to be kept and shown."""
    return tuple((shown(name), why) for name, why in broken[:LISTED])


def commonest(counts: Counter[str], most: int = 100) -> dict[str, int]:
    return dict(counts.most_common(most))
