"""A short name for the coach as it stands, so that what was measured of another is not reused."""

from __future__ import annotations

import hashlib

import house

_WATCHED = ("gan_lab/coach", "gan_lab/measures", "benchmarks/clinic_ward.py")
_ON_THE_PAGE = (
    "gan_lab/coach", "gan_lab/measures", "assets/components/coach.js",
    *(f"gan_lab/runs/{name}.py" for name in ("evidence", "examiner", "measurer", "observer",
                                              "purse")),
)  # fmt: skip
_ADVICE = ("cures.py", "turns.py")  # what is told to be done has no part in what is found


def coach_hash(part: str) -> str:
    """Of what a part's lines rest on: the coach, what it measures by, and how it is shown runs.

    Args:
        part: points, pictures, cures, or visits.
    """
    digest = hashlib.blake2b(digest_size=6)
    for place in _ON_THE_PAGE if part == "visits" else _WATCHED:
        path = house.ROOT / place
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            if not file.exists():  # not every version measures in a module of its own
                continue
            if part in ("cures", "visits") or file.name not in _ADVICE:
                digest.update(file.read_bytes())
    return digest.hexdigest()


def named(text: str) -> str:
    """A short name for a case as it is written."""
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()
